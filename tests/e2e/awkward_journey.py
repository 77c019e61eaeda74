"""One migration of awkward topics: refused and healed, there and back, with what was seen.

Made once by the fixture of test_awkward_topics.py; its rows only read. Two units write: one has an
application and eight awkward topics besides its own, the other a topic that never had a record.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from confluent_kafka.admin import AclOperation, ResourceType
from tests.e2e import awkward_logs, manifests, moves
from tests.e2e import awkward_topics as topics
from tests.e2e.awkward_kafka import Cluster, Written
from tests.e2e.ground import Ground
from tests.e2e.lifecycle import Unit
from tests.e2e.pair import PREPARE_SECONDS, Pair

from kmig_demo.checker import Judgement
from kmig_demo.evidence import MOVE, ROLLBACK, Crossing
from kmig_demo.kubectl import Object
from kmig_demo.objects import condition, problems, words

COURSE = moves.Course("awkward", "w", {"plain": 10}, "Enabled")
RESTS = "idle"  # the unit, and the Deployment, of the topic that never had a record
COMPACTION_SECONDS = 90.0
REFUSAL_SECONDS = 240.0
END_SECONDS = 90.0
Sides = dict[str, awkward_logs.Log]


@dataclass
class Journey:
    """What was seen on the way; `held` is what both sides hold of a topic in the end."""

    ground: Ground
    made: moves.Moves
    aborted: list[int] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    remedied: dict[str, tuple[int, int]] = field(default_factory=dict)
    too_large: str = ""
    hung: str = ""
    hung_at: int = 0
    lagging: dict[str, dict[int, int]] = field(default_factory=dict)
    on_target: dict[str, Sides] = field(default_factory=dict)
    held: dict[str, Sides] = field(default_factory=dict)
    crossings: list[Crossing] = field(default_factory=list)
    judgement: Judgement | None = None

    @property
    def pair(self) -> Pair:
        """The writer with its application, and the reader."""
        return self.made.pairs["plain"]

    @property
    def idle(self) -> Unit:
        """The unit of the topic that never had a record."""
        return Unit(self.ground, self.made.applications, RESTS)

    def cluster(self, side: str) -> Cluster:
        """One side."""
        return Cluster(self.ground.environment.sides[side])

    def both(self, topic: str) -> Sides:
        """What both sides hold of a topic now."""
        sides = self.ground.environment.sides.items()
        return {name: awkward_logs.read(side, self.ground.named(topic)) for name, side in sides}


def travel(ground: Ground) -> Journey:
    """The whole journey."""
    journey = Journey(ground, moves.lay(ground, COURSE))
    lay(journey)
    moves.to_replicating(journey.made, COURSE)
    fill_the_limit(journey)
    be_refused_and_heal(journey)
    moves.to_cut_over(journey.made)
    set_out(journey)
    cross(journey)
    come_back(journey)
    return journey


def lay(journey: Journey) -> None:
    """Topics, their history, and who may do what, before any migration."""
    ground, source = journey.ground, journey.cluster("source")
    journey.aborted = topics.lay(source, ground.named)
    grants = [
        (ResourceType.TOPIC, ground.named(topic), operation)
        for topic in topics.EVERY
        for operation in (AclOperation.WRITE, AclOperation.DESCRIBE)
    ]
    ground.sides["source"].allow(ground.named("writer"), grants)
    read = [(ResourceType.TOPIC, ground.named(topics.TRANSACTIONS), AclOperation.READ)]
    ground.sides["source"].allow(ground.named("reader"), read)
    # Between aborted records: on the other side nothing stands where this group goes on.
    lags = {0: journey.aborted[1], 1: 0}
    source.commit(journey.pair.topic, ground.named(topics.TRANSACTIONS), lags)
    journey.lagging["before"] = lags


def fill_the_limit(journey: Journey) -> None:
    """A record that the source takes to its last byte; then more is allowed on both sides."""
    topic, source = journey.ground.named(topics.LIMITS), journey.cluster("source")
    source.write(topic, topics.filling(), **{"compression.type": "none"})
    journey.too_large = journey.made.migration.says("TaskFailed", seconds=REFUSAL_SECONDS)
    for side in ("source", "target"):
        journey.cluster(side).configure(topic, max_message_bytes=str(topics.LIMIT))


def be_refused_and_heal(journey: Journey) -> None:
    """Cleaner and retention take originals that nobody has compared yet."""
    ground, migration = journey.ground, journey.made.migration
    source, target = journey.cluster("source"), journey.cluster("target")
    compacted, expiring = ground.named(topics.COMPACTED), ground.named(topics.EXPIRING)
    source.delete_before(expiring, 0, topics.GONE_AFTER_COPY)
    let_the_cleaner_go(journey, "source", topics.COMPACTED_KEYS + 1)
    migration.change(desiredStage="Validated")
    ground.wait("a refusal", REFUSAL_SECONDS, lambda: _not_stalled(migration.found()))
    journey.refused = problems(migration.found())
    # The next record rolls the segment that a cleaner never touches.
    source.write(compacted, [Written(b"now", b"now")])
    let_the_cleaner_go(journey, "target", topics.COMPACTED_KEYS + 2)
    held = journey.both(topics.EXPIRING)
    first = held["source"][0][0]
    copy = next(r.offset for r in held["target"][0] if r.content == first.content)
    target.delete_before(expiring, 0, copy)
    journey.remedied[topics.EXPIRING] = (first.offset, copy)
    ground.kubectl.run("-n", migration.namespace, "delete", "jobs", "--all")


def let_the_cleaner_go(journey: Journey, side: str, left: int) -> None:
    """From now on compaction runs; wait until it has left so many records."""
    topic = journey.ground.named(topics.COMPACTED)
    settings = {"min_compaction_lag_ms": "0", "min_cleanable_dirty_ratio": "0.01"}
    journey.cluster(side).configure(topic, **settings)

    def blocker() -> str:
        found = len(journey.both(topics.COMPACTED)[side][0])
        return "" if found == left else f"{found} records, {left} wanted"

    journey.ground.wait(f"compaction on the {side}", COMPACTION_SECONDS, blocker, every=2.0)


def _not_stalled(found: Object) -> str:
    stalled = condition(found, "Stalled")
    return "" if stalled.get("status") == "True" else words(condition(found, "Ready"))


def set_out(journey: Journey) -> None:
    """Applications run, units rest, and every shape is written while mirrors copy."""
    ground, pair, namespace = journey.ground, journey.pair, journey.made.applications
    pair.start()
    ground.kubectl.apply(manifests.idle(ground, namespace, RESTS, ground.named("writer")))
    pair.apply_units(
        topics={"writes": [pair.topic, *map(ground.named, topics.WRITTEN_BY_THE_UNIT)], "reads": []}
    )
    pair.reader.change(
        topics={"writes": [], "reads": [pair.topic, ground.named(topics.TRANSACTIONS)]}
    )
    manifest = manifests.unit(namespace, RESTS, pair.migration, "Writer", ground.named("writer"))
    manifest["spec"]["topics"]["writes"] = [ground.named(topics.NEVER)]
    manifest["spec"]["wave"] = pair.wave + 1
    ground.kubectl.apply([manifest])
    for unit in (journey.idle, pair.reader):
        unit.says("WaitingForWave", seconds=PREPARE_SECONDS)
    journey.made.migration.approve_units(pair.writer.name, pair.reader.name, RESTS)
    write_more(journey, "source", "mirrored")
    everything_is_copied(journey, "source")
    source, expiring = journey.cluster("source"), ground.named(topics.EXPIRING)
    source.delete_before(expiring, 0, topics.GONE_WHILE_FOLLOWED)


def write_more(
    journey: Journey, side: str, moment: str, filled: tuple[int, ...] = topics.FILLED
) -> None:
    """Every shape once more; the compacted topic gets new values of old keys, and a deletion."""
    cluster, named = journey.cluster(side), journey.ground.named
    topics.more(cluster, named, moment, filled)
    turns = [Written(f"{moment} {n}".encode(), f"k{n % 5}".encode()) for n in range(50)]
    cluster.write(
        named(topics.COMPACTED), [*turns, Written(None, b"k1"), Written(moment.encode(), b"last")]
    )


def everything_is_copied(journey: Journey, side: str) -> None:
    """The last records of the side with authority stand on the other one too."""

    def blocker() -> str:
        return ", ".join(topic for topic in topics.EVERY if _behind(journey.both(topic)))

    journey.ground.wait(f"all of the {side} copied", END_SECONDS, blocker, every=1.0)


def _behind(held: Sides) -> bool:
    """Some partition ends with another record on the one side than on the other."""
    ends = [
        {number: records[-1].content[:3] for number, records in log.items() if records}
        for log in held.values()
    ]
    return ends[0] != ends[1]


def cross(journey: Journey) -> None:
    """A stranger's transaction hangs; it ends; both writers and the reader move."""
    ground, pair, source = journey.ground, journey.pair, journey.cluster("source")
    strange = [Written(b"aborted, never ended", None, (), 1)] * 2
    stranger, offsets = source.begin(ground.named(topics.TRANSACTIONS), strange)
    journey.hung_at = offsets[0]
    journey.made.release(pair.wave)
    journey.hung = pair.writer.says("OpenTransaction", seconds=PREPARE_SECONDS)
    stranger.abort_transaction()
    pair.arrive(pair.writer)
    journey.crossings.append(pair.crossing(MOVE))
    journey.made.release(pair.wave + 1)
    for unit in (journey.idle, pair.reader):
        pair.arrive(unit)
    journey.lagging["target"] = committed(journey, "target")
    journey.on_target[topics.NEVER] = journey.both(topics.NEVER)
    write_more(journey, "target", "target", (0, 42))
    first = [Written(b"first", None, (), 1), Written(None, b"second", (), 1)]
    journey.cluster("target").write(ground.named(topics.NEVER), first)
    pair.wait_flow(pair.acknowledged())
    everything_is_copied(journey, "target")


def committed(journey: Journey, side: str) -> dict[int, int]:
    """Where the lagging group stands."""
    topic = journey.ground.named(topics.TRANSACTIONS)
    return journey.cluster(side).committed(journey.pair.topic, topic)


def come_back(journey: Journey) -> None:
    """Both writers and the reader return, write once more, and both logs are read."""
    pair = journey.pair
    for unit in (pair.writer, pair.reader, journey.idle):
        pair.come_back(unit)
    journey.crossings.append(pair.crossing(ROLLBACK))
    journey.lagging["after"] = committed(journey, "source")
    write_more(journey, "source", "home", (99,))
    pair.wait_flow(pair.acknowledged())
    everything_is_copied(journey, "source")
    journey.judgement = pair.judged(tuple(journey.crossings))
    journey.held = {topic: journey.both(topic) for topic in topics.EVERY}
