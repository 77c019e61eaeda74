"""A unit that reads and writes: both halves cross in one leg, there, back and there again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.decide.banked import IDS, LEDGER, UNITS, Banked, again, back, bank_spec, last, there
from tests.unit.decide.moving import Visit, run_to
from tests.unit.decide.planted import PARTITIONS, not_known

from kafka_migration.decide.rules import legs
from kafka_migration.model.actions import CommitOffsets, EndTransaction, HoldDenies, Scale
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.kafka import Commit
from kafka_migration.model.reasons import Reason


def test_the_bank_moves_after_the_writer_whose_topic_it_reads():
    planted = last(there())
    assert [planted.bindings[name] for name in UNITS] == ["target", "target"]
    assert planted.ready("bank") == ("True", "OnTarget")
    assert planted.target.may_write("User:bank", "orders-ledger")
    assert not planted.source.may_write("User:bank", "orders-ledger")


def test_the_way_back_and_a_second_move_end_where_they_should():
    planted = last(back())
    assert planted.ready("bank") == ("True", "RolledBack")
    assert planted.bindings == {"writer": "source", "bank": "source"}
    planted = last(again())
    assert planted.ready("bank") == ("True", "OnTarget")
    assert [(leg.attempt, leg.direction) for leg in legs.switched(planted.journals["bank"])] == [
        (1, "forward"),
        (1, "reverse"),
        (2, "forward"),
    ]


@pytest.mark.parametrize("moved", [there, back, again])
def test_a_crossing_skips_no_record_and_reads_none_again(moved):
    """Counted in both logs: what was posted before the crossing is what counts as posted after."""
    written = [v for v in moved() if v.name == "bank" and v.entry is EntryKind.TRANSLATED]
    assert len(written) == 1
    planted = written[0].again()
    assert isinstance(planted, Banked)
    leaving = planted.bindings["bank"] or ""
    entering = "target" if leaving == "source" else "source"
    before = planted.posted(leaving)
    assert all(
        count < len(planted.source.records[p]) for count, p in zip(before, PARTITIONS, strict=True)
    )
    planted.run(lambda: planted.bindings["bank"] == entering)
    assert planted.posted(entering) == before


@pytest.mark.parametrize("moved", [there, back, again])
def test_one_leg_fences_the_ledger_then_writes_the_commits_then_passes_authority(moved):
    """Groups are written when the ledger is closed on both sides, before the Switch entry."""
    kinds = [v.entry for v in moved() if v.name == "bank" and v.entry is not None]
    order = [k for k in kinds if k in (EntryKind.FENCED, EntryKind.TRANSLATED, EntryKind.SWITCH)]
    assert order == [EntryKind.FENCED, EntryKind.TRANSLATED, EntryKind.SWITCH]
    assert EntryKind.BACK_OUT not in kinds


@pytest.mark.parametrize("moved", [there, back, again])
def test_own_transactions_are_ended_when_no_pod_is_left_and_the_brokers_refuse(moved):
    first = len(moved()[0].planted.acts)
    acts = [a for name, a in moved()[-1].planted.acts[first:] if name == "bank"]
    ended = [i for i, a in enumerate(acts) if isinstance(a, EndTransaction)]
    assert len(ended) == 1
    assert acts[ended[0]].transactional_id == "bank-0"
    stopped = acts.index(Scale("bank", 0))
    denied = next(i for i, a in enumerate(acts) if i > stopped and isinstance(a, HoldDenies))
    committed = next(i for i, a in enumerate(acts) if i > stopped and isinstance(a, CommitOffsets))
    assert stopped < denied < ended[0] < committed


def _in(visits: tuple[Visit, ...], step: str) -> list[Visit]:
    mine = [v for v in visits if v.name == "bank"]
    return [v for v in mine if v.planted.status("bank").get("workingStep") == step]


def _at(visits: tuple[Visit, ...], step: str, which: int = 0) -> Banked:
    """The world at a tick (the first one) in which the bank works on a step."""
    found = _in(visits, step)[which].again()
    assert isinstance(found, Banked)
    return found


def test_a_transaction_that_the_bank_left_open_does_not_stop_its_move():
    planted = _at(there(), "Settle")
    planted.hang()
    run_to(planted, "bank", "Completed")
    assert EntryKind.BACK_OUT not in planted.kinds("bank")
    assert LEDGER[0] not in planted.source.stable


def test_a_strangers_transaction_is_named_and_nothing_is_ended():
    planted = Banked()
    planted.change("bank", fence={})
    planted.run_until_step("bank", "Settle")
    planted.hang()
    planted.run(lambda: planted.status("bank")["waitingFor"] == Reason.OPEN_TRANSACTION)
    assert not [a for _, a in planted.acts if isinstance(a, EndTransaction)]
    assert str(LEDGER[0]) in planted.status("bank")["message"]


def test_an_unknown_fact_never_moves_the_bank():
    count = 0
    for visit in (*there(), *back())[::2]:
        if visit.name != "bank":
            continue
        _, asked = visit.planted.decide("bank")
        for fact in asked - {"units"}:
            disturbed = visit.again()
            disturbed.unknown[fact] = not_known()
            decision, _ = disturbed.decide("bank")
            done = (decision.moved, decision.entry, decision.action)
            assert done == (False, None, None), f"{visit}: {fact}"
            count += 1
    assert count > 100


def test_a_restart_at_any_tick_changes_nothing_in_the_end():
    for visit in [v for v in there() if v.name == "bank"][:-1:9]:
        planted = visit.again()
        planted.restart()
        planted.run_until_step("bank", "Completed")
        assert EntryKind.BACK_OUT not in planted.kinds("bank"), str(visit)


def test_a_bank_that_turns_round_opens_the_source_and_keeps_its_position():
    for step in ("Settle", "Fence", "CatchUp", "TranslateOffsets", "ArmReverse"):
        planted = _at(there(), step)
        commits = dict(planted.source.commits["orders"])
        planted.mind("bank").in_step = 10_000.0
        run_to(planted, "bank", "BackedOut")
        assert planted.source.may_write("User:bank", "orders-ledger"), step
        assert planted.source.commits["orders"] == commits
        assert planted.replicas["bank"] == 1
        planted.change("bank", attempt=2)
        planted.run_until_step("bank", "Completed")


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        ({"consumerGroups": [{"name": "orders", "minimumGrade": "Safe"}]}, "group/orders"),
        ({"topics": {"writes": ["orders-ledger"], "reads": []}}, "spec.topics.reads"),
        ({"topics": {"writes": [], "reads": ["orders"]}}, "spec.topics.writes"),
        ({"consumerGroups": []}, "spec.consumerGroups"),
        (
            {"topics": {"writes": ["orders-ledger"], "reads": ["orders", "orders-ledger"]}},
            "topic/orders-ledger",
        ),
        (
            {
                "workloads": [
                    *bank_spec()["workloads"],
                    {**bank_spec()["workloads"][0], "name": "x"} | {"role": "Writer"},
                ]
            },
            "spec.workloads",
        ),
    ],
)
def test_what_is_not_built_for_a_bank_is_refused_by_name(changes, subject):
    planted = Banked()
    planted.replicas["x"], planted.generation["x"], planted.bindings["x"] = 1, 0, "source"
    planted.change("bank", **changes)
    planted.run(lambda: planted._approved() and bool(planted.status("bank").get("problems")))
    assert subject in [p["subject"] for p in planted.status("bank")["problems"]]


def test_an_id_that_the_bank_may_not_use_there_is_named_before_it_is_stopped():
    planted = _at(there(), "Preflight", -1)
    planted.target.acls -= {IDS}
    for _ in range(5):
        planted.tick("bank")
    assert planted.status("bank")["workingStep"] == "Preflight"
    subjects = [p["subject"] for p in planted.status("bank")["problems"]]
    assert subjects == ["transactionalId/bank-0"]
    planted.target.acls |= {IDS}
    planted.run_until_step("bank", "Completed")


def _read_on(planted: Banked, side: str) -> None:
    """A stray twin commits one record more."""
    kafka = planted._side(side)
    first = kafka.commits["orders"][PARTITIONS[0]]
    moved = replace(first, offset=first.offset + 1)
    kafka.commits["orders"] = {**kafka.commits["orders"], PARTITIONS[0]: moved}


def _before_the_lift(visits: tuple[Visit, ...]) -> Banked:
    """The Switch entry is written and the operator starts again; nothing is lifted yet."""
    written = next(v for v in visits if v.name == "bank" and v.entry is EntryKind.SWITCH)
    planted = written.again()
    assert isinstance(planted, Banked)
    planted.tick("bank")
    assert planted.kinds("bank")[-1] is EntryKind.SWITCH
    planted.restart()
    return planted


@pytest.mark.parametrize("moved", [there, back, again])
@pytest.mark.parametrize("of", ["leaving", "entering"])
@pytest.mark.parametrize("entered", [False, True], ids=["before the entry", "after the entry"])
def test_a_group_that_read_on_since_its_translation_is_not_switched(moved, of, entered):
    """Its postings there would be missing or made again."""
    planted = _before_the_lift(moved()) if entered else _at(moved(), "Switch")
    leaving = planted.bindings["bank"] or ""
    entering = "target" if leaving == "source" else "source"
    _read_on(planted, leaving if of == "leaving" else entering)
    run_to(planted, "bank", "BackedOut")
    assert planted._side(leaving).may_write("User:bank", "orders-ledger")
    assert not planted._side(entering).may_write("User:bank", "orders-ledger")


@pytest.mark.parametrize("returned", ["pod", "member"])
def test_nothing_is_ended_while_somebody_is_back(returned):
    """Whoever uses the id would be fenced for good in the middle of its work."""
    planted = _at(there(), "Fence")
    if returned == "pod":
        planted.replicas["bank"] = 1
    else:
        planted.source.members = ("twin",)
    run_to(planted, "bank", "BackOut")
    assert not [a for _, a in planted.acts if isinstance(a, EndTransaction)]
    entry = next(e for e in planted.journals["bank"] if e.kind is EntryKind.BACK_OUT)
    assert "transactions cannot be ended" in entry.data["message"]


def test_an_id_that_two_units_name_is_refused():
    planted = Banked()
    planted.change("writer", fence={"transactionalIds": ["bank-0"]})
    planted.run(lambda: planted._approved() and bool(planted.status("bank").get("problems")))
    problem = planted.status("bank")["problems"][0]
    assert (problem["reason"], problem["subject"]) == ("UnitOverlap", "unit/writer")
    assert "bank-0" in problem["message"]


def test_offsets_of_a_topic_that_the_bank_writes_itself_are_refused_whatever_is_acknowledged():
    planted = _at(there(), "Preflight", -1)
    planted.source.commits["orders"] = {**planted.source.commits["orders"], LEDGER[0]: Commit(1)}
    known = {"problem": "TopicNotInScope", "subject": "group/orders", "reason": "CHG"}
    planted.change("leave", acknowledgements=[known])
    planted.tick("bank")
    assert planted.status("bank")["workingStep"] == "Preflight"
    reasons = [p["reason"] for p in planted.status("bank")["problems"]]
    assert Reason.NOT_SUPPORTED in reasons
    assert Reason.TOPIC_NOT_IN_SCOPE not in reasons


def test_ids_count_in_the_pause_forecast():
    planted = _at(there(), "Preflight", -1)
    ids = [f"bank-{n}" for n in range(100)]
    planted.change("bank", fence={"transactionalIds": ids}, pauseBudgetSeconds=30)
    planted.tick("bank")
    assert Reason.PAUSE_BUDGET_EXCEEDED in [p["reason"] for p in planted.status("bank")["problems"]]
    planted.change("bank", pauseBudgetSeconds=90)
    planted.tick("bank")
    reasons = [p["reason"] for p in planted.status("bank")["problems"]]
    assert Reason.PAUSE_BUDGET_EXCEEDED not in reasons
