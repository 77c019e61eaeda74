"""What a unit's roles, topics and groups must say together; what is not built is refused by name.

Called by adoption.py; split from it by meaning: it looks at the unit's own spec only.
"""

from __future__ import annotations

from collections.abc import Iterator

from kafka_migration.decide.context import UnitContext
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import Problem


def problems(context: UnitContext) -> Iterator[Problem]:
    """Faults between spec.workloads[].role, spec.topics, spec.consumerGroups and spec.fence."""
    yield from _mixed(context)
    if bool(context.writers) != bool(context.writes):
        text = "topics.writes and a workload of role Writer or Both go together; correct the spec"
        yield Problem(Reason.INVALID_SPEC, "spec.topics.writes", text)
    if context.readers and not context.spec.consumer_groups:
        text = "readers without spec.consumerGroups keep their position elsewhere: not supported"
        yield Problem(Reason.NOT_SUPPORTED, "spec.consumerGroups", text)
    if context.readers and not context.spec.topics.reads:
        text = "readers without spec.topics.reads: their groups would move nowhere; name the topics"
        yield Problem(Reason.INVALID_SPEC, "spec.topics.reads", text)
    if context.spec.fence.transactional_ids and not context.writers:
        text = "spec.fence.transactionalIds belong to a workload that writes; remove them"
        yield Problem(Reason.INVALID_SPEC, "spec.fence.transactionalIds", text)
    yield from _processors(context)


def _mixed(context: UnitContext) -> Iterator[Problem]:
    """A unit whose groups do not belong to its writers has an order of stops that is not built."""
    roles = {w.role for w in context.spec.workloads}
    if len(roles) > 1 or (roles == {"Writer"} and context.spec.consumer_groups):
        text = (
            "writers and readers in one unit are not supported yet: make one WorkloadCutover for "
            "each role, the readers' wave after the writers' (role Both: one workload does both)"
        )
        yield Problem(Reason.NOT_SUPPORTED, "spec.workloads", text)


def _processors(context: UnitContext) -> Iterator[Problem]:
    """A read-process-write unit moves with exact positions or not at all (protocol 4.6)."""
    if not context.processors:
        return
    for group in context.spec.consumer_groups:
        if group.minimum_grade != "Exact":
            text = (
                f"group {group.name} belongs to a workload of role Both, which would process again "
                "what it reads again; set consumerGroups[].minimumGrade to Exact"
            )
            yield Problem(Reason.INVALID_SPEC, f"group/{group.name}", text)
    for topic in sorted(set(context.writes) & set(context.spec.topics.reads)):
        text = (
            f"topic {topic} is in topics.writes and in topics.reads: a unit whose groups read what "
            "it writes itself is not supported yet; a topic that no group commits in (a table "
            "that is read anew at each start) belongs to topics.writes only"
        )
        yield Problem(Reason.NOT_SUPPORTED, f"topic/{topic}", text)
