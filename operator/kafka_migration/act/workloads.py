"""Acts in an application's namespace: binding Secrets, replicas, probe pods."""

from __future__ import annotations

import json

from kafka_migration import binding
from kafka_migration.act.performing import Scene
from kafka_migration.connections import workload_authentication, workload_connection
from kafka_migration.model.actions import (
    RemoveProbePod,
    Scale,
    StartPlaceProbe,
    StartProbePod,
    WriteBinding,
)
from kafka_migration.model.kubernetes import PlaceProbe

_TOPICS = 200  # looked at by a place probe: what is asked must fit into an annotation


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


def start_place_probe(scene: Scene, action: StartPlaceProbe) -> None:
    """Start a pod that logs in to the entering cluster from a workload's node.

    Rights to write come with the move, so only topics that are read are looked at.
    """
    unit, workload = scene.unit, scene.workload(action.workload)
    connection = workload_connection(scene.world.secrets, unit, workload, unit.entering)
    reader = workload.role != "Writer"
    question = {
        "bootstrap": connection.bootstrap_servers,
        "mechanism": connection.mechanism,
        "username": connection.username,
        "ca": connection.ca_pem,
        "topics": sorted(unit.spec.topics.reads)[:_TOPICS] if reader else [],
        "groups": [group.name for group in unit.spec.consumer_groups] if reader else [],
    }
    reference = workload_authentication(workload, unit.entering).password_secret
    probe = PlaceProbe(
        name=action.name,
        node=action.node,
        service_account=action.service_account,
        owner=unit.loaded,
        secret=reference.secret_name,
        key=reference.password,
        question=json.dumps(question),
    )
    scene.check()
    scene.world.workloads.start_place_probe(unit.loaded.key.namespace, probe)


def remove_probe_pod(scene: Scene, action: RemoveProbePod) -> None:
    """Remove a probe pod."""
    scene.check()
    scene.world.workloads.remove_probe(scene.unit.loaded.key.namespace, action.name)
