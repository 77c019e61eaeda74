"""What happens to a mirror while it runs: `none` set, its writes denied, its tasks restarted."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tests.contract.connect.mirror_life import PARTITIONS, Stage, until
from tests.contract.connect.records import last_offsets, produce

from kafka_migration.adapters.connect import ConnectClient
from kafka_migration.model.connect import OFFSET_RESET
from kafka_migration.model.kafka import Acl, Connection, PatternType, Permission, ResourceType
from kafka_migration.ports import KafkaPort

PAUSE_SECONDS = 10.0  # between restarts, as the operator begins with
MORE = 500  # records written by each call, a fifth of them in an aborted transaction


@dataclass
class Ground:
    """The source's writer and the target's ACLs."""

    source: Connection
    target: KafkaPort
    principal: str

    def meanwhile(self, stage: Stage, client: ConnectClient) -> None:
        """Each with records that are written afterwards and must be copied."""
        self._guarded(stage, client)
        self._denied(stage, client)

    def _guarded(self, stage: Stage, client: ConnectClient) -> None:
        """Switched while it runs: Connect starts its tasks again, from the stored offsets."""
        life, name = stage.life, stage.connector
        client.configure(name, dict(life.config) | {OFFSET_RESET: "none"})
        life.facts["reset"] = client.connectors()[name].offset_reset
        produce(self.source, life.topic, PARTITIONS, MORE)
        life.timed("PUT none to all copied", lambda: self._caught_up(stage, client))
        until("RUNNING", lambda: client.connectors()[name].state == "RUNNING", 60)

    def _denied(self, stage: Stage, client: ConnectClient) -> None:
        """A denied mirror copies nothing and its task fails; a restart alone makes it go on."""
        life, name, alias = stage.life, stage.connector, stage.alias
        before = client.offsets(name, alias).offsets
        deny = Acl(
            ResourceType.TOPIC,
            life.topic,
            PatternType.LITERAL,
            self.principal,
            "*",
            "WRITE",
            Permission.DENY,
        )
        self.target.create_acls([deny])
        try:
            produce(self.source, life.topic, PARTITIONS, MORE)
            life.timed(
                "DENY to FAILED", lambda: until("FAILED", lambda: _failed(client, name), 120)
            )
            life.facts["copied under DENY"] = client.offsets(name, alias).offsets != before
        finally:
            self.target.delete_acls([deny])
        life.timed("restarts to all copied", lambda: self._restarted(stage, client))
        life.facts["after restart"] = set(client.connectors()[name].tasks.values())
        client.configure(name, life.config)

    def _restarted(self, stage: Stage, client: ConnectClient) -> None:
        """As the operator does: again after a pause, for a lifted DENY may still be met."""
        name, life = stage.connector, stage.life
        last, sent = last_offsets(self.source, life.topic, PARTITIONS), [0.0]

        def copied() -> bool:
            if _failed(client, name) and time.monotonic() - sent[-1] > PAUSE_SECONDS:
                client.restart_failed(name)
                sent.append(time.monotonic())
                print(f"restart {len(sent) - 1}: {client.connectors()[name].trace}")
            return client.offsets(name, stage.alias).offsets == last

        until("all copied after restarts", copied, 180)
        life.facts["restarts"] = len(sent) - 1

    def _caught_up(self, stage: Stage, client: ConnectClient) -> None:
        last = last_offsets(self.source, stage.life.topic, PARTITIONS)
        name, alias = stage.connector, stage.alias
        until("all copied", lambda: client.offsets(name, alias).offsets == last, 120)


def _failed(client: ConnectClient, name: str) -> bool:
    return "FAILED" in client.connectors()[name].tasks.values()
