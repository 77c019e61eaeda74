"""A fence that goes away behind a moved unit is set again, or shows as lifted by hand."""

from __future__ import annotations

import pytest
from tests.unit.decide.moving import at, finished, visits
from tests.unit.decide.planted import Planted, acl, not_known

from kafka_migration.model.inventory import acl_json

DENY = acl("writer", "WRITE", deny=True)


def moved(step: str) -> Planted:
    """A writer on the target, being observed or at the end; two writers may be seen here."""
    if step == "Observe":
        planted = at("writer", "Observe")
    else:
        planted = visits()[-1].again()
        planted.run(lambda: finished(planted))
    planted.checked = False
    planted.source.acls.discard(DENY)
    return planted


def lifted_by_hand(planted: Planted) -> None:
    """As `kmig fences lift` leaves the register."""
    entries = [
        {**e, "state": "lifted"} if (e["side"], e["acl"]) == ("source", acl_json(DENY)) else e
        for e in planted.register["entries"]
    ]
    planted.register = {**planted.register, "entries": entries}


def stalled(planted: Planted) -> tuple[str, str]:
    found = next(c for c in planted.status("writer")["conditions"] if c["type"] == "Stalled")
    return found["status"], found["reason"]


@pytest.mark.parametrize("step", ["Observe", "Completed"])
def test_a_deny_that_vanished_is_set_again(step):
    planted = moved(step)
    planted.tick("writer")
    assert DENY in planted.source.acls


@pytest.mark.parametrize("step", ["Observe", "Completed"])
def test_a_deny_that_was_lifted_by_hand_shows_and_is_not_fought_over(step):
    planted = moved(step)
    lifted_by_hand(planted)
    for _ in range(5):
        assert planted.tick("writer").action is None
    assert stalled(planted) == ("True", "FenceLost")
    problem = planted.status("writer")["problems"][0]
    assert "lifted by hand, first User:writer on orders" in problem["message"]
    assert planted.status("writer")["workingStep"] == step


def test_a_deny_that_is_back_is_good_whatever_the_register_says():
    planted = moved("Completed")
    lifted_by_hand(planted)
    planted.tick("writer")
    planted.source.acls.add(DENY)
    planted.tick("writer")
    assert stalled(planted) == ("False", "NotStalled")


def test_what_cannot_be_read_is_no_lost_fence():
    planted = moved("Completed")
    planted.unknown["leaving-acls"] = not_known()
    planted.tick("writer")
    assert stalled(planted)[0] == "False"
