"""Preflight of consumer groups: held no longer than the pause, and ours to move."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.decide.moving import at, last_at, stands
from tests.unit.decide.planted import PARTITIONS, Planted

from kafka_migration.api.cutover import ConsumerGroup
from kafka_migration.decide.context import UnitContext
from kafka_migration.decide.table import step_named
from kafka_migration.decide.tasks import Failure
from kafka_migration.model.actions import ProveCommitRight
from kafka_migration.model.reasons import Reason

LONGEST = "group.max.session.timeout.ms"


def with_session(planted: Planted, seconds: int | None, budget: int = 60) -> None:
    declared = {} if seconds is None else {"sessionTimeoutSeconds": seconds}
    groups = [{"name": "orders", **declared}]
    planted.change("reader", consumerGroups=groups, pauseBudgetSeconds=budget)


@pytest.mark.parametrize(
    ("static", "longest", "declared", "budget", "passes"),
    [
        ((), "1800000", None, 60, True),  # members leave when they stop
        ((), None, None, 60, True),
        ((), "1800000", 50, 60, True),
        ((), "1800000", 51, 60, False),
        (("a",), "1800000", None, 60, False),
        (("a",), None, None, 60, False),  # not told: unknown never passes
        (("a",), "1800000", 45, 60, True),
        (("a",), "1800000", 45, 54, False),
        (("a",), "50000", None, 60, True),
        (("a",), "1800000", None, 3600, False),  # Settle would not wait that long
        (("a",), "1800000", 1800, 3600, True),  # declared: it does
    ],
)
def test_a_group_must_let_go_within_the_pause(static, longest, declared, budget, passes):
    planted = last_at("reader", "Preflight")
    planted.static_members = static
    planted.source.settings[LONGEST] = longest
    with_session(planted, declared, budget)
    planted.approve_again()
    if passes:
        assert planted.decide("reader")[0].moved
    else:
        assert stands(planted, "reader") == ("PauseBudgetExceeded", "True")


def test_static_members_and_the_remedy_are_named():
    planted = last_at("reader", "Preflight")
    planted.static_members = ("reader-0", "reader-1")
    planted.source.settings[LONGEST] = "1800000"
    (problem,) = planted.decide("reader")[0].status["problems"]
    assert problem["subject"] == "group/orders"
    for words in ("reader-0, reader-1", "1800 s", "sessionTimeoutSeconds", "group.instance.id"):
        assert words in problem["message"]


def test_settle_waits_for_a_declared_session():
    planted = at("reader", "Settle")
    context = planted.context("reader")
    assert isinstance(context, UnitContext)
    assert step_named("Settle").deadline(context) == 120
    declared = ConsumerGroup(name="orders", session_timeout_seconds=300)
    spec = context.spec.model_copy(update={"consumer_groups": [declared]})
    assert step_named("Settle").deadline(replace(context, spec=spec)) == 330


def test_the_right_to_commit_is_tried_once_for_nobodys_group():
    planted = last_at("reader", "Preflight")
    proofs = [a for _, a in planted.acts if isinstance(a, ProveCommitRight)]
    assert proofs == [ProveCommitRight("kmig-leav0000-preflight-read0000", PARTITIONS[:1])]


def test_without_the_right_to_commit_the_reader_does_not_move():
    planted = last_at("reader", "Preflight")
    mind = planted.mind("reader")
    mind.answered = frozenset(a for a in mind.answered if not isinstance(a, ProveCommitRight))
    mind.failure = Failure(Reason.NOT_AUTHORIZED, "grant Read on groups", refused=True)
    assert stands(planted, "reader") == ("NotAuthorized", "True")
    assert isinstance(planted.decide("reader")[0].action, ProveCommitRight)


def test_a_writer_commits_for_nobody():
    planted = last_at("writer", "Preflight")
    assert not [a for n, a in planted.acts if n == "writer" and isinstance(a, ProveCommitRight)]
