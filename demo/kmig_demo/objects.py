"""Reading the operator's two kinds the way a user does: stage, conditions, gate.

Called by the scenario and by the diagnosis; pure. It must never guess: a status that is not there
yet reads as a blocker in words.
"""

from __future__ import annotations

from datetime import datetime

from kmig_demo.kubectl import Object

# In full: another group may have a kind of the same name.
MIGRATIONS = "kafkamigrations.kafka-migration.io"
UNITS = "workloadcutovers.kafka-migration.io"


def condition(found: Object, kind: str) -> Object:
    """One condition, or an empty object when it is not set."""
    conditions = found.get("status", {}).get("conditions", [])
    return next((entry for entry in conditions if entry.get("type") == kind), {})


def words(entry: Object) -> str:
    """A condition in one line."""
    if not entry:
        return "no condition yet"
    text = f"{entry.get('type')}={entry.get('status')} {entry.get('reason', '')}"
    message = entry.get("message", "")
    return f"{text}: {message}" if message else text


def stalled(found: Object) -> str:
    """What the object says only a human can mend, for its present spec; empty when nothing."""
    entry = condition(found, "Stalled")
    current = entry.get("observedGeneration") == found["metadata"].get("generation")
    if entry.get("status") != "True" or not current:
        return ""
    return f"{found['kind']} {found['metadata']['name']} is stalled: {words(entry)}"


def problems(found: Object) -> list[str]:
    """The problems that status lists, each in one line."""
    return [
        f"{entry.get('code') or entry.get('reason')} {entry.get('subject')}: {entry.get('message')}"
        for entry in found.get("status", {}).get("problems", [])
    ]


def not_ready(found: Object) -> str:
    """Why the object is not Ready for its present spec; empty when it is."""
    ready = condition(found, "Ready")
    if ready.get("status") != "True":
        return words(ready)
    if ready.get("observedGeneration") != found["metadata"].get("generation"):
        return "the operator has not seen the present spec"
    return ""


def stage_blocker(found: Object, stage: str) -> str:
    """Why `stage` is not reached and held; empty when it is."""
    reached = found.get("status", {}).get("stage", "none")
    if reached != stage:
        return f"stage {reached}; {words(condition(found, 'Ready'))}"
    return not_ready(found)


def gate(found: Object, stage: str) -> Object:
    """The gate of a stage for the present spec, or an empty object.

    It covers the units too: one that was read before they came is not theirs.
    """
    status = found.get("status", {})
    if status.get("observedGeneration") != found["metadata"].get("generation"):
        return {}
    shown: Object = status.get("gate") or {}
    return shown if shown.get("stage") == stage and shown.get("digest") else {}


def step(unit: Object) -> str:
    """Where a unit is: its working step and active cluster."""
    status = unit.get("status", {})
    return f"{status.get('workingStep') or '-'} on {status.get('activeCluster') or '-'}"


def steps(unit: Object) -> list[str]:
    """Each step of a unit with the seconds that it took, in the operator's own words."""
    lines = []
    for entry in unit.get("status", {}).get("steps", []):
        begun, ended = entry.get("startTime"), entry.get("completionTime")
        took = "" if not begun or not ended else f" {_seconds_between(begun, ended):.1f} s"
        message = f": {entry['message']}" if entry.get("message") else ""
        lines.append(f"{entry.get('name')} {entry.get('state')}{took}{message}")
    return lines


def _seconds_between(begun: str, ended: str) -> float:
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(begun)).total_seconds()


def unit_blocker(unit: Object) -> str:
    """Why a unit is not yet Ready on the target; empty when it is."""
    if unit.get("status", {}).get("activeCluster") != "Target":
        return f"{step(unit)}; {words(condition(unit, 'Ready'))}"
    return not_ready(unit)


def return_blocker(unit: Object) -> str:
    """Why a unit's rollback is not over yet; empty when it rests on the source again."""
    status = unit.get("status", {})
    if (status.get("workingStep"), status.get("activeCluster")) == ("RolledBack", "Source"):
        return ""
    return f"{step(unit)}; {words(condition(unit, 'Ready'))}"


def stages(crd: Object) -> list[str]:
    """The values that an installed kind takes as desiredStage."""
    served = next(version for version in crd["spec"]["versions"] if version.get("served"))
    spec = served["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return list(spec["properties"]["desiredStage"]["enum"])
