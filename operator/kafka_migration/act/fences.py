"""Acts on the fences: the register first, then the brokers, then what was read back (1.7).

A DENY is never created that the register does not name, and never deleted unless it does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kafka_migration.act.performing import Scene
from kafka_migration.decide.context import UnitContext
from kafka_migration.decide.rules import names
from kafka_migration.errors import Refused, Unavailable
from kafka_migration.model.actions import HoldDenies, LiftDenies, Side
from kafka_migration.model.inventory import acl_json
from kafka_migration.model.kafka import Acl, Permission
from kafka_migration.model.reasons import Reason
from kafka_migration.world import LEASE_SECONDS, REQUEST_SECONDS

Document = Mapping[str, Any]


def hold_denies(scene: Scene, action: HoldDenies) -> None:
    """Register the entries as wanted, create them, read them back, register them as held."""
    _only_denies(action.acls)
    _await_opposite(scene, action, "lifting")
    _mark(scene, action, "wanted", action.authority)
    port = scene.kafka(action.side)
    scene.check()
    with _noting_silence(scene, action.side, "wanted"):
        port.create_acls(action.acls)
    present = frozenset(port.acls())
    missing = [acl for acl in action.acls if acl not in present]
    if missing:
        text = f"{action.side}: {_name(missing[0])} was created but is not listed yet"
        raise Unavailable(Reason.NOT_FENCED, text)
    _mark(scene, action, "held", ())
    _begin_windows_anew(scene, action.side)


def lift_denies(scene: Scene, action: LiftDenies) -> None:
    """Register the entries as lifting, delete exactly them, see them gone, register as lifted."""
    _only_denies(action.acls)
    document, _ = scene.world.register.read(scene.home, _register(scene))
    known = {_identity(entry) for entry in document.get("entries", [])}
    foreign = [acl for acl in action.acls if (action.side, *acl_json(acl)) not in known]
    if foreign:
        text = f"{action.side}: {_name(foreign[0])} is not in our register; it is not ours to lift"
        raise Refused(Reason.FOREIGN_DENY, text)
    _await_opposite(scene, action, "wanted")
    _mark(scene, action, "lifting", action.authority)
    port = scene.kafka(action.side)
    scene.check()
    with _noting_silence(scene, action.side, "lifting"):
        port.delete_acls(action.acls)
    left = frozenset(port.acls()) & frozenset(action.acls)
    if left:
        text = f"{action.side}: {_name(min(left))} was deleted but is still listed"
        raise Unavailable(Reason.PROGRESSING, text)
    _mark(scene, action, "lifted", ())
    _begin_windows_anew(scene, action.side)


@contextmanager
def _noting_silence(scene: Scene, side: Side, state: str) -> Iterator[None]:
    """A call without an answer may still happen: F, Switch and its opposite wait (2.3, 2.5)."""
    try:
        yield
    except Unavailable:
        memory = scene.world.memory_of(scene.context)
        memory.unanswered = scene.world.clock.monotonic()
        memory.silences[side, state] = memory.unanswered
        raise


def _await_opposite(scene: Scene, action: HoldDenies | LiftDenies, state: str) -> None:
    """Refuse to act while an unanswered act of the other kind may still undo it (2.3, ADR 9).

    An earlier process's is known from the register: an entry in `state` had no answer.
    """
    memory, now = scene.world.memory_of(scene.context), scene.world.clock.monotonic()
    silent = memory.silences.get((action.side, state))
    left = 0.0 if silent is None else silent + LEASE_SECONDS + REQUEST_SECONDS - now
    if left <= 0 and not scene.world.lease.settled(REQUEST_SECONDS):
        document, _ = scene.world.register.read(scene.home, _register(scene))
        open_ = {_identity(e) for e in document.get("entries", []) if e["state"] == state}
        if any((action.side, *acl_json(acl)) in open_ for acl in action.acls):
            left = LEASE_SECONDS + REQUEST_SECONDS
    if left > 0:
        text = (
            f"{action.side}: waiting up to {left:.0f} s, until a change of DENYs that was not "
            "answered can no longer happen"
        )
        raise Unavailable(Reason.PROGRESSING, text)


def _begin_windows_anew(scene: Scene, side: Side) -> None:
    """Ends that stood still under other rights prove nothing."""
    now = scene.world.clock.monotonic()
    scene.world.memory_of(scene.context).window(side).break_off(now)


def _only_denies(acls: Iterable[Acl]) -> None:
    for acl in acls:
        if acl.permission is not Permission.DENY or acl.principal == "User:*":
            raise TypeError(f"{_name(acl)} is no fence")


def _mark(
    scene: Scene,
    action: HoldDenies | LiftDenies,
    state: str,
    authority: Collection[tuple[str, str]],
) -> None:
    """One versioned write; another writer in between = Conflict. Nothing to say = no write."""
    register, name = scene.world.register, _register(scene)
    before, version = register.read(scene.home, name)
    unit = scene.context.loaded.uid if isinstance(scene.context, UnitContext) else ""
    after = marked(before, action.side, action.acls, (unit, state))
    after["authority"] = {**before.get("authority", {}), **dict(authority)}
    if after != dict(before):
        scene.check()
        register.write(scene.home, name, after, version)


def marked(
    document: Document, side: Side, acls: Collection[Acl], entry: tuple[str, str]
) -> dict[str, Any]:
    """The document with these ACLs of a side in (unit, state), the rest as it was."""
    unit, state = entry
    wanted = {(side, *acl_json(acl)): acl for acl in acls}
    kept = [e for e in document.get("entries", []) if _identity(e) not in wanted]
    new = [
        {"side": side, "acl": acl_json(acl), "unit": unit, "state": state}
        for acl in wanted.values()
    ]
    entries = sorted([*kept, *new], key=_identity)
    return {**document, "entries": entries}


def _identity(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return (entry["side"], *entry["acl"])


def _register(scene: Scene) -> str:
    return names.fence_register(scene.migration.loaded.key.name)


def _name(acl: Acl) -> str:
    return (
        f"{acl.permission} {acl.operation} for {acl.principal} on {acl.resource_type} "
        f"{acl.resource}"
    )
