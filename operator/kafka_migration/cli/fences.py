"""`kmig fences list|lift`: the fence register as it stands, and lifting by hand (protocol 1.7).

Called by the command line. A lift goes the way of the operator's own: register as lifting, delete
exactly the registered entries, see them gone, register as lifted. It changes no authority.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from kafka_migration.adapters.kafka import KafkaPool
from kafka_migration.cli.reading import Reader
from kafka_migration.decide.rules import register as rules
from kafka_migration.errors import Refused, Unavailable
from kafka_migration.model.inventory import acl_from
from kafka_migration.model.kafka import Acl
from kafka_migration.model.reasons import Reason
from kafka_migration.model.sides import Side

_PLAIN_WIDTH = 160
Document = Mapping[str, Any]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Wish:
    """What somebody wants lifted; no principals = all but the mirrors'."""

    side: Side
    topics: tuple[str, ...]
    principals: frozenset[str]
    two_writers: bool


def show(name: str, namespace: str | None, *, as_json: bool) -> None:
    """Print the register; Refused if there is no such migration."""
    reader = Reader()
    migration = reader.migration(namespace, name)
    document, _ = reader.register(migration)
    recorded = reader.authority(migration)
    rows = list(_rows(document, recorded))
    if as_json:
        typer.echo(json.dumps({"fences": rows}, indent=2))
        return
    if not rows:
        typer.echo(f"{name} holds no fence")
        return
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_PLAIN_WIDTH)
    console.print(_table(rows))


def _rows(document: Document, recorded: Mapping[str, Side]) -> Iterator[Row]:
    """One per DENY, by topic; topics without one show their authority alone."""
    entries = [(acl_from(e["acl"]), e) for e in document.get("entries", [])]
    named = {acl.resource for acl, _ in entries} | set(document.get("authority", {}))
    for topic in sorted(named):
        common = {
            "topic": topic,
            "authority": rules.authority(document, topic),
            "journal": recorded.get(topic),
        }
        fences = [(acl, e) for acl, e in entries if acl.resource == topic]
        if not fences:
            yield {**common, "side": None, "principal": None, "operation": None, "state": None}
        for acl, entry in fences:
            yield {
                **common,
                "side": entry["side"],
                "principal": acl.principal,
                "operation": acl.operation,
                "state": entry["state"],
            }


def _table(rows: Sequence[Row]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("topic", "authority", "journal", "side", "DENY", "operation", "state"):
        table.add_column(column, header_style="dim", overflow="fold")
    last = ""
    for row in rows:
        first = row["topic"] != last
        last = row["topic"]
        told = (row["topic"], row["authority"], row["journal"] or "?") if first else ("", "", "")
        fence = (row[key] or "-" for key in ("side", "principal", "operation", "state"))
        table.add_row(*told, *fence)
    return table


def lift_by_hand(name: str, namespace: str | None, wish: Wish) -> None:
    """Lift them; Refused where two sides could be written and nobody took that upon themselves."""
    reader = Reader()
    migration = reader.migration(namespace, name)
    document, version = reader.register(migration)
    chosen = _chosen(migration, document, wish)
    if not wish.two_writers:
        _refuse_two_writers(document, reader.authority(migration), wish)
    acls = tuple(sorted(acl_from(entry["acl"]) for entry in chosen))
    reader.write_register(migration, _marked(document, chosen, "lifting"), version)
    port = KafkaPool().cluster(reader.connection(migration, wish.side))
    port.delete_acls(acls)
    left = frozenset(port.acls()) & frozenset(acls)
    if left:
        text = f"{_name(min(left))} was deleted on the {wish.side} but is still listed; lift again"
        raise Unavailable(Reason.PROGRESSING, text)
    document, version = reader.register(migration)
    reader.write_register(migration, _marked(document, chosen, "lifted"), version)
    for acl in acls:
        typer.echo(f"lifted on the {wish.side}: {_name(acl)}")


def _chosen(migration: Row, document: Document, wish: Wish) -> list[Row]:
    """Registered entries to lift; Refused if a named topic has none."""
    mirrors = _mirrors(migration) - wish.principals
    chosen: list[Row] = []
    for topic in wish.topics:
        found = [
            entry
            for entry in document.get("entries", [])
            if entry["side"] == wish.side
            and entry["state"] != "lifted"
            and _wanted(acl_from(entry["acl"]), topic, wish, mirrors)
        ]
        if not found:
            text = (
                f"no DENY of ours on topic {topic} at the {wish.side} is held; see kmig fences list"
            )
            raise Refused(Reason.INVALID_SPEC, text)
        chosen += found
    return chosen


def _wanted(acl: Acl, topic: str, wish: Wish, mirrors: frozenset[str]) -> bool:
    if acl.resource != topic or acl.principal in mirrors:
        return False
    return not wish.principals or acl.principal in wish.principals


def _mirrors(migration: Row) -> frozenset[str]:
    """Their DENYs are no application's: lifted, a mirror could write beside one."""
    identities = migration["spec"]["replication"]["identities"].values()
    every = (identity["authentication"] for identity in identities)
    return frozenset(a.get("principal") or f"User:{a.get('username', '')}" for a in every)


def _refuse_two_writers(document: Document, recorded: Mapping[str, Side], wish: Wish) -> None:
    for topic in wish.topics:
        why = _danger(rules.authority(document, topic), recorded.get(topic), wish.side)
        if why:
            text = f"topic {topic}: {why}; --allow-two-writers takes that upon you"
            raise Refused(Reason.FENCE_LOST, text)


def _danger(authority: str, recorded: Side | None, side: Side) -> str:
    """Why a lift could let two sides be written; "" = it cannot."""
    if authority not in ("source", "target"):
        return f"authority is {authority}: a move is under way, let it end or back out"
    if recorded is None:
        return f"the register says {authority}, but no unit's journal can be read that confirms it"
    if recorded != authority:
        return f"the register says {authority} has authority, the journal says {recorded}"
    if side != authority:
        return f"{authority} has authority, and the {side} would be written beside it"
    return ""


def _marked(document: Document, chosen: Sequence[Row], state: str) -> dict[str, Any]:
    """The document with these entries in another state, all else as it is."""
    named = [(entry["side"], entry["acl"]) for entry in chosen]
    entries = [
        {**entry, "state": state} if (entry["side"], entry["acl"]) in named else entry
        for entry in document.get("entries", [])
    ]
    return {**document, "entries": entries}


def _name(acl: Acl) -> str:
    kind = acl.resource_type.value.lower()
    return f"DENY {acl.operation} for {acl.principal} on {kind} {acl.resource}"
