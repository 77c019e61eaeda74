"""Acts on Connect: the workers of a direction, and its mirrors with their stored offsets."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from kafka_migration.act.performing import Scene
from kafka_migration.connections import mirror_connection
from kafka_migration.decide.rules import names
from kafka_migration.errors import Conflict, KmigError, Refused, Unavailable
from kafka_migration.model.actions import (
    AlterOffsets,
    ApplyWorkers,
    ConfigureConnector,
    CreateConnector,
    DeleteConnector,
    FenceMirror,
    RemoveWorkers,
    RestartTasks,
    ResumeConnector,
    StopConnector,
)
from kafka_migration.model.reasons import Reason
from kafka_migration.model.sides import opposite
from kafka_migration.world import REST_PASSWORD_KEY, MirrorOrder, WorkersOrder

_PASSWORD_BYTES = 32


def apply_workers(scene: Scene, action: ApplyWorkers) -> None:
    """Create or update the workers; the REST password is made once and kept in their Secret."""
    world, migration = scene.world, scene.migration
    version = migration.spec.replication.mirror_maker2.version
    image = world.settings.connect_images.get(version)
    if image is None:
        known = ", ".join(sorted(world.settings.connect_images)) or "none"
        raise Refused(
            Reason.VERSION_NOT_MAPPED,
            f"spec.replication.mirrorMaker2.version {version} has no image in this installation "
            f"(known: {known}); choose another or extend KMIG_CONNECT_IMAGES",
        )
    name = names.workers(migration.short_uid, action.direction)
    order = WorkersOrder(
        direction=action.direction,
        migration=migration,
        image=image,
        source=mirror_connection(world.secrets, migration, "source"),
        target=mirror_connection(world.secrets, migration, "target"),
        rest_password=_rest_password(scene, name),
        spec_hash=action.spec_hash,
    )
    manifests = world.engine.workers(order)
    scene.check()
    world.workers.apply(scene.home, name, manifests)


def remove_workers(scene: Scene, action: RemoveWorkers) -> None:
    """Delete the workers with their Service, configuration and REST password."""
    scene.check()
    scene.world.workers.remove(
        scene.home, names.workers(scene.migration.short_uid, action.direction)
    )


def _rest_password(scene: Scene, name: str) -> str:
    try:
        return scene.world.secrets.value(scene.home, name, REST_PASSWORD_KEY)
    except KmigError as error:
        if error.reason is not Reason.SECRET_MISSING:
            raise
        return secrets.token_urlsafe(_PASSWORD_BYTES)


def create_connector(scene: Scene, action: CreateConnector) -> None:
    """Create a mirror STOPPED, and refuse it if offsets are stored under its new name (5.4)."""
    connect, config = scene.connect(action.direction), _config(scene, action)
    existing = connect.connectors().get(action.name)
    if existing is None:
        scene.check()
        connect.create(action.name, config)
    elif existing.topics != frozenset(action.topics):
        text = f"connector {action.name} exists with other topics; find out who made it"
        raise Refused(Reason.TASK_FAILED, text)
    stored = connect.offsets(action.name, scene.alias(action.direction))
    if not stored.offsets and not stored.foreign:
        return
    if existing is not None:
        # It was made before this look, and may have run since: its offsets are its own.
        text = f"connector {action.name} exists already; its state is read first"
        raise Conflict(Reason.PROGRESSING, text)
    # It must not be found later by a tick that takes it for ready.
    scene.check()
    connect.delete(action.name)
    raise Refused(
        Reason.OFFSET_CONFLICT,
        f"offsets are already stored under the new connector name {action.name}: it would start "
        "in the middle; delete the Connect offsets topic of this migration, or start a new one",
    )


def configure_connector(scene: Scene, action: ConfigureConnector) -> None:
    """Replace a mirror's whole configuration and read back what decides what it copies.

    Connect starts the tasks of a running mirror again by itself.
    """
    connect, config = scene.connect(action.direction), _config(scene, action)
    scene.check()
    with _noting_silence(scene):
        connect.configure(action.name, config)
    now = connect.connectors().get(action.name)
    listed = None if now is None else (now.topics, now.offset_reset)
    if listed != (frozenset(action.topics), action.offset_reset):
        text = f"connector {action.name} does not show what was just configured; look at Connect"
        raise Refused(Reason.TASK_FAILED, text)


def _config(scene: Scene, action: CreateConnector | ConfigureConnector) -> dict[str, str]:
    world, migration = scene.world, scene.migration
    source = mirror_connection(world.secrets, migration, "source")
    target = mirror_connection(world.secrets, migration, "target")
    order = MirrorOrder(
        action.direction,
        migration,
        action.name,
        action.topics,
        source,
        target,
        action.offset_reset,
    )
    return dict(world.engine.mirror(order))


def restart_tasks(scene: Scene, action: RestartTasks) -> None:
    """Start what failed again; a restart that was sent counts, answered or not."""
    memory, now = scene.world.memory_of(scene.context), scene.world.clock.monotonic()
    connect = scene.connect(action.direction)
    scene.check()
    memory.restarts.note(action.name, now)
    connect.restart_failed(action.name)


def stop_connector(scene: Scene, action: StopConnector) -> None:
    """Ask it to stop; its tasks end later."""
    connect = scene.connect(action.direction)
    scene.check()
    connect.stop(action.name)


def resume_connector(scene: Scene, action: ResumeConnector) -> None:
    """Let it run, unless another mirror lists one of its topics (protocol 5.3).

    Nor one of the other direction: two that copy to each other copy for ever.
    """
    connect = scene.connect(action.direction)
    present = connect.connectors()
    own = present.get(action.name)
    others = [other for other in present.values() if own and other.name != own.name]
    if scene.migration.spec.has_way_back:
        others += scene.connect(opposite(action.direction)).connectors().values()
    for other in others:
        shared = own.topics & other.topics if own else frozenset()
        if shared and other.state != "STOPPED":
            text = f"mirrors {action.name} and {other.name} both list {min(shared)}; stop one"
            raise Refused(Reason.TASK_FAILED, text)
    scene.check()
    connect.resume(action.name)


def delete_connector(scene: Scene, action: DeleteConnector) -> None:
    """Delete a STOPPED mirror's stored offsets, then the mirror; gone already = done."""
    connect = scene.connect(action.direction)
    if action.name not in connect.connectors():
        return
    scene.check()
    connect.delete_offsets(action.name)
    scene.check()
    connect.delete(action.name)


def fence_mirror(scene: Scene, action: FenceMirror) -> None:
    """End the producers of a STOPPED mirror's last generation (protocol 3.6)."""
    connect = scene.connect(action.direction)
    scene.check()
    connect.fence_producers(action.name, scene.alias(action.direction))


def alter_offsets(scene: Scene, action: AlterOffsets) -> None:
    """Write or remove stored offsets of a STOPPED mirror."""
    connect = scene.connect(action.direction)
    scene.check()
    with _noting_silence(scene):
        connect.alter_offsets(action.name, scene.alias(action.direction), dict(action.offsets))


@contextmanager
def _noting_silence(scene: Scene) -> Iterator[None]:
    """Without an answer it may still be carried out, over what was done since (5.3, ADR 9).

    Offsets would be set back; a configuration would list topics that were given away since.
    """
    try:
        yield
    except Unavailable:
        memory = scene.world.memory_of(scene.context)
        memory.unanswered_patch = scene.world.clock.monotonic()
        raise
