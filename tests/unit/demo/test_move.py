"""The driver waits for what the operator reports, in whatever order units get there."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from kmig_demo import move, waiting
from kmig_demo.environment import Environment
from kmig_demo.errors import DemoError
from kmig_demo.kubectl import Kubectl
from kmig_demo.log import Log
from kmig_demo.manifests import Manifests
from kmig_demo.move import Migration
from kmig_demo.stage import Cast

WRITER, READER = "orders-writer", "orders-reader"


def unit(step: str, cluster: str, *, stalled: str = "") -> dict[str, Any]:
    conditions: list[dict[str, Any]] = [
        {"type": "Ready", "status": "False", "reason": "Progressing", "message": step}
    ]
    if stalled:
        conditions.append(
            {"type": "Stalled", "status": "True", "reason": stalled, "observedGeneration": 1}
        )
    return {"workingStep": step, "activeCluster": cluster, "conditions": conditions}


class Operator(Kubectl):
    """kubectl before an operator that has been told what status it shows, look by look."""

    def __init__(self, **shows: list[dict[str, Any]]) -> None:
        self.shows = {name.replace("_", "-"): statuses for name, statuses in shows.items()}
        self.patched: list[tuple[str, dict[str, Any]]] = []
        self.stages = ["InventoryFrozen", "CutOver"]

    def get(self, namespace: str, kind: str, name: str) -> dict[str, Any]:
        statuses = self.shows[name]
        status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
        metadata = {"name": name, "generation": 1}
        return {"kind": "WorkloadCutover", "metadata": metadata, "status": status}

    def patch(self, namespace: str, kind: str, name: str, change: dict[str, Any]) -> None:
        self.patched.append((name, change["spec"]))

    def cluster_wide(self, kind: str, name: str) -> dict[str, Any]:
        spec = {"properties": {"desiredStage": {"enum": self.stages}}}
        schema = {"openAPIV3Schema": {"properties": {"spec": spec}}}
        return {"spec": {"versions": [{"served": True, "schema": schema}]}}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "pause", lambda seconds: None)
    monkeypatch.setattr(move, "STALLED_SECONDS", 0.0)


def driven(operator: Operator) -> tuple[Migration, io.StringIO]:
    output = io.StringIO()
    environment = Environment(Path("/nowhere"), "kubectl", "config", {})
    log = Log(Console(file=output, width=200))
    cast = Cast(environment, operator, Manifests.__new__(Manifests), log, "r")
    return Migration(cast), output


@pytest.mark.parametrize(("first", "second"), [(WRITER, READER), (READER, WRITER)])
def test_a_rollback_waits_for_both_units_in_any_order(first: str, second: str) -> None:
    back, way = unit("RolledBack", "Source"), unit("Drain", "Target")
    shows = {first: [way, back], second: [way, way, way, back]}
    operator = Operator(**{name.replace("-", "_"): list(s) for name, s in shows.items()})
    migration, output = driven(operator)
    assert set(migration.roll_back(READER, WRITER)) == {READER, WRITER}
    assert operator.patched == [("leave-source", {"cutover": {"throughWave": 0}})]
    said = output.getvalue()
    assert said.index(f"{first}: RolledBack") < said.index(f"{second}: RolledBack")


def test_a_unit_that_stays_stalled_ends_the_wait_although_the_other_works() -> None:
    stuck = unit("Fence", "Target", stalled="Unreachable")
    migration, _ = driven(Operator(orders_writer=[stuck], orders_reader=[unit("Drain", "Target")]))
    with pytest.raises(DemoError, match="orders-writer is stalled"):
        migration.roll_back(READER, WRITER)


def test_both_units_get_the_new_attempt() -> None:
    operator = Operator()
    driven(operator)[0].try_again(2, WRITER, READER)
    assert operator.patched == [(WRITER, {"attempt": 2}), (READER, {"attempt": 2})]


def test_an_operator_without_the_stage_completed_is_said_and_not_asked() -> None:
    operator = Operator()
    migration, output = driven(operator)
    migration.complete()
    assert operator.patched == []
    assert "no stage Completed yet" in output.getvalue()
