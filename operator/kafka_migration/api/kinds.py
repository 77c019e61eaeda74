"""The two kinds as Kubernetes sees them: names, rules across spec and status, printer columns.

Called by `kafka_migration.gen`. What a field means stands at the field, in the models.
"""

from __future__ import annotations

from typing import Final

from kafka_migration.api.base import GROUP, VERSION
from kafka_migration.api.crd import Column, Definition
from kafka_migration.api.cutover import WorkloadCutoverSpec
from kafka_migration.api.migration import KafkaMigrationSpec
from kafka_migration.api.status import KafkaMigrationStatus, WorkloadCutoverStatus

_READY: Final = Column(
    "Ready", '.status.conditions[?(@.type=="Ready")].status', "True at every hold and at the end."
)
_AGE: Final = Column("Age", ".metadata.creationTimestamp", "Since it was created.", type="date")
_MESSAGE: Final = Column("Message", ".status.message", "What goes on, what comes next.", wide=True)

KAFKA_MIGRATION: Final = Definition(
    group=GROUP,
    version=VERSION,
    kind="KafkaMigration",
    plural="kafkamigrations",
    short_name="kmig",
    spec=KafkaMigrationSpec,
    status=KafkaMigrationStatus,
    description="Moves applications from one Kafka cluster to another, stage by stage, with proof. "
    "Nothing is written on the target before the plan's digest is approved.",
    rules=tuple(KafkaMigrationSpec.ROOT_RULES),
    columns=(
        Column("Stage", ".status.stage", "Highest stage reached."),
        Column("Desired", ".spec.desiredStage", "How far to go."),
        Column("Phase", ".status.phase", "Summary."),
        Column("Workloads", ".status.workloads.summary", "Units on the target / all units."),
        Column("Lag", ".status.replication.maxLagSeconds", "Worst lag, seconds.", type="integer"),
        _READY,
        _AGE,
        Column("Plan", ".status.plan.digest", "Digest of the plan.", wide=True),
        Column("Paused", ".spec.paused", "Whether it is paused.", type="boolean", wide=True),
        _MESSAGE,
    ),
)

WORKLOAD_CUTOVER: Final = Definition(
    group=GROUP,
    version=VERSION,
    kind="WorkloadCutover",
    plural="workloadcutovers",
    short_name="wco",
    spec=WorkloadCutoverSpec,
    status=WorkloadCutoverStatus,
    description="The workloads that stop and move at one instant, and the topics that only they "
    "write. Lives with the application; names its KafkaMigration.",
    rules=tuple(WorkloadCutoverSpec.ROOT_RULES),
    columns=(
        Column("Workload", ".status.workload", "What moves."),
        Column("Wave", ".spec.wave", "Released by the migration's throughWave.", type="integer"),
        Column("Active", ".status.activeCluster", "Where the unit is."),
        Column("Desired", ".status.effectiveDesiredCluster", "Where it should be."),
        Column("Step", ".status.workingStep", "Step being worked on."),
        Column("Direction", ".status.direction", "Forward, or reverse: the way back.", wide=True),
        _READY,
        _AGE,
        _MESSAGE,
    ),
)

DEFINITIONS: Final = (KAFKA_MIGRATION, WORKLOAD_CUTOVER)
