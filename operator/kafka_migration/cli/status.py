"""`kmig status`: the same as the conditions, as a live tree, as JSON, or as an exit code."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event

import typer
from rich.console import Console
from rich.live import Live

from kafka_migration.cli import tree
from kafka_migration.cli.reading import Reader
from kafka_migration.cli.view import FamilyView, Outcome, family_view, json_of, outcome_of
from kafka_migration.errors import Refused, Unavailable
from kafka_migration.model.reasons import Reason

_LOOK_SECONDS = 1.0
_PLAIN_WIDTH = 160  # of a file or a pipe, which have none


Views = list[FamilyView]
Look = Callable[[], Views]
Show = Callable[[Views], None]


@dataclass(frozen=True)
class Question:
    """What is asked: which objects, and how long to look."""

    name: str | None
    namespace: str | None
    everywhere: bool
    watch: bool
    timeout: float | None  # seconds


def answer(question: Question, *, as_json: bool) -> int:
    """Show it; the exit code. Raises Refused if there is no such object."""
    reader = Reader()

    def look() -> Views:
        if question.everywhere:
            found = reader.all_families()
        else:
            found = reader.families(question.namespace, question.name)
        now = datetime.now(UTC)
        return [family_view(family, now) for family in found]

    live = question.watch and not as_json
    for_ever = question.watch and question.timeout is None
    with _screen(shown=live) as screen:
        seconds = math.inf if for_ever else question.timeout or 0.0
        views = _follow(look, screen, seconds, ends=not for_ever)
    if not views:
        place = "at all" if question.everywhere else "in this namespace; try -A"
        raise Refused(Reason.MIGRATION_NOT_FOUND, f"there is no KafkaMigration {place}")
    if as_json:
        typer.echo(json.dumps({"migrations": [json_of(v) for v in views]}, indent=2))
    elif not live:
        _console().print(tree.families(views))
    return int(outcome_of(views))


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
