"""What the contract tests share: the sandbox's addresses and its two real Kafkas.

The file that `make sandbox-up` writes is a prerequisite: without it every test here fails.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from kafka_migration.adapters.kubernetes.client import Api, connect
from kafka_migration.model.kafka import Connection

ENV_FILE = Path(__file__).parents[2] / ".sandbox" / "env"
SIDES = ("source", "target")


@dataclass(frozen=True)
class Side:
    """One Kafka of the sandbox and the passwords of its users."""

    name: str
    bootstrap: str
    ca_pem: str
    passwords: Mapping[str, str] = field(repr=False)

    def connection(self, user: str, mechanism: str = "PLAIN") -> Connection:
        """How `user` reaches this Kafka."""
        return Connection(self.bootstrap, mechanism, user, self.passwords[user], self.ca_pem)

    def wrong_password(self, user: str) -> Connection:
        """The same user with a password that is not theirs."""
        return replace(self.connection(user), password="certainly-not-it")


@pytest.fixture(scope="session")
def sandbox_env() -> Mapping[str, str]:
    """Variables of `.sandbox/env`, or of the file that KMIG_SANDBOX_ENV names."""
    path = Path(os.environ.get("KMIG_SANDBOX_ENV", ENV_FILE))
    if not path.is_file():
        pytest.fail(f"{path} is missing: start the sandbox with `make sandbox-up`")
    env: dict[str, str] = {}
    for word in shlex.split(path.read_text(), comments=True):
        name, separator, value = word.partition("=")
        if separator:
            env[name] = value
    return env


@pytest.fixture(scope="session")
def api(sandbox_env: Mapping[str, str]) -> Iterator[Api]:
    """The sandbox's Kubernetes."""
    made = connect(sandbox_env["KUBECONFIG"])
    yield made
    made.close()


@pytest.fixture(scope="session")
def sides(sandbox_env: Mapping[str, str]) -> Mapping[str, Side]:
    """Both Kafkas by name: "source" and "target"."""
    credentials = json.loads(Path(sandbox_env["KMIG_CREDENTIALS"]).read_text())
    found = {}
    for name in SIDES:
        prefix = f"KMIG_{name.upper()}_"
        admin = sandbox_env[f"{prefix}ADMIN_USERNAME"]
        password = sandbox_env[f"{prefix}ADMIN_PASSWORD"]
        found[name] = Side(
            name=name,
            bootstrap=sandbox_env[f"{prefix}BOOTSTRAP"],
            ca_pem=Path(sandbox_env[f"{prefix}CA"]).read_text(),
            passwords={**credentials[name], admin: password},
        )
    return found
