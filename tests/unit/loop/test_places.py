"""Place probes: started with the entering side's question, read with their age."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.loop.fake_world import FakeWorld, unit

from kafka_migration.act import act
from kafka_migration.adapters.kafka.place import run
from kafka_migration.decide.context import UnitContext
from kafka_migration.model import facts
from kafka_migration.model.actions import StartPlaceProbe
from kafka_migration.model.facts import PlaceAnswer
from kafka_migration.model.kubernetes import PlaceProbe, Pod, ProbePod, Workload
from kafka_migration.observe import observe

START = StartPlaceProbe("place", "writer", "node-1", "app")


def started(fake: FakeWorld, context: UnitContext) -> PlaceProbe:
    act(fake.world, context, START)
    ((name, namespace, probe),) = fake.workloads.calls
    assert (name, namespace) == ("start_place_probe", "orders")
    assert isinstance(probe, PlaceProbe)
    return probe


def as_reader(context: UnitContext) -> UnitContext:
    workload = context.spec.workloads[0].model_copy(update={"role": "Reader"})
    return replace(context, spec=context.spec.model_copy(update={"workloads": [workload]}))


def test_it_asks_the_entering_side_with_the_mounted_password_only(fake: FakeWorld) -> None:
    probe = started(fake, unit())
    assert (probe.secret, probe.key) == ("app-target", "password")
    assert (probe.node, probe.service_account) == ("node-1", "app")
    question = json.loads(probe.question)
    assert question == {
        "bootstrap": "target:9092",
        "mechanism": "PLAIN",
        "username": "app",
        "ca": "CA target\n",
        "topics": [],  # a writer gets its rights with the move
        "groups": [],
    }
    assert "pw-" not in repr(probe)


def test_a_reader_looks_at_its_topics_and_groups(fake: FakeWorld) -> None:
    question = json.loads(started(fake, as_reader(unit())).question)
    assert (question["topics"], question["groups"]) == (["orders"], ["group"])


def test_the_program_in_the_pod_understands_the_question(
    fake: FakeWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kafka_migration.adapters.kafka.place.ask", lambda *_: 1)
    (tmp_path / "question").write_text(started(fake, unit()).question)
    (tmp_path / "password").write_text("pw")
    assert run(tmp_path / "question", tmp_path / "password", tmp_path / "log") == 0


def test_their_age_is_told_once_they_ended(fake: FakeWorld) -> None:
    pods = tuple(
        Pod(node, node, node, "Running", ready=True, deleting=False, ready_time=None)
        for node in ("node-1", "node-1", "node-2", "node-3")
    )
    fake.workloads.answers["read"] = Workload("uid", 4, "app=x", pods, frozenset())
    ended = ProbePod("1", "node-1", "Succeeded", "{}", "2029-12-31T23:59:50Z")
    running = ProbePod("2", "node-2", "Running", None)
    known = {"kmig-place-bbbbbbbb-0-node-1": ended, "kmig-place-bbbbbbbb-0-node-2": running}
    fake.workloads.answers["probe"] = lambda _, name: known.get(name)
    found = observe(fake.world, unit(), [facts.PLACE_PROBES])["place-probes"]
    assert isinstance(found, dict)
    assert list(found.values()) == [PlaceAnswer(ended, 10.0), PlaceAnswer(running), None]


def test_transactions_that_stay_open_are_those_of_the_first_look(fake: FakeWorld) -> None:
    from tests.unit.loop.fake_world import ORDERS

    def held() -> object:
        return observe(fake.world, unit(), [facts.HELD_TRANSACTIONS])["held-transactions"]

    fake.source.high, fake.source.stable = {ORDERS: 10}, {ORDERS: 7}
    assert held() == {ORDERS: 7}
    fake.source.high = {ORDERS: 12}
    assert held() == {ORDERS: 7}
    fake.source.stable = {ORDERS: 9}  # that one ended, the next one is open
    assert held() == {}
    fake.memory.for_key(unit().loaded.key).reset_step("Preflight")
    assert held() == {ORDERS: 9}
