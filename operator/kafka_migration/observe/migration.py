"""Facts of a KafkaMigration and of what it runs: mirrors, register, units, comparison."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from kafka_migration.decide.context import UnitContext
from kafka_migration.decide.rules import legs, names
from kafka_migration.errors import KmigError
from kafka_migration.journal import read_other
from kafka_migration.model import facts
from kafka_migration.model.actions import Direction
from kafka_migration.model.connect import Connector, ConnectorOffsets, Workers
from kafka_migration.model.facts import AuditView, Fact, UnitView
from kafka_migration.model.kubernetes import JobState, Loaded
from kafka_migration.model.reasons import Reason
from kafka_migration.observe.clusters import register_name
from kafka_migration.observe.looking import Look
from kafka_migration.world import REST_PASSWORD_KEY, Context, WorkersOrder, home, source_alias

_OFFSET_READS = 8  # at the same time
CONNECTORS_OF: Mapping[Direction, Fact[Mapping[str, Connector]]] = {
    "forward": facts.CONNECTORS,
    "reverse": facts.REVERSE_CONNECTORS,
}
OFFSETS_OF: Mapping[Direction, Fact[Mapping[str, ConnectorOffsets]]] = {
    "forward": facts.MIRROR_OFFSETS,
    "reverse": facts.REVERSE_OFFSETS,
}


def workers(look: Look) -> Workers:
    """The Connect Deployment of the forward direction."""
    return _workers(look, "forward")


def reverse_workers(look: Look) -> Workers:
    """The Connect Deployment of the reverse direction."""
    return _workers(look, "reverse")


def _workers(look: Look, direction: Direction) -> Workers:
    name = names.workers(look.migration.short_uid, direction)
    found = look.world.workers.read(home(look.context), name)
    if not found.exists:
        return found
    try:
        password = look.world.secrets.value(home(look.context), name, REST_PASSWORD_KEY)
    except KmigError as error:
        if error.reason is not Reason.SECRET_MISSING:
            raise
        return replace(found, outdated=True)
    order = WorkersOrder(
        direction=direction,
        migration=look.migration,
        image=found.image or "",
        source=look.world.mirror_identity(look.context, "source"),
        target=look.world.mirror_identity(look.context, "target"),
        rest_password=password,
        spec_hash="",
    )
    return replace(found, outdated=found.credentials != look.world.engine.credentials(order))


def connectors(look: Look) -> Mapping[str, Connector]:
    """All connectors of the migration's forward Connect cluster."""
    return look.world.connect_cluster(look.context, "forward").connectors()


def reverse_connectors(look: Look) -> Mapping[str, Connector]:
    """All connectors of its reverse Connect cluster."""
    return look.world.connect_cluster(look.context, "reverse").connectors()


def mirror_offsets(look: Look) -> Mapping[str, ConnectorOffsets]:
    """Stored offsets of every forward mirror of ours; for a unit, of its own mirror only."""
    return _offsets(look, "forward")


def reverse_offsets(look: Look) -> Mapping[str, ConnectorOffsets]:
    """The same of the reverse mirrors."""
    return _offsets(look, "reverse")


def _offsets(look: Look, direction: Direction) -> Mapping[str, ConnectorOffsets]:
    """Stored offsets of a direction's mirrors.

    Connect takes about a second for each, so they are asked for at the same time, in threads of
    their own: waiting in the shared ones for more of the shared ones could wait for ever.
    """
    port = look.world.connect_cluster(look.context, direction)
    alias = source_alias(look.context, direction)
    present = look.get(CONNECTORS_OF[direction])
    asked = [name for name in sorted(present) if _asked(look.context, name)]
    with ThreadPoolExecutor(max_workers=_OFFSET_READS, thread_name_prefix="offsets") as threads:
        read = threads.map(lambda name: port.offsets(name, alias), asked)
        return dict(zip(asked, read, strict=True))


def _asked(context: Context, connector: str) -> bool:
    if isinstance(context, UnitContext):
        return connector in (context.onward_connector, context.return_connector)
    return connector.startswith(f"kmig-{context.short_uid}-")


def register(look: Look) -> Mapping[str, Any]:
    """The fence register's document."""
    return look.world.register.read(home(look.context), register_name(look))[0]


def units(look: Look) -> tuple[UnitView, ...]:
    """Every WorkloadCutover that names the migration, with its journal."""
    found = [u for u in look.world.store.list_keys() if _names(u, look.migration.loaded)]
    return tuple(_unit_view(look, unit) for unit in sorted(found, key=lambda u: u.key))


def _names(unit: Loaded, migration: Loaded) -> bool:
    reference = unit.spec.get("migrationRef", {})
    return unit.key.kind == "WorkloadCutover" and (
        (reference.get("namespace"), reference.get("name"))
        == (migration.key.namespace, migration.key.name)
    )


def _unit_view(look: Look, unit: Loaded) -> UnitView:
    world = look.world
    unit, journal = read_other(world.shards, home(look.context), unit, world.store.load)
    return UnitView(unit, journal.entries)


def audits(look: Look) -> Mapping[str, AuditView]:
    """The comparisons that follow what comes back, of units that are on the target."""
    jobs, namespace = look.world.jobs, home(look.context)
    found: dict[str, AuditView] = {}
    for unit in look.get(facts.UNITS):
        leg = legs.newest(unit.entries)
        if leg is None or leg.direction != "forward":
            continue
        short_uid = unit.loaded.uid.replace("-", "")[:8]
        name = names.tail_job(short_uid, leg.attempt, "reverse")
        there = jobs.state(namespace, name) is not None
        found[unit.loaded.uid] = AuditView(name, there, jobs.report(namespace, name))
    return found


def comparison(look: Look) -> JobState | None:
    """The bounded verifier Job."""
    name = names.comparison_job(look.migration.short_uid)
    return look.world.jobs.state(home(look.context), name)


def comparison_report(look: Look) -> Mapping[str, Any] | None:
    """What the bounded verifier Job reports."""
    name = names.comparison_job(look.migration.short_uid)
    return look.world.jobs.report(home(look.context), name)
