"""What was seen copied is kept for the next process: when, by whom, and how much."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

from tests.unit.loop.expired_logs import (
    KEPT,
    planted,
    rest,
    restart,
    wrong,
)
from tests.unit.loop.fake_world import MIGRATION_KEY, FakeWorld, migration, unit

from kafka_migration import covered_copies, reconcile
from kafka_migration.decide.decision import Decision
from kafka_migration.errors import Refused
from kafka_migration.mirror_memory import MOST_KEPT_BYTES, PAIR_BYTES, RESTED_SECONDS, Coverage
from kafka_migration.model.kafka import Partition
from kafka_migration.model.reasons import Reason
from kafka_migration.recording import keep_copied


def test_nothing_is_written_for_a_partition_before_it_rests_and_none_again(fake, monkeypatch):
    planted(fake, 17, 17, (0, 20))
    wrong(fake)
    rest(fake, RESTED_SECONDS - 1)
    planted(fake, 20, 20, (0, 22))
    wrong(fake)
    rest(fake, RESTED_SECONDS - 1)
    assert fake.register.copied == {}
    rest(fake, 1.0)
    assert fake.register.copied["forward"] == {"orders": {"0": "20 22"}}
    monkeypatch.setattr(fake.register, "write", None)
    wrong(fake)
    rest(fake)
    restart(fake)
    wrong(fake)
    rest(fake)


def test_nothing_is_kept_where_c_says_it_all(fake):
    planted(fake, 19, 19, (0, 20))
    wrong(fake)
    rest(fake)
    assert fake.register.copied == {}


def test_it_is_written_under_the_lease_and_by_the_migration_only(fake):
    planted(fake, 17, 17, (0, 20))
    wrong(fake)
    fake.clock.advance(RESTED_SECONDS)
    keep_copied(fake.world, unit())
    fake.lease.held = False
    keep_copied(fake.world, migration())
    assert fake.register.copied == {}


def test_what_cannot_be_kept_disturbs_no_tick_and_is_tried_again_later(fake, monkeypatch):
    asked = []

    def refuse(*_: Any) -> None:
        asked.append(fake.clock.monotonic())
        raise Refused(Reason.NOT_AUTHORIZED, "no right to write it")

    planted(fake, 17, 17, (0, 20))
    wrong(fake)
    with monkeypatch.context() as patch:
        patch.setattr(fake.register, "write", refuse)
        rest(fake)
        rest(fake, RESTED_SECONDS - 1)
        assert len(asked) == 1
    rest(fake, 1.0)
    assert fake.register.copied == KEPT


def test_a_tick_keeps_it_after_all_else(fake, monkeypatch):
    app: Any = SimpleNamespace(world=lambda: fake.world, related=lambda _: ())
    fake.store.answers["load"] = migration().loaded
    monkeypatch.setattr(reconcile, "release", lambda *_: None)
    monkeypatch.setattr(reconcile, "migration_context", lambda *_, **__: migration())
    monkeypatch.setattr(reconcile, "_decide", lambda _, context: (context, Decision(status={})))
    monkeypatch.setattr(reconcile, "_carry_out", lambda *_: wrong(fake) or 7.0)
    planted(fake, 17, 17, (0, 20))
    assert reconcile.tick(app, MIGRATION_KEY) == 7.0
    fake.clock.advance(RESTED_SECONDS)
    assert fake.register.copied == {}
    assert reconcile.tick(app, MIGRATION_KEY) == 7.0
    assert fake.register.copied == KEPT


def test_of_very_many_partitions_those_are_kept_that_rest_for_the_longest():
    """Two directions fill no ConfigMap: what is kept is bounded in bytes, as it is written."""
    longest, most = "t" * 249, 2**62
    coverage, other = Coverage(), Coverage()
    for each in (coverage, other):
        each.recall({})
        for number in range(MOST_KEPT_BYTES // PAIR_BYTES):
            each.cover(
                {Partition(longest, number): most}, {Partition(longest, number): most + 5}, -number
            )
    kept = coverage.to_keep()
    assert Partition(longest, 0) not in kept
    assert Partition(longest, MOST_KEPT_BYTES // PAIR_BYTES - 1) in kept
    fake = FakeWorld()
    covered_copies.write(
        fake.world.register, migration().loaded, {"forward": kept, "reverse": other.to_keep()}
    )
    assert len(json.dumps(fake.register.copied)) < 2 * MOST_KEPT_BYTES
    coverage.keeps(kept)
    assert not coverage.rests(RESTED_SECONDS)
