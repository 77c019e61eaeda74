"""The bank as a row moves it: transfers are read, postings and balances written, exactly once.

Called by test_bank.py. Who judges is the demo's bank checker, which shares no code with the bank
or the operator: the sum of all postings is 0, and each acknowledged transfer is posted once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from confluent_kafka.admin import AclOperation, ResourceType
from tests.e2e import manifests
from tests.e2e.ground import Ground
from tests.e2e.lifecycle import Migration
from tests.e2e.moves import Course, Moves, to_cut_over, to_replicating
from tests.e2e.pair import END_SECONDS, FLOW_SECONDS, PORT, PREPARE_SECONDS, Pair

from kmig_demo.bank import TOPICS, Ledger, judge_bank
from kmig_demo.bank_collection import read_ledger
from kmig_demo.evidence import Identity, parse_dump, parse_value
from kmig_demo.findings import Findings, Kind

COURSE = Course("banking", "b", {}, "Enabled")
WAVE = 10
PARTITIONS, ACCOUNTS, RATE = 4, 40, 100
BANK = ["python3", "-m", "bank_apps"]


class Bank(Pair):
    """The generator's unit (`writer`) and the bank's own (`reader`, role Both)."""

    @property
    def prefix(self) -> str:
        """What the names of the three topics begin with."""
        return self.ground.named(f"{self.letter}-")

    @property
    def topic(self) -> str:
        """Of the transfers."""
        return f"{self.prefix}transfers"

    @property
    def group(self) -> str:
        """Of the bank; also its transactional.id."""
        return f"{self.prefix}bank"

    def lay(self) -> None:
        """Topics, rights and first commits on the source: before any migration."""
        source, prefix = self.ground.sides["source"], self.prefix
        for name in TOPICS:
            cleanup = "compact" if name == "accounts" else "delete"
            source.create_topic(f"{prefix}{name}", PARTITIONS, cleanup=cleanup)
        topic, read, write = ResourceType.TOPIC, AclOperation.READ, AclOperation.WRITE
        source.allow(self.ground.named("writer"), [(topic, self.topic, write)])
        written = [(topic, f"{prefix}{name}", write) for name in ("postings", "accounts")]
        rights = [
            (topic, self.topic, read),
            (topic, f"{prefix}accounts", read),
            *written,
            (ResourceType.GROUP, self.group, read),
            (ResourceType.TRANSACTIONAL_ID, self.group, write),
        ]
        source.allow(self.ground.named("bank"), rights)
        source.start_group_at_zero(self.group, self.topic, PARTITIONS)

    def start(self) -> None:
        """Recorder, generator and bank on the source, until transfers are posted."""
        ground, namespace, prefix = self.ground, self.namespace, self.prefix
        recorder = f"{self.name}-recorder"
        made = manifests.application(namespace, recorder, "recorder", STORE="/store")
        ground.kubectl.apply([made, manifests.service(namespace, recorder)])
        self._available(recorder)
        generating = {
            "TOPIC": self.topic,
            "RECORDER_URL": f"http://{recorder}.{namespace}.svc.cluster.local:{PORT}",
            "RUN": ground.run,
            "RATE": str(RATE),
            "KEYS": str(ACCOUNTS),
        }
        banking = {"GROUP": self.group, "TRANSACTIONAL_ID": self.group}
        banking |= {name.upper(): f"{prefix}{name}" for name in TOPICS}
        for unit, user, program, environment in (
            (self.writer, "writer", "generator", generating),
            (self.reader, "bank", "bank", banking),
        ):
            bindings = manifests.binding_secrets(ground, namespace, unit.name, ground.named(user))
            deployment = manifests.application(namespace, unit.name, program, **environment)
            deployment["spec"]["template"]["spec"]["containers"][0]["command"] = BANK
            ground.kubectl.apply([*bindings, deployment])
            self._available(unit.name)
        self.wait_posted("source")

    def wait_posted(self, side: str, more: int = 4 * RATE) -> None:
        """Wait until so many more transfers are acknowledged and the bank on `side` keeps up."""
        wanted, kafka = self.acknowledged() + more, self.ground.sides[side]

        def blocker() -> str:
            ends, committed = kafka.ends(self.topic), kafka.committed(self.group)
            behind = sum(ends.values()) - sum(committed.values())
            short = wanted - self.acknowledged()
            said = f"{short} transfers to come, the bank on the {side} is {behind} behind"
            return said if short > 0 or behind > RATE else ""

        self.ground.wait(f"transfers posted on the {side}", FLOW_SECONDS, blocker, every=2.0)

    def apply_units(self, **bank_spec: Any) -> None:
        """Both WorkloadCutovers; they rest until their waves are released."""
        user = self.ground.named
        place = (self.namespace, self.writer.name, self.migration)
        generator = manifests.unit(*place, "Writer", user("writer"))
        generator["spec"].update({"topics": {"writes": [self.topic], "reads": []}})
        place = (self.namespace, self.reader.name, self.migration)
        bank = manifests.unit(*place, "Both", user("bank"))
        bank["spec"].update(
            {
                "topics": {
                    "writes": [f"{self.prefix}postings", f"{self.prefix}accounts"],
                    "reads": [self.topic],
                },
                "consumerGroups": [{"name": self.group, "minimumGrade": "Exact"}],
                "fence": {"mode": "Acl", "transactionalIds": [self.group]},
                "wave": self.wave + 1,
                **bank_spec,
            }
        )
        self.ground.kubectl.apply([generator, bank])
        for unit in (self.writer, self.reader):
            unit.says("WaitingForWave", seconds=PREPARE_SECONDS)

    def balanced(self) -> tuple[Findings, int]:
        """Stop both, wait until both sides hold all books, and judge; with the transfers seen."""
        self._stop(self.writer.name)
        self.ground.wait("the last transfer posted", END_SECONDS, self._unposted(), every=2.0)
        self._stop(self.reader.name)
        for side in self.ground.environment.sides:
            self.ground.wait(f"whole books on the {side}", END_SECONDS, self._unposted(side))
        sides = self.ground.environment.sides.items()
        ledgers = {name: read_ledger(side, self.prefix) for name, side in sides}
        findings = judge_bank(ledgers)
        acknowledged = self._acknowledged()
        for name, ledger in ledgers.items():
            present = self._transfers(ledger)
            for lost in sorted(map(str, acknowledged - present.keys()))[:5]:
                findings.add(Kind.LOST, f"acknowledged, and not on the {name}: {lost}")
        return findings, len(acknowledged)

    def _unposted(self, side: str = "target") -> Callable[[], str]:
        def blocker() -> str:
            ledger = read_ledger(self.ground.environment.sides[side], self.prefix)
            transfers = sum(self._transfers(ledger).values())
            postings = sum(len(values) for values in ledger.postings.values())
            whole = postings == 2 * transfers and transfers >= self.acknowledged()
            return "" if whole else f"{postings} postings of {transfers} transfers on the {side}"

        return blocker

    def _transfers(self, ledger: Ledger) -> Counter[Identity | None]:
        values = (value for part in ledger.transfers.values() for value in part)
        return Counter(parse_value(value, self.ground.run) for value in values)

    def _acknowledged(self) -> set[Identity | None]:
        with self._recorder() as link:
            part = parse_dump("acks", link.dump("acks"), self.ground.run)
        assert not part.faults, part.faults
        return {row.identity for row in part.rows}


def open_bank(ground: Ground, course: Course = COURSE) -> tuple[Moves, Bank]:
    """The bank at work on the source, and its migration at its open CutOver gate."""
    platform = ground.make_namespace(f"platform-{course.letter}", role="migration")
    applications = ground.make_namespace(f"apps-{course.letter}", role="application")
    bank = Bank(ground, applications, "bank", WAVE, (platform, course.name), course.letter)
    bank.lay()
    made = Moves(ground, Migration(ground, platform, course.name), {"bank": bank}, applications)
    to_replicating(made, course)
    to_cut_over(made)
    bank.start()
    bank.apply_units()
    made.migration.approve_units(bank.writer.name, bank.reader.name)
    return made, bank
