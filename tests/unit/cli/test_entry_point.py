"""The entry point: one line for a fault, and no library before it is needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kafka_migration import cli
from kafka_migration.errors import Refused
from kafka_migration.model.reasons import Reason


def test_an_expected_fault_is_one_line_and_exit_code_one(monkeypatch, capsys):
    def refuse() -> None:
        raise Refused(Reason.UNREACHABLE, "no way to the Kubernetes API; set KUBECONFIG")

    monkeypatch.setattr(cli, "app", refuse)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == "kmig: no way to the Kubernetes API; set KUBECONFIG\n"


@pytest.mark.parametrize(
    "command", ["run", "gen", "verify", "probe", "probe-place", "status", "plan", "approve"]
)
def test_every_command_explains_itself(kmig, command):
    result = kmig(command, "--help")
    assert result.exit_code == 0
    assert len(result.output) > 100


def test_the_entry_point_loads_no_client_before_a_command_needs_it():
    """A probe pod starts inside a write pause."""
    heavy = ("kopf", "confluent_kafka", "kubernetes", "httpx", "pydantic", "yaml")
    program = f"import sys, kafka_migration.cli; print([n for n in {heavy!r} if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_name_and_all_namespaces_exclude_each_other(kmig):
    assert kmig("status", "leave-source", "-A").exit_code == 2
