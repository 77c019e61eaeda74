"""Every state of a move, its way back and a second move, kept once per test run."""

from __future__ import annotations

from functools import cache

from tests.unit.decide.moving import UNITS, Visit, copied
from tests.unit.decide.planted import Planted

from kafka_migration.decide.machine import Phase


def standing(planted: Planted, step: str) -> bool:
    return all(planted.status(name).get("workingStep") == step for name in UNITS)


def _watched(planted: Planted, end: str) -> tuple[Visit, ...]:
    """Go on until both units work on a step; every state before a tick of theirs on the way."""
    seen = []
    for _ in range(300):
        for name in planted.objects:
            planted._approved()
            before = copied(planted)
            entry = planted.tick(name).entry
            seen.append(Visit(before, name, None if entry is None else entry.kind))
        if standing(planted, end):
            for name in planted.objects:
                planted.tick(name)
            return (*seen, Visit(copied(planted), UNITS[0]))
    raise AssertionError(f"both never come to {end}: {[planted.status(u) for u in UNITS]}")


@cache
def there() -> tuple[Visit, ...]:
    """The first move; it ends with something written and read on the target."""
    planted = Planted(way_back=True)
    visits = _watched(planted, "Completed")
    planted.write()
    planted.read()
    return (*visits, Visit(copied(planted), UNITS[0]))


@cache
def back() -> tuple[Visit, ...]:
    """The way back; it ends with something written and read on the source."""
    planted = there()[-1].again()
    for name in UNITS:
        planted.change(name, desiredCluster="Source")
    visits = _watched(planted, "RolledBack")
    planted.write()
    planted.read()
    return (*visits, Visit(copied(planted), UNITS[0]))


@cache
def again() -> tuple[Visit, ...]:
    """The second move."""
    planted = back()[-1].again()
    for name in UNITS:
        planted.change(name, desiredCluster="ByWave", attempt=2)
    return _watched(planted, "Completed")


def critical(visits: tuple[Visit, ...], name: str = "writer") -> list[Visit]:
    """States of one unit in which it may still turn round, stopped."""
    return [v for v in visits if v.name == name and v.phase is Phase.CRITICAL]


def at(visits: tuple[Visit, ...], step: str, name: str = "writer") -> Planted:
    """The world at the first tick in which a unit works on a step."""
    return next(
        v for v in visits if v.name == name and v.planted.status(name).get("workingStep") == step
    ).again()


def mirror(planted: Planted, role: str) -> str:
    return next(name for name in planted.connectors if f"-{role}-" in name)


def nothing_moves(planted: Planted, name: str, ticks: int = 20) -> None:
    before = planted.status(name)["workingStep"]
    for _ in range(ticks):
        planted.tick(name)
    assert planted.status(name)["workingStep"] == before
