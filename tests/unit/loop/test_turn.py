"""One unit at a time, also when two decided at the same moment that it is their turn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from tests.unit.loop.fake_world import UNIT_KEY, FakeWorld, loaded, unit, unit_spec

from kafka_migration import reconcile
from kafka_migration.decide.decision import Decision
from kafka_migration.decide.table import STEPS
from kafka_migration.errors import Conflict
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.kubernetes import Key
from kafka_migration.recording import FIRST_CRITICAL, NOT_SETTLED_SECONDS, record

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


@dataclass
class OneUnit:
    """As much of the app as a tick asks for."""

    fake: FakeWorld

    def world(self):
        return self.fake.world

    def related(self, _):
        return ()


@pytest.mark.parametrize(
    ("kind", "waits"),
    [(EntryKind.FENCED, True), (EntryKind.SWITCH, True), (EntryKind.PREPARED, False)],
)
def test_what_was_read_before_all_was_settled_decides_neither_f_nor_switch(
    fake, monkeypatch, kind, waits
):
    """An act on its way may have happened after the look, while it was judged (docs/adr/0009, 3)."""
    entry = Entry(kind, 1, {})

    def settles_meanwhile(_, context):
        fake.lease.is_settled = True
        return context, Decision(status={}, entry=entry)

    def carry_out(*_):
        recorded.append(kind)
        return 0.0

    recorded: list[EntryKind] = []
    app: Any = OneUnit(fake)
    fake.store.answers["load"] = unit().loaded
    fake.lease.is_settled = False
    monkeypatch.setattr(reconcile, "release", lambda *_: None)
    monkeypatch.setattr(reconcile, "unit_context", lambda *_: unit())
    monkeypatch.setattr(reconcile, "_decide", settles_meanwhile)
    monkeypatch.setattr(reconcile, "_carry_out", carry_out)
    again = reconcile.tick(app, UNIT_KEY)
    assert recorded == ([] if waits else [kind])
    assert again == (NOT_SETTLED_SECONDS if waits else 0.0)
    reconcile.tick(app, UNIT_KEY)
    assert recorded[-1] is kind
