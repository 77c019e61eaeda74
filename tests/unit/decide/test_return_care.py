"""Reverse mirrors of units on the target: restarted, guarded, and stopped when they copy wrongly."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.decide.moving import stands
from tests.unit.decide.planted import (
    PARTITIONS,
    Planted,
    acl,
    authentication,
    migration_spec,
    not_known,
)
from tests.unit.decide.returning import at, back, there

from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.rules.copying import denied_topics
from kafka_migration.decide.stages.ways import BACK, FORWARD
from kafka_migration.model.actions import ConfigureConnector, HoldDenies, RestartTasks
from kafka_migration.model.connect import OFFSET_RESET
from kafka_migration.model.entries import EntryKind, Journal
from kafka_migration.model.facts import Restarts

FIRST = PARTITIONS[0]
OF_RUNNING = {"reverse-offsets", "reverse-copy-bounds", "reverse-lag-seconds"}


def on_target() -> Planted:
    return there()[-1].again()


def mirror(planted: Planted) -> str:
    return next(name for name in planted.connectors if "-reverse-" in name)


def change(planted: Planted, **changes) -> None:
    planted.connectors[mirror(planted)] = replace(planted.connectors[mirror(planted)], **changes)


def on_earliest(planted: Planted) -> Planted:
    change(planted, config={OFFSET_RESET: "earliest"})
    entries = planted.journals["leave"]
    kept = [e for e in entries if e.data.get("mirror") != mirror(planted)]
    planted.journals["leave"] = tuple(kept)
    return planted


def test_nothing_but_the_list_of_mirrors_is_read_while_none_runs():
    planted = at(there(), "Preflight")
    assert planted.connectors[mirror(planted)].state == "STOPPED"
    asked = planted.decide("leave")[1]
    assert "reverse-connectors" in asked
    assert not asked & OF_RUNNING
    assert on_target().decide("leave")[1] >= OF_RUNNING


@pytest.mark.parametrize("fact", sorted(OF_RUNNING | {"reverse-connectors", "reverse-restarts"}))
def test_what_cannot_be_read_of_them_moves_nothing(fact):
    planted = on_target()
    if fact != "reverse-lag-seconds":  # the only one that comes after the reset
        on_earliest(planted)
    planted.unknown[fact] = not_known()
    decision = planted.decide("leave")[0]
    assert (decision.moved, decision.entry, decision.action) == (False, None, None)


@pytest.mark.parametrize(
    ("sent", "acts", "stalled"),
    [
        (None, True, "False"),
        (Restarts(1, 9.0), False, "False"),
        (Restarts(6, 320.0), False, "True"),
    ],
)
def test_failed_tasks_are_restarted(sent, acts, stalled):
    """A mirror that was freed a moment ago may still meet its DENY, and fail of it."""
    planted = on_target()
    change(planted, tasks={0: "FAILED"}, trace="TopicAuthorizationException")
    planted.restarts = {} if sent is None else {mirror(planted): sent}
    assert stands(planted, "leave") == ("TaskFailed", stalled)
    wanted = RestartTasks("reverse", mirror(planted)) if acts else None
    assert planted.decide("leave")[0].action == wanted


def test_failed_tasks_are_restarted_in_the_way_backs_write_pause_too():
    planted = at(back(), "CatchUp")
    change(planted, tasks={0: "FAILED"})
    assert planted.decide("leave")[0].action == RestartTasks("reverse", mirror(planted))


def test_one_with_all_keys_gets_none_after_an_entry():
    planted = on_earliest(on_target())
    entry = planted.tick("leave").entry
    assert entry is not None
    assert entry.data == {"mirror": mirror(planted), "topics": ["orders"], "offsetReset": "none"}
    wanted = ConfigureConnector("reverse", mirror(planted), ("orders",), "none")
    assert planted.tick("leave").action == wanted
    assert planted.connectors[mirror(planted)].offset_reset == "none"


def test_one_without_all_keys_stays_on_earliest():
    """A partition that was empty at the switch has no key until something is written there."""
    planted = on_earliest(on_target())
    del planted.stored[mirror(planted)][FIRST]
    planted.return_bounds = {"highest": {}}
    decision = planted.decide("leave")[0]
    assert (decision.entry, decision.action) == (None, None)


def test_it_is_not_configured_in_a_write_pause():
    planted = on_earliest(at(back(), "Drain"))
    decision = planted.decide("leave")[0]
    assert decision.entry is None
    assert not isinstance(decision.action, ConfigureConnector)


def test_data_of_the_target_that_does_not_come_back_is_named():
    planted = on_target()
    planted.return_lag_seconds = 1e6
    assert stands(planted, "leave") == ("LagTooHigh", "False")
    assert "data of the target waits" in planted.decide("leave")[0].status["message"]


def test_a_gap_seen_once_denies_nobody():
    planted = on_target()
    planted.return_bounds = {"starts": {FIRST: 99}}
    assert stands(planted, "leave") == ("GapDetected", "True")
    decision = planted.decide("leave")[0]
    assert (decision.entry, decision.action) == (None, None)
    message = decision.status["message"]
    assert "the target holds [99, " in message
    assert "there is no way back for it any more" in message


def denied() -> Planted:
    planted = on_target()
    planted.return_bounds = {"starts": {FIRST: 99}, "in_a_row": {FIRST: 2}}
    return planted


def test_two_looks_in_a_row_deny_the_reverse_mirror_on_the_source():
    planted = denied()
    entry = planted.tick("leave").entry
    assert entry is not None
    assert (entry.kind, entry.data["topics"]) == (EntryKind.MIRROR_DENIED, ["orders"])
    deny = acl("mirror", "WRITE", deny=True)
    assert planted.tick("leave").action == HoldDenies("source", (deny,))
    assert not planted.source.may_write("User:mirror", "orders")
    assert stands(planted, "leave") == ("GapDetected", "True")


@pytest.mark.parametrize(
    ("way", "side", "principal"), [(FORWARD, "target", "User:there"), (BACK, "source", "User:back")]
)
def test_mirrors_are_denied_where_they_write_and_as_whom_they_write(way, side, principal):
    identities = {"source": authentication("back"), "target": authentication("there")}
    planted = Planted()
    planted.change(
        "leave", replication={**migration_spec()["replication"], "identities": identities}
    )
    context = planted.context("leave")
    assert isinstance(context, MigrationContext)
    assert (way.written, way.principal(context)) == (side, principal)


def test_what_is_wrong_on_the_way_back_is_not_wrong_on_the_way_there():
    planted = denied()
    planted.tick("leave")
    journal = Journal(planted.journals["leave"])
    assert denied_topics(journal, "reverse") == {"orders"}
    assert not denied_topics(journal)


def test_a_denied_topic_stays_denied_when_its_mirror_stops_and_after_a_restart():
    planted = denied()
    for _ in range(3):
        planted.tick("leave")
    planted.return_bounds = {}
    change(planted, state="STOPPED", tasks={})
    planted.restart()
    assert stands(planted, "leave") == ("GapDetected", "True")
    planted.source.acls.discard(acl("mirror", "WRITE", deny=True))
    assert isinstance(planted.decide("leave")[0].action, HoldDenies)


def test_a_unit_whose_way_back_is_wrong_does_not_prepare_a_move():
    planted = at(there(), "Preflight")
    wrong = denied().tick("leave").entry
    assert wrong is not None
    planted.journals["leave"] = (*planted.journals["leave"], wrong)
    assert stands(planted, "writer") == ("GapDetected", "True")
