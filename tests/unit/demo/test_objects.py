"""What the driver takes for reached, held, open or stalled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from kmig_demo.objects import (
    gate,
    not_ready,
    problems,
    return_blocker,
    stage_blocker,
    stages,
    stalled,
    steps,
    unit_blocker,
)

CRD = Path(__file__).parents[3] / "crds" / "kafkamigrations.kafka-migration.io.yaml"


def shown(ready: str = "True", generation: int = 2, **status: Any) -> dict[str, Any]:
    condition = {
        "type": "Ready",
        "status": ready,
        "reason": "Progressing",
        "message": "copying",
        "observedGeneration": generation,
    }
    return {
        "kind": "KafkaMigration",
        "metadata": {"name": "m", "generation": 2},
        "status": {"conditions": [condition], **status},
    }


def test_an_object_without_status_is_not_ready() -> None:
    found = {"kind": "KafkaMigration", "metadata": {"name": "m", "generation": 1}}
    assert stage_blocker(found, "Replicating") == "stage none; no condition yet"


def test_ready_for_an_older_spec_is_not_ready() -> None:
    assert not_ready(shown(generation=1)) == "the operator has not seen the present spec"


def test_a_stage_is_reached_when_it_is_shown_and_ready() -> None:
    assert stage_blocker(shown(stage="Replicating"), "Replicating") == ""


def test_an_earlier_stage_blocks_with_the_words_of_ready() -> None:
    words = stage_blocker(shown(ready="False", stage="TargetPrepared"), "Replicating")
    assert words == "stage TargetPrepared; Ready=False Progressing: copying"


def test_stalled_counts_for_the_present_spec_only() -> None:
    found = shown(stage="TargetPrepared")
    entry = {"type": "Stalled", "status": "True", "reason": "TopicConflict"}
    found["status"]["conditions"].append({**entry, "observedGeneration": 2})
    assert stalled(found) == "KafkaMigration m is stalled: Stalled=True TopicConflict"
    found["metadata"]["generation"] = 3
    assert stalled(found) == ""


def test_problems_are_shown_in_one_line_each() -> None:
    entry = {"code": "ContentDiffers", "subject": "topic/orders", "message": "orders-3: MISSING"}
    found = shown(problems=[entry])
    assert problems(found) == ["ContentDiffers topic/orders: orders-3: MISSING"]


def test_a_gate_without_a_digest_or_of_another_stage_is_none() -> None:
    assert gate(shown(gate={"stage": "CutOver"}), "CutOver") == {}
    assert gate(shown(gate={"stage": "TargetPrepared", "digest": "sha256:1"}), "CutOver") == {}


def test_a_gate_counts_for_the_spec_that_it_was_made_for() -> None:
    """It covers the units: approving an older reading of it opens nothing."""
    seen = {"stage": "CutOver", "digest": "sha256:1"}
    assert gate(shown(observedGeneration=2, gate=seen), "CutOver") == seen
    assert gate(shown(observedGeneration=1, gate=seen), "CutOver") == {}


def test_a_unit_is_there_when_it_is_on_the_target_and_ready() -> None:
    assert unit_blocker(shown(activeCluster="Target")) == ""
    blocked = unit_blocker(shown(activeCluster="Source", workingStep="Fence"))
    assert blocked.startswith("Fence on Source")


def test_a_rollback_is_over_when_it_rests_on_the_source() -> None:
    """A unit that is on the source because it never left is not back."""
    assert return_blocker(shown(activeCluster="Source", workingStep="RolledBack")) == ""
    for cluster, step in (("Target", "Completed"), ("Source", "Resume"), ("Source", "Prepare")):
        assert return_blocker(shown(activeCluster=cluster, workingStep=step)).startswith(step)


def test_the_stages_are_those_of_the_installed_kind() -> None:
    crd = yaml.safe_load(CRD.read_text(encoding="utf-8"))
    assert stages(crd)[:2] == ["InventoryFrozen", "TargetPrepared"]


def test_steps_are_shown_with_the_seconds_that_they_took() -> None:
    entry = {
        "name": "Fence",
        "state": "Succeeded",
        "startTime": "2026-01-01T10:00:00Z",
        "completionTime": "2026-01-01T10:00:01.500000Z",
        "message": "12 partitions",
    }
    running = {"name": "CatchUp", "state": "Running", "startTime": "2026-01-01T10:00:02Z"}
    lines = steps(shown(steps=[entry, running]))
    assert lines == ["Fence Succeeded 1.5 s: 12 partitions", "CatchUp Running"]
