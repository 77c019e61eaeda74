"""Every state of an undisturbed move, kept once per test run, to disturb it from there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.unit.decide.planted import PARTITIONS, Planted
from tests.unit.decide.planted_clusters import Kafka, Mind

from kafka_migration.decide.context import UnitContext
from kafka_migration.decide.cutover import working_step
from kafka_migration.decide.machine import Phase
from kafka_migration.decide.table import phase_of
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.kafka import Commit

UNITS = ("writer", "reader")


@dataclass(frozen=True)
class Visit:
    """A state of the undisturbed move just before a tick of one object."""

    planted: Planted
    name: str
    entry: EntryKind | None = None  # that the tick records

    def again(self) -> Planted:
        return copied(self.planted)

    @property
    def phase(self) -> Phase:
        context = self.planted.context(self.name)
        assert isinstance(context, UnitContext)
        return phase_of(working_step(context), context)

    def __str__(self) -> str:
        status = self.planted.status(self.name)
        return f"{self.name} at {status.get('workingStep') or status.get('workingStage')}"


def copied(planted: Planted) -> Planted:
    """A copy to change: containers are new; frozen values, our objects among them, are shared."""
    found: Planted = _with_own_fields(planted)  # also of a class that builds on Planted
    return found


def _anew(value: Any) -> Any:
    """Cheaper by far than deepcopy, which would also copy what nobody can change in place."""
    made = _MADE_ANEW.get(type(value))
    return value if made is None else made(value)


def _with_own_fields(value: Any) -> Any:
    new = copy(value)
    vars(new).update(_anew(vars(value)))
    return new


_MADE_ANEW: Mapping[type[Any], Callable[[Any], Any]] = {
    dict: lambda value: {key: _anew(each) for key, each in value.items()},
    list: lambda value: [_anew(each) for each in value],
    set: set,
    Kafka: _with_own_fields,
    Mind: _with_own_fields,
}


def finished(planted: Planted) -> bool:
    return planted.status("leave").get("stage") == "CutOver"


@cache
def visits() -> tuple[Visit, ...]:
    """Every state of the move, approvals given as they are asked for."""
    planted, seen = Planted(), []
    for _ in range(200):
        for name in planted.objects:
            if planted.status("leave").get("phase") == "AwaitingApproval":
                planted.approve()
            before = copied(planted)
            entry = planted.tick(name).entry
            seen.append(Visit(before, name, None if entry is None else entry.kind))
        if finished(planted):
            return tuple(seen)
    raise AssertionError("the undisturbed move does not end")


def in_phase(*phases: Phase) -> list[Visit]:
    return [v for v in visits() if v.name in UNITS and v.phase in phases]


def at(name: str, row: str) -> Planted:
    """The world at the first tick in which an object works on a stage or step."""
    return next(v for v in visits() if str(v) == f"{name} at {row}").again()


def run_to(planted: Planted, name: str, step: str) -> None:
    """Go on until a unit works on a step."""
    planted.run(lambda: planted.status(name)["workingStep"] == step)


def last_at(name: str, row: str) -> Planted:
    """The world at the tick that leaves a stage or step: every task of it passes."""
    return [v for v in visits() if str(v) == f"{name} at {row}"][-1].again()


def before_entry(name: str, kind: EntryKind) -> Planted:
    """The world at the tick that records an entry: every task before it passes."""
    for visit in visits():
        if visit.name == name and visit.entry is kind:
            return visit.again()
    raise AssertionError(f"{name} never records {kind}")


def stands(planted: Planted, name: str) -> tuple[str, str]:
    """After one tick that must move nothing: Ready's reason, and whether it is stalled."""
    decision, _ = planted.decide(name)
    assert not decision.moved
    conditions = {c["type"]: c for c in decision.status["conditions"]}
    return conditions["Ready"]["reason"], conditions["Stalled"]["status"]


def backs_out(planted: Planted, name: str = "writer") -> str:
    """The reason of the back-out that the next tick records."""
    entry = planted.decide(name)[0].entry
    assert entry is not None
    assert entry.kind is EntryKind.BACK_OUT
    return str(entry.data["reason"])


def compaction_took_a_copy(planted: Planted) -> None:
    """With nothing but the segment's edges to count from, any record may be the missing one."""
    planted.compacted = frozenset({"orders"})
    planted.target.records[PARTITIONS[0]].remove(4)
    planted.source.commits["orders"][PARTITIONS[0]] = Commit(9)
