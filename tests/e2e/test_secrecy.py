"""No password of this run stands anywhere but in the Secrets that were made to hold it."""

from __future__ import annotations

import base64
import urllib.request
from collections.abc import Iterator

from tests.e2e.ground import OPERATOR, SYSTEM, Ground
from tests.e2e.moves import Moved, Moves

from kmig_demo.objects import MIGRATIONS, UNITS

KINDS = (
    *(MIGRATIONS, UNITS, "configmaps", "events", "deployments", "replicasets"),
    *("pods", "jobs", "services", "leases", "networkpolicies"),
)
SHORTEST = 8


def test_no_password_stands_outside_the_secrets(ground: Ground, moves: Moves, moved: Moved) -> None:
    """S7: objects, events, logs, metrics and Connect's REST answers hold no password."""
    wanted = passwords(ground, moves)
    assert len(wanted) > 10

    searched = 0
    for place, text in places(ground, moves):
        searched += len(text)
        found = [name for name, password in wanted.items() if held(password, text)]
        assert found == [], f"{place} holds the password of {found}"

    assert searched > 100_000, "hardly anything was searched"


def passwords(ground: Ground, moves: Moves) -> dict[str, str]:
    """Every password of the sandbox and of this run, by whose it is."""
    found = {"Connect's REST": moves.connect.password()}
    for name, side in ground.environment.sides.items():
        for user, password in {**side.passwords, **ground.passwords[name]}.items():
            found[f"{user} on the {name}"] = password
        found[f"{side.admin} on the {name}"] = side.admin_password
    assert all(len(password) >= SHORTEST for password in found.values())
    return found


def held(password: str, text: str) -> bool:
    """In plain or as base64."""
    coded = base64.b64encode(password.encode()).decode().rstrip("=")
    return password in text or coded in text


def places(ground: Ground, moves: Moves) -> Iterator[tuple[str, str]]:
    """Everything that could hold one, with its name."""
    run = ground.kubectl.run
    for namespace in (*ground.namespaces(), SYSTEM):
        for kind in KINDS:
            yield f"{kind} in {namespace}", run("-n", namespace, "get", kind, "-o", "yaml")
    yield "the operator's log", ground.operator_log()
    for number, text in enumerate(ground.logs, start=1):
        yield f"the log of killed operator {number}", text
    deployment = f"deployment/{moves.connect.deployment}"
    where = ("-n", moves.migration.namespace)
    yield "the log of Connect", run(*where, "logs", deployment, "--tail=-1")
    yield "Connect's answers", moves.connect.everything()
    yield "the operator's metrics", metrics(ground)


def metrics(ground: Ground) -> str:
    """What Prometheus would read."""
    (pod,) = ground.kubectl.find(SYSTEM, "pods", "-l", OPERATOR)
    with ground.forwarded(SYSTEM, f"pod/{pod['metadata']['name']}", 8080) as port:
        address = f"http://127.0.0.1:{port}/metrics"
        with urllib.request.urlopen(address, timeout=20) as answer:
            text: str = answer.read().decode()
    return text
