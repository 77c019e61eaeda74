"""Acts in an application's namespace: binding Secrets, replicas, probe pods."""

from __future__ import annotations

from kafka_migration import binding
from kafka_migration.act.performing import Scene
from kafka_migration.connections import workload_connection
from kafka_migration.model.actions import RemoveProbePod, Scale, StartProbePod, WriteBinding


def write_binding(scene: Scene, action: WriteBinding) -> None:
    """Write a workload's binding Secret for one side, whole."""
    workload, unit = scene.workload(action.workload), scene.unit
    connection = workload_connection(scene.world.secrets, unit, workload, action.side)
    data = binding.build(connection, action.side, unit.loaded.uid)
    scene.check()
    scene.world.workloads.write_secret(
        unit.loaded.key.namespace, workload.binding.secret_name, data, binding.LABELS
    )


def scale(scene: Scene, action: Scale) -> None:
    """Set a workload's replicas."""
    name = scene.workload(action.workload).name
    scene.check()
    scene.world.workloads.scale(scene.unit.loaded.key.namespace, name, action.replicas)


def start_probe_pod(scene: Scene, action: StartProbePod) -> None:
    """Start a pod that reads the workload's binding as mounted on a node."""
    secret = scene.workload(action.workload).binding.secret_name
    namespace = scene.unit.loaded.key.namespace
    scene.check()
    scene.world.workloads.start_probe(namespace, action.name, secret, action.node)


def remove_probe_pod(scene: Scene, action: RemoveProbePod) -> None:
    """Remove a probe pod."""
    scene.check()
    scene.world.workloads.remove_probe(scene.unit.loaded.key.namespace, action.name)
