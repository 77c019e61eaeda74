"""A whole move over planted facts, and the same move disturbed at every single tick.

Every state that the undisturbed move goes through is kept; each test takes all of them. After
each tick `Planted.check` proves that there are never two writers and nothing before an approval.
"""

from __future__ import annotations

from tests.unit.decide.moving import UNITS, copied, finished, in_phase, run_to, visits
from tests.unit.decide.planted import PARTITIONS, Planted, not_known, topic

from kafka_migration.decide.decision import Decision
from kafka_migration.decide.machine import Phase
from kafka_migration.decide.table import STAGE_ORDER, STEP_ORDER
from kafka_migration.decide.tasks import Failure
from kafka_migration.model.entries import EntryKind, decode_offsets
from kafka_migration.model.kafka import Commit, Partition
from kafka_migration.model.reasons import Reason

ARCHIVE = Partition("orders-archive", 0)


def nothing_happens(decision: Decision) -> bool:
    return not (decision.moved or decision.entry or decision.action)


def end() -> Planted:
    last = visits()[-1].again()
    last.run(lambda: finished(last))
    return last


def test_the_move_ends_with_everything_on_the_target():
    planted = end()
    assert planted.status("leave")["workloads"]["summary"] == "2/2"
    for name in UNITS:
        assert planted.ready(name) == ("True", "OnTarget")
        assert planted.bindings[name] == "target"
        assert planted.replicas[name] == 1
    assert planted.target.may_write("User:writer", "orders")
    assert not planted.source.may_write("User:writer", "orders")
    assert planted.register["authority"] == {"orders": "target"}


def test_the_move_leaves_nothing_temporary_behind():
    planted = end()
    assert not planted.probes
    assert not [name for name in planted.jobs if "tail" in name]
    assert all(c.state == "STOPPED" for c in planted.connectors.values())


def test_every_fact_of_the_seam_is_journalled_in_order():
    wanted = ["Prepared", "Draining", "Fencing", "Fenced", "CaughtUp", "Switch", "Resumed"]
    assert [k.value for k in end().kinds("writer")] == [*wanted, "Completed"]


def test_the_group_begins_where_the_targets_seam_ends():
    planted = end()
    caught_up = next(e for e in planted.journals["writer"] if e.kind is EntryKind.CAUGHT_UP)
    ends = decode_offsets(caught_up.data["T"])
    assert planted.target.commits["orders"] == {p: Commit(ends[p]) for p in PARTITIONS}


def test_stages_and_steps_are_taken_in_their_order():
    for name, field, order in (
        ("leave", "stage", STAGE_ORDER),
        ("writer", "workingStep", STEP_ORDER),
        ("reader", "workingStep", STEP_ORDER),
    ):
        taken = [v.planted.status(name).get(field) for v in visits()]
        distinct = [at for i, at in enumerate(taken) if at and at not in taken[:i]]
        assert distinct == list(order)[: len(distinct)]


def test_an_unknown_fact_never_moves_anything():
    """At every state, each fact that the decision asked for, made unknown: nothing happens.

    Only a unit whose decision did not need the list of units goes on unchanged without it.
    """
    count = 0
    for visit in visits():
        normal, asked = visit.planted.decide(visit.name)
        disturbed = visit.again()
        for fact in asked:
            disturbed.unknown = {fact: not_known()}
            decision, _ = disturbed.decide(visit.name)
            still = nothing_happens(decision)
            same = (decision.moved, decision.entry, decision.action) == (
                normal.moved,
                normal.entry,
                normal.action,
            )
            unneeded = fact == "units" and visit.name in UNITS and same
            assert still or unneeded, f"{visit}: {fact} unknown"
            count += 1
    assert count > 300


def test_an_unknown_fact_is_named_in_the_status():
    """Whoever looks sees what could not be read."""
    for visit in in_phase(Phase.CRITICAL, Phase.COMMITTED, Phase.SETTLED):
        _, asked = visit.planted.decide(visit.name)
        disturbed = visit.again()
        for fact in asked - {"units"}:
            disturbed.unknown = {fact: not_known()}
            decision, _ = disturbed.decide(visit.name)
            assert "it did not answer" in decision.status["message"], f"{visit}: {fact}"


def test_a_restart_at_any_tick_changes_nothing_in_the_end():
    """What the process remembered is gone; journal, status and the world say how to go on."""
    for visit in visits()[::9]:
        planted = visit.again()
        planted.restart()
        planted.run_until_step("reader", "Completed")
        assert planted.target.may_write("User:writer", "orders"), str(visit)


def test_an_act_that_fails_is_tried_again_and_shows():
    for visit in visits():
        decision, _ = visit.planted.decide(visit.name)
        if decision.action is None:
            continue
        planted = visit.again()
        failure = Failure(Reason.UNREACHABLE, "no answer to the act", refused=False)
        planted.mind(visit.name).failure = failure
        again, _ = planted.decide(visit.name)
        assert again.action == decision.action, str(visit)
        assert "no answer to the act" in again.status["message"], str(visit)


def test_a_pause_before_the_critical_section_is_a_rest():
    for visit in in_phase(Phase.OPEN):
        planted = visit.again()
        planted.change("leave", paused=True)
        decision, _ = planted.decide(visit.name)
        assert nothing_happens(decision), str(visit)
        ready = decision.status["conditions"][0]
        assert (ready["status"], ready["reason"]) == ("True", "SpecPaused"), str(visit)


def test_a_pause_after_the_switch_entry_does_not_stop_the_unit():
    for visit in in_phase(Phase.COMMITTED):
        planted = visit.again()
        planted.change("leave", paused=True)
        run_to(planted, visit.name, "Completed")


def test_a_write_behind_the_fence_holds_and_is_named():
    """After the switch nothing turns round by itself (protocol 3.10)."""
    seen = 0
    for visit in in_phase(Phase.COMMITTED, Phase.SETTLED):
        step = visit.planted.status("writer")["workingStep"]
        if visit.name != "writer" or step not in ("Resume", "Observe"):
            continue
        if EntryKind.COMPLETED in visit.planted.kinds("writer"):
            continue
        planted = visit.again()
        planted.source.high[PARTITIONS[0]] += 1
        for _ in range(30):
            planted.tick("writer")
        assert planted.ready("writer") == ("False", "LeakedWrite"), str(visit)
        assert planted.status("writer")["workingStep"] in ("Resume", "Observe")
        assert EntryKind.COMPLETED not in planted.kinds("writer")
        seen += 1
    assert seen > 3


def with_an_archive() -> Planted:
    """A second topic that no unit moves: the bulk mirror keeps it."""
    planted = Planted()
    planted.source.topics["orders-archive"] = topic("orders-archive", "s-2", 1)
    planted.source.high[ARCHIVE] = 5
    planted.last_data[ARCHIVE] = 4
    return planted


def test_a_topic_of_no_unit_stays_with_the_bulk_mirror():
    planted = with_an_archive()
    planted.run_until_step("reader", "Completed")
    running = {c.name: c.topics for c in planted.connectors.values() if c.state == "RUNNING"}
    assert list(running.values()) == [{"orders-archive"}]
    assert planted.stored[next(iter(running))] == {ARCHIVE: 4}


def test_a_restart_at_any_tick_of_a_hand_over_finishes_it():
    """Also after the receiver ran and before the bulk mirror runs again."""
    planted = with_an_archive()
    planted.run(lambda: planted._approved() and EntryKind.HAND_OVER_BEGAN in planted.kinds("leave"))
    count = 0
    while EntryKind.HAND_OVER_DONE not in planted.kinds("leave"):
        restarted = copied(planted)
        restarted.restart()
        for _ in range(30):
            restarted.tick("leave")
        assert EntryKind.HAND_OVER_DONE in restarted.kinds("leave"), f"tick {count}"
        assert {c.state for c in restarted.connectors.values()} == {"RUNNING"}
        topics = [t for c in restarted.connectors.values() for t in c.topics]
        assert sorted(topics) == ["orders", "orders-archive"]
        planted.tick("leave")
        count += 1
    assert count > 8
