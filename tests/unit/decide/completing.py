"""A planted migration on its way to Completed, for the tests of that stage."""

from __future__ import annotations

from tests.unit.decide.moving import finished, visits
from tests.unit.decide.planted import Planted

from kafka_migration.model.actions import Action


def conditions(planted: Planted):
    return {c["type"]: c for c in planted.status("leave")["conditions"]}


def arrived() -> Planted:
    """Both units are on Target; somebody asks for Completed."""
    planted = visits()[-1].again()
    planted.run(lambda: finished(planted))
    planted.change("leave", desiredStage="Completed")
    planted.tick("leave")
    return planted


def excuse(planted: Planted, *subjects: str, problem: str = "NotMoved") -> None:
    every = [{"problem": problem, "subject": s, "reason": "CHG-1"} for s in subjects]
    planted.change("leave", acknowledgements=every)


def ended(planted: Planted) -> None:
    """Carried out."""
    planted.run(lambda: planted.status("leave")["stage"] == "Completed")


def completed(planted: Planted) -> Planted:
    """Approved and carried out."""
    planted.approve()
    ended(planted)
    return planted


def acts_after(planted: Planted, count: int) -> list[Action]:
    return [action for _, action in planted.acts[count:]]
