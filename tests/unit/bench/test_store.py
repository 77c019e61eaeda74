"""Rows outlive a killed bench, and none stands for what it was not measured with."""

from __future__ import annotations

import json
from pathlib import Path

from kmig_bench.parameters import Run
from kmig_bench.store import Store

DONE = Run("rereads/ordinary/25", "digest of today")
NEXT = Run("rereads/ordinary/50", "digest of today")


def test_a_finished_row_is_there_in_the_next_run(tmp_path: Path) -> None:
    Store(tmp_path / "bench.json").add(DONE, 0.5, {"share": 25})
    store = Store.read(tmp_path / "bench.json")
    assert store.has(DONE)
    assert not store.has(NEXT)
    assert store.rows[DONE.name]["load"] == 0.5


def test_a_row_of_another_product_is_measured_anew(tmp_path: Path) -> None:
    store = Store(tmp_path / "bench.json")
    store.add(DONE, 0.5, {})
    changed = Run(DONE.name, "digest of tomorrow")
    assert not store.has(changed)
    store.keep_only([changed, NEXT])
    assert store.rows == {}


def test_force_forgets_what_it_measures(tmp_path: Path) -> None:
    store = Store(tmp_path / "bench.json")
    store.add(DONE, 0.5, {})
    store.forget([DONE, NEXT])
    assert Store.read(store.path).rows == {}


def test_figures_do_not_stand_beside_rows_that_came_after_them(tmp_path: Path) -> None:
    store = Store(tmp_path / "bench.json")
    store.add(DONE, 0.5, {})
    store.conclude({"replication_eos_over_plain": 0.5})
    assert json.loads(store.path.read_text())["replication_eos_over_plain"] == 0.5
    store.add(NEXT, 0.5, {})
    assert set(json.loads(store.path.read_text())) == {"rows"}
    assert not list(tmp_path.glob("*.unfinished"))
