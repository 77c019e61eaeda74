"""Status of both kinds: what `kubectl get`, `describe` and `kmig status` show.

Called by the CRD generator (an API server prunes every field that is not here) and by readers of
status. Written only from a decision. It holds counts, digests and the top problems; vectors and
lists of names belong into the journal's shards.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from kafka_migration.api.base import StatusModel

Digest = Annotated[str, Field(max_length=71)]
Short = Annotated[str, Field(max_length=253)]
Message = Annotated[str, Field(max_length=4096)]


def list_map(*keys: str) -> dict[str, Any]:
    """Schema extension of a list whose items have an identity."""
    return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": list(keys)}


_CONDITIONS: Final = list_map("type")


class Condition(StatusModel):
    """One observation with its reason; the shape of metav1.Condition."""

    type: Annotated[str, Field(max_length=316)] = Field(description="Name of the condition.")
    status: Literal["True", "False", "Unknown"] = Field(description="True, False or Unknown.")
    observed_generation: int = Field(default=0, description="metadata.generation it is about.")
    last_transition_time: datetime = Field(description="When status last changed.")
    reason: Annotated[str, Field(min_length=1, max_length=1024)] = Field(
        description="One word from the list in docs/reasons.md."
    )
    message: Annotated[str, Field(max_length=32768)] = Field(
        default="", description="The case in words; ends with what to do, if anything."
    )


class Problem(StatusModel):
    """Something that keeps a gate closed."""

    reason: Short = Field(description="Reason, as acknowledgements name it.")
    subject: Annotated[str, Field(max_length=300)] = Field(description="What it is about.")
    message: Message = Field(default="", description="The case in words; ends with what to do.")


class Gate(StatusModel):
    """What an approval must repeat to open the way."""

    stage: Short = Field(description="The stage behind the gate.")
    digest: Digest = Field(description="Digest of what is approved.")
    summary: Message = Field(default="", description="What it would do, in one line.")


class JournalHead(StatusModel):
    """The end of the chain of irrevocable facts; only what is named here is decided."""

    head: Annotated[str, Field(max_length=71)] = Field(description="Digest of the last entry.")
    entries: int = Field(description="Length of the chain.")


class Progress(StatusModel):
    """One stage or step and how it went."""

    name: Short = Field(description="Name of the stage or step.")
    state: Literal["Pending", "Running", "Succeeded", "Failed", "Skipped"] = Field(
        description="Where it stands. Pending with a reason: next, and not at work now."
    )
    start_time: datetime | None = Field(default=None, description="When it began.")
    completion_time: datetime | None = Field(default=None, description="When it ended.")
    reason: Annotated[str, Field(max_length=1024)] = Field(default="", description="Why.")
    message: Message = Field(default="", description="The case in words.")


class ClusterIds(StatusModel):
    """Which clusters these are; another id later is ClusterIdentityChanged."""

    source_id: Short = Field(default="", description="Cluster id of the source.")
    target_id: Short = Field(default="", description="Cluster id of the target.")


class InventorySummary(StatusModel):
    """The frozen inventory in numbers; all of it is in the journal."""

    topics: int = Field(default=0, description="Topics in scope.")
    partitions: int = Field(default=0, description="Their partitions.")
    groups: int = Field(default=0, description="Consumer groups in scope.")
    acls: int = Field(default=0, description="ACLs of the source that reach them.")


class PlanSummary(StatusModel):
    """The plan in numbers; all of it is in the journal."""

    digest: Digest = Field(description="Digest of the plan.")
    topics: int = Field(default=0, description="Topics to create on the target.")
    source_acls: int = Field(default=0, description="ACLs to add on the source.")
    target_acls: int = Field(default=0, description="ACLs to add on the target.")


class ReplicationSummary(StatusModel):
    """The bulk mirror in numbers, rounded so that status is not written for nothing."""

    max_lag_seconds: int | None = Field(default=None, description="Worst lag of a topic.")


class WorkloadCounts(StatusModel):
    """Units by where they are."""

    summary: Short = Field(default="", description="onTarget/total.")
    total: int = Field(default=0, description="WorkloadCutovers of this migration.")
    on_target: int = Field(default=0, description="Of these, on the target.")


class CommonStatus(StatusModel):
    """What both kinds report."""

    observed_generation: int | None = Field(
        default=None, description="metadata.generation that this status is about."
    )
    phase: Short | None = Field(
        default=None,
        description="Summary for people; more values may be added. Pending, Progressing, Holding, "
        "AwaitingApproval, Paused, Degraded, RollingBack, RolledBack, BackingOut, Completed.",
    )
    message: Message | None = Field(
        default=None, description="What is going on and what comes next."
    )
    journal: JournalHead | None = Field(default=None, description="End of the journal.")
    problems: Annotated[list[Problem], Field(max_length=20)] = Field(
        default_factory=list, description="The most important problems; all are in the report."
    )
    conditions: Annotated[list[Condition], Field(max_length=32)] = Field(
        default_factory=list, description="Observations.", json_schema_extra=_CONDITIONS
    )


class KafkaMigrationStatus(CommonStatus):
    """How far the migration is, and what it waits for."""

    stage: Short | None = Field(default=None, description="Highest stage reached.")
    working_stage: Short | None = Field(default=None, description="Stage being worked on.")
    gate: Gate | None = Field(default=None, description="What an approval must repeat.")
    clusters: ClusterIds | None = Field(default=None, description="The two clusters.")
    inventory: InventorySummary | None = Field(default=None, description="The inventory.")
    plan: PlanSummary | None = Field(default=None, description="The plan.")
    replication: ReplicationSummary | None = Field(default=None, description="The bulk mirror.")
    rollback_until: Short | None = Field(
        default=None,
        description="When retention, compaction or offset expiry takes the first thing that a way "
        "back needs. Unknown: a setting could not be read. Absent: nothing limits it.",
    )
    workloads: WorkloadCounts | None = Field(default=None, description="The units.")
    stages: Annotated[list[Progress], Field(max_length=16)] = Field(
        default_factory=list, description="Stages.", json_schema_extra=list_map("name")
    )


class Pause(StatusModel):
    """The write pause, measured: first workload scaled down to first ready writer."""

    total_seconds: float | None = Field(default=None, description="All of it.")
    application_seconds: float | None = Field(
        default=None, description="Share of the application: stopping and starting."
    )
    settle_seconds: float | None = Field(default=None, description="Share of the settle window.")
    operator_seconds: float | None = Field(default=None, description="Share of the operator.")


class TranslatedOffsets(StatusModel):
    """Where the unit's consumer groups begin on the side entered, as promised before they do."""

    grade: Literal["Exact", "Safe", "SafeCompacted"] | None = Field(
        default=None, description="The weakest promise of all partitions of all groups."
    )
    replay_records: int | None = Field(
        default=None, description="How many records at most are read again, of all groups together."
    )


class WorkloadCutoverStatus(CommonStatus):
    """Where the unit is, and what it waits for."""

    active_cluster: Literal["Source", "Target"] | None = Field(
        default=None, description="Where the unit is."
    )
    effective_desired_cluster: Literal["Source", "Target"] | None = Field(
        default=None, description="Where it should be, waves considered."
    )
    attempt: int | None = Field(default=None, description="Attempt that this is about.")
    direction: Literal["forward", "reverse"] | None = Field(
        default=None, description="forward: to the target; reverse: the way back of this attempt."
    )
    workload: Short | None = Field(default=None, description="The workloads in one line.")
    working_step: Short | None = Field(default=None, description="Step being worked on.")
    waiting_for: Short | None = Field(default=None, description="Reason of the open task, if any.")
    steps: Annotated[list[Progress], Field(max_length=32)] = Field(
        default_factory=list, description="Steps.", json_schema_extra=list_map("name")
    )
    offsets: TranslatedOffsets | None = Field(
        default=None, description="The translated offsets of this leg, from TranslateOffsets on."
    )
    pause: Pause | None = Field(default=None, description="The write pause.")
