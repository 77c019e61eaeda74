"""Who is denied where, by role in the leg (protocol 1.4, 1.5), and whether it stands.

Called by every step that sets, proves or lifts a fence. Each side is fenced for the same
principals in both directions, so that what one leg denies the next one can lift.
"""

from __future__ import annotations

from kafka_migration.decide.context import UnitContext
from kafka_migration.decide.rules import acls
from kafka_migration.decide.rules import register as fences
from kafka_migration.model import facts
from kafka_migration.model.actions import Side
from kafka_migration.model.kafka import Acl
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Verdict, wait


def own_principals(context: UnitContext, side: Side) -> frozenset[str]:
    """Those of the unit's writers on one side."""
    bindings = [w.binding for w in context.writers]
    used = [b.source if side == "source" else b.target for b in bindings]
    return frozenset(identity.authentication.principal_name for identity in used)


def fenced_principals(context: UnitContext, side: Side) -> frozenset[str]:
    """Whom the unit's fence denies on a side; further writers are named as the source knows them."""
    extra = context.spec.fence.extra_principals if side == "source" else ()
    return own_principals(context, side) | frozenset(extra)


def mirror_principal(context: UnitContext, side: Side) -> str:
    """The principal of the mirror that ends at a side."""
    identities = context.migration.spec.replication.identities
    identity = identities.source if side == "source" else identities.target
    return identity.authentication.principal_name


def entering_denies(context: UnitContext) -> tuple[Acl, ...]:
    """DENY Write on the entering side for everyone who can write there but the onward mirror."""
    side = context.entering
    left_out = {mirror_principal(context, side), "User:*", *_excused(context, side)}
    denies: list[Acl] = []
    for topic in context.writes:
        who = fenced_principals(context, side) | acls.writers(
            context.facts[facts.ENTERING_ACLS], topic
        )
        denies += acls.deny_write([topic], who - left_out)
    return tuple(denies)


def _excused(context: UnitContext, side: Side) -> set[str]:
    """Writers of the source that somebody answers for: the way back does not shut them out."""
    if side == "target":
        return set()
    every = [*context.spec.acknowledgements, *context.migration.spec.acknowledgements]
    found = {a.subject for a in every if a.problem == Reason.WRITER_NOT_COVERED}
    return {s.removeprefix("principal/") for s in found} - fenced_principals(context, side)


def leaving_denies(context: UnitContext) -> tuple[Acl, ...]:
    """The fence: DENY Write per topic and principal on the leaving side."""
    return acls.deny_write(context.writes, fenced_principals(context, context.leaving))


def lifted_at_switch(context: UnitContext) -> tuple[Acl, ...]:
    """The unit's own DENYs on the entering side; others stay denied."""
    return acls.deny_write(context.writes, fenced_principals(context, context.entering))


def return_denies(context: UnitContext) -> tuple[Acl, ...]:
    """DENY Write on the leaving side for the return mirror, which ends there."""
    return acls.deny_write(context.writes, [mirror_principal(context, context.leaving)])


def onward_denies(context: UnitContext) -> tuple[Acl, ...]:
    """DENY Write on the entering side for the onward mirror."""
    return acls.deny_write(context.writes, [mirror_principal(context, context.entering)])


def present_acls(context: UnitContext, side: Side) -> frozenset[Acl]:
    """What the brokers of a side list; needs LEAVING_ACLS or ENTERING_ACLS."""
    fact = facts.LEAVING_ACLS if side == context.leaving else facts.ENTERING_ACLS
    return frozenset(context.facts[fact])


def mirror_is_not_denied(context: UnitContext, side: Side, wanted: tuple[Acl, ...]) -> Verdict:
    """A mirror's principal is denied on a side, in the brokers and in the register."""
    if not not_held(context, side, wanted):
        return PASS
    return wait(Reason.PROGRESSING, f"denying the mirror's writes on the {side}")


def not_held(context: UnitContext, side: Side, wanted: tuple[Acl, ...]) -> bool:
    """Some of these DENYs are not in the brokers or not registered as held."""
    held = fences.entries(context.facts[facts.REGISTER], side, ("held",))
    return not set(wanted) <= held & present_acls(context, side)


def not_lifted(context: UnitContext, side: Side, wanted: tuple[Acl, ...]) -> bool:
    """Some of these DENYs are in the brokers, or registered as anything but lifted."""
    register = context.facts[facts.REGISTER]
    active = fences.entries(register, side, ("wanted", "held", "lifting"))
    return bool(set(wanted) & (present_acls(context, side) | active))
