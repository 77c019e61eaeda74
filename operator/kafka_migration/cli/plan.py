"""`kmig plan`: the frozen plan in full, with its digest and how to approve it.

It is read from the journal, so it is what the operator will do, not a new guess at it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from kafka_migration.cli.reading import Reader
from kafka_migration.model.inventory import Inventory, Plan
from kafka_migration.model.kafka import Acl, NewTopic

_PLAIN_WIDTH = 200  # of a file or a pipe: an ACL stays on its line


def show(name: str, namespace: str | None, *, as_json: bool) -> None:
    """Print the plan; Refused if there is no such migration or no plan yet."""
    reader = Reader()
    migration = reader.migration(namespace, name)
    frozen = reader.inventory(migration)
    gate = migration.get("status", {}).get("gate")
    if as_json:
        shown = {"digest": frozen.plan.digest, "gate": gate, **frozen.plan.as_json()}
        typer.echo(json.dumps(shown, indent=2))
        return
    _print(migration, frozen, gate)


def _print(migration: Mapping[str, Any], frozen: Inventory, gate: Mapping[str, str] | None) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_PLAIN_WIDTH)
    metadata, made = migration["metadata"], frozen.plan
    console.print(f"[bold]Plan of {metadata['namespace']}/{metadata['name']}[/]")
    console.print(f"from cluster {frozen.source_id} to cluster {frozen.target_id}")
    console.print(f"digest {made.digest}\n")
    console.print(_topics(f"{len(made.topics)} topics to create on the target", made.topics))
    title = f"{len(made.internal_topics)} internal topics of the mirrors, on the target"
    console.print(_topics(title, made.internal_topics))
    console.print(_acls(f"{len(made.target_acls)} ACLs to add on the target", made.target_acls))
    console.print(_acls(f"{len(made.source_acls)} ACLs to add on the source", made.source_acls))
    if made.way_back:
        _print_way_back(console, made)
    console.print(
        "Nothing else is written at TargetPrepared; applications get Write at their move."
    )
    if gate is None:
        console.print("The migration is at no closed gate now.")
        return
    console.print(f"\nGate [bold]{gate['stage']}[/]: {gate['summary']}")
    place = f"{metadata['name']} -n {metadata['namespace']}"
    command = f"kmig approve {place} --stage {gate['stage']} --digest {gate['digest']}"
    console.print("Approve with", style="dim")
    console.print(f"  {command}", soft_wrap=True)


def _print_way_back(console: Console, made: Plan) -> None:
    """What only a plan with reverse mirrors has."""
    count = len(made.source_internal_topics)
    title = f"{count} internal topics of the reverse mirrors, on the source"
    console.print(_topics(title, made.source_internal_topics))
    title = f"{len(made.reverse_rights)} ACLs that units add on the source"
    console.print(_acls(title, made.reverse_rights))
    console.print(
        "Each is added at a unit's Prepare, after a DENY for the same principal was read back.\n"
    )


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, style=None, header_style="dim", overflow="fold")
    return table


def _topics(title: str, topics: Iterable[NewTopic]) -> Table:
    table = _table(title, "topic", "partitions", "replicas", "configuration")
    for topic in topics:
        settings = " ".join(f"{key}={value}" for key, value in sorted(topic.config.items()))
        table.add_row(topic.name, str(topic.partitions), str(topic.replication_factor), settings)
    table.add_section()
    table.add_row("")
    return table


def _acls(title: str, acls: Iterable[Acl]) -> Table:
    """One line per principal and resource; its operations together."""
    table = _table(title, "principal", "resource", "pattern", "operations")
    grouped: dict[tuple[str, ...], list[str]] = {}
    for acl in acls:
        kind = acl.resource_type.value.lower()
        key = (acl.principal, f"{kind}/{acl.resource}", acl.pattern.value.lower())
        sign = "" if acl.permission.value == "ALLOW" else f"{acl.permission.value} "
        grouped.setdefault(key, []).append(f"{sign}{acl.operation}")
    for cells, operations in grouped.items():
        table.add_row(*cells, ", ".join(sorted(operations)))
    table.add_row("")
    return table
