"""KafkaMigration: what a platform team writes to leave one Kafka for another."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, ClassVar, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from pydantic import ConfigDict, Field, field_validator

from kafka_migration.api.base import (
    Acknowledgement,
    Authentication,
    Identity,
    Name,
    Pattern,
    SpecModel,
    Text,
    Tls,
)

Stage = Literal[
    "InventoryFrozen",
    "TargetPrepared",
    "Replicating",
    "Validated",
    "CutOver",
    "Completed",
    "Aborted",
]
GatedStage = Literal["TargetPrepared", "CutOver", "Completed"]

_SOME_DAY = datetime(2000, 1, 1, tzinfo=UTC)
_CRON_FIELDS = 5


class Cluster(SpecModel):
    """One Kafka cluster and the operator's own credentials on it."""

    bootstrap_servers: Annotated[str, Field(min_length=1, max_length=2048)] = Field(
        description="Comma separated host:port list."
    )
    authentication: Authentication = Field(description="The operator's own credentials.")
    tls: Tls | None = Field(
        default=None,
        description="CA certificates. Absent = plaintext, which blocks: PlaintextCredentials.",
    )


class Selection(SpecModel):
    """Full-match regular expressions; included and not excluded."""

    include: Annotated[list[Pattern], Field(max_length=256)] = Field(
        description="Patterns that a name must match in full (one of them)."
    )
    exclude: Annotated[list[Pattern], Field(max_length=256)] = Field(
        default_factory=list, description="Patterns that take a name out again."
    )


class Scope(SpecModel):
    """What the inventory covers; frozen with it."""

    topics: Selection = Field(description="Topics to migrate.")
    consumer_groups: Selection | None = Field(
        default=None, description="Consumer groups to list in the inventory."
    )


class PrincipalMapping(SpecModel):
    """One principal's name on the other cluster."""

    source: Annotated[str, Field(max_length=512, pattern=r"^User:.+$")] = Field(
        description="Principal on the source."
    )
    target: Annotated[str, Field(max_length=512, pattern=r"^User:.+$")] = Field(
        description="Its name on the target."
    )


class TargetTopics(SpecModel):
    """How topics are made on the target."""

    replication_factor: Annotated[int, Field(ge=1, le=32)] = Field(
        description="Replication factor of created topics."
    )
    config_overrides: Annotated[dict[str, Text], Field(max_length=64)] = Field(
        default_factory=dict, description="Topic configs set on every created topic."
    )
    existing: Literal["Refuse", "AdoptIfEqual"] = Field(
        default="Refuse",
        description="What to do with a topic that already exists on the target: Refuse names it "
        "as a problem; AdoptIfEqual uses it if it is empty and equal to the plan.",
    )


class MirrorIdentities(SpecModel):
    """The mirrors' own principals: never the operator's, never an application's."""

    source: Identity = Field(description="The mirror's principal on the source.")
    target: Identity = Field(description="The mirror's principal on the target.")


class MirrorMaker2(SpecModel):
    """The Connect cluster that runs MirrorMaker 2."""

    version: Annotated[str, Field(min_length=1, max_length=63)] = Field(
        description="Kafka version; the installation maps it to an image."
    )
    tasks_max: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=2, description="Most tasks of one mirror connector."
    )
    workers: Annotated[int, Field(ge=1, le=64)] = Field(
        default=1, description="Connect worker pods."
    )


class Replication(SpecModel):
    """How records are copied."""

    engine: Literal["MirrorMaker2"] = Field(
        default="MirrorMaker2", description="Replication engine."
    )
    identities: MirrorIdentities = Field(description="The mirrors' own principals.")
    mirror_maker2: MirrorMaker2 = Field(
        alias="mirrorMaker2", description="Settings of the MirrorMaker 2 engine."
    )
    reverse: Literal["Enabled", "Disabled"] = Field(
        description="Enabled: what a switched unit writes on the target is copied back, so that it "
        "can go back with it. Disabled: a switched unit stays on Target. Frozen with the inventory."
    )
    max_lag_seconds: Annotated[int, Field(ge=1, le=3600)] = Field(
        default=5, description="Lag below which a topic counts as replicating."
    )


class ContentValidation(SpecModel):
    """How content is compared."""

    mode: Literal["Full"] = Field(default="Full", description="Full: every record, in order.")


class Validation(SpecModel):
    """What proves that the copy is the original."""

    content: ContentValidation = Field(
        default_factory=ContentValidation, description="Content comparison."
    )


class ChangeWindow(SpecModel):
    """A time in which units may be switched: from each match of the schedule, for so long."""

    schedule: Annotated[str, Field(min_length=9, max_length=128)] = Field(
        description="Cron expression of five fields: minute, hour, day of month, month, weekday."
    )
    time_zone: Annotated[str, Field(min_length=1, max_length=64)] = Field(
        default="Etc/UTC", description="Name in the IANA time zone database."
    )
    duration_seconds: Annotated[int, Field(ge=60, le=604800)] = Field(
        description="How long the window stays open; a move must fit in with its whole pauseBudgetSeconds."
    )

    @field_validator("schedule")
    @classmethod
    def _matches_sometime(cls, value: str) -> str:
        try:
            found = next(CronSim(value, _SOME_DAY), None)
        except CronSimError as error:
            raise ValueError(f"{value!r} is no cron expression of five fields: {error}") from None
        if found is None or len(value.split()) != _CRON_FIELDS:
            raise ValueError(f"{value!r} is no cron expression of five fields that ever matches")
        return value

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"{value!r} is no time zone of the IANA database") from None
        return value


class Cutover(SpecModel):
    """Which units may switch."""

    through_wave: Annotated[int, Field(ge=0, le=100000)] = Field(
        description="Units with a wave up to this number may switch. Raise it to release the next."
    )
    max_parallel: Literal[1] = Field(default=1, description="Units that switch at the same time.")
    windows: Annotated[list[ChangeWindow], Field(max_length=32)] = Field(
        default_factory=list,
        description="When units may switch to the target; empty = at any time. A unit in its pause "
        "when the window closes goes back. The way back waits for no window.",
    )


class Slo(SpecModel):
    """What happens when a unit does not do well after its switch."""

    on_failure: Literal["Hold"] = Field(description="Hold: report and wait for people.")


class AllowedCutovers(SpecModel):
    """Which namespaces may name this migration."""

    namespaces: Annotated[list[Name], Field(max_length=256)] = Field(
        description="Namespaces whose WorkloadCutovers are honoured."
    )


class Approval(SpecModel):
    """Opens one gate: must equal status.gate."""

    stage: GatedStage = Field(description="The stage whose gate is opened.")
    digest: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")] = Field(
        description="status.gate.digest of the plan that was read."
    )


_FROZEN = (
    "!has(self.status) || !has(self.status.stage) || !has(oldSelf.spec.scope) || "
    "self.spec.scope == oldSelf.spec.scope"
)


_WAY_BACK_FROZEN = (
    "!has(self.status) || !has(self.status.stage) || "
    "self.spec.replication.reverse == oldSelf.spec.replication.reverse"
)


class KafkaMigrationSpec(SpecModel):
    """Leave one Kafka (source) for another (target), stage by stage, with proof."""

    ROOT_RULES: ClassVar[list[dict[str, str]]] = [
        {
            "rule": _FROZEN,
            "message": "scope is frozen with the inventory; create another KafkaMigration "
            "for other topics",
        },
        {
            "rule": _WAY_BACK_FROZEN,
            "message": "replication.reverse is frozen with the inventory, whose plan lists what "
            "the way back needs; create another KafkaMigration",
        },
    ]
    model_config = ConfigDict(title="KafkaMigrationSpec")

    source: Cluster = Field(description="The Kafka to leave.")
    target: Cluster = Field(description="The Kafka to move to.")
    scope: Scope = Field(description="What is migrated; frozen with the inventory.")
    principal_mappings: Annotated[list[PrincipalMapping], Field(max_length=1000)] = Field(
        default_factory=list, description="Principals whose names differ on the target."
    )
    target_topics: TargetTopics = Field(description="How topics are made on the target.")
    replication: Replication = Field(description="How records are copied.")
    validation: Validation = Field(default_factory=Validation, description="What proves the copy.")
    cutover: Cutover | None = Field(default=None, description="Which units may switch.")
    slo: Slo = Field(
        default_factory=lambda: Slo(on_failure="Hold"), description="What follows a bad switch."
    )
    allowed_cutovers: AllowedCutovers | None = Field(
        default=None, description="Which namespaces may name this migration."
    )
    acknowledgements: Annotated[list[Acknowledgement], Field(max_length=1000)] = Field(
        default_factory=list, description="Problems that somebody takes upon themselves."
    )
    desired_stage: Stage = Field(
        description="How far to go, then hold. Raise it to go on; lowering it is a hold. Aborted "
        "stops new switches at once and for good; units on Target stay until somebody sets Source."
    )
    approval: Approval | None = Field(
        default=None, description="Opens the gate that status.gate names."
    )
    source_fence: Literal["Keep", "Release"] = Field(
        default="Keep",
        description="At Completed: Keep leaves the applications' DENYs on the source; Release "
        "lifts them, which needs the acknowledgement SourceFenceReleased of fence/source.",
    )
    paused: bool = Field(default=False, description="True: no new steps; mirrors run on.")

    @property
    def has_way_back(self) -> bool:
        """Reverse mirrors copy what is written on the target."""
        return self.replication.reverse == "Enabled"
