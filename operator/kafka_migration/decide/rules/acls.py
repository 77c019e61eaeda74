"""Who may write, what is copied to the target, which entries fence: arithmetic on ACLs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from kafka_migration.model.kafka import Acl, PatternType, Permission, ResourceType

_COPIED_TOPIC_OPERATIONS = {"READ": ("READ",), "DESCRIBE": ("DESCRIBE",), "ALL": ("READ",)}
_COPIED_GROUP_OPERATIONS = {"READ": ("READ",), "DESCRIBE": ("DESCRIBE",), "ALL": ("READ",)}
_COPIED_TRANSACTION_OPERATIONS = {
    "WRITE": ("WRITE",),
    "DESCRIBE": ("DESCRIBE",),
    "ALL": ("WRITE", "DESCRIBE"),
}


def deny_write(topics: Collection[str], principals: Collection[str]) -> tuple[Acl, ...]:
    """The entries that fence these principals out of these topics (protocol 1.5)."""
    return tuple(
        _topic(topic, principal, "WRITE", Permission.DENY)
        for topic in sorted(topics)
        for principal in sorted(principals)
    )


def allow_write(topics: Collection[str], principals: Collection[str]) -> tuple[Acl, ...]:
    """What an application needs to write: Write and Describe."""
    return tuple(
        _topic(topic, principal, operation, Permission.ALLOW)
        for topic in sorted(topics)
        for principal in sorted(principals)
        for operation in ("DESCRIBE", "WRITE")
    )


def writers(acls: Iterable[Acl], topic: str) -> frozenset[str]:
    """Principals that an ALLOW lets write a topic, by any pattern; User:* as it stands."""
    return frozenset(
        a.principal
        for a in acls
        if a.permission is Permission.ALLOW
        and a.operation in ("WRITE", "ALL")
        and a.covers_topic(topic)
    )


def foreign_denies(
    acls: Iterable[Acl], topics: Collection[str], ours: Collection[Acl]
) -> list[Acl]:
    """DENY entries on these topics' writes that are not in our register."""
    known = set(ours)
    return [
        a
        for a in acls
        if a.permission is Permission.DENY
        and a.operation in ("WRITE", "ALL", "DESCRIBE")
        and a not in known
        and any(a.covers_topic(t) for t in topics)
    ]


def copied(
    acls: Iterable[Acl],
    topics: Collection[str],
    groups: Collection[str],
    mapping: Mapping[str, str],
    left_out: Collection[str],
) -> tuple[Acl, ...]:
    """Rights on the target: literal per name in scope, without Write (protocol: ACLs but Write).

    Transactional ids are the exception: they are not listed anywhere, so that their entries are
    copied as they are; `acls` holds those of the scope's writers only (`transactional`). `mapping` renames principals; `left_out` are principals that get nothing (mirrors, operator).
    """
    wanted: set[Acl] = set()
    for acl in acls:
        if acl.permission is not Permission.ALLOW or acl.principal in left_out:
            continue
        principal = mapping.get(acl.principal, acl.principal)
        for operation in _COPIED_TOPIC_OPERATIONS.get(acl.operation, ()):
            wanted |= {
                _topic(t, principal, operation, Permission.ALLOW)
                for t in topics
                if acl.covers_topic(t)
            }
        for operation in _COPIED_GROUP_OPERATIONS.get(acl.operation, ()):
            wanted |= {
                Acl(
                    ResourceType.GROUP,
                    g,
                    PatternType.LITERAL,
                    principal,
                    "*",
                    operation,
                    Permission.ALLOW,
                )
                for g in groups
                if acl.covers_group(g)
            }
        if acl.resource_type is ResourceType.TRANSACTIONAL_ID:
            wanted |= {
                replace(acl, principal=principal, host="*", operation=operation)
                for operation in _COPIED_TRANSACTION_OPERATIONS.get(acl.operation, ())
            }
    return tuple(sorted(wanted))


def transactional(acls: Iterable[Acl], topics: Collection[str]) -> frozenset[Acl]:
    """Rights on transactional ids of everyone who can write one of these topics.

    No list tells which ids are in use, so that the patterns stay as they are. None of these lets
    anybody write a topic.
    """
    every = tuple(acls)
    who = {principal for topic in topics for principal in writers(every, topic)}
    return frozenset(
        a
        for a in every
        if a.resource_type is ResourceType.TRANSACTIONAL_ID
        and a.permission is Permission.ALLOW
        and (a.principal in who or a.principal == "User:*")
    )


def uses_transactional_id(acls: Iterable[Acl], principal: str, name: str) -> bool:
    """An ALLOW lets the principal run transactions under this id, and no DENY keeps it out."""
    found = [
        a for a in acls if a.principal in (principal, "User:*") and a.covers_transactional_id(name)
    ]
    allowed = any(
        a.permission is Permission.ALLOW and a.operation in ("WRITE", "ALL") for a in found
    )
    denied = any(
        a.permission is Permission.DENY and a.operation in ("WRITE", "DESCRIBE", "ALL")
        for a in found
    )
    return allowed and not denied


def missing(wanted: Collection[Acl], present: Iterable[Acl]) -> tuple[Acl, ...]:
    """What is wanted and not there."""
    there = set(present)
    return tuple(a for a in wanted if a not in there)


def _topic(topic: str, principal: str, operation: str, permission: Permission) -> Acl:
    return Acl(
        ResourceType.TOPIC, topic, PatternType.LITERAL, principal, "*", operation, permission
    )
