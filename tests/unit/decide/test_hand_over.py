"""A hand-over that is disturbed: no record is copied twice, whatever Connect says of its state."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.decide.moving import at, visits
from tests.unit.decide.planted import PARTITIONS, Planted, loaded, unit_spec

from kafka_migration.model.actions import AlterOffsets, ResumeConnector
from kafka_migration.model.entries import EntryKind


def handing_over() -> list[Planted]:
    """The world at each tick of the migration between the receiver's creation and the end."""
    found = []
    for visit in visits():
        kinds = visit.planted.kinds("leave")
        begun = EntryKind.HAND_OVER_BEGAN in kinds and EntryKind.HAND_OVER_DONE not in kinds
        if visit.name == "leave" and begun and receiver(visit.planted):
            found.append(visit.again())
    assert len(found) > 3
    return found


def receiver(planted: Planted) -> str:
    return next((name for name in planted.connectors if "-unit-" in name), "")


def test_a_receiver_whose_state_is_not_told_is_neither_passed_over_nor_resumed():
    """Right after its creation, or a worker's restart: taken for "has run" it began at 0."""
    for planted in handing_over():
        name = receiver(planted)
        planted.connectors[name] = replace(planted.connectors[name], state="UNASSIGNED")
        decision, _ = planted.decide("leave")
        assert decision.action is None
        assert decision.entry is None


def test_a_receiver_that_went_on_and_was_stopped_is_never_set_back():
    planted = next(p for p in handing_over() if p.connectors[receiver(p)].state == "RUNNING")
    name = receiver(planted)
    planted.connectors[name] = replace(planted.connectors[name], state="STOPPED", tasks={})
    planted.stored[name][PARTITIONS[0]] += 5
    for _ in range(5):
        planted.tick("leave")
    acts = [a for _, a in planted.acts if getattr(a, "name", "") == name]
    assert isinstance(acts[-1], ResumeConnector)
    assert len([a for a in acts if isinstance(a, AlterOffsets)]) <= 1


@pytest.mark.parametrize("state", ["STOPPED", "UNASSIGNED"])
def test_a_hand_over_ends_once_the_state_is_told(state):
    planted = handing_over()[0]
    name = receiver(planted)
    told = planted.connectors[name]
    planted.connectors[name] = replace(told, state=state)
    planted.tick("leave")
    planted.connectors[name] = told
    planted.run(lambda: planted.kinds("leave")[-1] is EntryKind.HAND_OVER_DONE)


def test_a_unit_made_anew_is_refused_by_name_and_holds_up_nobody():
    """Its topics went to the deleted one; before, the whole migration waited for it for ever."""
    planted = at("writer", "Preflight")
    del planted.objects["writer"]
    spec = unit_spec("writer", "Writer", 10)
    planted.objects["again"] = loaded("WorkloadCutover", "orders", "again", spec)
    for _ in range(10):
        planted.tick("again")
        planted.tick("leave")
    assert planted.ready("again") == ("False", "UnitOverlap")
    asks = {**planted.status("again"), "waitingFor": "WaitingForHandOver"}
    planted.objects["again"] = replace(planted.objects["again"], status=asks)
    planted.tick("leave")
    assert planted.ready("leave")[1] != "UnitOverlap"
