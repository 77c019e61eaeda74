"""The return mirror: made STOPPED and shut out in Prepare, armed and freed in ArmReverse.

Called by prepare.py, arm_reverse.py, observe.py and back_out.py. With replication.reverse Disabled
there is none. In a way back it is the forward mirror, which lies STOPPED and denied since CatchUp.
"""

from __future__ import annotations

from kafka_migration.decide.context import UnitContext, moves_authority
from kafka_migration.decide.rules import acls, copying, mirror
from kafka_migration.decide.steps.denies import (
    mirror_is_not_denied,
    mirror_principal,
    return_denies,
)
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import (
    CreateConnector,
    EnsureAcls,
    HoldDenies,
    StopConnector,
)
from kafka_migration.model.actions import Work as Asked
from kafka_migration.model.connect import Connector
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.kafka import Acl
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait


def comes_back(context: UnitContext) -> bool:
    """The unit writes topics and has a return mirror for them."""
    return moves_authority(context) and context.reversible


def _needs_rights(context: UnitContext) -> bool:
    """The forward mirror got its rights with the plan."""
    return comes_back(context) and context.homeward == "reverse"


def freed(context: UnitContext) -> bool:
    """The return mirror was to be freed in this leg: it may have written (protocol 3.12)."""
    return context.recorded(EntryKind.FREEING) is not None


def found(context: UnitContext) -> Connector | None:
    """The unit's return mirror, if it exists."""
    return context.facts[facts.RETURN_CONNECTORS].get(context.return_connector)


def may_write_leaving(context: UnitContext) -> Verdict:
    """The return mirror's principal cannot write on the leaving side."""
    return mirror_is_not_denied(context, context.leaving, return_denies(context))


def deny(context: UnitContext) -> Asked | None:
    """Register, create, read back."""
    return HoldDenies(context.leaving, return_denies(context))


def _rights(context: UnitContext) -> tuple[Acl, ...]:
    principal = mirror_principal(context, context.leaving)
    return mirror.reverse_write_acls(principal, context.writes)


def rights_are_missing(context: UnitContext) -> Verdict:
    """ALLOW Write on the leaving side for the return mirror; the DENY before it still wins."""
    if not acls.missing(_rights(context), context.facts[facts.LEAVING_ACLS]):
        return PASS
    text = f"granting the return mirror's writes on the {context.leaving} (still denied)"
    return wait(Reason.PROGRESSING, text)


def grant(context: UnitContext) -> Asked | None:
    """All that are missing."""
    present = context.facts[facts.LEAVING_ACLS]
    return EnsureAcls(context.leaving, acls.missing(_rights(context), present))


def is_missing(context: UnitContext) -> Verdict:
    """It exists and lists exactly the unit's topics, which no other return mirror lists."""
    wrong = copying.denied_topics(context.migration.journal, context.homeward)
    if context.homeward == "reverse" and wrong & set(context.writes):
        topic = min(wrong & set(context.writes))
        text = (
            f"what came back of topic {topic} was found wrong, and its reverse mirror may not write "
            "it any more: there would be no way back; start a new KafkaMigration for it"
        )
        return fail([Problem(Reason.GAP_DETECTED, f"topic/{topic}", text)])
    own = found(context)
    if own is None:
        return wait(Reason.PROGRESSING, f"creating the return mirror {context.return_connector}")
    every = context.facts[facts.RETURN_CONNECTORS].values()
    others = [c.name for c in every if c.name != own.name and c.topics & own.topics]
    if own.topics == frozenset(context.writes) and not others:
        return PASS
    text = (
        f"return mirror {own.name} lists {sorted(own.topics)}, others with the same topics: "
        f"{others}; somebody changed the connectors: set them back"
    )
    return fail([Problem(Reason.TASK_FAILED, f"connector/{own.name}", text)])


def create(context: UnitContext) -> Asked | None:
    """STOPPED, with the unit's topics; refused if offsets are stored under its name (5.4)."""
    if found(context) is not None:
        return None
    return CreateConnector(context.homeward, context.return_connector, context.writes)


def runs(context: UnitContext) -> Verdict:
    """STOPPED and without tasks; one that is gone is refused by name."""
    own = found(context)
    if own is None:
        text = f"return mirror {context.return_connector} is gone; without it there is no way back"
        return fail([Problem(Reason.TASK_FAILED, f"connector/{context.return_connector}", text)])
    if own.at_rest:
        return PASS
    return wait(Reason.PROGRESSING, f"stopping the return mirror {own.name} ({own.state})")


def stop(context: UnitContext) -> Asked | None:
    """Sent again whenever it reads otherwise: a late resume undoes a stop."""
    own = found(context)
    if own is None or own.state == "STOPPED":
        return None
    return StopConnector(context.homeward, context.return_connector)


_ACLS = (facts.LEAVING_ACLS, facts.REGISTER)
_CONNECT = (facts.RETURN_CONNECTORS,)
KEPT_OUT: Task[UnitContext] = Task(
    "mirror kept out of leaving", _ACLS, may_write_leaving, deny, moves_authority
)
PREPARED: tuple[Task[UnitContext], ...] = (
    Task("return mirror granted", _ACLS, rights_are_missing, grant, _needs_rights),
    Task("return mirror there", _CONNECT, is_missing, create, comes_back),
    Task("return mirror at rest", _CONNECT, runs, stop, comes_back),
)
