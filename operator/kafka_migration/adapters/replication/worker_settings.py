"""Properties of a Kafka Connect worker of ours; called by `manifests`. Pure, placeholders only."""

from __future__ import annotations

from collections.abc import Mapping

from kafka_migration.adapters.replication.settings import CREDENTIALS
from kafka_migration.decide.rules import mirror_names as names
from kafka_migration.model.sides import Direction

REST_PORT = 8083
_CONVERTER = "org.apache.kafka.connect.converters.ByteArrayConverter"
_PROVIDERS = "org.apache.kafka.common.config.provider"
_REST_LOGIN = "org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension"
_SMALLEST_BUFFER = 32 * 1024 * 1024

_FIXED = {
    "key.converter": _CONVERTER,
    "value.converter": _CONVERTER,
    "header.converter": _CONVERTER,
    "exactly.once.source.support": "enabled",
    "connector.client.config.override.policy": "None",
    "scheduled.rebalance.max.delay.ms": "10000",
    "offset.flush.interval.ms": "1000",
    "offset.storage.partitions": "5",
    "status.storage.partitions": "3",
    "topic.creation.enable": "false",
    "plugin.path": "/opt/kafka/plugins",
    "plugin.discovery": "service_load",
    "listeners": f"http://0.0.0.0:{REST_PORT}",
    "rest.advertised.host.name": "${env:POD_IP}",
    "rest.advertised.port": str(REST_PORT),
    "rest.extension.classes": _REST_LOGIN,
    "admin.listeners": "",  # no log level changes by REST
    "config.providers": "dir,env",
    "config.providers.dir.class": f"{_PROVIDERS}.DirectoryConfigProvider",
    "config.providers.dir.param.allowed.paths": CREDENTIALS,
    "config.providers.env.class": f"{_PROVIDERS}.EnvVarConfigProvider",
    "config.providers.env.param.allowlist.pattern": "POD_IP",
    "producer.compression.type": "lz4",
    "producer.batch.size": str(256 * 1024),
    "producer.linger.ms": "5",
}


def worker_settings(
    uid: str,
    direction: Direction,
    client: Mapping[str, str],
    *,
    replication_factor: int,
    max_request_bytes: int,
) -> dict[str, str]:
    """All properties; `client` is bootstrap and security of the cluster that it attaches to."""
    settings = dict(_FIXED)
    settings["group.id"] = names.group_id(uid, direction)
    for kind, topic in (("config", "config"), ("offset", "offsets"), ("status", "status")):
        settings[f"{kind}.storage.topic"] = names.storage_topic(uid, direction, topic)
        settings[f"{kind}.storage.replication.factor"] = str(replication_factor)
    # Each of the worker's clients has its own prefix; none inherits what stands without one.
    for prefix in ("", "producer.", "consumer.", "admin."):
        settings.update({f"{prefix}{key}": value for key, value in client.items()})
    settings["producer.max.request.size"] = str(max_request_bytes)
    settings["producer.buffer.memory"] = str(max(_SMALLEST_BUFFER, 2 * max_request_bytes))
    return settings
