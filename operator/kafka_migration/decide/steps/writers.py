"""Who can write the unit's topics: each is denied, in the unit, or excused by name (protocol 1.4).

Called by preflight.py; split from it by meaning: all of it is arithmetic on ACLs and settings.
"""

from __future__ import annotations

from collections.abc import Iterator

from kafka_migration.decide.context import UnitContext
from kafka_migration.decide.rules import acls
from kafka_migration.decide.rules import register as fences
from kafka_migration.decide.steps.denies import (
    fenced_principals,
    mirror_principal,
    present_acls,
)
from kafka_migration.model import facts
from kafka_migration.model.kafka import Cluster
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import Problem, Verdict, fail


def acknowledged(context: UnitContext, problem: Problem) -> bool:
    """The unit or its migration takes this problem upon itself by name."""
    every = [*context.spec.acknowledgements, *context.migration.spec.acknowledgements]
    return any(a.problem == problem.reason and a.subject == problem.subject for a in every)


def writers_are_not_covered(context: UnitContext) -> Verdict:
    """Who can write the topics is known, and each is denied, in the unit or excused by name."""
    found = [*_unlistable(context), *_uncovered(context), *_foreign(context)]
    return fail(p for p in found if not acknowledged(context, p))


def _unlistable(context: UnitContext) -> Iterator[Problem]:
    for side, fact in (("source", facts.SOURCE_CLUSTER), ("target", facts.TARGET_CLUSTER)):
        cluster = context.facts[fact]
        if cluster.settings.get("super.users") is None:
            text = (
                f"the {side} does not tell its super users, who no DENY stops; make sure that none "
                "writes and acknowledge WritersNotListable for "
                f"cluster/{side}"
            )
            yield Problem(Reason.WRITERS_NOT_LISTABLE, f"cluster/{side}", text)
        yield from _super_users(context, side, cluster)
        operations = cluster.authorized_operations
        if operations is None or not {"ALTER", "ALL"} & operations:
            text = f"the operator may not change ACLs on the {side}; grant Cluster Alter"
            yield Problem(Reason.NOT_AUTHORIZED, f"cluster/{side}", text)


def _super_users(context: UnitContext, side: str, cluster: Cluster) -> Iterator[Problem]:
    """Those that are told, but for the operator and the mirror: no DENY stops them."""
    spec, told = context.migration.spec, cluster.settings.get("super.users") or ""
    source = side == "source"
    operator = (spec.source if source else spec.target).authentication
    identities = spec.replication.identities
    mirror = (identities.source if source else identities.target).authentication
    every = {user.strip() for user in told.split(";")} - {""}
    for principal in sorted(every - {operator.principal_name, mirror.principal_name}):
        text = (
            f"{principal} is a super user of the {side}, whom no DENY stops; make sure that it "
            f"writes nothing and acknowledge WriterNotCovered for principal/{principal}"
        )
        yield Problem(Reason.WRITER_NOT_COVERED, f"principal/{principal}", text)


def _uncovered(context: UnitContext) -> Iterator[Problem]:
    leaving, entering = context.leaving, context.entering
    present = context.facts[facts.LEAVING_ACLS]
    covered = fenced_principals(context, leaving) | {mirror_principal(context, leaving)}
    for topic in context.writes:
        who = acls.writers(present, topic)
        for side, entries in ((leaving, present), (entering, context.facts[facts.ENTERING_ACLS])):
            if "User:*" in acls.writers(entries, topic):
                text = f"topic {topic} may be written by User:* on the {side}; grant it by name"
                yield Problem(Reason.WILDCARD_WRITER, f"topic/{topic}", text)
        denied = _denied_by_us(context, topic)
        for principal in sorted(who - covered - denied - {"User:*"}):
            text = (
                f"{principal} can write topic {topic} on the {leaving} and is not in this unit; "
                "add it to spec.fence.extraPrincipals (it is denied too), or acknowledge it"
            )
            yield Problem(Reason.WRITER_NOT_COVERED, f"principal/{principal}", text)


def _denied_by_us(context: UnitContext, topic: str) -> set[str]:
    """Those that stayed denied on the side being left since the unit entered it."""
    held = fences.entries(context.facts[facts.REGISTER], context.leaving, ("held",))
    standing = held & present_acls(context, context.leaving)
    return {acl.principal for acl in standing if acl.resource == topic}


def _foreign(context: UnitContext) -> Iterator[Problem]:
    for side in (context.leaving, context.entering):
        ours = fences.ours(context.facts[facts.REGISTER], side)
        for acl in acls.foreign_denies(sorted(present_acls(context, side)), context.writes, ours):
            text = (
                f"a DENY {acl.operation} for {acl.principal} on {acl.resource} at the {side} is "
                "not ours and would outlive us; remove it"
            )
            yield Problem(Reason.FOREIGN_DENY, f"principal/{acl.principal}", text)
