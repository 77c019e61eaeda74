"""Prepare's first half: what the unit's own spec and namespace must say, and its binding.

Called by prepare.py; split from it by meaning: nothing here touches a Kafka cluster.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from kafka_migration.api.cutover import Workload
from kafka_migration.decide.context import UnitContext
from kafka_migration.decide.steps import roles
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import Work as Asked
from kafka_migration.model.actions import WriteBinding
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait


def spec_cannot_work(context: UnitContext) -> Verdict:
    """Faults between the unit's own fields, and against the frozen inventory."""
    spec, inventory = context.spec, context.migration.inventory
    known = set(inventory.topics) if inventory else set()
    problems = [
        Problem(
            Reason.TOPIC_NOT_IN_SCOPE,
            f"topic/{topic}",
            f"topic {topic} is not in the frozen inventory; correct spec.topics",
        )
        for topic in sorted({*spec.topics.writes, *spec.topics.reads} - known)
    ]
    problems += roles.problems(context)
    if "User:*" in spec.fence.extra_principals:
        text = "spec.fence.extraPrincipals names User:*, which is never denied; name the writers"
        problems.append(Problem(Reason.INVALID_SPEC, "spec.fence.extraPrincipals", text))
    counted = Counter(w.binding.secret_name for w in spec.workloads)
    problems += [
        Problem(
            Reason.INVALID_SPEC,
            f"secret/{name}",
            f"binding Secret {name} serves {count} workloads; give each its own",
        )
        for name, count in counted.items()
        if count > 1
    ]
    return fail([*problems, *_principal_conflicts(context)])


def _principal_conflicts(context: UnitContext) -> list[Problem]:
    migration = context.migration.spec
    problems = []
    for workload in context.spec.workloads:
        for side, cluster, identity, used in (
            (
                "source",
                migration.source,
                migration.replication.identities.source,
                workload.binding.source,
            ),
            (
                "target",
                migration.target,
                migration.replication.identities.target,
                workload.binding.target,
            ),
        ):
            principal = used.authentication.principal_name
            taken = {
                cluster.authentication.principal_name: "the operator",
                identity.authentication.principal_name: "the mirror",
            }
            if principal in taken:
                text = (
                    f"workload {workload.name} uses the principal of {taken[principal]} on the "
                    f"{side}; a fence would stop both: give it its own"
                )
                problems.append(
                    Problem(Reason.PRINCIPAL_CONFLICT, f"workload/{workload.name}", text)
                )
    return problems


def another_unit_overlaps(context: UnitContext) -> Verdict:
    """A topic, a workload, a group and a transactional id belong to one unit."""
    problems = []
    mine = set(context.writes)
    groups = {g.name for g in context.spec.consumer_groups}
    ids = set(context.spec.fence.transactional_ids)
    for other in context.facts[facts.UNITS]:
        if other.loaded.uid == context.loaded.uid:
            continue
        spec = other.loaded.spec
        shared = mine & set(spec.get("topics", {}).get("writes", []))
        shared |= groups & {g.get("name") for g in spec.get("consumerGroups", [])}
        shared |= ids & set(spec.get("fence", {}).get("transactionalIds", []))
        if other.loaded.key.namespace == context.loaded.key.namespace:
            shared |= _deployed(context.loaded.spec) & _deployed(spec)
        if shared:
            text = f"{other.loaded.key} also has {', '.join(sorted(shared))}; keep it in one unit"
            problems.append(Problem(Reason.UNIT_OVERLAP, f"unit/{other.loaded.key.name}", text))
    return fail(problems)


def _deployed(spec: Mapping[str, Any]) -> set[str]:
    """Deployments and binding Secrets of a unit, which are local to its namespace."""
    workloads = spec.get("workloads", [])
    secrets = {f"Secret {w.get('binding', {}).get('secretName')}" for w in workloads}
    return secrets | {f"Deployment {w.get('name')}" for w in workloads}


def workloads_are_missing(context: UnitContext) -> Verdict:
    """Each workload exists and mounts its binding Secret."""
    problems = []
    for workload in context.spec.workloads:
        seen = context.facts[facts.WORKLOADS][workload.name]
        place = f"{context.loaded.key.namespace}/{workload.name}"
        if seen is None:
            text = f"Deployment {place} does not exist; create it or correct spec.workloads"
            problems.append(Problem(Reason.WORKLOAD_NOT_FOUND, f"workload/{workload.name}", text))
        elif workload.binding.secret_name not in seen.secrets:
            text = (
                f"Deployment {place} does not mount Secret {workload.binding.secret_name}; "
                "mount it as a volume and read the connection from there"
            )
            problems.append(Problem(Reason.BINDING_NOT_MOUNTED, f"workload/{workload.name}", text))
        elif seen.autoscaler:
            text = (
                f"Deployment {place} is scaled by HorizontalPodAutoscaler {seen.autoscaler}: not "
                "supported yet; remove it for the move"
            )
            problems.append(Problem(Reason.NOT_SUPPORTED, f"workload/{workload.name}", text))
    return fail(problems)


def _to_adopt(context: UnitContext) -> Workload | None:
    for workload in context.spec.workloads:
        view = context.facts[facts.BINDINGS][workload.name]
        if not view.present or view.hash is None:
            return workload
    return None


def binding_is_not_adopted(context: UnitContext) -> Verdict:
    """Each binding Secret is ours and holds the leaving side's connection."""
    problems = []
    for workload in context.spec.workloads:
        view = context.facts[facts.BINDINGS][workload.name]
        if view.present and view.matches != context.leaving:
            now = view.matches or "another cluster or principal"
            text = (
                f"Secret {workload.binding.secret_name} points to {now}, not to the "
                f"{context.leaving} as spec.workloads[{workload.name}].binding says; make both "
                "agree (bootstrap servers, user, password, CA)"
            )
            problems.append(
                Problem(Reason.BINDING_CONFLICT, f"secret/{workload.binding.secret_name}", text)
            )
    if problems:
        return fail(problems)
    adopt = _to_adopt(context)
    if adopt is not None:
        text = f"adopting binding Secret {adopt.binding.secret_name}"
        return wait(Reason.PROGRESSING, text)
    return PASS


def adopt_binding(context: UnitContext) -> Asked | None:
    """Write the leaving side's key set with its hash."""
    workload = _to_adopt(context)
    return WriteBinding(workload.name, context.leaving) if workload else None


TASKS: tuple[Task[UnitContext], ...] = (
    Task("spec can work", (), spec_cannot_work),
    Task("one unit each", (facts.UNITS,), another_unit_overlaps),
    Task("workloads exist", (facts.WORKLOADS,), workloads_are_missing),
    Task("binding adopted", (facts.BINDINGS,), binding_is_not_adopted, adopt_binding),
)
