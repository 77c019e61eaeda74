"""The operator's own programs: the operator, the verifier, the probe pods, the generator.

Called by the command line of a container or of `make gen`. Each loads its libraries itself, so
that a probe pod starts without a Kafka client.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def run() -> None:
    """Run the operator (in its pod)."""
    from kafka_migration.app import run as run_operator

    run_operator()


def gen(
    *,
    check: Annotated[bool, typer.Option(help="Only say what differs; exit 1 if so.")] = False,
) -> None:
    """Write the generated files of the source tree: CRDs, RBAC, pages."""
    from kafka_migration.gen import main as generate

    raise typer.Exit(generate(check=check))


def verify(
    spec: Annotated[Path, typer.Option(help="What to compare (JSON).")],
    credentials: Annotated[Path, typer.Option(help="Directory of credentials.")],
    report: Annotated[str, typer.Option(help="ConfigMap to write the report to.")],
    input_name: Annotated[str, typer.Option("--input", help="ConfigMap to read F and T from.")],
) -> None:
    """Compare the content of two Kafkas (inside a verifier Job)."""
    from kafka_migration.verifier.main import run as run_verifier

    raise typer.Exit(run_verifier(spec, credentials, report, input_name))


def probe(
    binding: Annotated[Path, typer.Option(help="Directory where the binding is mounted.")],
) -> None:
    """Tell which binding a pod sees (inside a probe pod)."""
    from kafka_migration.probe_pod import run as run_probe

    raise typer.Exit(run_probe(binding))


def probe_place(
    place: Annotated[Path, typer.Option(help="File with the question (JSON).")],
    password: Annotated[Path, typer.Option(help="File with the password, mounted.")],
) -> None:
    """Tell whether a Kafka is reached from here (inside a probe pod)."""
    from kafka_migration.adapters.kafka.place import run as run_probe

    raise typer.Exit(run_probe(place, password))
