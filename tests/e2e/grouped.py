"""One group that reads two owners' topics, one of them compacted; lagging, there and back.

Made once by the fixture of test_groups.py; its rows only read. The applications hold bindings and do
nothing: the group is committed for by hand, so that every position is chosen.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka.admin import AclOperation, ResourceType
from tests.e2e import awkward_logs, manifests, moves
from tests.e2e.awkward_kafka import Cluster, Written
from tests.e2e.ground import Ground
from tests.e2e.lifecycle import Unit
from tests.e2e.pair import MOVE_SECONDS, PREPARE_SECONDS

from kmig_demo.objects import step, unit_blocker

COURSE = moves.Course("groups", "g", {}, "Enabled")
PLAIN, COMPACTED = "g-plain", "g-compacted"
PARTITIONS = {PLAIN: 2, COMPACTED: 1}
WAVES = {"plain": 10, "compacted": 20, "reads": 30}
EARLIER = int(time.time() * 1000) - 2 * 3600 * 1000  # so that the last record rolls the segment
RECORDS = 2_000  # of the compacted topic; every second one is superseded by the last of them
KEPT = RECORDS // 2 + 2
STOPPED: dict[str, dict[int, int]] = {PLAIN: {0: 33, 1: 0}, COMPACTED: {0: 1_501}}
READ_ON: dict[str, int] = {PLAIN: 7, COMPACTED: 40}  # visible records, before the way back
COMPACTION_SECONDS = 90.0


@dataclass
class Journey:
    """What was seen on the way; positions by moment and topic, logs of both sides at the end."""

    ground: Ground
    made: moves.Moves
    refused: str = ""
    promised: dict[str, dict[str, Any]] = field(default_factory=dict)
    stood: dict[str, dict[str, dict[int, int]]] = field(default_factory=dict)
    held: dict[str, dict[str, awkward_logs.Log]] = field(default_factory=dict)

    @property
    def group(self) -> str:
        """The group."""
        return self.ground.named("g-group")

    @property
    def reads(self) -> Unit:
        """The unit that it belongs to."""
        return self.unit("reads")

    def unit(self, name: str) -> Unit:
        """One of the three."""
        return Unit(self.ground, self.made.applications, name)

    def cluster(self, side: str) -> Cluster:
        """One side."""
        return Cluster(self.ground.environment.sides[side])

    def log(self, side: str, topic: str) -> awkward_logs.Log:
        """What a reader finds there now."""
        return awkward_logs.read(self.ground.environment.sides[side], self.ground.named(topic))

    def note(self, moment: str, side: str) -> None:
        """Where the group stands on a side."""
        cluster, named = self.cluster(side), self.ground.named
        self.stood[moment] = {t: cluster.committed(self.group, named(t)) for t in PARTITIONS}

    def following(self, moment: str, side: str, topic: str, partition: int) -> list[object]:
        """What the group would read from where it stood, in order."""
        first = self.stood[moment][topic][partition]
        return [r.content for r in self.held[topic][side][partition] if r.offset >= first]


def travel(ground: Ground) -> Journey:
    """The whole journey."""
    journey = Journey(ground, moves.lay(ground, COURSE))
    lay(journey)
    moves.to_replicating(journey.made, COURSE)
    moves.to_cut_over(journey.made)
    make_units(journey)
    move_one_owner(journey)
    move_the_reader(journey)
    bring_the_reader_back(journey)
    for topic in PARTITIONS:
        journey.held[topic] = {side: journey.log(side, topic) for side in manifests.SIDES}
    return journey


def lay(journey: Journey) -> None:
    """Topics, rights and history on the source; the cleaner has run before anything is copied."""
    ground, source, named = journey.ground, journey.cluster("source"), journey.ground.named
    cleaned = {"segment_ms": "60000", "min_cleanable_dirty_ratio": "0.01"}
    source.make(named(PLAIN), PARTITIONS[PLAIN])
    source.make(named(COMPACTED), PARTITIONS[COMPACTED], cleanup_policy="compact", **cleaned)
    topics = [(ResourceType.TOPIC, named(topic)) for topic in PARTITIONS]
    for user, operation in (("writer", AclOperation.WRITE), ("reader", AclOperation.READ)):
        rights = [
            (*topic, right) for topic in topics for right in (operation, AclOperation.DESCRIBE)
        ]
        ground.sides["source"].allow(named(user), rights)
    reading = [(ResourceType.GROUP, journey.group, AclOperation.READ)]
    ground.sides["source"].allow(named("reader"), reading)
    source.write(named(PLAIN), plain("history", 60))
    source.commit(journey.group, named(PLAIN), STOPPED[PLAIN])
    source.write(named(COMPACTED), superseded())
    source.write(named(COMPACTED), [Written(b"last", b"last", (), 0, EARLIER + 3600 * 1000)])

    def blocker() -> str:
        kept = len(journey.log("source", COMPACTED)[0])
        return "" if kept <= KEPT else f"{kept} records, {KEPT} wanted"

    ground.wait("compaction on the source", COMPACTION_SECONDS, blocker, every=2.0)


def plain(moment: str, count: int) -> list[Written]:
    """So many records in each partition."""
    numbers = [(n, p) for n in range(count) for p in range(PARTITIONS[PLAIN])]
    return [Written(f"{moment} {n}".encode(), b"%d" % n, (), p) for n, p in numbers]


def superseded() -> Iterator[Written]:
    """Every odd record has one and the same key: of these the cleaner leaves the last."""
    for n in range(RECORDS):
        key = b"same" if n % 2 else b"%d" % n
        yield Written(f"history {n}".encode(), key, (), 0, EARLIER + n)


def make_units(journey: Journey) -> None:
    """Two owners and the reader, at rest."""
    ground, namespace = journey.ground, journey.made.applications
    reference = (journey.made.migration.namespace, COURSE.name)
    for name, topic in (("plain", PLAIN), ("compacted", COMPACTED), ("reads", None)):
        user, role = ("writer", "Writer") if topic else ("reader", "Reader")
        ground.kubectl.apply(manifests.idle(ground, namespace, name, ground.named(user)))
        unit = manifests.unit(namespace, name, reference, role, ground.named(user))
        unit["spec"]["wave"] = WAVES[name]
        if topic:
            unit["spec"]["topics"]["writes"] = [ground.named(topic)]
        else:
            unit["spec"]["topics"]["reads"] = [ground.named(read) for read in PARTITIONS]
            unit["spec"]["consumerGroups"] = [group(journey)]
        ground.kubectl.apply([unit])
    for name in WAVES:
        journey.unit(name).says("WaitingForWave", seconds=PREPARE_SECONDS)
    journey.made.migration.approve_units(*WAVES)


def group(journey: Journey) -> dict[str, object]:
    """What the unit says of the group: amid compacted records Exact cannot be had for certain."""
    return {
        "name": journey.group,
        "whenUncommitted": "Refuse",
        "minimumGrade": "Safe",
        "maxReplayRecords": RECORDS,
    }


def move_one_owner(journey: Journey) -> None:
    """From here one topic is written on the target and the other on the source; both are."""
    journey.made.release(WAVES["plain"])
    arrive(journey, "plain")
    journey.cluster("target").write(journey.ground.named(PLAIN), plain("target", 20))
    more = [Written(f"source {n}".encode(), b"s%d" % n) for n in range(20)]
    journey.cluster("source").write(journey.ground.named(COMPACTED), more)


def move_the_reader(journey: Journey) -> None:
    """Refused without a commit, and moved with one."""
    reads, source = journey.reads, journey.cluster("source")
    reads.change(desiredCluster="Target")
    journey.refused = reads.says("NoCommit", seconds=PREPARE_SECONDS)
    source.commit(journey.group, journey.ground.named(COMPACTED), STOPPED[COMPACTED])
    arrive(journey, "reads")
    journey.promised["there"] = reads.found()["status"]["offsets"]
    journey.stood["before"] = STOPPED
    journey.note("there", "target")


def bring_the_reader_back(journey: Journey) -> None:
    """After it has read on: its topics still have their authority on different sides."""
    cluster, reads = journey.cluster("target"), journey.reads
    for topic, count in READ_ON.items():
        log = journey.log("target", topic)
        ahead = {
            number: [r.offset for r in log[number] if r.offset >= first][count]
            for number, first in journey.stood["there"][topic].items()
        }
        cluster.commit(journey.group, journey.ground.named(topic), ahead)
    journey.note("read on", "target")
    reads.change(desiredCluster="Source")

    def blocker() -> str:
        found = reads.found()
        return "" if found["status"].get("workingStep") == "RolledBack" else step(found)

    journey.ground.wait("the reader back", MOVE_SECONDS, blocker)
    journey.promised["back"] = reads.found()["status"]["offsets"]
    journey.note("back", "source")


def arrive(journey: Journey, name: str) -> None:
    """Wait until a unit rests on the target."""
    unit = journey.unit(name)

    def blocker() -> str:
        found = unit.found()
        done = found.get("status", {}).get("workingStep") == "Completed"
        return unit_blocker(found) or ("" if done else step(found))

    journey.ground.wait(f"{name} on the target", MOVE_SECONDS, blocker)
