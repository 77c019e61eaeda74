"""A small migration with a writer and a reader, and the world that decisions are made about.

`Planted` answers every fact from plain values that a test may change, and carries actions out on
them at once. No clock, no I/O: a whole move runs in milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tests.unit.decide.planted_acts import Acts
from tests.unit.decide.planted_clusters import Mind
from tests.unit.decide.planted_facts import not_known
from tests.unit.decide.planted_specs import (
    NOW,
    PARTITIONS,
    ROUNDS,
    TICK_SECONDS,
    Context,
    acl,
    authentication,
    loaded,
    migration_spec,
    parsed,
    topic,
    unit_spec,
)

from kafka_migration.api.cutover import WorkloadCutoverSpec
from kafka_migration.api.migration import KafkaMigrationSpec
from kafka_migration.decide.context import Elapsed, MigrationContext, UnitContext
from kafka_migration.decide.cutover import decide_unit
from kafka_migration.decide.decision import Decision
from kafka_migration.decide.leg import working_leg, working_spec
from kafka_migration.decide.migration import decide_migration
from kafka_migration.decide.permission import MOVING
from kafka_migration.decide.tasks import Need
from kafka_migration.model.entries import EntryKind, Journal
from kafka_migration.model.facts import Fact, Facts

__all__ = [
    "NOW",
    "PARTITIONS",
    "Planted",
    "acl",
    "authentication",
    "loaded",
    "migration_spec",
    "not_known",
    "parsed",
    "topic",
    "unit_spec",
]


class Planted(Acts):
    """The world with its ticks: decide, record, act, and check what must hold."""

    def change(self, name: str, **spec: Any) -> None:
        """Change fields of a spec."""
        thing = self.objects[name]
        self.objects[name] = replace(thing, spec={**thing.spec, **spec})

    def status(self, name: str) -> Mapping[str, Any]:
        return self.objects[name].status

    def put_status(self, name: str, **fields: Any) -> None:
        """Change fields of a status; None takes one away."""
        thing = self.objects[name]
        status = {k: v for k, v in {**thing.status, **fields}.items() if v is not None}
        self.objects[name] = replace(thing, status=status)

    def ready(self, name: str) -> tuple[str, str]:
        """Status and reason of Ready."""
        found = next(c for c in self.status(name)["conditions"] if c["type"] == "Ready")
        return found["status"], found["reason"]

    def kinds(self, name: str) -> list[EntryKind]:
        return [entry.kind for entry in self.journals.get(name, ())]

    def context(self, name: str) -> Context:
        """The object as reconcile would hand it to decide, without facts."""
        thing, mind = self.objects[name], self.mind(name)
        journal = Journal(self.journals.get(name, ()))
        pause = 0.0 if mind.drained_at is None else mind.seconds - mind.drained_at
        elapsed = Elapsed(in_step=mind.in_step, in_pause=pause, since_freeing=self.since_freeing)
        if thing.key.kind == "KafkaMigration":
            spec = parsed(thing.spec, KafkaMigrationSpec)
            return MigrationContext(
                thing, spec, journal, elapsed=elapsed, answered=mind.answered, failure=mind.failure
            )
        migration = self.context("leave")
        assert isinstance(migration, MigrationContext)
        unit = parsed(thing.spec, WorkloadCutoverSpec)
        step = thing.status.get("workingStep")
        leg = working_leg(unit.attempt, thing.status)
        unit, changed = working_spec(unit, journal, leg, moving=step in MOVING)
        return UnitContext(
            thing,
            unit,
            journal,
            replace(migration, answered=frozenset(), failure=None),
            elapsed=elapsed,
            answered=mind.answered,
            failure=mind.failure,
            attempt=leg.attempt,
            changed=changed,
            direction=leg.direction,
        )

    def decide(self, name: str) -> tuple[Decision, set[str]]:
        """One decision of a process that remembers no facts, and the names of those it needed."""
        values: dict[str, Any] = {}
        decision, _ = self._decided(self.context(name), values)
        return decision, set(values)

    def tick(self, name: str) -> Decision:
        """Decide, record, act; what the last tick of this step asked for is read at once."""
        mind, values = self.mind(name), dict[str, Any]()
        context = replace(self.context(name), facts=Facts(values))
        for fact in mind.needed:  # one may be read from those before it
            values[fact.name] = self.fact(fact, context)
        decision, mind.needed = self._decided(context, values)
        self.carry_out(name, decision)
        return decision

    def _decided(
        self, context: Context, values: dict[str, Any]
    ) -> tuple[Decision, tuple[Fact[Any], ...]]:
        """A decision, and all that it asked for; what it needs is put beside what is known."""
        for _ in range(ROUNDS):
            context = replace(context, facts=Facts(dict(values)))
            if isinstance(context, MigrationContext):
                decided = decide_migration(context, NOW)
            else:
                decided = decide_unit(context, NOW)
            if isinstance(decided, Decision):
                return decided, tuple(context.facts.asked.values())
            assert isinstance(decided, Need)
            assert not [f for f in decided.facts if f.name in values], "asked twice"
            values |= {f.name: self.fact(f, context) for f in decided.facts}
        raise AssertionError(f"asked more than {ROUNDS} times")

    def carry_out(self, name: str, decision: Decision) -> None:
        assert decision.entry is None or decision.action is None, "entry and act never together"
        mind = self.mind(name)
        mind.seconds, mind.in_step = mind.seconds + TICK_SECONDS, mind.in_step + TICK_SECONDS
        self.objects[name] = replace(self.objects[name], status=decision.status)
        if decision.entry is not None:
            entry = replace(decision.entry, at=NOW)
            self.journals[name] = (*self.journals.get(name, ()), entry)
            if entry.kind is EntryKind.DRAINING:
                mind.drained_at = mind.seconds
        if decision.moved:
            mind.answered, mind.failure, mind.in_step = frozenset(), None, 0.0
            mind.needed = ()
        elif decision.entry is not None:
            mind.answered = frozenset()
        if decision.action is not None:
            self.perform(name, decision.action)
        if self.checked:
            self.check()

    def check(self) -> None:
        """What must hold after every tick (design 6: S1, S6, S8)."""
        left = self.source.may_write("User:writer", "orders")
        entered = self.target.may_write("User:writer", "orders")
        assert not (left and entered), f"two writers: {self.acts[-1]}"
        mirrored = self.target.may_write("User:mirror", "orders")
        assert not (entered and mirrored), f"writer beside mirror: {self.acts[-1]}"
        mirrored_back = self.source.may_write("User:mirror", "orders")
        assert not (left and mirrored_back), f"writer beside return mirror: {self.acts[-1]}"
        running = [c for c in self.connectors.values() if c.state == "RUNNING"]
        listed = [t for c in running for t in c.topics]
        assert len(listed) == len(set(listed)), f"a topic is copied twice or both ways: {running}"
        approved = EntryKind.APPROVED in self.kinds("leave")
        assert approved or not self.acts, f"before an approval: {self.acts}"

    def restart(self) -> None:
        """The process starts again: everything that it remembered is gone."""
        self.minds = {
            name: Mind(seconds=mind.seconds, drained_at=mind.drained_at)
            for name, mind in self.minds.items()
        }

    def run(self, until: Callable[[], bool], ticks: int = 400) -> None:
        """Tick everything in turn until something holds."""
        for _ in range(ticks):
            for name in self.objects:
                if until():
                    return
                self.tick(name)
        stand = {name: self.status(name).get("message") for name in self.objects}
        raise AssertionError(f"never came true; now {stand}")

    def approve(self) -> None:
        """Approve the gate that the migration is at."""
        gate = self.status("leave")["gate"]
        self.change("leave", approval={"stage": gate["stage"], "digest": gate["digest"]})

    def approve_again(self) -> None:
        """The gate of CutOver as it is after units came or changed, if they did."""
        self.tick("leave")
        if self.status("leave").get("gate"):
            self.approve()
            self.tick("leave")

    def run_until_step(self, name: str, step: str) -> None:
        """Go on, approving every gate, until a unit works on a step."""
        self.run(lambda: self._approved() and self.status(name).get("workingStep") == step)

    def _approved(self) -> bool:
        if self.status("leave").get("phase") == "AwaitingApproval":
            self.approve()
        return True
