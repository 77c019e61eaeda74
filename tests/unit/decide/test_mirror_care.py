"""Mirrors after they were started: resets, failed tasks, standstills, falling offsets (5.5)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.decide.moving import at, last_at, stands, visits
from tests.unit.decide.planted import PARTITIONS, Planted, acl

from kafka_migration.model.actions import ConfigureConnector, HoldDenies, RestartTasks
from kafka_migration.model.connect import OFFSET_RESET
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.facts import Restarts

FIRST = PARTITIONS[0]
STAGES = ("Replicating", "Validated")


def bulk(planted: Planted) -> str:
    return next(name for name in planted.connectors if name.endswith("-bulk"))


def change(planted: Planted, **changes) -> None:
    planted.connectors[bulk(planted)] = replace(planted.connectors[bulk(planted)], **changes)


def on_earliest(planted: Planted) -> Planted:
    change(planted, config={OFFSET_RESET: "earliest"})
    entries = planted.journals["leave"]
    kept = [e for e in entries if e.kind is not EntryKind.MIRROR_CONFIGURED]
    planted.journals["leave"] = tuple(kept)
    return planted


def act_of(planted: Planted):
    return planted.decide("leave")[0].action


# ---- offset reset


def test_a_mirror_with_all_keys_gets_none_after_an_entry():
    planted = on_earliest(last_at("leave", "Validated"))
    entry = planted.tick("leave").entry
    assert entry is not None
    assert entry.kind is EntryKind.MIRROR_CONFIGURED
    assert entry.data == {"mirror": bulk(planted), "topics": ["orders"], "offsetReset": "none"}
    wanted = ConfigureConnector("forward", bulk(planted), ("orders",), "none")
    assert planted.tick("leave").action == wanted
    assert planted.connectors[bulk(planted)].offset_reset == "none"
    decision = planted.tick("leave")
    assert decision.entry is None or decision.entry.kind is not EntryKind.MIRROR_CONFIGURED
    assert not isinstance(decision.action, ConfigureConnector)


def test_the_put_is_repeated_under_the_same_entry_when_its_effect_is_not_seen():
    planted = on_earliest(last_at("leave", "Validated"))
    planted.tick("leave")
    planted.tick("leave")
    change(planted, config={OFFSET_RESET: "earliest"})
    planted.restart()
    assert isinstance(act_of(planted), ConfigureConnector)
    assert planted.kinds("leave").count(EntryKind.MIRROR_CONFIGURED) == 1


def test_one_partition_without_an_offset_keeps_its_mirror_on_earliest():
    """Under `none` it would stop the whole task."""
    planted = on_earliest(last_at("leave", "Validated"))
    del planted.stored[bulk(planted)][FIRST]
    decision = planted.tick("leave")
    assert decision.entry is None or decision.entry.kind is not EntryKind.MIRROR_CONFIGURED
    assert not isinstance(decision.action, ConfigureConnector)


def test_a_mirror_that_its_unit_stopped_is_left_alone():
    planted = visits()[-1].again()
    (name,) = planted.connectors
    assert planted.connectors[name].state == "STOPPED"
    planted.connectors[name] = replace(planted.connectors[name], config={OFFSET_RESET: "earliest"})
    decision = planted.tick("leave")
    assert (decision.entry, decision.action) == (None, None)


@pytest.mark.parametrize(("step", "configured"), [("Preflight", True), ("Drain", False)])
def test_a_units_mirror_is_not_configured_in_its_write_pause(step, configured):
    planted = at("writer", step)
    name = next(n for n in planted.connectors if "-unit-" in n)
    old = planted.connectors[name]
    planted.connectors[name] = replace(old, config={OFFSET_RESET: "earliest"})
    entry = planted.decide("leave")[0].entry
    wanted = {"mirror": name, "topics": ["orders"], "offsetReset": "none"}
    assert (entry is not None and entry.data == wanted) is configured


# ---- failed tasks


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(
    ("sent", "acts", "reason"),
    [
        (None, True, ("TaskFailed", "False")),
        (Restarts(1, 9.0), False, ("TaskFailed", "False")),
        (Restarts(1, 10.0), True, ("TaskFailed", "False")),
        (Restarts(3, 39.0), False, ("TaskFailed", "False")),
        (Restarts(3, 40.0), True, ("TaskFailed", "False")),
        (Restarts(6, 299.0), False, ("TaskFailed", "False")),
        (Restarts(6, 320.0), False, ("TaskFailed", "True")),
    ],
)
def test_failed_tasks_are_restarted_with_growing_pauses_and_a_limit(stage, sent, acts, reason):
    planted = last_at("leave", stage)
    change(planted, tasks={0: "FAILED"}, trace="boom")
    planted.restarts = {} if sent is None else {bulk(planted): sent}
    assert stands(planted, "leave") == reason
    wanted = RestartTasks("forward", bulk(planted)) if acts else None
    assert act_of(planted) == wanted


def test_a_units_mirror_is_restarted_too():
    planted = at("writer", "CatchUp")
    name = next(n for n in planted.connectors if "-unit-" in n)
    planted.connectors[name] = replace(planted.connectors[name], tasks={0: "FAILED"})
    assert act_of(planted) == RestartTasks("forward", name)


def test_a_bulk_mirror_that_went_is_not_made_anew():
    """A new one would copy everything once more."""
    planted = last_at("leave", "Validated")
    planted.connectors.clear()
    assert stands(planted, "leave") == ("TaskFailed", "True")
    assert act_of(planted) is None


# ---- standstill


@pytest.mark.parametrize("stage", STAGES)
def test_a_mirror_that_says_running_and_copies_nothing_is_named(stage):
    planted = last_at("leave", stage)
    planted.lag_seconds = 1e6
    assert stands(planted, "leave") == ("LagTooHigh", "False")


# ---- wrong copies


def fallen(planted: Planted, looks: int) -> None:
    planted.bounds = {"highest": {FIRST: 99}, "in_a_row": {FIRST: looks}}


def test_an_offset_that_fell_once_is_a_gap_and_denies_nobody():
    planted = last_at("leave", "Validated")
    fallen(planted, 1)
    assert stands(planted, "leave") == ("GapDetected", "True")
    decision = planted.tick("leave")
    assert (decision.entry, decision.action) == (None, None)


def test_two_looks_in_a_row_deny_the_mirror_on_that_topic():
    planted = last_at("leave", "Validated")
    fallen(planted, 2)
    entry = planted.tick("leave").entry
    assert entry is not None
    assert (entry.kind, entry.data["topics"]) == (EntryKind.MIRROR_DENIED, ["orders"])
    deny = acl("mirror", "WRITE", deny=True)
    assert planted.tick("leave").action == HoldDenies("target", (deny,))
    assert not planted.target.may_write("User:mirror", "orders")
    assert stands(planted, "leave") == ("GapDetected", "True")


def test_a_denied_topic_stays_denied_after_a_restart():
    planted = last_at("leave", "Validated")
    fallen(planted, 2)
    for _ in range(3):
        planted.tick("leave")
    planted.bounds = {}
    planted.restart()
    assert stands(planted, "leave") == ("GapDetected", "True")
    planted.target.acls.discard(acl("mirror", "WRITE", deny=True))
    assert isinstance(act_of(planted), HoldDenies)


def test_a_back_out_does_not_free_a_mirror_whose_copy_is_wrong():
    planted = at("writer", "CatchUp")
    fallen(planted, 2)
    for _ in range(2):
        planted.tick("leave")
    planted.moved = PARTITIONS
    planted.change("writer", desiredCluster="Source")
    planted.run(lambda: EntryKind.BACKED_OUT in planted.kinds("writer"))
    assert not planted.target.may_write("User:mirror", "orders")
    assert planted.source.may_write("User:writer", "orders")
