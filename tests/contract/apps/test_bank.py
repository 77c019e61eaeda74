"""The example bank on a real Kafka: killed in the middle of its work, it neither makes nor loses money.

Its oracle is the demo's bank checker. Source only: nothing moves here.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from confluent_kafka.admin import AclOperation, ResourceType
from tests.e2e.kafka_side import KafkaSide

from kmig_demo.bank import judge_bank
from kmig_demo.bank_collection import read_ledger
from kmig_demo.environment import Side
from orders_apps.recorder import Server, Store

APPS = Path(__file__).parents[3] / "examples" / "apps"
PARTITIONS, ACCOUNTS, RATE = 4, 30, 400
WAIT = 60.0


class Place:
    """Three topics, one group, a binding and a recorder; both programs run as processes."""

    def __init__(self, side: Side, folder: Path) -> None:
        self.side, self.folder = side, folder
        self.prefix = f"kmig-test-{uuid4().hex[:8]}-"
        self.admin = KafkaSide(side)
        self.recorder = Server(Store(folder / "store"), port=0)
        threading.Thread(target=self.recorder.serve_forever, daemon=True).start()
        self.processes: list[subprocess.Popen[bytes]] = []

    def lay(self) -> None:
        """Topics, first commits, and the binding as a mounted Secret would show it."""
        for topic in ("transfers", "postings"):
            self.admin.create_topic(self.prefix + topic, PARTITIONS)
        self.admin.create_topic(f"{self.prefix}accounts", PARTITIONS, cleanup="compact")
        self.admin.start_group_at_zero(self.group, f"{self.prefix}transfers", PARTITIONS)
        self.admin.allow(self.user, self._rights())
        binding = self.folder / "kafka"
        binding.mkdir()
        client, user = self.side.client, self.user
        for key, value in {
            "cluster": "source",
            "bootstrap.servers": client["bootstrap.servers"],
            "security.protocol": client["security.protocol"],
            "sasl.mechanism": "SCRAM-SHA-512",
            "username": user,
            "password": self.admin.make_user(user),
            "ssl.truststore.crt": client["ssl.ca.pem"],
        }.items():
            (binding / key).write_text(value, encoding="utf-8")

    @property
    def group(self) -> str:
        """The bank's group."""
        return f"{self.prefix}bank"

    @property
    def user(self) -> str:
        """Both programs' own; no super user, so that a right that is missing shows."""
        return f"{self.prefix}user"

    def _rights(self) -> list[tuple[ResourceType, str, AclOperation]]:
        topic, read, write = ResourceType.TOPIC, AclOperation.READ, AclOperation.WRITE
        return [
            *((topic, self.prefix + name, write) for name in ("transfers", "postings", "accounts")),
            *((topic, self.prefix + name, read) for name in ("transfers", "accounts")),
            (ResourceType.GROUP, self.group, read),
            (ResourceType.TRANSACTIONAL_ID, f"{self.prefix}0", write),
        ]

    def start(self, program: str) -> subprocess.Popen[bytes]:
        """`generator` or `bank` as it runs in its pod."""
        variables = {
            "PYTHONPATH": str(APPS),
            "SERVICE_BINDING_ROOT": str(self.folder),
            "PORT": "0",
            "RUN": "run",
            "RATE": str(RATE),
            "KEYS": str(ACCOUNTS),
            "TOPIC": f"{self.prefix}transfers",
            "RECORDER_URL": f"http://127.0.0.1:{self.recorder.server_address[1]}",
            "TRANSFERS": f"{self.prefix}transfers",
            "POSTINGS": f"{self.prefix}postings",
            "ACCOUNTS": f"{self.prefix}accounts",
            "GROUP": self.group,
            "TRANSACTIONAL_ID": f"{self.prefix}0",
        }
        command = [sys.executable, "-m", "bank_apps", program]
        process = subprocess.Popen(command, env={**os.environ, **variables})
        self.processes.append(process)
        return process

    def wait(self, what: str, condition: Callable[[], bool]) -> None:
        """Ask until a condition holds; fail after `WAIT` seconds."""
        deadline = time.monotonic() + WAIT
        while not condition():
            assert time.monotonic() < deadline, f"{what}: not within {WAIT:.0f} s"
            threading.Event().wait(0.2)

    def wait_work(self, what: str) -> None:
        """Wait until the bank has written some hundred postings more."""
        topic = f"{self.prefix}postings"
        wanted = sum(self.admin.ends(topic).values()) + 500
        self.wait(what, lambda: sum(self.admin.ends(topic).values()) > wanted)

    def clean(self) -> None:
        """End what runs, delete topics and group."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait(10)
        self.recorder.shutdown()
        self.recorder.server_close()
        self.admin.remove([self.prefix])


@pytest.fixture
def place(sides, tmp_path: Path) -> Iterator[Place]:
    """The bank's place on the source."""
    found = sides["source"]
    admin = found.connection("admin")
    side = Side(
        "source", found.bootstrap, "", found.ca_pem, "admin", str(admin.password), passwords={}
    )
    made = Place(side, tmp_path)
    made.lay()
    yield made
    made.clean()


def test_a_bank_killed_in_its_transactions_posts_every_transfer_once(place: Place) -> None:
    """Two kills without a word of warning, then a clean stop with nothing open."""
    generator = place.start("generator")
    for number in range(2):
        bank = place.start("bank")
        place.wait_work(f"work before kill {number}")
        bank.kill()
        assert bank.wait(10) == -signal.SIGKILL
    bank = place.start("bank")
    place.wait_work("work after the kills")
    generator.terminate()
    assert generator.wait(20) == 0
    ends = place.admin.ends(f"{place.prefix}transfers")
    place.wait("bank at the end", lambda: place.admin.committed(place.group) == ends)
    bank.terminate()
    assert bank.wait(20) == 0
    ledger = read_ledger(place.side, place.prefix)
    findings = judge_bank({"source": ledger})
    assert findings.verdict == "ok", findings.examples
    assert sum(len(values) for values in ledger.transfers.values()) > RATE


def test_a_second_bank_with_the_same_transactional_id_ends_the_first(place: Place) -> None:
    """The zombie is refused at its next transaction, says so, and leaves with 1."""
    place.start("generator")
    first = place.start("bank")
    place.wait_work("work of the first")
    second = place.start("bank")
    place.wait("the end of the first", lambda: first.poll() is not None)
    assert first.returncode == 1
    assert second.poll() is None
