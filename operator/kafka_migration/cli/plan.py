"""`kmig plan` shows the frozen plan in full; `kmig approve` opens the gate that names it.

The approval is a field of the spec: with Git, `-o patch` gives what to commit.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console
from rich.table import Table

from kafka_migration.cli.reading import Reader, default_namespace
from kafka_migration.errors import Refused
from kafka_migration.model.inventory import Inventory
from kafka_migration.model.kafka import Acl, NewTopic
from kafka_migration.model.reasons import Reason

_PLAIN_WIDTH = 200  # of a file or a pipe: an ACL stays on its line
_MANAGERS = {
    "argocd.argoproj.io/tracking-id": "Argo CD",
    "kustomize.toolkit.fluxcd.io/name": "Flux",
    "helm.toolkit.fluxcd.io/name": "Flux",
}

Name = Annotated[str, typer.Argument(help="The KafkaMigration.")]
Namespace = Annotated[str | None, typer.Option("--namespace", "-n", help="Default: the context's.")]


class PlanOutput(StrEnum):
    """How the plan is shown."""

    TEXT = "text"
    JSON = "json"


class ApproveOutput(StrEnum):
    """What approve does."""

    APPLY = "apply"
    PATCH = "patch"


def plan(
    name: Name,
    *,
    namespace: Namespace = None,
    output: Annotated[
        PlanOutput, typer.Option("--output", "-o", help="text or json.")
    ] = PlanOutput.TEXT,
) -> None:
    """Show everything that the migration will write on both clusters, and how to approve it."""
    reader = Reader()
    migration = reader.migration(namespace or default_namespace(), name)
    frozen = reader.inventory(migration)
    gate = migration.get("status", {}).get("gate")
    if output is PlanOutput.JSON:
        shown = {"digest": frozen.plan.digest, "gate": gate, **frozen.as_json()["plan"]}
        typer.echo(json.dumps(shown, indent=2))
        return
    _print(migration, frozen, gate)


def approve(
    name: Name,
    *,
    stage: Annotated[str, typer.Option(help="The stage behind the gate.")],
    digest: Annotated[str, typer.Option(help="Digest of what was read (kmig plan).")],
    namespace: Namespace = None,
    output: Annotated[
        ApproveOutput, typer.Option("--output", "-o", help="apply it, or print the patch for Git.")
    ] = ApproveOutput.APPLY,
) -> None:
    """Approve the gate that the migration waits at; any other digest is refused."""
    reader = Reader()
    migration = reader.migration(namespace or default_namespace(), name)
    _refuse_other(migration.get("status", {}).get("gate"), stage, digest)
    patch = {"spec": {"approval": {"stage": stage, "digest": digest}}}
    if output is ApproveOutput.PATCH:
        typer.echo(yaml.safe_dump(patch, sort_keys=False).rstrip())
        return
    manager = _manager(migration["metadata"])
    if manager:
        typer.echo(f"kmig: {manager} manages {name} and may undo this; -o patch for Git", err=True)
    reader.approve(migration, patch)
    typer.echo(f"approved {stage} of {name} with {digest}")


def _refuse_other(gate: Mapping[str, str] | None, stage: str, digest: str) -> None:
    if gate is None:
        text = "the migration is at no gate now; nothing can be approved"
        raise Refused(Reason.NO_APPROVAL_NEEDED, text)
    if gate["stage"] != stage:
        text = f"the gate is {gate['stage']}, not {stage}; read it with kmig plan or kmig status"
        raise Refused(Reason.PLAN_CHANGED, text)
    if gate["digest"] != digest:
        text = f"the gate of {stage} is {gate['digest']}; read the plan again and approve that"
        raise Refused(Reason.PLAN_CHANGED, text)


def _manager(metadata: Mapping[str, Any]) -> str | None:
    marks = {**metadata.get("labels", {}), **metadata.get("annotations", {})}
    return next((who for mark, who in _MANAGERS.items() if mark in marks), None)


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
    console.print(
        "Nothing else is written at TargetPrepared; applications get Write at their move."
    )
    if gate is None:
        console.print("The migration is at no gate now.")
        return
    console.print(f"\nGate [bold]{gate['stage']}[/]: {gate['summary']}")
    place = f"{metadata['name']} -n {metadata['namespace']}"
    command = f"kmig approve {place} --stage {gate['stage']} --digest {gate['digest']}"
    console.print("Approve with", style="dim")
    console.print(f"  {command}", soft_wrap=True)


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
