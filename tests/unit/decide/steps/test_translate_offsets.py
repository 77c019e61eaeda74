"""TranslateOffsets: groups go on where they stopped, lagging or not, before their writers or after."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.decide.moving import at, before_entry, compaction_took_a_copy, finished, run_to
from tests.unit.decide.planted import PARTITIONS, Planted

from kafka_migration.decide.context import UnitContext
from kafka_migration.decide.rules.segments import Seam, chain
from kafka_migration.decide.steps.owners import owner_turns, partition_maps
from kafka_migration.model import facts
from kafka_migration.model.actions import CommitOffsets
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.facts import Facts
from kafka_migration.model.kafka import Commit
from kafka_migration.model.positions import Pair
from kafka_migration.model.verdicts import PASS

FIRST, SECOND = PARTITIONS


def recorded(planted: Planted) -> Entry:
    return next(e for e in planted.journals["reader"] if e.kind is EntryKind.TRANSLATED)


def message(planted: Planted) -> str:
    return str(planted.status("reader")["message"])


def test_a_lagging_group_goes_on_where_it_stopped():
    planted = before_entry("reader", EntryKind.TRANSLATED)
    planted.source.commits["orders"] = {FIRST: Commit(4), SECOND: Commit(10)}
    run_to(planted, "reader", "Switch")
    data = recorded(planted).data
    assert data["left"] == {"orders": {"orders": {"0": 4, "1": 10}}}
    assert data["groups"] == {"orders": {"orders": {"0": 4, "1": 12}}}
    assert (data["grade"], data["replay"]) == ("Exact", {"orders": {}})
    assert planted.target.commits["orders"] == {FIRST: Commit(4), SECOND: Commit(12)}


def test_the_metadata_of_a_commit_is_kept():
    """Kafka Streams keeps its state there."""
    planted = before_entry("reader", EntryKind.TRANSLATED)
    planted.source.commits["orders"] = {FIRST: Commit(4, "state"), SECOND: Commit(10)}
    run_to(planted, "reader", "Switch")
    assert planted.target.commits["orders"][FIRST] == Commit(4, "state")


def test_nothing_is_written_before_it_is_recorded():
    planted = at("reader", "TranslateOffsets")
    while not [a for _, a in planted.acts if isinstance(a, CommitOffsets)]:
        planted.tick("reader")
    assert planted.kinds("reader")[-1] is EntryKind.TRANSLATED


def before_the_writer() -> Planted:
    """The reader is asked to go at once; the writer waits for a wave that nobody released."""
    planted = Planted()
    planted.change("reader", desiredCluster="Target")
    planted.change("leave", cutover={"throughWave": 0})
    planted.run_until_step("reader", "Drain")
    return planted


def test_a_reader_moves_before_the_writer_and_reads_what_is_copied():
    planted = before_the_writer()
    planted.source.commits["orders"] = {FIRST: Commit(4), SECOND: Commit(10)}
    run_to(planted, "reader", "Completed")
    assert planted.target.commits["orders"] == {FIRST: Commit(4), SECOND: Commit(12)}
    assert planted.status("writer")["workingStep"] in ("Prepare", "Preflight")
    planted.change("leave", cutover={"throughWave": 20})
    planted.run(lambda: finished(planted))


def test_what_is_not_copied_yet_is_waited_for():
    planted = before_the_writer()
    run_to(planted, "reader", "TranslateOffsets")
    for partition in PARTITIONS:
        planted.source.append(partition, 2, marker=0)
        planted.source.commits["orders"][partition] = Commit(12)
    for _ in range(5):
        planted.tick("reader")
    assert planted.status("reader")["workingStep"] == "TranslateOffsets"
    assert message(planted) == "group orders on orders-0: 2 records before it are not copied yet"
    planted.copy()
    run_to(planted, "reader", "Switch")
    assert recorded(planted).data["groups"] == {"orders": {"orders": {"0": 16, "1": 16}}}


def test_a_group_that_would_read_again_backs_out_unless_that_is_allowed():
    planted = before_entry("reader", EntryKind.TRANSLATED)
    compaction_took_a_copy(planted)
    planted.run(lambda: EntryKind.BACK_OUT in planted.kinds("reader"))
    assert planted.journals["reader"][-1].data["reason"] == "GradeTooLow"


@pytest.mark.parametrize(("most", "moves"), [(9, True), (8, False)])
def test_up_to_so_many_records_may_be_read_again_if_the_unit_says_so(most, moves):
    group = {"name": "orders", "minimumGrade": "Safe", "maxReplayRecords": most}
    planted = Planted()
    planted.change("reader", consumerGroups=[group])
    planted.run_until_step("reader", "Settle")
    compaction_took_a_copy(planted)
    kinds = planted.kinds
    planted.run(lambda: {EntryKind.BACK_OUT, EntryKind.TRANSLATED} & set(kinds("reader")) != set())
    assert (EntryKind.TRANSLATED in kinds("reader")) is moves
    if moves:
        data = recorded(planted).data
        assert data["grade"] == "SafeCompacted"
        assert data["replay"] == {"orders": {"orders": {"0": 9}}}
        planted.run_until_step("reader", "Completed")
        shown = {"grade": "SafeCompacted", "replayRecords": 9}
        assert planted.status("reader")["offsets"] == shown


def test_an_owner_that_turns_is_waited_for_by_name():
    planted = before_entry("reader", EntryKind.TRANSLATED)
    planted.journals["writer"] += (Entry(EntryKind.FENCING, 2, {}),)
    planted.tick("reader")
    assert "authority over topic orders" in message(planted)
    assert "waits for writer" in message(planted)
    assert EntryKind.TRANSLATED not in planted.kinds("reader")


def both(kind: EntryKind) -> UnitContext:
    """The writer's unit, reading what it writes, at the tick that records an entry."""
    planted = before_entry("writer", kind)
    planted.change("writer", topics={"writes": ["orders"], "reads": ["orders"]})
    planted.journals["writer"] = tuple(
        replace(e, data={**e.data, "plan": {}}) for e in planted.journals["writer"]
    )
    context = planted.context("writer")
    assert isinstance(context, UnitContext)
    seen = {f.name: planted.fact(f, context) for f in (facts.UNITS, facts.REGISTER)}
    return replace(context, facts=Facts(seen))


@pytest.mark.parametrize("kind", [EntryKind.SWITCH, EntryKind.RESUMED])
def test_a_unit_that_reads_what_it_writes_begins_at_the_seam_that_it_measured(kind):
    """Once, whether the switch is an entry already or not; authority over it is its own affair."""
    context = both(kind)
    maps = partition_maps(context.facts[facts.UNITS], context)
    assert maps == dict.fromkeys(PARTITIONS, chain([Seam(Pair(10, 12), "target")]))
    assert owner_turns(context) == PASS
