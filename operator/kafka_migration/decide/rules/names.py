"""Names outside Kubernetes objects; each carries the migration's UID so that none collide."""

from __future__ import annotations

from hashlib import sha256

from kafka_migration.model.sides import Direction

_LONGEST = 63  # characters of a name that must also serve as a label or a host name


def bulk_connector(short_uid: str) -> str:
    """The forward mirror of everything that no unit has taken over."""
    return f"kmig-{short_uid}-bulk"


def workers(short_uid: str, direction: Direction) -> str:
    """The Connect Deployment and Service of a direction."""
    return f"kmig-{short_uid}-{direction}"


def unit_connector(short_uid: str, unit_short_uid: str, direction: Direction) -> str:
    """The mirror of what one unit writes."""
    role = "unit" if direction == "forward" else "reverse"
    return f"kmig-{short_uid}-{role}-{unit_short_uid}"


def comparison_job(short_uid: str) -> str:
    """The bounded verifier Job of Validated."""
    return f"kmig-verify-{short_uid}"


def tail_job(unit_short_uid: str, attempt: int, direction: Direction) -> str:
    """The verifier Job that follows a unit's topics in one leg."""
    name = f"kmig-tail-{unit_short_uid}-{attempt}"
    return name if direction == "forward" else f"{name}-back"


def probe_pod(unit_short_uid: str, workload_index: int, node: str) -> str:
    """The pod that reads a workload's binding as mounted on a node.

    A long node name is cut, and told apart from others that begin alike by its digest.
    """
    return _on_node(f"kmig-probe-{unit_short_uid}-{workload_index}", node)


def place_probe(unit_short_uid: str, workload_index: int, node: str) -> str:
    """The pod that asks the entering cluster from a node of a workload."""
    return _on_node(f"kmig-place-{unit_short_uid}-{workload_index}", node)


def _on_node(prefix: str, node: str) -> str:
    name = f"{prefix}-{node}"
    if len(name) <= _LONGEST:
        return name
    digest = sha256(node.encode()).hexdigest()[:10]
    return f"{name[: _LONGEST - 11].rstrip('-.')}-{digest}"


def throw_away_group(short_uid: str, unit_short_uid: str) -> str:
    """The group for which Preflight commits, to be deleted at once."""
    return f"kmig-{short_uid}-preflight-{unit_short_uid}"


def canary_topic(short_uid: str) -> str:
    """The topic, one per cluster, on which the propagation of a DENY is measured."""
    return f"kmig-canary-{short_uid}"


def fence_register(migration: str) -> str:
    """ConfigMap of the fence register of the migration with this object name."""
    return f"{migration}-fences"


def covered_copies(migration: str) -> str:
    """ConfigMap of what the mirrors of the migration with this object name were seen to copy."""
    return f"{migration}-copied"
