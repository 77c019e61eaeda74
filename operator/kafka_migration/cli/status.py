"""`kmig status`: the same as the conditions, as a live tree, as JSON, or as an exit code."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from threading import Event
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from kafka_migration.cli import tree
from kafka_migration.cli.reading import Reader, default_namespace
from kafka_migration.cli.view import FamilyView, Outcome, as_json, family_view, outcome_of
from kafka_migration.errors import Refused, Unavailable
from kafka_migration.model.reasons import Reason

_LOOK_SECONDS = 1.0
_PLAIN_WIDTH = 160  # of a file or a pipe, which have none


Views = list[FamilyView]
Look = Callable[[], Views]
Show = Callable[[Views], None]


class Output(StrEnum):
    """How status is shown."""

    TREE = "tree"
    JSON = "json"


def status(
    name: Annotated[
        str | None, typer.Argument(help="A KafkaMigration or a WorkloadCutover; default all.")
    ] = None,
    *,
    namespace: Annotated[
        str | None, typer.Option("--namespace", "-n", help="Default: the context's.")
    ] = None,
    everywhere: Annotated[
        bool, typer.Option("--all-namespaces", "-A", help="Every namespace.")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Look again every second.")] = False,
    timeout: Annotated[
        float | None, typer.Option(help="Seconds to wait until it rests or fails.", min=0)
    ] = None,
    output: Annotated[Output, typer.Option("--output", "-o", help="tree or json.")] = Output.TREE,
) -> None:
    """Show migrations with stages, gate, lag, units, steps and what blocks.

    Exit code: 0 it rests where asked, 1 it needs somebody, 3 it awaits an approval,
    2 it is still on its way (with --timeout: after that time).
    """
    if everywhere and name is not None:
        raise typer.BadParameter("a NAME lives in one namespace; use -n", param_hint="-A")
    reader = Reader()
    where = None if everywhere else (namespace or default_namespace())

    def look() -> Views:
        now = datetime.now(UTC)
        return [family_view(family, now) for family in reader.families(where, name)]

    live = watch and output is Output.TREE
    until = math.inf if watch and timeout is None else timeout or 0.0
    with _screen(shown=live) as screen:
        views = _follow(look, screen, until, ends=timeout is not None or not watch)
    if not views:
        place = "the cluster" if where is None else f"namespace {where}"
        text = f"there is no KafkaMigration in {place}" + ("" if everywhere else "; try -A")
        raise Refused(Reason.MIGRATION_NOT_FOUND, text)
    if output is Output.JSON:
        typer.echo(json.dumps({"migrations": [as_json(v) for v in views]}, indent=2))
    elif not live:
        _console().print(tree.families(views))
    raise typer.Exit(int(outcome_of(views)))


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_PLAIN_WIDTH)


@contextmanager
def _screen(*, shown: bool) -> Iterator[Show]:
    """Something that takes views and shows them in place, or nothing."""
    if not shown:
        yield lambda _views: None
        return
    with Live(console=_console(), auto_refresh=False) as live:
        yield lambda views: live.update(tree.families(views), refresh=True)


def _follow(look: Look, show: Show, seconds: float, *, ends: bool) -> Views:
    """Look until it rests or fails (`ends`), the time is over, or somebody interrupts."""
    deadline = time.monotonic() + seconds
    views = look()
    try:
        while True:
            show(views)
            settled = ends and outcome_of(views) is not Outcome.WORKING
            if not views or settled or time.monotonic() >= deadline:
                return views
            Event().wait(_LOOK_SECONDS)
            views = _again(look, views)
    except KeyboardInterrupt:
        return views


def _again(look: Look, before: Views) -> Views:
    """A look that got no answer shows what was seen before; the next one may get it."""
    try:
        return look()
    except Unavailable:
        return before
