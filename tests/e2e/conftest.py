"""What all end-to-end rows share: the ground, the order of the files, the record of what ran.

A missing sandbox or operator fails every row. The record (`.sandbox/e2e-rows.json`) is what
`matrix.py --ran` compares with MATRIX.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e import matrix
from tests.e2e.endings import ENDING, Waves
from tests.e2e.ground import OPERATOR, SYSTEM, Ground
from tests.e2e.kafka_side import KafkaSide
from tests.e2e.moves import RETURNING, Moved, Moves, begin, finish, prepare

from kmig_demo.environment import load
from kmig_demo.errors import DemoError
from kmig_demo.kubectl import Kubectl
from kmig_demo.objects import MIGRATIONS, UNITS

ROOT = Path(__file__).resolve().parents[2]
USERS = ("writer", "reader", "bank")
RECORD: dict[str, Any] = {"sandbox": {}, "rows": {}}


@pytest.fixture(scope="session")
def ground() -> Iterator[Ground]:
    """The running sandbox with the operator in it, cleared of earlier rows."""
    try:
        environment = load(ROOT)
        kubectl = Kubectl(environment)
        sides = {name: KafkaSide(side) for name, side in environment.sides.items()}
        RECORD["sandbox"] = {name: side.cluster_id() for name, side in sides.items()}
        _require_operator(kubectl)
    except DemoError as error:
        pytest.fail(f"the sandbox is not ready for end-to-end rows: {error}")
    made = Ground(environment, kubectl, sides)
    for line in made.clear():
        print(f"left by an earlier run, removed: {line}")
    for name, side in sides.items():
        made.passwords[name] = {
            made.named(user): side.make_user(made.named(user)) for user in USERS
        }
    yield made
    made.clear()


@pytest.fixture(scope="session")
def moves(ground: Ground) -> Moves:
    """The migration that all moving rows share, at its open CutOver gate."""
    return prepare(ground)


@pytest.fixture(scope="session")
def returns(ground: Ground) -> Moves:
    """The migration with a way back, at its open CutOver gate."""
    return prepare(ground, RETURNING)


@pytest.fixture(scope="session")
def ending(ground: Ground) -> Moves:
    """The migration whose units end otherwise, at its open CutOver gate."""
    return prepare(ground, ENDING)


@pytest.fixture(scope="session")
def waves(ending: Moves) -> Waves:
    """Its undisturbed pair."""
    return Waves(ending)


@pytest.fixture(scope="session")
def moved(moves: Moves) -> Moved:
    """The undisturbed move, which the disturbed ones must equal in the end."""
    pair = begin(moves, "plain")
    moves.release(pair.wave)
    return finish(moves, pair)


def _require_operator(kubectl: Kubectl) -> None:
    for kind in (MIGRATIONS, UNITS):
        if not kubectl.exists("crd", kind):
            raise DemoError(f"{kind} is not installed; run `make images install` first")
    for pod in kubectl.find(SYSTEM, "pods", "-l", OPERATOR):
        if all(status["ready"] for status in pod["status"].get("containerStatuses", [{}])):
            return
    raise DemoError("no operator pod is ready; run `make images install` first")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files in the order of the matrix; one that it does not name is an error."""
    order = (*matrix.EVERY_RUN, *matrix.NIGHTLY)

    def place(item: pytest.Item) -> int:
        return order.index(item.path.stem.removeprefix("test_"))

    items.sort(key=place)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note each row's outcome: passed only if set-up, call and tear-down all passed."""
    name = report.nodeid.rpartition("/")[2]
    row = RECORD["rows"].setdefault(name, {"outcome": "did not finish", "seconds": 0.0})
    row["seconds"] = round(row["seconds"] + report.duration, 1)
    if report.outcome != "passed":
        row["outcome"] = report.outcome
    elif report.when == "call" and row["outcome"] == "did not finish":
        row["outcome"] = "passed"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the record whole."""
    if session.config.option.collectonly:
        return
    unfinished = matrix.RECORD.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(RECORD, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(matrix.RECORD)
