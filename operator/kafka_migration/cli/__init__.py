"""`kmig`: the operator's programs and the commands for people. Called by the console script.

An expected fault is one line on stderr and exit code 1. It must stay above everything else: what
a command shows is read from Kubernetes, and the only writes are the approval and the lift of a
fence that a person asks for.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from kafka_migration.cli import fencing, people, programs
from kafka_migration.errors import KmigError

app = typer.Typer(
    name="kmig",
    help="Kafka Migration Operator: move applications off one Kafka to another, with proof.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_COMMANDS: dict[str, tuple[Callable[..., None], ...]] = {
    "For people": (people.status, people.plan, people.approve, people.lint),
    "Programs of the operator": (
        *(programs.run, programs.verify, programs.gen),
        *(programs.probe, programs.probe_place),
    ),
}
for _panel, _commands in _COMMANDS.items():
    for _command in _commands:
        app.command(rich_help_panel=_panel)(_command)
app.add_typer(fencing.app, name="fences", rich_help_panel="For people")


def main() -> None:
    """Entry point: expected faults become one line."""
    try:
        app()
    except KmigError as fault:
        print(f"kmig: {fault.message}", file=sys.stderr)  # noqa: T201 - a command line program
        sys.exit(1)
