"""Taking every mirror away at Completed: stopped, fenced, the way back denied, deleted with offsets.

Called by completed.py once its approval is an entry. What is done is seen in Connect, so that a
restart goes on; when all is gone that is an entry too, because then nobody can ask Connect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.rules import acls
from kafka_migration.decide.rules import register as fences
from kafka_migration.decide.rules.hand_overs import handed_over
from kafka_migration.decide.stages import replicating
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import (
    DeleteConnector,
    Direction,
    FenceMirror,
    HoldDenies,
    StopConnector,
    Work,
)
from kafka_migration.model.connect import Connector
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.facts import Fact
from kafka_migration.model.kafka import Acl
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Verdict, wait

_CONNECTORS: Mapping[Direction, Fact[Mapping[str, Connector]]] = {
    "forward": facts.CONNECTORS,
    "reverse": facts.REVERSE_CONNECTORS,
}
Mirror = tuple[Direction, Connector]


def has_way_back(context: MigrationContext) -> bool:
    """Reverse mirrors were planned."""
    return context.spec.replication.reverse != "Disabled"


def _mirrors(context: MigrationContext) -> Iterator[Mirror]:
    """Ours, the way back first."""
    directions: tuple[Direction, ...] = ("reverse", "forward")
    for direction in directions[0 if has_way_back(context) else 1 :]:
        for name, connector in sorted(context.facts[_CONNECTORS[direction]].items()):
            if name.startswith(f"kmig-{context.short_uid}-"):
                yield direction, connector


def _running(context: MigrationContext) -> list[Mirror]:
    return [(d, c) for d, c in _mirrors(context) if not c.at_rest]


def mirrors_run(context: MigrationContext) -> Verdict:
    """Every mirror is STOPPED and has no task."""
    running = _running(context)
    if not running:
        return PASS
    return wait(Reason.PROGRESSING, f"stopping {len(running)} mirrors, now {running[0][1].name}")


def stop_mirror(context: MigrationContext) -> Work | None:
    """Sent again whenever one reads otherwise."""
    direction, connector = _running(context)[0]
    asked = connector.state == "STOPPED"  # only its tasks have not ended yet
    return None if asked else StopConnector(direction, connector.name)


def _unfenced(context: MigrationContext) -> FenceMirror | None:
    every = (FenceMirror(direction, c.name) for direction, c in _mirrors(context))
    return next((act for act in every if act not in context.answered), None)


def a_generation_may_commit(context: MigrationContext) -> Verdict:
    """The null-PATCH of every mirror answered since this process looked (protocol 3.6)."""
    left = _unfenced(context)
    return PASS if left is None else wait(Reason.PROGRESSING, f"fencing producers of {left.name}")


def fence_mirror(context: MigrationContext) -> Work | None:
    """One at a time."""
    return _unfenced(context)


def _denied(context: MigrationContext) -> tuple[Acl, ...]:
    principal = context.spec.replication.identities.source.authentication.principal_name
    return acls.deny_write(sorted(handed_over(context.journal)), [principal])


def way_back_is_open(context: MigrationContext) -> Verdict:
    """The reverse mirrors' principal may not write on the source any more."""
    wanted = set(_denied(context))
    held = fences.entries(context.facts[facts.REGISTER], "source", ("held",))
    if wanted <= held & set(context.facts[facts.SOURCE_ACLS]):
        return PASS
    return wait(Reason.PROGRESSING, "denying the reverse mirrors' writes on the source")


def close_way_back(context: MigrationContext) -> Work | None:
    """Register, create, read back."""
    return HoldDenies("source", _denied(context))


def mirrors_are_left(context: MigrationContext) -> Verdict:
    """No mirror of ours exists."""
    left = [connector.name for _, connector in _mirrors(context)]
    return wait(Reason.PROGRESSING, f"removing mirror {left[0]}") if left else PASS


def delete_mirror(context: MigrationContext) -> Work | None:
    """Its stored offsets first."""
    direction, connector = next(_mirrors(context))
    return DeleteConnector(direction, connector.name)


def there_are_mirrors(context: MigrationContext) -> bool:
    """Their removal is not an entry yet."""
    return context.journal.last(EntryKind.MIRRORS_REMOVED) is None


def removal_is_not_recorded(_context: MigrationContext) -> Verdict:
    """From here on nobody asks Connect."""
    return wait(Reason.PROGRESSING, "recording that no mirror is left")


def record(_context: MigrationContext) -> Work | None:
    """Nothing is left that could copy."""
    return Entry(EntryKind.MIRRORS_REMOVED, 1, {})


def _one_way(context: MigrationContext) -> bool:
    return there_are_mirrors(context) and not has_way_back(context)


def _both_ways(context: MigrationContext) -> bool:
    return there_are_mirrors(context) and has_way_back(context)


def _steps(
    needs: tuple[Fact[Mapping[str, Connector]], ...], applies: Callable[[MigrationContext], bool]
) -> tuple[Task[MigrationContext], ...]:
    return (
        Task("mirrors stopped", needs, mirrors_run, stop_mirror, applies),
        Task("producers fenced", needs, a_generation_may_commit, fence_mirror, applies),
        Task("mirrors removed", needs, mirrors_are_left, delete_mirror, applies),
    )


_WAY_BACK: Task[MigrationContext] = Task(
    "way back denied",
    (facts.SOURCE_ACLS, facts.REGISTER),
    way_back_is_open,
    close_way_back,
    _both_ways,
)
_FORWARD = _steps((facts.CONNECTORS,), _one_way)
_BACK = _steps((facts.CONNECTORS, facts.REVERSE_CONNECTORS), _both_ways)
STOPPED: tuple[Task[MigrationContext], ...] = (
    Task(
        "workers answer",
        (facts.WORKERS,),
        replicating.workers_are_missing,
        replicating.apply_workers,
        there_are_mirrors,
    ),
    *_FORWARD[:-1],
    *_BACK[:-1],
    _WAY_BACK,
)
REMOVED: tuple[Task[MigrationContext], ...] = (
    _FORWARD[-1],
    _BACK[-1],
    Task("removal recorded", (), removal_is_not_recorded, record, there_are_mirrors),
)
