"""`kmig fences`: the register as it stands, and a lift by hand that says what it risks."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection
from typing import Any

import pytest
from tests.unit.cli import samples
from tests.unit.cli.conftest import place

from kafka_migration.adapters.kubernetes import paths
from kafka_migration.adapters.kubernetes.register import Register
from kafka_migration.adapters.kubernetes.shards import Shards
from kafka_migration.cli import fences
from kafka_migration.cli.reading import Reader
from kafka_migration.errors import Conflict, Refused, Unavailable
from kafka_migration.journal import append_entry
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.inventory import acl_from
from kafka_migration.model.kafka import Acl, Connection
from kafka_migration.model.reasons import Reason

REGISTER = "leave-source-fences"


def deny(principal: str, topic: str = "orders") -> list[str]:
    return ["TOPIC", topic, "LITERAL", f"User:{principal}", "*", "WRITE", "DENY"]


def entry(side: str, principal: str, state: str = "held") -> dict[str, Any]:
    return {"side": side, "acl": deny(principal), "unit": "u-1", "state": state}


class Brokers:
    """A cluster that deletes what it is told to, or keeps it."""

    def __init__(self) -> None:
        self.present: set[Acl] = {acl_from(deny(p)) for p in ("app", "mirror", "other")}
        self.keeps = False
        self.connections: list[Connection] = []
        self.states: list[set[str]] = []  # of the register, at each deletion
        self.look: Any = None

    def cluster(self, connection: Connection) -> Brokers:
        self.connections.append(connection)
        return self

    def delete_acls(self, acls: Collection[Acl]) -> None:
        self.states.append({e["state"] for e in self.look()["entries"] if e["side"] == "source"})
        if not self.keeps:
            self.present -= set(acls)

    def acls(self) -> tuple[Acl, ...]:
        return tuple(self.present)


@pytest.fixture
def brokers(monkeypatch: pytest.MonkeyPatch) -> Brokers:
    made = Brokers()
    monkeypatch.setattr(fences, "KafkaPool", lambda: made)
    return made


def authentication(user: str) -> dict[str, Any]:
    reference = {"secretName": user, "password": "password"}
    return {"authentication": {"type": "plain", "username": user, "passwordSecret": reference}}


def document(server) -> dict[str, Any]:
    return dict(Register(server.api()).read("platform", REGISTER)[0])


@pytest.fixture
def fenced(server, brokers):
    """A unit that switched to the target; its register, the Secrets, and what the brokers hold."""
    tls = {"trustedCertificates": [{"secretName": "ca", "certificate": "ca.crt"}]}
    sides = {
        side: {"bootstrapServers": f"{side}:9092", "tls": tls, **authentication("kmig")}
        for side in ("source", "target")
    }
    body = samples.migration()
    identities = {side: authentication("mirror") for side in ("source", "target")}
    body["spec"] |= {
        **sides,
        "scope": {"topics": {"include": ["orders"]}},
        "targetTopics": {"replicationFactor": 1},
        "replication": {
            "identities": identities,
            "mirrorMaker2": {"version": "4.3"},
            "reverse": "Disabled",
        },
    }
    switch = Entry(EntryKind.SWITCH, 1, {}, "2030-01-01T10:00:00Z")
    head = append_entry(Shards(server.api()), "platform", "u-1", "", switch)
    unit = samples.moved()
    unit["spec"]["topics"] = {"writes": ["orders"], "reads": []}
    unit["status"]["journal"] = {"head": head, "entries": 1}
    place(server, body, unit)
    for secret, key in (("kmig", "password"), ("ca", "ca.crt")):
        data = {key: base64.b64encode(b"hunter2").decode()}
        server.put(paths.core("platform", "secrets", secret), {"data": data})
    held = [entry("source", "app"), entry("source", "mirror"), entry("target", "mirror")]
    first = {"authority": {"orders": "target"}, "entries": held}
    Register(server.api()).write("platform", REGISTER, first, "")
    brokers.look = lambda: document(server)
    return server


def rewrite(server, **changes: Any) -> None:
    before, version = Register(server.api()).read("platform", REGISTER)
    Register(server.api()).write("platform", REGISTER, {**before, **changes}, version)


def state(server, side: str, principal: str) -> str:
    found = [e for e in document(server)["entries"] if e["acl"] == deny(principal)]
    return next(str(e["state"]) for e in found if e["side"] == side)


LIFT = ("fences", "lift", "leave-source", "--topic", "orders")


def test_the_list_tells_authority_and_each_deny_with_its_state(fenced, kmig):
    text = kmig("fences", "list", "leave-source").output
    for shown in ("orders", "target", "source", "User:app", "User:mirror", "held"):
        assert shown in text


def test_the_list_as_json_puts_register_and_journal_side_by_side(fenced, kmig):
    rows = json.loads(kmig("fences", "list", "leave-source", "-o", "json").stdout)["fences"]
    assert {(r["authority"], r["journal"]) for r in rows} == {("target", "target")}
    assert [r["principal"] for r in rows if r["side"] == "source"] == ["User:app", "User:mirror"]


def test_a_topic_that_holds_no_fence_is_listed_with_its_authority(fenced, kmig):
    rewrite(fenced, entries=[])
    (row,) = json.loads(kmig("fences", "list", "leave-source", "-o", "json").stdout)["fences"]
    assert (row["topic"], row["authority"], row["side"]) == ("orders", "target", None)


def test_a_migration_without_a_register_says_so(server, kmig):
    place(server, samples.migration())
    assert "holds no fence" in kmig("fences", "list", "leave-source").output


@pytest.mark.parametrize(
    ("side", "authority", "said"),
    [
        ("source", "target", "target has authority, and the source would be written beside it"),
        ("source", "none", "authority is none"),
        ("target", "none", "authority is none"),
        ("source", "source", "the register says source has authority, the journal says target"),
    ],
)
def test_what_could_let_two_sides_be_written_is_refused(
    fenced, brokers, kmig, side, authority, said
):
    held = [entry("source", "app"), entry("target", "app")]
    rewrite(fenced, authority={"orders": authority}, entries=held)
    before = document(fenced)
    refused = kmig(*LIFT, "--side", side).exception
    assert isinstance(refused, Refused)
    assert said in refused.message
    assert refused.message.endswith("--allow-two-writers takes that upon you")
    assert document(fenced) == before
    assert brokers.states == []


def test_a_journal_that_cannot_be_read_confirms_nothing(fenced, kmig):
    unit = samples.moved()
    unit["spec"]["topics"] = {"writes": ["orders"], "reads": []}
    unit["status"]["journal"] = {"head": "sha256:" + "0" * 64, "entries": 1}
    place(fenced, unit)
    refused = kmig(*LIFT, "--side", "source").exception
    assert isinstance(refused, Refused)
    assert "no unit's journal can be read that confirms it" in refused.message


def test_the_side_with_authority_is_lifted_without_a_flag(fenced, brokers, kmig):
    rewrite(fenced, entries=[entry("target", "app"), entry("source", "app")])
    result = kmig(*LIFT, "--side", "target")
    assert result.exit_code == 0, result.output
    assert result.output == "lifted on the target: DENY WRITE for User:app on topic orders\n"
    assert acl_from(deny("app")) not in brokers.present
    assert (state(fenced, "target", "app"), state(fenced, "source", "app")) == ("lifted", "held")
    assert document(fenced)["authority"] == {"orders": "target"}


def test_the_register_says_lifting_before_the_brokers_are_asked(fenced, brokers, kmig):
    rewrite(fenced, entries=[entry("source", "app")])
    kmig(*LIFT, "--side", "source", "--allow-two-writers")
    assert brokers.states == [{"lifting"}]
    assert state(fenced, "source", "app") == "lifted"


def test_what_was_lifted_before_is_not_lifted_again(fenced, brokers, kmig):
    rewrite(fenced, entries=[entry("target", "app", "lifted")])
    assert isinstance(kmig(*LIFT, "--side", "target").exception, Refused)
    assert brokers.states == []


def test_a_mirrors_deny_stays_unless_it_is_named(fenced, brokers, kmig):
    assert kmig(*LIFT, "--side", "source", "--allow-two-writers").exit_code == 0
    assert state(fenced, "source", "mirror") == "held"
    named = (*LIFT, "--side", "source", "--principal", "User:mirror", "--allow-two-writers")
    assert kmig(*named).exit_code == 0
    assert state(fenced, "source", "mirror") == "lifted"
    assert acl_from(deny("mirror")) not in brokers.present


def test_the_operators_own_credentials_are_used_and_never_shown(fenced, brokers, kmig):
    result = kmig(*LIFT, "--side", "source", "--allow-two-writers")
    (connection,) = brokers.connections
    assert (connection.username, connection.bootstrap_servers) == ("kmig", "source:9092")
    assert connection.password == "hunter2"
    assert "hunter2" not in result.output


def test_a_deny_that_stays_in_the_brokers_stays_lifting(fenced, brokers, kmig):
    brokers.keeps = True
    failed = kmig(*LIFT, "--side", "source", "--allow-two-writers").exception
    assert isinstance(failed, Unavailable)
    assert failed.message.endswith("is still listed; lift again")
    assert state(fenced, "source", "app") == "lifting"


@pytest.mark.parametrize(
    "asked", [("--topic", "payments"), ("--topic", "orders", "--principal", "User:x")]
)
def test_what_is_not_in_the_register_is_not_ours_to_lift(fenced, brokers, kmig, asked):
    refused = kmig("fences", "lift", "leave-source", "--side", "source", *asked).exception
    assert isinstance(refused, Refused)
    assert refused.message.endswith("see kmig fences list")
    assert brokers.states == []


def test_a_register_that_somebody_else_writes_meanwhile_is_a_conflict(
    fenced, brokers, kmig, monkeypatch
):
    def beaten(*_: Any) -> None:
        raise Conflict(Reason.PROGRESSING, "somebody wrote it meanwhile; look again")

    monkeypatch.setattr(Reader, "write_register", beaten)
    failed = kmig(*LIFT, "--side", "source", "--allow-two-writers").exception
    assert isinstance(failed, Conflict)
    assert brokers.states == []
