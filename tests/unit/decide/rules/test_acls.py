"""Arithmetic on ACLs: who can write, what is copied, what is foreign."""

from __future__ import annotations

import pytest

from kafka_migration.decide.rules import acls
from kafka_migration.model.kafka import Acl, PatternType, Permission, ResourceType


def acl(
    principal: str,
    operation: str,
    resource: str = "orders",
    pattern: str = "LITERAL",
    kind: str = "TOPIC",
    permission: str = "ALLOW",
) -> Acl:
    return Acl(
        ResourceType(kind),
        resource,
        PatternType(pattern),
        f"User:{principal}",
        "*",
        operation,
        Permission(permission),
    )


@pytest.mark.parametrize(
    ("entry", "writes"),
    [
        (acl("a", "WRITE"), True),
        (acl("a", "ALL"), True),
        (acl("a", "WRITE", "*"), True),
        (acl("a", "WRITE", "ord", "PREFIXED"), True),
        (acl("a", "READ"), False),
        (acl("a", "WRITE", "orders-2"), False),
        (acl("a", "WRITE", "ord"), False),
        (acl("a", "WRITE", "*", "PREFIXED"), False),
        (acl("a", "WRITE", kind="GROUP"), False),
        (acl("a", "WRITE", permission="DENY"), False),
    ],
)
def test_a_writer_is_whom_any_pattern_lets_write(entry, writes):
    assert acls.writers([entry], "orders") == (frozenset({"User:a"}) if writes else frozenset())


def test_a_fence_names_every_topic_and_principal_and_nothing_else():
    fence = acls.deny_write(["b", "a"], ["User:y", "User:x"])
    assert [(f.resource, f.principal) for f in fence] == [
        ("a", "User:x"),
        ("a", "User:y"),
        ("b", "User:x"),
        ("b", "User:y"),
    ]
    for entry in fence:
        assert entry.permission is Permission.DENY
        assert (entry.pattern, entry.host, entry.operation) == (PatternType.LITERAL, "*", "WRITE")


def test_no_topic_or_nobody_is_no_fence():
    assert acls.deny_write([], ["User:x"]) == ()
    assert acls.deny_write(["a"], []) == ()


def test_whoever_may_write_may_also_describe():
    assert {a.operation for a in acls.allow_write(["a"], ["User:x"])} == {"WRITE", "DESCRIBE"}


@pytest.mark.parametrize(
    ("entry", "foreign"),
    [
        (acl("x", "WRITE", permission="DENY"), True),
        (acl("x", "ALL", "*", permission="DENY"), True),
        (acl("x", "DESCRIBE", "ord", "PREFIXED", permission="DENY"), True),
        (acl("x", "READ", permission="DENY"), False),
        (acl("x", "WRITE", "payments", permission="DENY"), False),
        (acl("x", "WRITE"), False),
    ],
)
def test_a_deny_that_reaches_the_writes_of_a_topic_is_foreign(entry, foreign):
    assert bool(acls.foreign_denies([entry], ["orders"], [])) is foreign


def test_a_deny_that_was_ever_registered_is_ours():
    ours = acl("x", "WRITE", permission="DENY")
    assert acls.foreign_denies([ours], ["orders"], [ours]) == []


def copied(*entries: Acl, mapping=None, left_out=()):
    return acls.copied(entries, ["orders", "orders-eu"], ["billing"], mapping or {}, left_out)


@pytest.mark.parametrize("operation", ["WRITE", "ALTER", "DELETE", "ALTER_CONFIGS"])
def test_a_right_to_change_is_not_copied(operation):
    assert copied(acl("a", operation)) == ()


def test_all_becomes_read_and_a_pattern_becomes_the_names_in_scope():
    found = copied(acl("a", "ALL", "orders", "PREFIXED"))
    assert [(a.resource, a.operation, a.pattern.value) for a in found] == [
        ("orders", "READ", "LITERAL"),
        ("orders-eu", "READ", "LITERAL"),
    ]


def test_rights_on_groups_in_scope_are_copied():
    found = copied(acl("a", "READ", "billing", kind="GROUP"), acl("a", "READ", "no", kind="GROUP"))
    assert [(a.resource_type.value, a.resource) for a in found] == [("GROUP", "billing")]


def test_rights_on_transactional_ids_are_copied_as_they_are():
    """No list tells which ids are in use: the pattern stays."""
    found = copied(acl("a", "ALL", "bank-", "PREFIXED", kind="TRANSACTIONAL_ID"))
    assert {(a.resource, a.pattern.value, a.operation) for a in found} == {
        ("bank-", "PREFIXED", "WRITE"),
        ("bank-", "PREFIXED", "DESCRIBE"),
    }


def test_ids_belong_to_a_scope_by_whoever_writes_its_topics():
    mine = acl("a", "WRITE", "bank-0", kind="TRANSACTIONAL_ID")
    everybodys = acl("*", "WRITE", "shared", kind="TRANSACTIONAL_ID")
    foreign = acl("reader", "WRITE", "other", kind="TRANSACTIONAL_ID")
    denied = acl("a", "WRITE", "bank-1", kind="TRANSACTIONAL_ID", permission="DENY")
    every = [acl("a", "WRITE"), acl("reader", "READ"), mine, everybodys, foreign, denied]
    assert acls.transactional(every, ["orders"]) == {mine, everybodys}


@pytest.mark.parametrize(
    ("entry", "usable"),
    [
        (acl("a", "WRITE", "bank-0", kind="TRANSACTIONAL_ID"), True),
        (acl("a", "ALL", "bank", "PREFIXED", kind="TRANSACTIONAL_ID"), True),
        (acl("*", "WRITE", "*", kind="TRANSACTIONAL_ID"), True),
        (acl("a", "DESCRIBE", "bank-0", kind="TRANSACTIONAL_ID"), False),
        (acl("a", "WRITE", "bank", kind="TRANSACTIONAL_ID"), False),
        (acl("b", "WRITE", "bank-0", kind="TRANSACTIONAL_ID"), False),
        (acl("a", "WRITE", "bank-0", kind="TOPIC"), False),
        (acl("a", "WRITE", "bank-0", kind="TRANSACTIONAL_ID", permission="DENY"), False),
    ],
)
def test_who_may_use_a_transactional_id(entry, usable):
    assert acls.uses_transactional_id([entry], "User:a", "bank-0") is usable


@pytest.mark.parametrize("operation", ["WRITE", "DESCRIBE", "ALL"])
@pytest.mark.parametrize("principal", ["a", "*"])
def test_a_deny_keeps_from_a_transactional_id(operation, principal):
    allow = acl("a", "WRITE", "bank-0", kind="TRANSACTIONAL_ID")
    deny = acl(principal, operation, "bank", "PREFIXED", "TRANSACTIONAL_ID", "DENY")
    assert not acls.uses_transactional_id([allow, deny], "User:a", "bank-0")


def test_a_deny_and_whoever_is_left_out_are_not_copied():
    assert copied(acl("a", "READ", permission="DENY")) == ()
    assert copied(acl("mirror", "READ"), left_out={"User:mirror"}) == ()


def test_a_mapped_principal_gets_its_right_under_its_new_name():
    found = copied(acl("old", "READ"), mapping={"User:old": "User:new"})
    assert {a.principal for a in found} == {"User:new"}


def test_missing_is_what_is_wanted_and_not_there():
    wanted = (acl("a", "READ"), acl("b", "READ"))
    assert acls.missing(wanted, [acl("a", "READ"), acl("c", "READ")]) == (acl("b", "READ"),)
