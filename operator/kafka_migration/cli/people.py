"""The commands for people: what each takes and means. The work is loaded when it is asked for.

Called by the command line. It must load nothing itself: a probe pod shares this entry point and
is waited for inside a write pause.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

Name = Annotated[str, typer.Argument(help="The KafkaMigration.")]
Namespace = Annotated[str | None, typer.Option("--namespace", "-n", help="Default: the context's.")]


class Shown(StrEnum):
    """How something is shown."""

    TEXT = "text"
    JSON = "json"


class Approval(StrEnum):
    """What becomes of an approval."""

    APPLY = "apply"
    PATCH = "patch"


def status(
    name: Annotated[
        str | None, typer.Argument(help="A KafkaMigration or a WorkloadCutover; default all.")
    ] = None,
    *,
    namespace: Namespace = None,
    everywhere: Annotated[
        bool, typer.Option("--all-namespaces", "-A", help="Every namespace.")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Look again every second.")] = False,
    timeout: Annotated[
        float | None, typer.Option(help="Seconds to wait until it rests or fails.", min=0)
    ] = None,
    output: Annotated[Shown, typer.Option("--output", "-o")] = Shown.TEXT,
) -> None:
    """Show migrations with stages, gate, lag, units, steps and what blocks.

    Exit code: 0 it rests where asked, 1 it needs somebody, 3 it awaits an approval,
    2 it is still on its way (with --timeout: after that time).
    """
    from kafka_migration.cli.status import Question, answer

    if everywhere and name is not None:
        raise typer.BadParameter("a NAME lives in one namespace; use -n", param_hint="-A")
    question = Question(name, namespace, everywhere, watch, timeout)
    raise typer.Exit(answer(question, as_json=output is Shown.JSON))


def plan(
    name: Name,
    *,
    namespace: Namespace = None,
    output: Annotated[Shown, typer.Option("--output", "-o")] = Shown.TEXT,
) -> None:
    """Show everything that the migration will write on both clusters, and how to approve it."""
    from kafka_migration.cli.plan import show

    show(name, namespace, as_json=output is Shown.JSON)


def approve(
    name: Name,
    *,
    stage: Annotated[str, typer.Option(help="The stage behind the gate.")],
    digest: Annotated[str, typer.Option(help="Digest of what was read (kmig plan).")],
    namespace: Namespace = None,
    output: Annotated[
        Approval, typer.Option("--output", "-o", help="Apply it, or print the patch for Git.")
    ] = Approval.APPLY,
) -> None:
    """Approve the gate that the migration waits at; any other digest is refused."""
    from kafka_migration.cli.approve import Wish, open_gate

    open_gate(name, namespace, Wish(stage, digest), patch_only=output is Approval.PATCH)


def lint(
    files: Annotated[list[Path], typer.Argument(help="YAML files with our two kinds.")],
) -> None:
    """Say what is wrong with manifests, one line per fault; exit code 1 if anything is."""
    from kafka_migration.cli.lint import check

    faults = [fault for file in files for fault in check(file)]
    for fault in faults:
        typer.echo(fault)
    raise typer.Exit(1 if faults else 0)
