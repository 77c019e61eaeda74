"""A unit that names what is not there has its reason, ends with a remedy, and heals."""

from __future__ import annotations

from tests.e2e import manifests
from tests.e2e.lifecycle import Unit, traces
from tests.e2e.moves import Moves
from tests.e2e.pair import archive_topic

from kmig_demo.objects import condition

NAME = "ghost"
NEVER = 1000


def test_a_workload_that_does_not_exist_is_named_and_its_creation_heals(moves: Moves) -> None:
    """A unit whose Deployment does not exist: WorkloadNotFound names it; creating it heals."""
    ground, namespace = moves.ground, moves.pairs["plain"].namespace
    unit = apply_ghost(moves, namespace)

    message = unit.says("WorkloadNotFound")

    said = f"Deployment {namespace}/{NAME} does not exist; create it or correct spec.workloads"
    assert message == said
    assert condition(unit.found(), "Stalled")["status"] == "True"
    assert unit.found()["status"]["activeCluster"] == "Source"
    deployment = manifests.application(namespace, NAME, "consumer")
    deployment["spec"]["replicas"] = 0
    ground.kubectl.apply([deployment])
    unit.says("WaitingForWave")
    assert "condition met" in unit.ready()
    assert traces(unit.found()) == []
    where = ("-n", namespace, "delete")
    ground.kubectl.run(*where, "wco", NAME, "--timeout=30s")
    ground.kubectl.run(*where, "deployment", NAME)


def apply_ghost(moves: Moves, namespace: str) -> Unit:
    """A reader's unit in a wave that nobody releases; its Deployment is left out."""
    ground, user = moves.ground, moves.ground.named("reader")
    reference = (moves.migration.namespace, moves.migration.name)
    manifest = manifests.unit(namespace, NAME, reference, "Reader", user)
    topic = archive_topic(ground)
    manifest["spec"]["topics"]["reads"] = [topic]
    manifest["spec"]["consumerGroups"] = [{"name": topic}]
    manifest["spec"]["wave"] = NEVER
    bindings = manifests.binding_secrets(ground, namespace, NAME, user)
    ground.kubectl.apply([*bindings, manifest])
    return Unit(ground, namespace, NAME)
