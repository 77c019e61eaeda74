"""Figure: how many records a group reads again on the other cluster.

Groups read a share of each partition on the source and commit. Both mirrors copy the topic. Then
each group's commits on the target are written: by the product's translation, and by MirrorMaker's
own group sync. A reader begins at those commits and its records are compared, one by one, with
what the group had read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from kafka_migration.adapters.connect import ConnectClient
from kafka_migration.decide.rules import mirror_names
from kafka_migration.decide.rules.translation import Translated, translate
from kafka_migration.model.kafka import Offsets, Partition
from kafka_migration.model.positions import Pair, Segment
from kafka_migration.observe.positions import Crossing, around
from kmig_bench import machine
from kmig_bench.configs import plain_pair, product_config
from kmig_bench.errors import BenchError
from kmig_bench.ground import Ground
from kmig_bench.parameters import PARTITIONS, Run, Sizes
from kmig_bench.reading import read_on, read_some
from kmig_bench.waiting import pause, wait_until
from kmig_bench.workers import failure, removed, started, workers
from kmig_bench.writing import aborted, write, write_transactions

LIVE = (Segment("source", Pair(0, 0)),)  # the writers are still on the source
_COPY_SECONDS = 600.0
# Plain MirrorMaker publishes its last offset syncs with the next flush, reads them at the next
# checkpoint and writes groups at the next sync: each comes every 60 s by default.
_FLUSHED_SECONDS = 75.0
_STEADY_SECONDS = 130.0  # two checkpoints and two syncs
_STEADY_LOOKS = 5
Add = Callable[[Run, float, Mapping[str, Any]], None]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Wanted:
    """One group of a topic whose row is not there yet."""

    run: Run
    share: int


@dataclass(frozen=True)
class Reread:
    """What a reader found that began at commits on the target."""

    again: int  # records that the group had read
    skipped: int  # records that the group had not read, and does not get
    never: int  # deliveries of records whose transaction was aborted on the source
    twice: int  # deliveries beyond the first of one record


def compare(delivered: Counter[int], read: set[int], visible: set[int]) -> Reread:
    """Judge numbers of records; `visible` are all that a reader of the source may see."""
    numbers = set(delivered)
    return Reread(
        again=sum(count for number, count in delivered.items() if number in read),
        skipped=len(visible - read - numbers),
        never=sum(count for number, count in delivered.items() if number not in visible),
        twice=sum(count - 1 for count in delivered.values()),
    )


def visible_numbers(count: int, *, transactional: bool) -> set[int]:
    """Records that a read_committed reader of the source sees."""
    return {n for n in range(count) if not (transactional and aborted(n))}


def to_read(visible: set[int], share: int) -> dict[int, int]:
    """How many records of each partition a group reads before it stops."""
    written = Counter(number % PARTITIONS for number in visible)
    return {partition: count * share // 100 for partition, count in written.items()}


@dataclass
class Topic:
    """One topic of this figure, on both sides."""

    ground: Ground
    kind: str
    sizes: Sizes
    say: Say

    @property
    def name(self) -> str:
        """On the source, and where the product's mirror writes it."""
        return self.ground.names.topic(self.kind)

    @property
    def plain_name(self) -> str:
        """Where plain MirrorMaker writes it."""
        return f"{self.ground.names.plain_alias}.{self.name}"

    @property
    def visible(self) -> set[int]:
        """Records that a reader may see."""
        return visible_numbers(self.sizes.rereads, transactional=self.kind == "transactional")

    def group(self, share: int) -> str:
        """The group that reads this share."""
        return self.ground.names.group(f"{self.kind}.{share}")

    def make(self) -> None:
        """Topic, records, and what the product's mirror may do with it."""
        self.ground.source.make(self.name)
        self.ground.target.make(self.name)
        self.ground.allow(self.name)
        self.say(f"writing {self.sizes.rereads:,} records to the {self.kind} topic")
        put = write_transactions if self.kind == "transactional" else write
        put(self.ground.place.admin.source, self.name, self.sizes.rereads)


def measure(ground: Ground, topic: Topic, wanted: list[Wanted], add: Add) -> None:
    """All wanted rows of one topic."""
    topic.make()
    visible = topic.visible
    read = {each.share: _consumed(topic, visible, each.share) for each in wanted}
    load = machine.load()
    _copied(ground, topic)
    for each in wanted:
        group = topic.group(each.share)
        values: dict[str, Any] = {"topic": topic.kind, "share": each.share, "read": 0}
        values["read"] = len(read[each.share])
        grades = _translate(ground, topic, group)
        ours = _resumed(ground, group, topic.name)
        plain = _resumed(ground, group, topic.plain_name)
        values["grades"] = grades
        for name, (begin, delivered) in (("translated", ours), ("plain", plain)):
            found = compare(delivered, read[each.share], visible)
            values[name] = {**vars(found), "uncommitted": PARTITIONS - len(begin)}
        add(each.run, load, values)
        topic.say(
            f"{topic.kind}, {each.share} % read: {values['translated']['again']:,} read again by "
            f"translation, {values['plain']['again']:,} by plain MirrorMaker 2"
        )


def _consumed(topic: Topic, visible: set[int], share: int) -> set[int]:
    """The group reads its share on the source and commits."""
    counts = {Partition(topic.name, p): n for p, n in to_read(visible, share).items()}
    seen = read_some(topic.ground.place.admin.source, topic.group(share), counts)
    return {each.number for each in seen}


def _copied(ground: Ground, topic: Topic) -> None:
    """Both mirrors copy the topic; plain MirrorMaker also until its group sync rests."""
    names, place = ground.names, ground.place
    connector = f"kmig-{names.uid}-forward-{topic.kind}"
    config = product_config(names, place.mirror_in_cluster, connector, topic.name)
    pair = plain_pair(names, place.admin_in_cluster, topic.name)
    with ExitStack() as stack:
        product = stack.enter_context(workers(ground, product=True))
        plain = stack.enter_context(workers(ground, product=False))
        started(product, connector, config)
        for each in pair:
            started(plain, each["name"], each)
        topic.say("both mirrors copy it")
        alias = mirror_names.alias(names.uid, "forward", side="source")
        wait_until(
            f"copy of {topic.name} by the product's mirror",
            _COPY_SECONDS,
            lambda: failure(product, connector) or _behind(ground, topic, product, alias),
        )
        wait_until(
            f"copy of {topic.name} by plain MirrorMaker",
            _COPY_SECONDS,
            lambda: _plain_state(ground, topic, plain, pair),
        )
        topic.say(f"copied; {_FLUSHED_SECONDS:.0f} s for plain MirrorMaker's last syncs")
        pause(_FLUSHED_SECONDS)
        _steady(ground, topic)
        removed(product, connector)
        for each in pair:
            plain.stop(each["name"])  # its worker goes now, and all of it at the session's end


def _behind(ground: Ground, topic: Topic, product: ConnectClient, alias: str) -> str:
    """What the product's mirror has not stored yet: exactly once, so stored is visible."""
    connector = f"kmig-{ground.names.uid}-forward-{topic.kind}"
    stored = product.offsets(connector, alias).offsets
    port = ground.source.port
    last = port.last_data(port.ends(ground.partitions(topic.name)).stable)
    left = [str(p) for p, offset in last.items() if offset is not None and stored.get(p) != offset]
    return ", ".join(left)


def _plain_state(
    ground: Ground, topic: Topic, plain: ConnectClient, pair: tuple[dict[str, str], ...]
) -> str:
    for each in pair:
        if fault := failure(plain, each["name"]):
            return fault
    if topic.plain_name not in ground.target.names():
        return f"{topic.plain_name} does not exist yet"
    ends = ground.target.port.ends(ground.partitions(topic.plain_name)).high
    # It reads aborted records too, and writes them as if they had been committed.
    missing = topic.sizes.rereads - sum(ends.values())
    return f"{missing:,} records" if missing > 0 else ""


def _steady(ground: Ground, topic: Topic) -> None:
    """Wait until the groups that plain MirrorMaker syncs change no more."""
    partitions = ground.partitions(topic.plain_name)

    def looked() -> Mapping[str, Offsets]:
        groups = [g for g in ground.source.port.groups() if ground.names.group(topic.kind) in g]
        port = ground.target.port
        return {
            group: {p: c.offset for p, c in port.commits(group, partitions).items()}
            for group in groups
        }

    before = looked()
    for _ in range(_STEADY_LOOKS):
        pause(_STEADY_SECONDS)
        now = looked()
        if now == before:
            return
        before = now
    raise BenchError("plain MirrorMaker's group sync still changes offsets; run the bench again")


def _translate(ground: Ground, topic: Topic, group: str) -> Mapping[str, int]:
    """What the operator would commit, committed; how many partitions have which grade."""
    here, there = ground.source.port, ground.target.port
    crossing = Crossing("source", here, there, ground.names.uid, {"source": (), "target": ()})
    partitions = ground.partitions(topic.name)
    commits = here.commits(group, partitions)
    offsets = {p: commit.offset for p, commit in commits.items()}
    answers = {
        p: translate(position)
        for p, position in around(crossing, dict.fromkeys(offsets, LIVE), offsets).items()
    }
    told = {p: answer for p, answer in answers.items() if isinstance(answer, Translated)}
    if set(told) != set(partitions):
        text = "; ".join(f"{p}: {a}" for p, a in answers.items() if p not in told)
        raise BenchError(f"translation of {group} refuses {text or 'partitions without a commit'}")
    there.commit(group, {p: answer.offset for p, answer in told.items()})
    return Counter(answer.grade.value for answer in told.values())


def _resumed(ground: Ground, group: str, topic: str) -> tuple[Offsets, Counter[int]]:
    """Commits of the group on the target, and the numbers that a reader gets from there on.

    Where there is no commit it begins at the start: the reset that loses nothing.
    """
    partitions = ground.partitions(topic)
    commits = ground.target.port.commits(group, partitions)
    begin = {p: commits[p].offset if p in commits else 0 for p in partitions}
    found = read_on(ground.place.admin.target, f"{group}.look", begin)
    return {p: c.offset for p, c in commits.items()}, Counter(seen.number for seen in found)
