"""Preflight asks the entering cluster from where the workload runs."""

from __future__ import annotations

import json

import pytest
from tests.unit.decide.moving import copied, last_at, stands
from tests.unit.decide.planted import Planted

from kafka_migration.model.actions import RemoveProbePod, StartPlaceProbe
from kafka_migration.model.facts import PlaceAnswer
from kafka_migration.model.kubernetes import ProbePod

NAME = "kmig-place-writ0000-0-node"
OK = '{"brokers": 3}'


def said(reason: str) -> str:
    return json.dumps({"reason": reason, "message": "cannot log in; do something about it"})


def not_asked_yet() -> Planted:
    """All of Preflight passes but the place, which was not asked."""
    planted = copied(last_at("writer", "Preflight"))
    planted.mind("writer").answered = frozenset()
    return planted


def answered(message: str | None, seconds_ago: float | None = 1.0) -> Planted:
    planted = not_asked_yet()
    phase = "Pending" if message is None else "Succeeded"
    planted.places[NAME] = PlaceAnswer(ProbePod(NAME, "node", phase, message), seconds_ago)
    return planted


def test_a_pod_is_started_on_the_workloads_node_under_its_account():
    decision, _ = not_asked_yet().decide("writer")
    assert decision.action == StartPlaceProbe(NAME, "writer", "node", "default")
    assert not decision.moved


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("Unreachable", "Unreachable"),
        ("TLSFailed", "TLSFailed"),
        ("AuthFailed", "AuthFailed"),
        ("NotAuthorized", "NotAuthorized"),
        ("NoReasonOfOurs", "Unknown"),
    ],
)
def test_a_place_that_is_not_let_in_blocks_by_name(reason, shown):
    planted = answered(said(reason))
    assert stands(planted, "writer") == (shown, "True")
    decision, _ = planted.decide("writer")
    assert decision.action is None
    (problem,) = decision.status["problems"]
    assert "from namespace orders on node node" in problem["message"]
    assert "do something about it" in problem["message"]


@pytest.mark.parametrize("words", ["DeadlineExceeded", "[]", "{}", '{"brokers": "3"}'])
def test_words_that_are_no_answer_are_not_a_success(words):
    assert stands(answered(words), "writer") == ("Unknown", "True")


@pytest.mark.parametrize(
    ("message", "seconds_ago", "action"),
    [
        (OK, 1.0, RemoveProbePod(NAME)),
        (OK, 301.0, RemoveProbePod(NAME, again=True)),
        (OK, None, RemoveProbePod(NAME, again=True)),
        (said("Unreachable"), 29.0, None),
        (said("Unreachable"), 30.0, RemoveProbePod(NAME, again=True)),
        ("DeadlineExceeded", None, RemoveProbePod(NAME, again=True)),
        (None, None, None),
    ],
)
def test_what_is_done_with_a_pod(message, seconds_ago, action):
    decision, _ = answered(message, seconds_ago).decide("writer")
    assert decision.action == action
    assert not decision.moved


def test_only_a_success_opens_the_way_and_it_leaves_no_pod():
    planted = answered(OK)
    planted.tick("writer")
    assert not planted.places
    assert planted.decide("writer")[0].moved
    planted = answered(said("Unreachable"), 31.0)
    planted.tick("writer")
    assert planted.decide("writer")[0].action == StartPlaceProbe(NAME, "writer", "node", "default")


def test_a_success_before_a_restart_is_asked_for_again():
    planted = copied(last_at("writer", "Preflight"))
    planted.restart()
    assert isinstance(planted.decide("writer")[0].action, StartPlaceProbe)
