"""What Kafka says, as values: clusters, topics, ACLs, groups, offsets. Offsets are log offsets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, order=True)
class Partition:
    """One partition of one topic."""

    topic: str
    number: int

    def __str__(self) -> str:
        """Render as Kafka's own tools do: topic-number."""
        return f"{self.topic}-{self.number}"


Offsets = Mapping[Partition, int]


@dataclass(frozen=True)
class Connection:
    """How to reach one cluster as one principal. `password` and PEM never appear in repr."""

    bootstrap_servers: str
    mechanism: str | None  # PLAIN, SCRAM-SHA-256, SCRAM-SHA-512; None = no authentication
    username: str | None
    password: str | None = field(default=None, repr=False)
    ca_pem: str | None = field(default=None, repr=False)  # None = plaintext

    @property
    def security_protocol(self) -> str:
        """Kafka's name for the combination of TLS and SASL."""
        if self.mechanism is None:
            return "PLAINTEXT" if self.ca_pem is None else "SSL"
        return "SASL_PLAINTEXT" if self.ca_pem is None else "SASL_SSL"


@dataclass(frozen=True)
class Cluster:
    """Identity of a cluster and what our principal may do on it."""

    cluster_id: str
    brokers: tuple[int, ...]
    authorized_operations: frozenset[str] | None  # Kafka names, upper case; None = not told
    settings: Mapping[str, str | None] = field(default_factory=dict)  # of one broker; None = hidden


@dataclass(frozen=True)
class PartitionState:
    """Leader and replicas of a partition; broker ids, leader -1 = none."""

    leader: int
    replicas: tuple[int, ...]
    in_sync: tuple[int, ...]


@dataclass(frozen=True)
class Topic:
    """A topic as DescribeTopics and DescribeConfigs tell it."""

    name: str
    topic_id: str
    partitions: Mapping[int, PartitionState]
    config: Mapping[str, str] = field(default_factory=dict)  # effective values
    overrides: frozenset[str] = frozenset()  # names of values set on the topic itself


class ResourceType(StrEnum):
    """Kinds of ACL resources, in Kafka's spelling."""

    TOPIC = "TOPIC"
    GROUP = "GROUP"
    CLUSTER = "CLUSTER"
    TRANSACTIONAL_ID = "TRANSACTIONAL_ID"


class PatternType(StrEnum):
    """How an ACL names its resource."""

    LITERAL = "LITERAL"
    PREFIXED = "PREFIXED"


class Permission(StrEnum):
    """What an ACL says."""

    ALLOW = "ALLOW"
    DENY = "DENY"


@dataclass(frozen=True, order=True)
class Acl:
    """One ACL entry, all seven fields, in Kafka's upper case spelling."""

    resource_type: ResourceType
    resource: str
    pattern: PatternType
    principal: str  # "User:name"
    host: str  # "*"
    operation: str  # "WRITE", "READ", "ALL", ...
    permission: Permission

    def covers_topic(self, topic: str) -> bool:
        """True if this entry's pattern reaches the topic."""
        return self._covers(ResourceType.TOPIC, topic)

    def covers_group(self, group: str) -> bool:
        """True if this entry's pattern reaches the consumer group."""
        return self._covers(ResourceType.GROUP, group)

    def covers_transactional_id(self, name: str) -> bool:
        """True if this entry's pattern reaches the transactional.id."""
        return self._covers(ResourceType.TRANSACTIONAL_ID, name)

    def _covers(self, kind: ResourceType, name: str) -> bool:
        if self.resource_type is not kind:
            return False
        if self.pattern is PatternType.PREFIXED:
            return name.startswith(self.resource)
        return self.resource in ("*", name)


@dataclass(frozen=True)
class Group:
    """A consumer group; state in Kafka's spelling ("EMPTY", "STABLE", "DEAD", ...)."""

    name: str
    state: str
    members: tuple[str, ...]  # client ids with host, for people
    static_members: tuple[str, ...] = ()  # their group.instance.id, of those that have one


@dataclass(frozen=True)
class Commit:
    """A committed offset with its metadata string."""

    offset: int
    metadata: str = ""


@dataclass(frozen=True)
class Ends:
    """High watermark and last stable offset of partitions, read together."""

    high: Offsets  # read_uncommitted end
    stable: Offsets  # read_committed end (LSO)


class ProbeResult(StrEnum):
    """What an oversized produce proved (protocol 1.10)."""

    DENIED = "DENIED"  # TOPIC_AUTHORIZATION_FAILED in a delivery report
    ALLOWED = "ALLOWED"  # MSG_SIZE_TOO_LARGE in a delivery report
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True)
class Probe:
    """One probe: which principal, through which leader, of which partition."""

    principal: str
    leader: int
    partition: Partition
    result: ProbeResult
    detail: str = ""


@dataclass(frozen=True)
class NewTopic:
    """A topic to create, or to compare with one that exists."""

    name: str
    partitions: int
    replication_factor: int
    config: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Span:
    """A range of offsets; `high` None = to the end."""

    low: int
    high: int | None = None


@dataclass(frozen=True)
class Visible:
    """Data records that a read_committed reader sees in a range; complete in [low, through)."""

    start: int  # log start
    high: int  # high watermark
    stable: int  # LSO, read before the records
    data: tuple[int, ...]
    low: int
    through: int


@dataclass(frozen=True, order=True)
class Sync:
    """What MirrorMaker says of one record: its offset, and that of its copy."""

    upstream: int
    downstream: int


@dataclass(frozen=True)
class Around:
    """Which syncs of a partition are wanted: those nearest to an offset on one of the sides."""

    offset: int
    downstream: bool  # the offset counts on the copy's side
    lowest: Sync  # both offsets of a sync are at least these
    below: Sync | None  # and below these; None = no bound
    count: int  # at most so many at or below the offset, and so many above
