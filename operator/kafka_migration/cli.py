"""`kmig`: the operator's programs and the commands for people. Called by the console script.

An expected fault is one line on stderr and exit code 1; awaiting an approval is 3, a time-out 2.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from kafka_migration.errors import KmigError

app = typer.Typer(
    name="kmig",
    help="Kafka Migration Operator: move applications off one Kafka to another, with proof.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def run() -> None:
    """Run the operator (in its pod)."""
    from kafka_migration.app import run as run_operator

    run_operator()


@app.command()
def gen(
    *,
    check: Annotated[bool, typer.Option(help="Only say what differs; exit 1 if so.")] = False,
) -> None:
    """Write the generated files of the source tree: CRDs, RBAC, pages."""
    from kafka_migration.gen import main as generate

    raise typer.Exit(generate(check=check))


@app.command()
def verify(
    spec: Annotated[Path, typer.Option(help="What to compare (JSON).")],
    credentials: Annotated[Path, typer.Option(help="Directory of credentials.")],
    report: Annotated[str, typer.Option(help="ConfigMap to write the report to.")],
    input_name: Annotated[str, typer.Option("--input", help="ConfigMap to read F and T from.")],
) -> None:
    """Compare the content of two Kafkas (inside a verifier Job)."""
    from kafka_migration.verifier.main import run as run_verifier

    raise typer.Exit(run_verifier(spec, credentials, report, input_name))


@app.command()
def probe(
    binding: Annotated[Path, typer.Option(help="Directory where the binding is mounted.")],
) -> None:
    """Tell which binding a pod sees (inside a probe pod)."""
    from kafka_migration.probe_pod import run as run_probe

    raise typer.Exit(run_probe(binding))


def main() -> None:
    """Entry point: expected faults become one line."""
    try:
        app()
    except KmigError as fault:
        print(f"kmig: {fault.message}", file=sys.stderr)
        sys.exit(1)
