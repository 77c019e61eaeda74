"""What a verification is asked to do: spec.json, and the credential files that it names.

Everywhere in the verifier `source` is the original and `target` is its copy. On the way back of
a unit the original stands on the migration's target: then the two clusters are exchanged here.
Read once by `main`. Secrets are kept out of every repr; unknown fields are ignored so that an
older image can read a newer operator's spec.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from kafka_migration.model.kafka import Connection, Partition


class Mode(StrEnum):
    """How far to compare."""

    BOUNDED = "bounded"  # source [sourceFrom, sourceTo), then end
    FOLLOW = "follow"  # while both logs grow, until the input names both ends


class Timestamps(StrEnum):
    """Whether a record's timestamp is part of it."""

    COMPARE = "compare"
    IGNORE = "ignore"  # a side uses LogAppendTime


class Cleanup(StrEnum):
    """How the topic is cleaned, on either side; compaction makes absence unprovable."""

    DELETE = "delete"
    COMPACT = "compact"


class _Model(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True
    )


Offset = Annotated[int, Field(ge=0)]


class Side(_Model):
    """One cluster: how to reach it. File names are relative to the credentials directory."""

    bootstrap: str
    mechanism: str | None = None
    username: str | None = None
    password_file: str | None = None
    ca_file: str | None = None

    def connection(self, credentials: Path) -> Connection:
        """Read the files; a missing one raises OSError with its path."""
        return Connection(
            bootstrap_servers=self.bootstrap,
            mechanism=self.mechanism,
            username=self.username,
            password=_text(credentials, self.password_file),
            ca_pem=_text(credentials, self.ca_file),
        )


def _text(credentials: Path, name: str | None) -> str | None:
    return None if name is None else (credentials / name).read_text(encoding="utf-8")


class Task(_Model):
    """One partition to compare; offsets are log offsets, `source_to` is exclusive."""

    topic: str
    partition: Offset
    source_from: Offset
    source_to: Offset | None = None
    target_from: Offset
    timestamps: Timestamps | None = None  # None = as the topic says in `Spec.timestamps`
    cleanup: Cleanup = Cleanup.DELETE

    @property
    def id(self) -> Partition:
        """The partition that this is about."""
        return Partition(self.topic, self.partition)


class Owner(_Model):
    """Who owns the report; kind and API version are needed for an owner reference."""

    name: str
    uid: str
    kind: str | None = None
    api_version: str | None = None


class Spec(_Model):
    """The whole of spec.json. Times are in seconds."""

    mode: Mode
    owner: Owner
    original: Literal["source", "target"] = "source"  # the side of the migration that `source` is
    source: Side
    target: Side
    partitions: tuple[Task, ...] = Field(min_length=1)
    timestamps: dict[str, Timestamps] = Field(default_factory=dict)  # by topic; default compare
    stall_seconds: float = Field(default=60.0, gt=0)  # without progress, then a verdict by name
    settle_seconds: float = Field(default=5.0, gt=0)  # to look around a difference

    @model_validator(mode="after")
    def _complete(self) -> Spec:
        seen: set[Partition] = set()
        for task in self.partitions:
            if task.id in seen:
                raise ValueError(f"partition {task.id} is listed twice")
            seen.add(task.id)
            if self.mode is Mode.BOUNDED:
                _check_range(task)
        return self

    def compares_timestamps(self, task: Task) -> bool:
        """Tell whether timestamps of this partition are part of its records."""
        wanted = task.timestamps or self.timestamps.get(task.topic, Timestamps.COMPARE)
        return wanted is Timestamps.COMPARE


def _check_range(task: Task) -> None:
    if task.source_to is None:
        raise ValueError(f"partition {task.id} has no sourceTo; a bounded comparison needs it")
    if task.source_to < task.source_from:
        raise ValueError(f"partition {task.id}: sourceTo lies before sourceFrom")


def load(path: Path) -> Spec:
    """Parse spec.json; errors name the field (pydantic.ValidationError) or the file (OSError)."""
    return Spec.model_validate_json(path.read_text(encoding="utf-8"))
