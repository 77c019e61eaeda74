"""The move: a writer, then its reader, from one real Kafka to the other, and all that is said."""

from __future__ import annotations

from tests.e2e.lifecycle import traces
from tests.e2e.moves import Moved, Moves
from tests.e2e.pair import require_whole

from kmig_demo.objects import MIGRATIONS, UNITS

CONDITIONS = {
    "Ready": "True OnTarget",
    "Reconciling": "False NotReconciling",
    "Stalled": "False NotStalled",
    "Succeeded": "True Completed",
    "Paused": "False NotPaused",
    "BindingAdopted": "True BindingAdopted",
}
TRANSLATED = {"OffsetsTranslated": "True OffsetsTranslated"}


def test_nothing_is_written_on_the_target_before_the_plan_is_approved(moves: Moves) -> None:
    """Neither inventory nor plan writes anything: topics and ACLs of the target stay as listed."""
    assert moves.on_target_at_the_gate == moves.on_target_before
    assert moves.on_target_before == set()
    assert len(moves.on_target_prepared) > len(moves.on_target_before)


def test_a_writer_and_a_reader_move_and_nothing_is_lost_repeated_or_read_again(
    moved: Moved,
) -> None:
    """Every acknowledged record against consumption and both logs: 0 lost, 0 twice, in order."""
    require_whole(moved.judgement)
    assert moved.judgement.pause.total is not None
    assert moved.judgement.rates["target"] > 0


def test_kubectl_wait_for_ready_returns_at_every_hold(moves: Moves, moved: Moved) -> None:
    """`kubectl wait --for=condition=Ready` succeeds wherever a migration or a unit holds."""
    held = [*moves.migration.holds, *moved.holds]
    stages = ("InventoryFrozen", "TargetPrepared", "Replicating", "Validated", "WaitingForWave")
    assert {line.split(":")[0] for line in held} >= {*stages, "OnTarget"}
    assert [line for line in held if not line.endswith("condition met")] == []


def test_conditions_tell_the_end_of_a_move(moved: Moved) -> None:
    """All conditions of both units, by status and reason; no trace of a programmer in any."""
    for unit, wanted in (
        (moved.writer, CONDITIONS),
        (moved.reader, CONDITIONS | TRANSLATED),
    ):
        found = {c["type"]: f"{c['status']} {c['reason']}" for c in unit["status"]["conditions"]}
        assert wanted.items() <= found.items()
        assert traces(unit) == []


def test_printer_columns_tell_where_migration_and_units_are(moves: Moves, moved: Moved) -> None:
    """`kubectl get` shows stage, phase and units on target; workload, wave, cluster and step."""
    kubectl, pair = moves.ground.kubectl, moved.pair
    migration = kubectl.run("-n", moves.migration.namespace, "get", MIGRATIONS)
    heads, values = (line.split() for line in migration.splitlines())
    assert heads == ["NAME", "STAGE", "DESIRED", "PHASE", "WORKLOADS", "LAG", "READY", "AGE"]
    assert values[2] == "CutOver"
    assert values[4].split("/")[0] >= "2"
    unit = kubectl.run("-n", pair.namespace, "get", UNITS, pair.writer.name)
    heads, values = (line.split() for line in unit.splitlines())
    assert heads == ["NAME", "WORKLOAD", "WAVE", "ACTIVE", "DESIRED", "STEP", "READY", "AGE"]
    name = pair.writer.name
    assert values[:7] == [name, name, str(pair.wave), "Target", "Target", "Completed", "True"]


def test_events_tell_the_steps_of_a_move(moves: Moves, moved: Moved) -> None:
    """Every step and every stage is an event of its object, and none is a warning."""
    told = moves.events(moved.pair.namespace, moved.pair.writer.name)
    steps = [entry["name"] for entry in moved.writer["status"]["steps"]]
    assert {f"{name}Entered" for name in steps[1:]} <= {event["reason"] for event in told}
    warnings = [event["message"] for event in told if event["type"] != "Normal"]
    assert warnings == []
    stages = moves.events(moves.migration.namespace, moves.migration.name)
    reached = {e["message"] for e in stages if e["reason"] == "StageReached"}
    assert {f"reached {s}" for s in ("InventoryFrozen", "TargetPrepared", "Validated")} <= reached
