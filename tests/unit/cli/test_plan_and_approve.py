"""`kmig plan` shows what will be written; `kmig approve` opens only the gate that was read."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import yaml
from tests.unit.cli import samples
from tests.unit.cli.conftest import place

from kafka_migration.adapters.kubernetes import paths
from kafka_migration.adapters.kubernetes.shards import Shards
from kafka_migration.journal import append_entry
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.inventory import FrozenTopic, Inventory, Plan
from kafka_migration.model.kafka import Acl, NewTopic, PatternType, Permission, ResourceType

OTHER = "sha256:" + "0" * 64


def allow(principal: str, operation: str) -> Acl:
    return Acl(
        ResourceType.TOPIC,
        "orders",
        PatternType.LITERAL,
        principal,
        "*",
        operation,
        Permission.ALLOW,
    )


INVENTORY = Inventory(
    "source-id",
    "target-id",
    {"orders": FrozenTopic("orders", "t-1", 12, {}, "CreateTime")},
    ("orders",),
    (),
    Plan(
        (NewTopic("orders", 12, 3, {"retention.ms": "600000"}),),
        (NewTopic("kmig-0-forward-offsets", 5, 3, {"cleanup.policy": "compact"}),),
        (allow("User:mirror", "READ"), allow("User:mirror", "DESCRIBE")),
        (allow("User:orders-reader", "READ"),),
    ),
)


@pytest.fixture
def frozen(server):
    """A migration at the gate of TargetPrepared with its inventory in the journal."""
    entry = Entry(EntryKind.INVENTORY_FROZEN, 1, INVENTORY.as_json(), "2030-01-01T10:00:00Z")
    head = append_entry(Shards(server.api()), "platform", "m-1", "", entry)
    body = samples.awaiting()
    body["status"] |= {
        "journal": {"head": head, "entries": 1},
        "gate": {"stage": "TargetPrepared", "digest": INVENTORY.plan.digest, "summary": "create"},
    }
    place(server, body)
    return body


def test_the_plan_lists_everything_that_will_be_written(frozen, kmig):
    text = kmig("plan", "leave-source").output
    for shown in (
        "retention.ms=600000",
        "kmig-0-forward-offsets",
        "DESCRIBE, READ",
        "User:orders-reader",
        f"digest {INVENTORY.plan.digest}",
    ):
        assert shown in text


def test_a_plan_with_a_way_back_lists_what_it_writes_on_the_source(server, kmig):
    plan = replace(
        INVENTORY.plan,
        source_internal_topics=(NewTopic("kmig-0-reverse-offsets", 5, 3),),
        reverse_rights=(allow("User:back", "WRITE"),),
    )
    entry = Entry(EntryKind.INVENTORY_FROZEN, 1, replace(INVENTORY, plan=plan).as_json(), "")
    head = append_entry(Shards(server.api()), "platform", "m-1", "", entry)
    body = samples.awaiting()
    body["status"] |= {"journal": {"head": head, "entries": 1}}
    place(server, body)
    text = kmig("plan", "leave-source").output
    for shown in ("kmig-0-reverse-offsets", "User:back", "after a DENY for the same principal"):
        assert shown in text


def test_the_plan_ends_with_the_command_that_approves_it(frozen, kmig):
    last = kmig("plan", "leave-source").output.strip().splitlines()[-1].strip()
    digest = INVENTORY.plan.digest
    assert last == (
        f"kmig approve leave-source -n platform --stage TargetPrepared --digest {digest}"
    )


def test_a_plan_that_was_approved_asks_for_no_approval(frozen, server, kmig):
    del frozen["status"]["gate"]
    place(server, frozen)
    assert "kmig approve" not in kmig("plan", "leave-source").output


def test_the_plan_as_json_is_the_one_in_the_journal(frozen, kmig):
    shown = json.loads(kmig("plan", "leave-source", "-o", "json").stdout)
    assert {k: shown[k] for k in INVENTORY.plan.as_json()} == INVENTORY.plan.as_json()
    assert shown["digest"] == INVENTORY.plan.digest


def test_a_migration_without_an_inventory_has_no_plan(server, kmig):
    place(server, samples.migration())
    result = kmig("plan", "leave-source")
    assert result.exit_code == 1
    assert "has no plan yet" in str(result.exception)


def test_a_plan_whose_journal_is_gone_is_not_shown(frozen, server, kmig):
    """A missing shard is a fault, never an empty plan."""
    for path in [p for p in server.objects if "configmaps" in p]:
        del server.objects[path]
    result = kmig("plan", "leave-source")
    assert result.exit_code == 1
    assert "missing or altered" in str(result.exception)


def approve(kmig, *more: str, stage: str = "TargetPrepared", digest: str = INVENTORY.plan.digest):
    return kmig("approve", "leave-source", "--stage", stage, "--digest", digest, *more)


def stored(server):
    return server.objects[paths.own("KafkaMigration", "platform", "leave-source")]


def test_the_gates_own_digest_is_written_into_the_spec(frozen, server, kmig):
    assert approve(kmig).exit_code == 0
    wanted = {"stage": "TargetPrepared", "digest": INVENTORY.plan.digest}
    assert stored(server)["spec"]["approval"] == wanted


@pytest.mark.parametrize(
    ("stage", "digest"), [("TargetPrepared", OTHER), ("CutOver", INVENTORY.plan.digest)]
)
def test_any_other_approval_is_refused_and_nothing_is_written(frozen, server, kmig, stage, digest):
    assert approve(kmig, stage=stage, digest=digest).exit_code == 1
    assert "approval" not in stored(server)["spec"]


def test_nothing_is_approved_without_a_gate(server, kmig):
    body = samples.migration()
    del body["status"]["gate"]
    place(server, body)
    assert approve(kmig).exit_code == 1
    assert "approval" not in stored(server)["spec"]


def test_the_patch_for_git_is_printed_and_nothing_is_written(frozen, server, kmig):
    patch = yaml.safe_load(approve(kmig, "-o", "patch").stdout)
    assert patch["spec"]["approval"]["digest"] == INVENTORY.plan.digest
    assert "approval" not in stored(server)["spec"]


def test_an_object_that_git_manages_is_warned_about(frozen, server, kmig):
    frozen["metadata"]["annotations"] = {"argocd.argoproj.io/tracking-id": "x"}
    place(server, frozen)
    assert "Argo CD manages leave-source" in approve(kmig).stderr


def test_an_object_that_was_made_anew_is_not_approved(frozen, server, kmig, monkeypatch):
    """The approval is for the object that was read."""
    from kafka_migration.cli import reading

    read = reading.Reader.migration

    def then_replaced(self, namespace, name):
        body = read(self, namespace, name)
        place(server, frozen | {"metadata": frozen["metadata"] | {"uid": "m-2"}})
        return body

    monkeypatch.setattr(reading.Reader, "migration", then_replaced)
    assert approve(kmig).exit_code == 1
    assert "approval" not in stored(server)["spec"]
