"""What a finished move leaves behind, with the pair's own names taken out, so that two compare.

Called by the rows that disturb a move: their end state must equal the undisturbed one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.e2e.connect import Connect
from tests.e2e.lifecycle import Unit
from tests.e2e.pair import Pair

from kmig_demo.kubectl import Object


def end_state(pair: Pair, connect: Connect) -> dict[str, Any]:
    """Units, bindings, Deployments, ACLs, fence register, mirror and leftovers of one pair."""
    ground = pair.ground
    state = {
        "writer": unit_state(pair, pair.writer),
        "reader": unit_state(pair, pair.reader),
        "acls": {name: sorted(side.standing([pair.topic])) for name, side in ground.sides.items()},
        "register": register(pair),
        "mirrors": connect.mirrors_of(pair.topic),
        "leftovers": leftovers(pair),
    }
    text = json.dumps(state, sort_keys=True).replace(f"m-{pair.name}", "m-PAIR")
    text = text.replace(f"{pair.name}-writer", "PAIR-writer")
    text = text.replace(f"{pair.name}-reader", "PAIR-reader")
    compared: dict[str, Any] = json.loads(text)
    return compared


def unit_state(pair: Pair, unit: Unit) -> dict[str, Any]:
    """Where a unit is and what its application has."""
    found = unit.found()
    status: Object = found["status"]
    deployment = pair.ground.kubectl.get(pair.namespace, "deployment", unit.name)
    return {
        "activeCluster": status["activeCluster"],
        "workingStep": status["workingStep"],
        "phase": status["phase"],
        "conditions": {c["type"]: f"{c['status']} {c['reason']}" for c in status["conditions"]},
        "steps": [f"{entry['name']} {entry['state']}" for entry in status["steps"]],
        "problems": status.get("problems", []),
        "binding": pair.binding(unit),
        "replicas": [
            deployment["spec"]["replicas"],
            deployment["status"].get("readyReplicas", 0),
        ],
    }


def register(pair: Pair) -> list[str]:
    """What the fence register says of the pair's topic, one thing a line, moments left out."""
    namespace, migration = pair.migration
    found = pair.ground.kubectl.get(namespace, "configmap", f"{migration}-fences")
    document = json.loads(found["data"]["register.json"])
    return sorted(line for line in _lines(document) if pair.topic in line)


def _lines(node: Any, path: str = "") -> list[str]:
    if isinstance(node, Mapping):
        if any(isinstance(value, Mapping | list) for value in node.values()):
            return [x for key, value in node.items() for x in _lines(value, f"{path}/{key}")]
        kept = {key: value for key, value in node.items() if key not in ("at", "since")}
        return [f"{path} {json.dumps(kept, sort_keys=True)}"]
    if isinstance(node, list):
        return [line for value in node for line in _lines(value, path)]
    return [f"{path} {node}"]


def leftovers(pair: Pair) -> list[str]:
    """Jobs and probe pods that a finished unit should not leave."""
    kubectl = pair.ground.kubectl
    uids = [unit.found()["metadata"]["uid"][:8] for unit in (pair.writer, pair.reader)]
    places = ((pair.migration[0], "jobs"), (pair.namespace, "pods"), (pair.migration[0], "pods"))
    names = [o["metadata"]["name"] for place, kind in places for o in kubectl.find(place, kind)]
    return sorted(name for name in names if any(uid in name for uid in uids))
