"""Windows, register and pause: small rules with sharp edges."""

from __future__ import annotations

import pytest
from tests.unit.decide.moving import before_entry
from tests.unit.decide.planted import acl

from kafka_migration.decide.context import UnitContext
from kafka_migration.decide.rules import register
from kafka_migration.decide.rules.pause import pause_of
from kafka_migration.decide.rules.windows import settle_seconds
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.inventory import acl_json


@pytest.mark.parametrize(
    ("propagation", "factor", "settings", "seconds"),
    [
        (0.01, 1, {}, 0.5),
        (1.0, 1, {}, 3.0),
        (1.0, 1, {"replica.lag.time.max.ms": "30000"}, 3.0),
        (1.0, 3, {"replica.lag.time.max.ms": "10000"}, 10.0),
        (5.0, 3, {"replica.lag.time.max.ms": "10000"}, 15.0),
        (1.0, 3, {}, 30.0),
        (1.0, 3, {"replica.lag.time.max.ms": None}, 30.0),
    ],
)
def test_the_settle_window_is_the_longest_that_applies(propagation, factor, settings, seconds):
    assert settle_seconds(propagation, factor, settings) == seconds


DENY = acl("writer", "WRITE", deny=True)


def document(state: str, side: str = "source"):
    return {"entries": [{"side": side, "acl": acl_json(DENY), "state": state}]}


@pytest.mark.parametrize("state", ["wanted", "held", "lifting", "lifted"])
def test_whatever_was_ever_registered_is_ours(state):
    assert register.ours(document(state), "source") == {DENY}
    assert register.ours(document(state), "target") == frozenset()


def test_entries_are_those_of_the_side_in_the_state():
    assert register.entries(document("held"), "source", ("held",)) == {DENY}
    assert register.entries(document("wanted"), "source", ("held",)) == frozenset()


def test_a_topic_that_the_register_does_not_name_is_the_sources():
    assert register.authority({}, "orders") == "source"
    assert register.authority({"authority": {"orders": "none"}}, "orders") == "none"


def test_the_shares_of_the_pause_add_up():
    context = before_entry("writer", EntryKind.RESUMED).context("writer")
    assert isinstance(context, UnitContext)
    shares = pause_of(context)
    parts = [shares[f"{p}Seconds"] for p in ("operator", "settle", "application")]
    assert sum(parts) == pytest.approx(shares["totalSeconds"], abs=0.01)
    assert all(part >= 0 for part in parts)
