"""A decision: the status to write, the entry to record first, the one act, when to look again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kafka_migration.model.actions import Action
from kafka_migration.model.entries import Entry
from kafka_migration.model.kubernetes import Event, Loaded
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import Problem, Verdict

SHOWN_PROBLEMS = 20
LONGEST_MESSAGE = 1024  # a longer one would have the whole status refused, and nothing would move
LONGEST_SUBJECT = 300
BUSY_SECONDS = 0.2  # the next look of something that waits inside its critical section
WORKING_SECONDS = 1.0
# What waits for people; under maxLagSeconds' default, or looking rarely would read as lagging.
AWAITED_SECONDS = 3.0
COPYING_SECONDS = 30.0  # a resting migration whose mirrors are watched for gaps
IDLE_SECONDS = 300.0


@dataclass(frozen=True)
class Decision:
    """What one tick does; entry and action never come together."""

    status: Mapping[str, Any]
    entry: Entry | None = None
    action: Action | None = None
    wake_after: float = IDLE_SECONDS
    events: tuple[Event, ...] = ()
    moved: bool = False  # the working stage or step changed: windows begin anew


@dataclass(frozen=True)
class Condition:
    """One condition before it meets the one that is there."""

    type: str
    status: str  # True | False | Unknown
    reason: Reason
    message: str


def merged(
    old: Iterable[Mapping[str, Any]], new: Iterable[Condition], generation: int, now: str
) -> list[dict[str, Any]]:
    """metav1.Conditions; lastTransitionTime changes only when the status flips."""
    before = {c["type"]: c for c in old}
    result = []
    for condition in new:
        was = before.get(condition.type, {})
        same = was.get("status") == condition.status
        result.append(
            {
                "type": condition.type,
                "status": condition.status,
                "reason": condition.reason.value,
                "message": condition.message[:LONGEST_MESSAGE],
                "observedGeneration": generation,
                "lastTransitionTime": was.get("lastTransitionTime", now) if same else now,
            }
        )
    return result


def shown(problems: Iterable[Problem]) -> list[dict[str, str]]:
    """The first problems, for status; the message ends with what to do."""
    return [
        {
            "reason": p.reason.value,
            "subject": p.subject[:LONGEST_SUBJECT],
            "message": p.message[:LONGEST_MESSAGE],
        }
        for p in list(problems)[:SHOWN_PROBLEMS]
    ]


def progressed(
    old: Iterable[Mapping[str, Any]],
    order: Iterable[str],
    working: str,
    now: str,
    rests: Verdict | None = None,
) -> list[dict[str, Any]]:
    """The list of stages or steps with state and times, up to the working one.

    `rests`: why the working one is not worked on now. It keeps the time at which it began, if any.
    """
    before = {s["name"]: dict(s) for s in old}
    result: list[dict[str, Any]] = []
    passed = True
    for name in order:
        item = before.get(name, {"name": name})
        if name == working:
            passed = False
            item = _at_work(item, now) if rests is None else _at_rest(item, rests)
        elif passed:
            began = item.get("startTime", now)
            ended = item.get("completionTime", now)
            item = {"name": name, "state": "Succeeded", "startTime": began, "completionTime": ended}
        else:
            item = {"name": name, "state": "Pending"}
        result.append(item)
    return result


def _at_work(item: Mapping[str, Any], now: str) -> dict[str, Any]:
    return {"name": item["name"], "state": "Running", "startTime": item.get("startTime", now)}


def _at_rest(item: Mapping[str, Any], why: Verdict) -> dict[str, Any]:
    """Pending, with what it waits for: nobody is at work on it."""
    begun = {key: item[key] for key in ("startTime",) if key in item}
    said = {"reason": why.reason.value, "message": why.message[:LONGEST_MESSAGE]}
    return {"name": item["name"], "state": "Pending", **begun, **said}


def rejected(loaded: Loaded, verdict: Verdict, now: str) -> dict[str, Any]:
    """The status of an object that cannot be worked on at all; nothing is touched.

    Its spec, its migration or its journal cannot be read. The rest of the status stays.
    """
    old = loaded.status
    before = {c["type"]: c for c in old.get("conditions", [])}
    changed = (
        Condition("Ready", "False", verdict.reason, verdict.message),
        Condition("Reconciling", "False", Reason.NOT_RECONCILING, "nothing can be done now"),
        Condition("Stalled", "True", verdict.reason, verdict.message),
    )
    new = merged(old.get("conditions", []), changed, loaded.generation, now)
    names = {c.type for c in changed}
    kept = [dict(c) for name, c in before.items() if name not in names]
    return {
        **old,
        "observedGeneration": loaded.generation,
        "phase": "Degraded",
        "message": verdict.message,
        "problems": shown(verdict.problems),
        "conditions": [*new, *kept],
    }
