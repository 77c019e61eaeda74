"""WorkloadCutover: what an application team writes to move its workloads."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from kafka_migration.api.base import (
    Acknowledgement,
    Identity,
    Name,
    SpecModel,
    Text,
    TopicName,
)


class MigrationRef(SpecModel):
    """The KafkaMigration that this unit belongs to."""

    namespace: Name = Field(description="Its namespace.")
    name: Name = Field(description="Its name.")


class Owner(SpecModel):
    """Who is called; required before a switch."""

    name: Annotated[str, Field(min_length=1, max_length=253)] = Field(description="Team.")
    contact: Text = Field(default="", description="Channel or address.")
    runbook_url: Text = Field(default="", description="Runbook.")


class Drain(SpecModel):
    """How a workload is stopped."""

    method: Literal["ScaleToZero"] = Field(
        default="ScaleToZero", description="ScaleToZero: replicas to 0, wait for pods gone."
    )
    timeout_seconds: Annotated[int, Field(ge=1, le=3600)] = Field(
        default=120, description="Longest drain before backing out."
    )


class Switch(SpecModel):
    """How a workload learns where to connect."""

    strategy: Literal["Binding"] = Field(
        default="Binding", description="Binding: a Secret owned by the operator is flipped."
    )


class Binding(SpecModel):
    """The Secret that the workload mounts, and its credentials on both sides."""

    secret_name: Name = Field(description="Name of the binding Secret in this namespace.")
    source: Identity = Field(description="The application's credentials on the source.")
    target: Identity = Field(description="The application's credentials on the target.")


class Workload(SpecModel):
    """One workload of the unit."""

    api_version: Literal["apps/v1"] = Field(default="apps/v1", description="API version.")
    kind: Literal["Deployment"] = Field(default="Deployment", description="Kind.")
    name: Name = Field(description="Name of the Deployment in this namespace.")
    role: Literal["Writer", "Reader", "Both"] = Field(
        description="Writer: writes topics.writes. Reader: reads topics.reads by consumerGroups. "
        "Both: reads and writes, as a read-process-write application does."
    )
    drain: Drain = Field(default_factory=Drain, description="How it is stopped.")
    switch: Switch = Field(default_factory=Switch, description="How it is switched.")
    binding: Binding = Field(description="Its binding Secret and credentials.")


class Topics(SpecModel):
    """What the unit does with topics."""

    writes: Annotated[list[TopicName], Field(max_length=1000)] = Field(
        default_factory=list, description="Topics that only this unit writes; they move with it."
    )
    reads: Annotated[list[TopicName], Field(max_length=1000)] = Field(
        default_factory=list, description="Topics that it reads."
    )


class ConsumerGroup(SpecModel):
    """A consumer group of the unit."""

    name: Annotated[str, Field(min_length=1, max_length=255)] = Field(description="group.id.")
    when_uncommitted: Literal["Refuse"] = Field(
        default="Refuse", description="A partition without a commit: Refuse."
    )
    minimum_grade: Literal["Exact", "Safe"] = Field(
        default="Exact",
        description="Exact: no record is skipped or read again. Safe: some may be read again.",
    )
    max_replay_records: Annotated[int, Field(ge=0, le=1_000_000_000)] = Field(
        default=1000, description="With Safe: so many records at most are read again, in total."
    )
    session_timeout_seconds: Annotated[int, Field(ge=1, le=86400)] | None = Field(
        default=None,
        description="How long a member that stops without leaving (killed, or static) holds the "
        "group: its session.timeout.ms. Counts in the pause forecast. Default: for a group with "
        "static members the brokers' group.max.session.timeout.ms, else members leave at once.",
    )


class Fence(SpecModel):
    """How writers are kept out of the leaving side."""

    mode: Literal["Acl"] = Field(default="Acl", description="Acl: DENY Write in the brokers.")
    extra_principals: Annotated[
        list[Annotated[str, Field(max_length=512, pattern=r"^User:.+$")]], Field(max_length=256)
    ] = Field(default_factory=list, description="Further principals to deny (User:name).")
    transactional_ids: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=255)]], Field(max_length=256)
    ] = Field(
        default_factory=list,
        description="Every transactional.id of the unit's workloads: when their pods are gone and "
        "the brokers refuse them, what one of these left open is aborted. Never ids of two-phase "
        "writers (Flink), whose open transactions hold what a checkpoint has promised. Ids that "
        "change at each start (Kafka Streams) cannot be named: what they leave open is waited for.",
    )


class Observation(SpecModel):
    """How long a switched unit is watched."""

    seconds: Annotated[int, Field(ge=0, le=31536000)] = Field(description="Seconds.")


_IMMUTABLE_REF = "self.spec.migrationRef == oldSelf.spec.migrationRef"


class WorkloadCutoverSpec(SpecModel):
    """The workloads that stop and move at one instant, and the topics that they write."""

    ROOT_RULES: ClassVar[list[dict[str, str]]] = [
        {
            "rule": _IMMUTABLE_REF,
            "message": "migrationRef is immutable; create another WorkloadCutover",
        },
    ]
    model_config = ConfigDict(title="WorkloadCutoverSpec")

    migration_ref: MigrationRef = Field(description="The migration; immutable.")
    owner: Owner | None = Field(default=None, description="Required before a switch.")
    workloads: Annotated[list[Workload], Field(min_length=1, max_length=64)] = Field(
        description="Workloads that move together.",
        json_schema_extra={
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
        },
    )
    topics: Topics = Field(description="Topics that the unit writes and reads.")
    consumer_groups: Annotated[list[ConsumerGroup], Field(max_length=256)] = Field(
        default_factory=list,
        description="Consumer groups of the unit.",
        json_schema_extra={
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
        },
    )
    fence: Fence = Field(default_factory=Fence, description="How writers are kept out.")
    pause_budget_seconds: Annotated[int, Field(ge=1, le=86400)] = Field(
        description="First workload scaled down to first ready writer; exceeded = back out."
    )
    wave: Annotated[int, Field(ge=1, le=100000)] = Field(
        description="Released when the migration's cutover.throughWave reaches it."
    )
    observation: Observation = Field(
        default_factory=lambda: Observation(seconds=60), description="How long it is watched."
    )
    desired_cluster: Literal["Source", "Target", "ByWave"] = Field(
        description="Where the unit should be: Source, Target, or by the migration's waves."
    )
    attempt: Annotated[int, Field(ge=1, le=100000)] = Field(
        default=1, description="Raise it to try again after a back-out."
    )
    acknowledgements: Annotated[list[Acknowledgement], Field(max_length=256)] = Field(
        default_factory=list, description="Problems that somebody takes upon themselves."
    )
