"""`kmig approve`: opens the gate that the migration waits at, if the digest is the gate's.

The approval is a field of the spec: with Git, the patch is what to commit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import typer
import yaml

from kafka_migration.cli.reading import Reader
from kafka_migration.errors import Refused
from kafka_migration.model.reasons import Reason

_MANAGERS = {
    "argocd.argoproj.io/tracking-id": "Argo CD",
    "kustomize.toolkit.fluxcd.io/name": "Flux",
    "helm.toolkit.fluxcd.io/name": "Flux",
}


@dataclass(frozen=True)
class Wish:
    """What somebody read and wants to approve."""

    stage: str
    digest: str


def open_gate(name: str, namespace: str | None, wish: Wish, *, patch_only: bool) -> None:
    """Apply or print the approval; Refused unless stage and digest are the gate's."""
    reader = Reader()
    migration = reader.migration(namespace, name)
    _refuse_other(migration.get("status", {}).get("gate"), wish)
    patch = {"spec": {"approval": {"stage": wish.stage, "digest": wish.digest}}}
    if patch_only:
        typer.echo(yaml.safe_dump(patch, sort_keys=False).rstrip())
        return
    manager = _manager(migration["metadata"])
    if manager:
        typer.echo(f"kmig: {manager} manages {name} and may undo this; -o patch for Git", err=True)
    reader.approve(migration, patch)
    typer.echo(f"approved {wish.stage} of {name} with {wish.digest}")


def _refuse_other(gate: Mapping[str, str] | None, wish: Wish) -> None:
    if gate is None:
        text = "the migration is at no gate now; nothing can be approved"
        raise Refused(Reason.NO_APPROVAL_NEEDED, text)
    if gate["stage"] != wish.stage:
        text = f"the gate is {gate['stage']}, not {wish.stage}; read it with kmig plan"
        raise Refused(Reason.PLAN_CHANGED, text)
    if gate["digest"] != wish.digest:
        text = f"the gate of {wish.stage} is {gate['digest']}; read the plan and approve that"
        raise Refused(Reason.PLAN_CHANGED, text)


def _manager(metadata: Mapping[str, Any]) -> str | None:
    marks = {**metadata.get("labels", {}), **metadata.get("annotations", {})}
    return next((who for mark, who in _MANAGERS.items() if mark in marks), None)
