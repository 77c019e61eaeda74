"""The `kmig fences` commands: what each takes and means. The work is loaded when it is asked for.

Called by the command line. Like people.py it must load nothing itself.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from kafka_migration.cli.people import Name, Namespace, Shown

app = typer.Typer(
    help="What keeps writers out of a topic, and lifting it by hand.", no_args_is_help=True
)


class OnSide(StrEnum):
    """A cluster of the migration."""

    SOURCE = "source"
    TARGET = "target"


@app.command("list")
def list_(
    name: Name,
    *,
    namespace: Namespace = None,
    output: Annotated[Shown, typer.Option("--output", "-o")] = Shown.TEXT,
) -> None:
    """Show per topic which side has authority, and each DENY of ours with its state."""
    from kafka_migration.cli.fences import show

    show(name, namespace, as_json=output is Shown.JSON)


@app.command()
def lift(
    name: Name,
    *,
    side: Annotated[OnSide, typer.Option(help="The cluster whose DENYs are lifted.")],
    topic: Annotated[list[str], typer.Option(help="A topic; may be repeated.")],
    principal: Annotated[
        list[str] | None,
        typer.Option(help="Only of these (User:name); default all but the mirrors'."),
    ] = None,
    two_writers: Annotated[
        bool,
        typer.Option(
            "--allow-two-writers",
            help="Also where both sides could then be written. No tool merges them again.",
        ),
    ] = False,
    namespace: Namespace = None,
) -> None:
    """Lift DENYs by hand, with the operator's credentials: for a world without the operator.

    Refused where another side has authority over the topic, nobody has, or register and journal
    disagree. A unit that needs the fence says FenceLost at its next look.
    """
    from kafka_migration.cli.fences import Wish, lift_by_hand

    only = frozenset(principal or ())
    lift_by_hand(name, namespace, Wish(side.value, tuple(topic), only, two_writers))
