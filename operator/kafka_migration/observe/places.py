"""What place probes say: pods of ours that ask the entering cluster from a workload's nodes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from kafka_migration.decide.rules import names
from kafka_migration.model import facts
from kafka_migration.model.facts import PlaceAnswer
from kafka_migration.observe.looking import Look


def place_probes(look: Look) -> Mapping[str, PlaceAnswer | None]:
    """Place probes by name, one per workload and node that its pods use now."""
    unit, found = look.unit, {}
    present = look.get(facts.WORKLOADS)
    for index, wanted in enumerate(unit.spec.workloads):
        workload = present[wanted.name]
        pods = () if workload is None else workload.pods
        for node in sorted({pod.node for pod in pods if pod.node is not None}):
            name = names.place_probe(unit.short_uid, index, node)
            found[name] = _answer(look, name)
    return found


def _answer(look: Look, name: str) -> PlaceAnswer | None:
    probe = look.world.workloads.probe(look.unit.loaded.key.namespace, name)
    if probe is None:
        return None
    if probe.ended is None:
        return PlaceAnswer(probe)
    ended = datetime.fromisoformat(probe.ended)
    return PlaceAnswer(probe, (look.world.clock.now() - ended).total_seconds())
