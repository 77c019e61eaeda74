"""One unit at a time, also when two decided at the same moment that it is their turn."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.loop.fake_world import UNIT_KEY, FakeWorld, loaded, unit, unit_spec

from kafka_migration.decide.decision import Decision
from kafka_migration.decide.table import STEPS
from kafka_migration.errors import Conflict
from kafka_migration.model.kubernetes import Key
from kafka_migration.recording import FIRST_CRITICAL, record

ENTERING = Decision(status={"workingStep": FIRST_CRITICAL}, moved=True)
OTHER_KEY = Key("WorkloadCutover", UNIT_KEY.namespace, "other")


def with_another_at(fake: FakeWorld, step: str, **reference: str) -> None:
    spec = unit_spec()
    spec["migrationRef"] = {**spec["migrationRef"], **reference}
    other = loaded(OTHER_KEY, "another-uid", spec, {"workingStep": step})
    fake.store.answers["list_keys"] = [unit().loaded, other]
    fake.store.answers["write_status"] = lambda of, status: replace(of, status=status)


@pytest.mark.parametrize("step", ["Drain", "Fence", "Switch", "Resume", "BackOut"])
def test_a_unit_does_not_enter_its_critical_section_beside_another(fake, step):
    with_another_at(fake, step)
    with pytest.raises(Conflict):
        record(fake.world, unit(), ENTERING)
    assert "write_status" not in [call[0] for call in fake.store.calls]


@pytest.mark.parametrize(
    ("step", "reference"), [("Preflight", {}), ("Observe", {}), ("Fence", {"name": "another"})]
)
def test_a_unit_enters_it_alone(fake, step, reference):
    with_another_at(fake, step, **reference)
    assert record(fake.world, unit(), ENTERING).status["workingStep"] == FIRST_CRITICAL
    assert fake.world.memory.turn.acquire(blocking=False)


def test_the_first_critical_step_is_the_one_of_the_table():
    assert next(s.name for s in STEPS if s.phase.value == "Critical") == FIRST_CRITICAL
