"""A settle window never begins before the last write is known to have been refused."""

from __future__ import annotations

import pytest
from tests.unit.loop.fake_world import ORDERS, FakeWorld, topic, unit

from kafka_migration.errors import Unavailable
from kafka_migration.model import facts
from kafka_migration.model.facts import Facts, Unknown
from kafka_migration.model.reasons import Reason
from kafka_migration.observe import observe


def stable_seconds(fake: FakeWorld) -> float:
    read = Facts(observe(fake.world, unit(), [facts.LEAVING_ENDS]))
    return read[facts.LEAVING_ENDS].stable_seconds


@pytest.mark.parametrize("missing", ["answer", "secret"])
def test_a_probe_without_an_answer_breaks_the_window(fake, monkeypatch, missing):
    """What is not known to be refused may be under way; only refused by all counts (3.5)."""

    def no_answer(*_):
        raise Unavailable(Reason.UNREACHABLE, "no answer")

    fake.source.present = {"orders": topic("orders")}
    fake.source.high = {ORDERS: 10}
    stable_seconds(fake)
    fake.clock.advance(3.0)
    with monkeypatch.context() as broken:
        if missing == "answer":
            broken.setattr(fake.source, "probe_writes", no_answer)
        else:
            broken.setattr(fake.secrets, "value", no_answer)
        found = observe(fake.world, unit(), [facts.LEAVING_PROBES])["leaving-probes"]
    assert isinstance(found, Unknown)
    fake.clock.advance(1.0)
    assert stable_seconds(fake) == 0.0
    fake.clock.advance(1.0)
    assert stable_seconds(fake) == 1.0
