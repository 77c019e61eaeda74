"""Deleting a unit never moves it; one that is on the target and could come back waits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.loop.fake_world import (
    MIGRATION_KEY,
    UNIT_KEY,
    FakeWorld,
    loaded,
    migration_spec,
    unit_spec,
)

from kafka_migration.api.base import FINALIZER
from kafka_migration.release import release


def released(
    fake: FakeWorld, step: str, cluster: str, reverse: str, stage: str = "CutOver"
) -> bool:
    spec = migration_spec()
    spec["replication"] = {**spec["replication"], "reverse": reverse}
    fake.store.answers["load"] = loaded(MIGRATION_KEY, "migration", spec, {"stage": stage})
    status = {"workingStep": step, "activeCluster": cluster}
    unit = loaded(UNIT_KEY, "unit", unit_spec(), status)
    release(fake.world, replace(unit, deleting=True, finalizers=(FINALIZER,)))
    return "set_finalizers" in [call[0] for call in fake.store.calls]


@pytest.mark.parametrize(
    ("step", "cluster", "reverse", "gone"),
    [
        ("Completed", "Target", "Enabled", False),
        ("BackedOut", "Target", "Enabled", False),
        ("Completed", "Target", "Disabled", True),
        ("RolledBack", "Source", "Enabled", True),
        ("Preflight", "Source", "Enabled", True),
        ("Fence", "Source", "Disabled", False),
    ],
)
def test_a_deleted_unit_goes_at_a_safe_point(fake, step, cluster, reverse, gone):
    assert released(fake, step, cluster, reverse) is gone


def test_after_completed_nothing_comes_back_and_nobody_waits_for_it(fake):
    assert released(fake, "Completed", "Target", "Enabled", stage="Completed")


def test_one_that_waits_says_how_to_end_it(fake):
    released(fake, "Completed", "Target", "Enabled")
    (event,) = [call[2] for call in fake.store.calls if call[0] == "publish"]
    assert "spec.desiredCluster to Source" in event.message
