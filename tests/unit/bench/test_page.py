"""The page says what the rows hold, and what they do not."""

from __future__ import annotations

from typing import Any

import pytest

from kmig_bench.figures import Figures, concluded
from kmig_bench.page import NAMES, markdown, panels
from kmig_bench.parameters import (
    CAUSES,
    DEFAULTS,
    EOS,
    FULL,
    SAME,
    Sizes,
    reread_rows,
    throughput_rows,
)
from kmig_bench.plot import svg

Rows = dict[str, dict[str, Any]]
HEAD = {"machine": "2 cores, 24 GiB", "measured": "2026-01-02T03:04:05Z", "load": 0.4}


def found(again: int) -> dict[str, int]:
    return {"again": again, "skipped": 0, "never": 0, "twice": 0, "uncommitted": 0}


def whole(rates: dict[str, int]) -> Rows:
    """Every row; plain re-reads `share` records of each group."""
    rows: Rows = {
        name: HEAD
        | {"topic": topic, "share": share, "read": share * 10, "grades": {"Exact": 6}}
        | {"translated": found(0), "plain": found(share)}
        for name, topic, share in reread_rows()
    }
    markers = {EOS: 100, "eos-poll-500": 1_000, "eos-poll-20000": 25, "eos-lag-100": 100}
    for name, variant in throughput_rows():
        count = markers.get(variant, 0)
        rows[name] = HEAD | {
            "variant": variant,
            "recordsPerSecond": rates.get(variant, 100),
            "seconds": 3.0 + 0.002 * count,
            "markers": count,
            "processorSeconds": {"Connect": 4.0},
        }
    return rows


RATES = {EOS: 95, SAME: 100, DEFAULTS: 50}


def test_the_figures_of_the_issue_head_the_file() -> None:
    assert concluded(Figures.of(whole(RATES))) == {
        "translated_groups_reread": 0,
        "plain_groups_reread": 2 * (25 + 50 + 90 + 99 + 100),
        "replication_eos_over_plain": 0.95,
        "eos_records_per_second": 95,
        "plain_records_per_second": 100,
    }


def test_the_faster_plain_counts() -> None:
    assert Figures.of(whole(RATES | {DEFAULTS: 190})).over_plain() == 0.5


@pytest.mark.parametrize("name", [name for name, _ in throughput_rows()][:3])
def test_a_figure_with_a_missing_row_is_not_told(name: str) -> None:
    rows = whole(RATES)
    del rows[name]
    head = concluded(Figures.of(rows))
    assert head["replication_eos_over_plain"] is None
    assert head["eos_records_per_second"] is head["plain_records_per_second"] is None
    assert "goes on with the missing ones" in markdown(Figures.of(rows), Sizes(FULL), "p.svg")


def test_rounds_are_pairs_of_runs_that_followed_each_other() -> None:
    rows = whole(RATES)
    rows["throughput/eos/2"]["recordsPerSecond"] = 10
    rows["throughput/plain/2"]["recordsPerSecond"] = 20
    assert Figures.of(rows).by_round(SAME) == [0.5, 0.95, 0.95, 0.95, 0.95]


def test_variants_alternate_so_that_a_busy_minute_meets_all() -> None:
    order = [variant for _, variant in throughput_rows()]
    assert order[:6] == [EOS, SAME, DEFAULTS, *CAUSES]
    assert order[6:9] == order[-3:] == [EOS, SAME, DEFAULTS]


def test_a_missing_group_is_no_sum() -> None:
    rows = whole(RATES)
    del rows[reread_rows()[0][0]]
    assert concluded(Figures.of(rows))["plain_groups_reread"] is None
    page = markdown(Figures.of(rows), Sizes(FULL), "p.svg")
    assert "The ordinary topic is not measured to its end" in page


def test_the_cost_of_a_marker_comes_from_polls_of_all_sizes() -> None:
    assert Figures.of(whole(RATES)).marker_milliseconds() == pytest.approx(2.0)


def test_a_missed_ratio_has_its_measured_reason() -> None:
    page = markdown(Figures.of(whole(RATES | {EOS: 75})), Sizes(FULL), "p.svg")
    assert "Missed by a factor of 1.20, less than 1.5." in page
    assert "one more marker costs 2.00 ms" in page
    assert "markers of a run come to 0.20 s" in page
    assert "takes 3.20 s instead of 3.00 s: 0.20 s more" in page


def test_a_reached_ratio_needs_no_reason() -> None:
    page = markdown(Figures.of(whole(RATES)), Sizes(FULL), "p.svg")
    assert "**0.95**" in page
    assert "Missed" not in page


def test_a_busy_machine_is_told_of() -> None:
    rows = whole(RATES)
    assert "not quiet" not in markdown(Figures.of(rows), Sizes(FULL), "p.svg")
    rows[reread_rows()[0][0]] = rows[reread_rows()[0][0]] | {"load": 9.5}
    page = markdown(Figures.of(rows), Sizes(FULL), "p.svg")
    assert "1 of 34 rows began with a load above" in page
    assert "0.4 to 9.5" in page


def test_a_reduced_bench_tells_its_own_command() -> None:
    page = markdown(Figures.of(whole(RATES)), Sizes(90_000), "p.svg")
    assert "`BENCH_RECORDS=90000 make bench`" in page


def test_processor_seconds_that_are_not_known_are_not_zero() -> None:
    rows = whole(RATES)
    for row in rows.values():
        if "processorSeconds" in row:
            row["processorSeconds"] = {}
    page = markdown(Figures.of(rows), Sizes(FULL), "p.svg")
    assert page.count("not known") == 1 + len(NAMES)  # the column's head, then each variant


def test_the_plot_has_a_bar_for_each_number_and_a_line_for_zero() -> None:
    picture = svg(panels(Figures.of(whole(RATES))))
    assert picture.count("<rect") == 1 + 2 * len(reread_rows()) + 3
    assert 'width="1.5"' in picture
    assert "&" not in picture.replace("&amp;", "").replace("&#x27;", "")


def test_a_figure_that_was_not_begun_is_said_to_be_missing_and_has_no_panel() -> None:
    rows = {name: row for name, row in whole(RATES).items() if name.startswith("rereads")}
    assert "Not measured yet" in markdown(Figures.of(rows), Sizes(FULL), "p.svg")
    assert len(panels(Figures.of(rows))) == 1
    assert "Not measured yet" not in markdown(Figures.of(whole(RATES)), Sizes(FULL), "p.svg")


def test_causes_are_rows_of_the_page() -> None:
    page = markdown(Figures.of(whole(RATES)), Sizes(FULL), "p.svg")
    assert page.count("| exactly once, ") == len(CAUSES)
