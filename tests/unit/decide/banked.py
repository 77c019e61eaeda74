"""A bank in the planted world: it reads `orders`, which the writer's unit owns, and writes a ledger.

`Banked` is `Planted` with the reader replaced by one unit of role Both, in the wave after the
writer's. Every state of its moves is kept once per test run, to disturb it from there.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from tests.unit.decide.moving import Visit, copied
from tests.unit.decide.planted import PARTITIONS, Planted, acl, loaded, topic, unit_spec
from tests.unit.decide.planted_clusters import Kafka
from tests.unit.decide.planted_specs import Context

from kafka_migration.decide.context import UnitContext
from kafka_migration.model.facts import Settled
from kafka_migration.model.kafka import (
    Acl,
    Commit,
    Ends,
    Group,
    Partition,
    PatternType,
    Permission,
    Probe,
    ProbeResult,
    ResourceType,
)

LEDGER = (Partition("orders-ledger", 0), Partition("orders-ledger", 1))
IDS = Acl(
    ResourceType.TRANSACTIONAL_ID,
    "bank-",
    PatternType.PREFIXED,
    "User:bank",
    "*",
    "WRITE",
    Permission.ALLOW,
)
UNITS = ("writer", "bank")


def bank_spec(**changes: Any) -> dict[str, Any]:
    """The bank's unit."""
    return {
        **unit_spec("bank", "Both", 20),
        "topics": {"writes": ["orders-ledger"], "reads": ["orders"]},
        "fence": {"transactionalIds": ["bank-0"]},
        **changes,
    }


class Banked(Planted):
    """A writer and a bank, both ways."""

    def __post_init__(self) -> None:
        """Ledger, rights and the bank's unit in the reader's place."""
        self.way_back = True
        super().__post_init__()
        del self.objects["reader"]
        bank = loaded("WorkloadCutover", "orders", "bank", bank_spec())
        self.objects.setdefault("bank", bank)
        if "bank" in self.replicas:
            return  # a copy
        self.replicas = {"writer": 1, "bank": 1}
        self.generation = {"writer": 0, "bank": 0}
        self.bindings = {"writer": "source", "bank": "source"}
        source = self.source
        source.topics["orders-ledger"] = topic("orders-ledger", "s-2")
        source.acls -= {acl("reader", "READ")}
        source.acls |= {acl("bank", "READ"), acl("bank", "WRITE", "orders-ledger"), IDS}
        source.high |= dict.fromkeys(LEDGER, 4)
        source.data |= dict.fromkeys(LEDGER, 2)
        source.records |= {p: [0, 1, 2] for p in LEDGER}

    def check(self) -> None:
        """One writer of the ledger, and never beside a mirror."""
        super().check()
        left, entered = (k.may_write("User:bank", "orders-ledger") for k in self._both)
        assert not (left and entered), f"two banks: {self.acts[-1]}"
        for kafka, writable in zip(self._both, (left, entered), strict=True):
            beside = kafka.may_write("User:mirror", "orders-ledger")
            assert not (writable and beside), f"bank beside mirror: {self.acts[-1]}"

    @property
    def _both(self) -> tuple[Kafka, Kafka]:
        return self.source, self.target

    def work(self) -> None:
        """The writer writes; the bank posts all but the last record, where its binding points."""
        self.write()
        side = self.bindings["bank"]
        assert side is not None
        assert self.replicas["bank"]
        kafka = self._side(side)
        assert kafka.may_write("User:bank", "orders-ledger")
        kafka.commits["orders"] = {p: Commit(kafka.records[p][-1]) for p in PARTITIONS}
        for partition in LEDGER:
            kafka.append(partition, 4, marker=1)
        self.copy()

    def hang(self) -> None:
        """The bank's last transaction stays open on the ledger."""
        kafka = self._side(self.bindings["bank"] or "source")
        kafka.stable[LEDGER[0]] = kafka.high[LEDGER[0]]
        kafka.high[LEDGER[0]] += 3

    def posted(self, side: str) -> list[int]:
        """Records of each partition that the bank has posted by its commit on a side."""
        kafka = self._side(side)
        commits = kafka.commits["orders"]
        return [bisect_left(kafka.records[p], commits[p].offset) for p in PARTITIONS]

    # ---- facts and acts of units that write different topics

    def _partitions(self, context: Context) -> tuple[Partition, ...]:
        assert isinstance(context, UnitContext)
        return context.partitions(context.writes)

    def _own_ends(self, context: Context, side: str) -> Settled:
        every, wanted = self._side(side).ends(), self._partitions(context)
        ends = Ends({p: every.high[p] for p in wanted}, {p: every.stable[p] for p in wanted})
        still = self.window_seconds if ends.high == ends.stable else 0.0
        return Settled(ends, self.window_seconds, still, self.moved)

    def _leaving_ends(self, context: Context) -> Settled:
        assert isinstance(context, UnitContext)
        return self._own_ends(context, context.leaving)

    def _entering_ends(self, context: Context) -> Settled:
        assert isinstance(context, UnitContext)
        return self._own_ends(context, context.entering)

    def _leaving_last_data(self, context: Context) -> Mapping[Partition, int | None]:
        assert isinstance(context, UnitContext)
        data = self._side(context.leaving).data
        return {p: data.get(p) for p in self._partitions(context)}

    def _leaving_probes(self, context: Context) -> tuple[Probe, ...]:
        assert isinstance(context, UnitContext)
        return self._asked(context, context.leaving, [w.name for w in context.writers])

    def _entering_probes(self, context: Context) -> tuple[Probe, ...]:
        assert isinstance(context, UnitContext)
        return self._asked(context, context.entering, [w.name for w in context.writers])

    def _onward_mirror_probes(self, context: Context) -> tuple[Probe, ...]:
        assert isinstance(context, UnitContext)
        return self._asked(context, context.entering, ["mirror"])

    def _return_mirror_probes(self, context: Context) -> tuple[Probe, ...]:
        assert isinstance(context, UnitContext)
        return self._asked(context, context.leaving, ["mirror"])

    def _asked(self, context: Context, side: str, users: list[str]) -> tuple[Probe, ...]:
        kafka = self._side(side)
        return tuple(
            Probe(
                f"User:{user}",
                1,
                partition,
                ProbeResult.ALLOWED
                if kafka.may_write(f"User:{user}", partition.topic)
                else ProbeResult.DENIED,
            )
            for user in users
            for partition in self._partitions(context)
        )

    def _leaving_groups(self, context: Context) -> Mapping[str, Group]:
        assert isinstance(context, UnitContext)
        running = bool(self.replicas["bank"]) and self.bindings["bank"] == context.leaving
        members = ("bank",) if running else self._side(context.leaving).members
        state = "STABLE" if members else "EMPTY"
        groups = context.spec.consumer_groups
        return {g.name: Group(g.name, state, members) for g in groups}


def _watched(planted: Banked, end: str) -> tuple[Visit, ...]:
    """Go on until both units work on a step; every state before a tick on the way."""
    seen = []
    for _ in range(400):
        for name in planted.objects:
            planted._approved()
            before = copied(planted)
            entry = planted.tick(name).entry
            seen.append(Visit(before, name, None if entry is None else entry.kind))
        if all(planted.status(name).get("workingStep") == end for name in UNITS):
            return (*seen, Visit(copied(planted), "bank"))
    raise AssertionError(f"never at {end}: {[planted.status(u)['message'] for u in UNITS]}")


def _worked(visits: tuple[Visit, ...]) -> tuple[Visit, ...]:
    """The last state once more, after something was written and posted."""
    planted = visits[-1].again()
    assert isinstance(planted, Banked)
    planted.work()
    return (*visits, replace(visits[-1], planted=planted))


@cache
def there() -> tuple[Visit, ...]:
    """The first move, begun with a record that the bank has not read yet."""
    planted = Banked()
    planted.work()
    return _worked(_watched(planted, "Completed"))


@cache
def back() -> tuple[Visit, ...]:
    """The way back."""
    planted = last(there())
    for name in UNITS:
        planted.change(name, desiredCluster="Source")
    return _worked(_watched(planted, "RolledBack"))


@cache
def again() -> tuple[Visit, ...]:
    """The second move."""
    planted = last(back())
    for name in UNITS:
        planted.change(name, desiredCluster="ByWave", attempt=2)
    return _worked(_watched(planted, "Completed"))


def last(visits: tuple[Visit, ...]) -> Banked:
    """A copy of the last state."""
    planted = visits[-1].again()
    assert isinstance(planted, Banked)
    return planted
