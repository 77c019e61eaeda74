"""Configurations of what is compared: the product's own, and plain MirrorMaker 2. Pure.

The product's come from its builders (adapters/replication), unchanged. Plain MirrorMaker 2 is
what its documentation begins with, and once more with the product's sizes of polls and batches,
so that what exactly-once costs shows by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kafka_migration.adapters.replication.mirrormaker2 import MirrorSpec, connector_config
from kafka_migration.adapters.replication.settings import MirrorConnection, security
from kafka_migration.adapters.replication.worker_settings import worker_settings
from kmig_bench.parameters import COMPARED, DEFAULTS, EOS, TASKS
from kmig_bench.place import Ends

_CLASSES = "org.apache.kafka.connect.mirror"
_CHANGED = {
    "eos-poll-500": {"source.consumer.max.poll.records": "500"},
    "eos-poll-20000": {"source.consumer.max.poll.records": "20000"},
    "eos-lag-100": {"offset.lag.max": "100"},
}
# What makes the product's mirror exactly once and its offsets exact, and nothing else.
_EXACTLY_ONCE = (
    "exactly.once.support",
    "transaction.boundary",
    "source.consumer.isolation.level",
    "offset.lag.max",
)
_TUNED = ("producer.compression.type", "producer.batch.size", "producer.linger.ms")
_PRODUCT_WORKER = {
    "exactly.once.source.support",
    "connector.client.config.override.policy",
    "offset.flush.interval.ms",
    *_TUNED,
    "producer.max.request.size",
    "producer.buffer.memory",
}


@dataclass(frozen=True)
class Names:
    """Everything that one session of the bench makes carries its eight digits."""

    uid: str

    @property
    def namespace(self) -> str:
        """Of the Connect workers."""
        return f"kmig-bench-{self.uid}"

    def topic(self, name: str) -> str:
        """A topic of the source, and of the product's mirror on the target."""
        return f"kmig-bench.{self.uid}.{name}"

    def group(self, name: str) -> str:
        """A consumer group."""
        return f"kmig-bench.{self.uid}.{name}"

    @property
    def plain_alias(self) -> str:
        """Plain MirrorMaker's name of the source; its copies are named `<alias>.<topic>`."""
        return f"p{self.uid}"

    @property
    def plain_worker(self) -> str:
        """Deployment and Connect group of plain MirrorMaker."""
        return f"kmig-bench-{self.uid}-plain"


def product_config(
    names: Names, ends: Ends, connector: str, topic: str, variant: str = EOS
) -> dict[str, str]:
    """The product's mirror connector; a variant changes one setting."""
    spec = MirrorSpec(
        name=connector,
        uid=names.uid,
        direction="forward",
        source=MirrorConnection.of(ends.source),
        target=MirrorConnection.of(ends.target),
        topics=frozenset({topic}),
        tasks_max=TASKS,
    )
    return connector_config(spec) | _CHANGED.get(variant, {})


def plain_config(
    names: Names, ends: Ends, connector: str, topic: str, variant: str = DEFAULTS
) -> dict[str, str]:
    """Plain MirrorMaker's source connector under the topic's own name, for throughput."""
    product = product_config(names, ends, connector, topic)
    if variant == DEFAULTS:
        return _plain(names, ends, connector, topic) | {
            "connector.class": f"{_CLASSES}.MirrorSourceConnector",
            "replication.policy.class": product["replication.policy.class"],
            "tasks.max": str(TASKS),
        }
    same = {key: value for key, value in product.items() if key not in _EXACTLY_ONCE}
    overrides = {
        f"producer.override.{key.removeprefix('producer.')}": value
        for key, value in product_worker(names, ends).items()
        if key in _TUNED
    }
    return same | _aliases(names) | overrides


def plain_pair(names: Names, ends: Ends, topic: str) -> tuple[dict[str, str], dict[str, str]]:
    """Source and checkpoint connector as MirrorMaker 2 keeps groups in step."""
    source = _plain(names, ends, f"{names.plain_worker}-{topic}", topic) | {
        "connector.class": f"{_CLASSES}.MirrorSourceConnector",
        "tasks.max": str(TASKS),
    }
    checkpoint = _plain(names, ends, f"{names.plain_worker}-{topic}-groups", topic) | {
        "connector.class": f"{_CLASSES}.MirrorCheckpointConnector",
        "tasks.max": "1",
        "groups": rf"kmig-bench\.{names.uid}\..*",
        "checkpoints.topic.replication.factor": "1",
        "sync.group.offsets.enabled": "true",
    }
    return source, checkpoint


def mirror_config(
    names: Names, ends: Mapping[bool, Ends], connector: str, topic: str, variant: str
) -> dict[str, str]:
    """The connector of a throughput variant; `ends` by whether it is the product's."""
    if is_product(variant):
        return product_config(names, ends[True], connector, topic, variant)
    return plain_config(names, ends[False], connector, topic, variant)


def is_product(variant: str) -> bool:
    """True for the product's mirror and its variants."""
    return variant not in COMPARED or variant == EOS


def product_worker(names: Names, ends: Ends) -> dict[str, str]:
    """Properties of the product's workers."""
    return worker_settings(
        names.uid,
        "forward",
        _client(ends),
        replication_factor=1,
        max_request_bytes=16 * 1024 * 1024,
    )


def plain_worker(names: Names, ends: Ends) -> dict[str, str]:
    """The product's workers without exactly-once and without what it tunes."""
    product = product_worker(names, ends)
    settings = {key: value for key, value in product.items() if key not in _PRODUCT_WORKER}
    settings["group.id"] = names.plain_worker
    for kind, topic in (("config", "config"), ("offset", "offsets"), ("status", "status")):
        settings[f"{kind}.storage.topic"] = f"{names.plain_worker}-{topic}"
    return settings | {"connector.client.config.override.policy": "All"}


def _client(ends: Ends) -> dict[str, str]:
    target = MirrorConnection.of(ends.target)
    return {"bootstrap.servers": target.bootstrap_servers, **security(target, "target")}


def _aliases(names: Names) -> dict[str, str]:
    return {
        "source.cluster.alias": names.plain_alias,
        "target.cluster.alias": f"q{names.uid}",
    }


def _plain(names: Names, ends: Ends, connector: str, topic: str) -> dict[str, str]:
    """What both of its connectors need; nothing is tuned."""
    source, target = MirrorConnection.of(ends.source), MirrorConnection.of(ends.target)
    clusters = {
        f"{side}.cluster.{key}": value
        for side, end in (("source", source), ("target", target))
        for key, value in {
            "bootstrap.servers": end.bootstrap_servers,
            **security(end, side),
        }.items()
    }
    return {
        "name": connector,
        "topics": rf"\Q{topic}\E",
        **_aliases(names),
        **clusters,
        "replication.factor": "1",
        "offset-syncs.topic.replication.factor": "1",
        "sync.topic.acls.enabled": "false",  # it would write ACLs of the sandbox's users
    }
