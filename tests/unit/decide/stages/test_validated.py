"""Validated: only a comparison in which every partition matches opens it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.decide.moving import before_entry, stands
from tests.unit.decide.planted import Planted

from kafka_migration.decide.stages.validated import report_problems
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.kubernetes import JobState


def report(planted: Planted) -> dict[str, Any]:
    found: dict[str, Any] = next(iter(planted.jobs.values()))["report"]
    return found


def verdict(value: str):
    def disturb(planted: Planted) -> None:
        report(planted)["partitions"][1] |= {"verdict": value}

    return disturb


@pytest.mark.parametrize(
    ("disturb", "reason"),
    [
        (verdict("DIFFERENT"), "ContentDiffers"),
        (verdict("MISSING"), "ContentDiffers"),
        (verdict("a word of another version"), "ContentDiffers"),
        (verdict("UNVERIFIABLE"), "ContentUnverifiable"),
        (verdict("INCOMPLETE"), "ComparisonIncomplete"),
        (lambda p: report(p)["partitions"][0].pop("verdict"), "ComparisonIncomplete"),
        (lambda p: report(p).update(verdict="?"), "ComparisonIncomplete"),
    ],
)
def test_anything_but_a_match_is_a_problem_by_name(disturb, reason):
    planted = before_entry("leave", EntryKind.CONTENT_VALIDATED)
    disturb(planted)
    assert stands(planted, "leave") == (reason, "True")
    assert planted.decide("leave")[0].entry is None


def test_a_difference_comes_before_what_is_only_unproven():
    planted = before_entry("leave", EntryKind.CONTENT_VALIDATED)
    report(planted)["partitions"][0] |= {"verdict": "INCOMPLETE"}
    verdict("DIFFERENT")(planted)
    assert stands(planted, "leave")[0] == "ContentDiffers"


def test_a_running_comparison_is_waited_for():
    planted = before_entry("leave", EntryKind.CONTENT_VALIDATED)
    report(planted)["state"] = "running"
    assert stands(planted, "leave") == ("Progressing", "False")


def test_a_failed_job_is_a_problem_with_its_words(monkeypatch):
    planted = before_entry("leave", EntryKind.CONTENT_VALIDATED)
    report(planted)["state"] = "running"
    monkeypatch.setattr(planted, "_job", lambda name: JobState(name, 0, 0, 1, "OOMKilled"))
    assert stands(planted, "leave") == ("ComparisonIncomplete", "True")
    assert "OOMKilled" in planted.decide("leave")[0].status["message"]


def test_the_anchors_of_the_tail_comparison_are_journalled():
    planted = before_entry("leave", EntryKind.CONTENT_VALIDATED)
    entry = planted.decide("leave")[0].entry
    assert entry is not None
    assert entry.data["anchors"] == [["orders", 0, 10, 12], ["orders", 1, 10, 12]]


RETENTION = {"gap": {"reason": "retention took it; delete the records before offset 7"}}
COMPACTION = {"first": {"verdict": "EXTRA", "targetOffset": 5}}
WHERE = "first at targetOffset 5, verdict EXTRA; "
BY_COMPACTION = (
    "compaction may have taken records on one side, or the mirror lost them; let compaction run "
    "on both"
)


@pytest.mark.parametrize(
    ("found", "cause"),
    [
        (RETENTION, RETENTION["gap"]["reason"]),
        (COMPACTION, WHERE + BY_COMPACTION),
        (RETENTION | COMPACTION, WHERE + RETENTION["gap"]["reason"]),
    ],
)
def test_what_cannot_be_compared_is_told_with_what_was_found_and_what_to_do(found, cause):
    part = {"topic": "orders", "partition": 1, "verdict": "UNVERIFIABLE", "records": 3, **found}
    [problem] = report_problems({"partitions": [part], "verdict": "UNVERIFIABLE"})
    said = f"orders-1: UNVERIFIABLE after 3 equal records; {cause}"
    assert problem.message == f"{said}; do not cut over until it matches"


def test_only_the_migrations_own_comparison_is_to_be_run_anew():
    planted = before_entry("leave", EntryKind.CONTENT_VALIDATED)
    verdict("UNVERIFIABLE")(planted)
    message = planted.decide("leave")[0].status["message"]
    job = next(iter(planted.jobs))
    assert message.endswith(f"until it matches, then delete the Job {job} to run it anew")
