"""Dumps of the recorder are read strictly: what is torn, missing or foreign is said."""

from __future__ import annotations

from kmig_demo.evidence import Sighting, parse_dump, parse_value

WHOLE = (
    "#w1 1 source 2 more\nrun w1 k1 1 0 0 1000\nrun w1 k1 2 0 1 1001\n"
    "#w1 2 source 1 end\nrun w1 k1 3 0 2 1002\n"
)


def test_a_whole_dump_is_read_row_by_row() -> None:
    part = parse_dump("acks", WHOLE, "run")
    assert part.faults == []
    assert part.rows[2] == Sighting(("w1", "k1", 3), "source", 0, 2, 1002)


def test_a_gap_in_the_batch_numbers_is_a_fault() -> None:
    part = parse_dump("acks", WHOLE.replace("#w1 2", "#w1 3"), "run")
    assert part.faults == ["acks: batch 3 of w1 follows batch 1"]


def test_a_sender_without_an_end_is_a_fault() -> None:
    part = parse_dump("acks", WHOLE.replace("end", "more"), "run")
    assert part.faults == ["acks: w1 never said that its report is complete"]


def test_a_torn_batch_is_a_fault() -> None:
    part = parse_dump("acks", WHOLE.removesuffix("run w1 k1 3 0 2 1002\n"), "run")
    assert any("malformed line in batch 2" in fault for fault in part.faults)


def test_text_that_is_no_batch_is_a_fault() -> None:
    part = parse_dump("reads", "<html>502</html>\n", "run")
    assert part.faults == ["reads: not the head of a batch: '<html>502</html>'"]


def test_a_row_of_another_run_has_no_identity() -> None:
    part = parse_dump("reads", "#r1 1 source 1 end\nold w1 k1 1 0 0 1000\n", "run")
    assert part.rows[0].identity is None


def test_a_failure_has_no_place() -> None:
    part = parse_dump("failures", "#w1 1 source 1 end\nrun w1 k1 9 _TIMED_OUT\n", "run")
    assert (part.faults, part.rows[0].identity, part.rows[0].offset) == ([], ("w1", "k1", 9), -1)


def test_values_of_this_run_have_an_identity_and_others_none() -> None:
    assert parse_value(b"run|w1|k1|7|1000|...", "run") == ("w1", "k1", 7)
    for other in (None, b"", b"text", b"old|w1|k1|7|1000|...", b"run|w1|k1|x|1000|..."):
        assert parse_value(other, "run") is None
