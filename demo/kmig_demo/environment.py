"""Where the sandbox is: `.sandbox/env` and the credentials file that it names.

Read once at start. Passwords stay in these values and in pipes; they must never be printed.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from kmig_demo.errors import DemoError

SIDES = ("source", "target")


@dataclass(frozen=True)
class Side:
    """One Kafka cluster as the platform engineer knows it."""

    name: str
    bootstrap: str
    bootstrap_in_cluster: str
    ca: str
    admin: str
    admin_password: str = field(repr=False)
    passwords: dict[str, str] = field(repr=False)

    @property
    def client(self) -> dict[str, str]:
        """Settings of librdkafka for the administrator, from this machine."""
        return {
            "bootstrap.servers": self.bootstrap,
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "PLAIN",
            "sasl.username": self.admin,
            "sasl.password": self.admin_password,
            "ssl.ca.pem": self.ca,
            "log_level": "3",
        }


@dataclass(frozen=True)
class Environment:
    """The sandbox that the demo runs on."""

    root: Path
    kubectl: str
    kubeconfig: str
    sides: dict[str, Side]

    @property
    def report(self) -> Path:
        """Where the report is written."""
        return self.root / ".sandbox" / "demo-report.json"


def load(root: Path) -> Environment:
    """Read the sandbox's files under `root`. Raises DemoError naming what is missing."""
    path = root / ".sandbox" / "env"
    try:
        values = _exports(path.read_text(encoding="utf-8"))
        users = json.loads(Path(values["KMIG_CREDENTIALS"]).read_text(encoding="utf-8"))
        sides = {name: _side(name, values, users[name]) for name in SIDES}
        return Environment(root, values["KUBECTL"], values["KUBECONFIG"], sides)
    except OSError as error:
        text = f"{error.filename} is not readable: {error.strerror}; run `make sandbox-up` first"
        raise DemoError(text) from None
    except KeyError as error:
        raise DemoError(f"{path} does not export {error}; run `make sandbox-up` again") from None


def _exports(text: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for line in text.splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] == ["export"]:
            for word in words[1:]:
                name, _, value = word.partition("=")
                values[name] = value
    return values


def _side(name: str, values: dict[str, str], passwords: dict[str, str]) -> Side:
    prefix = f"KMIG_{name.upper()}_"
    return Side(
        name=name,
        bootstrap=values[f"{prefix}BOOTSTRAP"],
        bootstrap_in_cluster=values[f"{prefix}BOOTSTRAP_IN_CLUSTER"],
        ca=Path(values[f"{prefix}CA"]).read_text(encoding="utf-8"),
        admin=values[f"{prefix}ADMIN_USERNAME"],
        admin_password=values[f"{prefix}ADMIN_PASSWORD"],
        passwords=passwords,
    )
