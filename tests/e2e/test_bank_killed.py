"""A bank that hangs inside its transaction when it is told to stop, and is killed there."""

from __future__ import annotations

import json

import pytest
from tests.e2e import journal
from tests.e2e.banking import WAVE, Bank, open_bank
from tests.e2e.endings import WRITTEN, caught, recorded, works_on
from tests.e2e.ground import Ground
from tests.e2e.moves import Course, Moves
from tests.e2e.pair import FLOW_SECONDS

from kmig_demo.kubectl import Object

COURSE = Course("hanging", "h", {}, "Enabled")
# The example's bank, but that after SIGTERM it neither ends nor commits: only a kill ends it. Its
# transaction outlives the whole move if nobody ends it.
HANGING = """
import os, signal, time, types
from confluent_kafka import Producer
from bank_apps import bank

told = []

class Hanging(Producer):
    def __init__(self, settings):
        super().__init__({**settings, "transaction.timeout.ms": 600000})

    def commit_transaction(self, *rest):
        while told:
            time.sleep(1)
        return super().commit_transaction(*rest)

bank.Producer = Hanging
bank.signal = types.SimpleNamespace(signal=lambda *_: None, SIGTERM=0, SIGINT=0)
signal.signal(signal.SIGTERM, lambda *_: told.append(True))
bank.main()
"""
GRACE_SECONDS = 30  # longer than it takes to see that it hangs


@pytest.fixture(scope="module")
def hanging(ground: Ground) -> tuple[Moves, Bank]:
    """The bank at work, in a Deployment whose pod hangs when it shall end."""
    moves, bank = open_bank(ground, COURSE)
    container = {"name": "bank", "command": ["python3", "-c", HANGING], "args": []}
    template: Object = {
        "spec": {"terminationGracePeriodSeconds": GRACE_SECONDS, "containers": [container]}
    }
    arguments = ("patch", "deployment", bank.reader.name, "-p")
    where = ("-n", bank.namespace)
    ground.kubectl.run(*where, *arguments, json.dumps({"spec": {"template": template}}))
    ground.kubectl.run(*where, "rollout", "status", f"deployment/{bank.reader.name}")
    bank.wait_posted("source")
    return moves, bank


def test_a_bank_killed_inside_its_transaction_moves_and_no_transfer_is_lost_or_posted_twice(
    hanging: tuple[Moves, Bank],
) -> None:
    """Its own hung transaction is ended under the fence by its transactional.id, not by time."""
    moves, bank = hanging
    postings = f"{bank.prefix}postings"
    source = moves.ground.sides["source"]
    moves.release(WAVE)
    bank.arrive(bank.writer)
    bank.wait_posted("source")
    moves.release(WAVE + 1)
    caught(moves, bank.reader, works_on("Drain"))

    looks: list[dict[int, int]] = [{}]

    def moving() -> str:
        looks.append(source.open_transactions(postings))
        hangs = looks[-1] and looks[-1] == looks[-2]
        return "" if hangs else f"open from {looks[-1]} on"

    moves.ground.wait("a hung transaction", FLOW_SECONDS, moving, every=1.0)
    kill(bank)
    bank.arrive(bank.reader)
    assert source.open_transactions(postings) == {}
    bank.wait_posted("target")
    taken = journal.kinds(recorded(moves, bank.reader), 1)
    assert "BackOut" not in taken
    findings, acknowledged = bank.balanced()
    print(f"{acknowledged} transfers acknowledged: {findings.verdict}")
    assert findings.verdict == "ok", findings.examples
    assert acknowledged > WRITTEN


def kill(bank: Bank) -> None:
    """SIGKILL, and no grace."""
    where, selector = ("-n", bank.namespace), f"app.kubernetes.io/name={bank.reader.name}"
    force = ("--grace-period=0", "--force", "--wait=false")
    bank.ground.kubectl.run(*where, "delete", "pods", "-l", selector, *force)
