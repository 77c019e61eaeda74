"""Preflight from the workload's own place: its target credentials log in there (protocol 3.2).

Called by preflight.py; split from it by meaning. A pod of ours on each node that the workload's
pods use asks every broker of the entering cluster, so that DNS, network policies of the namespace
and firewalls of the node count. Policies that select the workload's labels do not reach it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from kafka_migration.decide.context import UnitContext
from kafka_migration.decide.rules import names
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import RemoveProbePod, StartPlaceProbe
from kafka_migration.model.actions import Work as Asked
from kafka_migration.model.facts import PlaceAnswer
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait

AGAIN_SECONDS = 30.0  # until a place that was not let in is asked again
VALID_SECONDS = 300.0  # an older success proves nothing of now
_KNOWN = {reason.value: reason for reason in Reason}


def _open(context: UnitContext) -> Iterator[tuple[StartPlaceProbe, PlaceAnswer | None]]:
    """Probes without a success in this attempt, each with what its pod says so far."""
    seen, answers = context.facts[facts.WORKLOADS], context.facts[facts.PLACE_PROBES]
    for index, workload in enumerate(context.spec.workloads):
        found = seen.get(workload.name)
        for node in sorted({p.node for p in found.pods if p.node}) if found else ():
            name = names.place_probe(context.short_uid, index, node)
            if RemoveProbePod(name) not in context.answered:
                account = found.service_account if found else ""
                start = StartPlaceProbe(name, workload.name, node, account)
                yield start, answers.get(name)


def entering_is_not_reached_from_there(context: UnitContext) -> Verdict:
    """Each place logged in to the entering cluster, reached its brokers, saw what it reads."""
    every = list(_open(context))
    waiting = [start for start, answer in every if answer is None]
    if waiting:
        text = f"asking the {context.entering} from node {waiting[0].node} for "
        return wait(Reason.PROGRESSING, text + waiting[0].workload)
    problems = [
        _problem(context, start, answer)
        for start, answer in every
        if answer is not None and _failed(answer) and not _older(answer, AGAIN_SECONDS)
    ]
    if problems:
        return fail(problems)
    for start, answer in every:
        if answer is None or answer.probe.message is None:
            return wait(Reason.PROGRESSING, _pending(start, answer))
        if _failed(answer):
            problem = _problem(context, start, answer)
            return wait(problem.reason, f"{problem.message}; asking again")
    return wait(Reason.PROGRESSING, "removing the pods that asked") if every else PASS


def _pending(start: StartPlaceProbe, answer: PlaceAnswer | None) -> str:
    said = (answer.probe.waiting_reason or answer.probe.phase) if answer else ""
    return f"probe pod {start.name} on node {start.node} is {said}"


def ask_from_there(context: UnitContext) -> Asked | None:
    """Start all, remove those that succeeded, then ask again where the answer is of no use."""
    every = list(_open(context))
    for start, answer in every:
        if answer is None:
            return start
    for start, answer in every:
        if answer is not None and _succeeded(answer):
            return RemoveProbePod(start.name, again=_older(answer, VALID_SECONDS))
        if answer is not None and _failed(answer) and _older(answer, AGAIN_SECONDS):
            return RemoveProbePod(start.name, again=True)
    return None


def _said(answer: PlaceAnswer) -> dict[str, object]:
    try:
        words = json.loads(answer.probe.message or "")
    except ValueError:
        return {}
    return words if isinstance(words, dict) else {}


def _succeeded(answer: PlaceAnswer) -> bool:
    return isinstance(_said(answer).get("brokers"), int)


def _failed(answer: PlaceAnswer) -> bool:
    return answer.probe.message is not None and not _succeeded(answer)


def _older(answer: PlaceAnswer, seconds: float) -> bool:
    return answer.seconds_ago is None or answer.seconds_ago >= seconds


def _problem(context: UnitContext, start: StartPlaceProbe, answer: PlaceAnswer) -> Problem:
    said = _said(answer)
    reason = _KNOWN.get(str(said.get("reason")), Reason.UNKNOWN)
    words = str(said.get("message") or f"no answer ({answer.probe.message}); look at the pod")
    text = (
        f"from namespace {context.loaded.key.namespace} on node {start.node} as workload "
        f"{start.workload} on the {context.entering}: {words}"
    )
    return Problem(reason, f"workload/{start.workload}", text)


TASKS: tuple[Task[UnitContext], ...] = (
    Task(
        "reached from its place",
        (facts.WORKLOADS, facts.PLACE_PROBES),
        entering_is_not_reached_from_there,
        ask_from_there,
    ),
)
