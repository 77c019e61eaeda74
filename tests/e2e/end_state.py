"""What a finished move leaves behind, with the pair's own names taken out, so that two compare.

Called by the rows that disturb a move: their end state must equal the undisturbed one.
"""

from __future__ import annotations

import json
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
    return _nameless(pair, state)


def writers_state(pair: Pair, connect: Connect) -> dict[str, Any]:
    """Of the writer's unit alone, wherever the reader is."""
    state = {
        "unit": unit_state(pair, pair.writer),
        "register": [line for line in register(pair) if " READ " not in line],
        "at rest": connect.at_rest(pair.topic),
    }
    return _nameless(pair, state)


def _nameless(pair: Pair, state: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(state, sort_keys=True).replace(pair.topic, "TOPIC")
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
    """What the fence register says of the pair's topic: who has authority, and every DENY."""
    namespace, migration = pair.migration
    found = pair.ground.kubectl.get(namespace, "configmap", f"{migration}-fences")
    document = json.loads(found["data"]["register.json"])
    entries = [e for e in document["entries"] if pair.topic in e["acl"]]
    fences = sorted(f"{e['side']} {e['state']} {' '.join(e['acl'])}" for e in entries)
    return [f"authority {document['authority'][pair.topic]}", *fences]


def leftovers(pair: Pair) -> list[str]:
    """Jobs and probe pods that a finished unit should not leave."""
    kubectl = pair.ground.kubectl
    uids = [unit.found()["metadata"]["uid"][:8] for unit in (pair.writer, pair.reader)]
    places = ((pair.migration[0], "jobs"), (pair.namespace, "pods"), (pair.migration[0], "pods"))
    names = [o["metadata"]["name"] for place, kind in places for o in kubectl.find(place, kind)]
    return sorted(name for name in names if any(uid in name for uid in uids))
