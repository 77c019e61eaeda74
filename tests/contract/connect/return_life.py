"""The way back of one topic on the sandbox, in the order of protocol 3.1 and 3.8, with what was seen.

The target holds records that came from the source (all below T); an application then writes
there. A reverse mirror with nothing but the planned rights brings back what lies beyond T.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.contract.connect.mirror_life import Stage, is_stopped, running_workers, until
from tests.contract.connect.records import consume, last_offsets, produce

from kafka_migration.adapters.connect import ConnectClient
from kafka_migration.decide.rules import acls
from kafka_migration.model.kafka import Connection, Partition, ProbeResult
from kafka_migration.ports import KafkaPort

PARTITIONS = 3
MIRRORED_PARTITIONS = 2  # the last one is empty when the unit switches: its T is 0
MIRRORED, WRITTEN = 1000, 500  # records offered; a fifth of each is aborted


@dataclass(frozen=True)
class Clusters:
    """Both Kafkas as an administrator, and the mirror's own way to the source from here."""

    source: KafkaPort
    target: KafkaPort
    admins: Mapping[str, Connection]
    mirror: Connection
    principal: str


def live_back(stage: Stage, clusters: Clusters) -> None:
    """From records on both sides to what came back."""
    life, topic = stage.life, stage.life.topic
    for side in ("source", "target"):
        produce(clusters.admins[side], topic, MIRRORED_PARTITIONS, MIRRORED)
    life.facts["before"] = consume(clusters.admins["source"], topic, PARTITIONS)
    every = [Partition(topic, n) for n in range(PARTITIONS)]
    t = clusters.target.ends(every).high
    life.facts["T"] = dict(t)
    with running_workers(stage) as (client, _):
        armed(stage, client, {p: end - 1 for p, end in t.items() if end > 0})
        freed(stage, clusters, every)
        life.timed("resume", lambda: client.resume(stage.connector))
        life.timed("running", lambda: until("RUNNING", lambda: _runs(client, stage.connector)))
        until("nothing was copied yet", lambda: _idle(stage, client), 10)
        produce(clusters.admins["target"], topic, PARTITIONS, WRITTEN, first=10_000)
        wanted = last_offsets(clusters.admins["target"], topic, PARTITIONS)
        life.timed("everything came back", lambda: _caught_up(stage, client, wanted))
        life.facts["C"] = client.offsets(stage.connector, stage.alias)
        life.facts["running"] = client.connectors()[stage.connector]
        ended(stage, client)
    for side in ("source", "target"):
        life.facts[side] = consume(clusters.admins[side], topic, PARTITIONS)


def armed(stage: Stage, client: ConnectClient, wanted: Mapping[Partition, int]) -> None:
    """Created STOPPED and empty, every key PATCHed to T-1, read back key for key."""
    life, name = stage.life, stage.connector

    def create_to_read_back() -> None:
        client.create(name, stage.mirror_config())
        until("STOPPED", lambda: is_stopped(client, name))
        life.facts["offsets at creation"] = client.offsets(name, stage.alias)
        client.alter_offsets(name, stage.alias, wanted)
        life.facts["read back"] = client.offsets(name, stage.alias)

    life.patched = dict(wanted)
    life.timed("create STOPPED, PATCH T-1, read back", create_to_read_back)


def freed(stage: Stage, clusters: Clusters, every: list[Partition]) -> None:
    """The DENY of Prepare refuses the mirror at each leader; lifted, each accepts it."""
    denies = acls.deny_write([stage.life.topic], [clusters.principal])

    def probed() -> set[ProbeResult]:
        found = clusters.source.probe_writes(clusters.mirror, clusters.principal, every)
        return {probe.result for probe in found}

    before = clusters.source.ends(every)
    stage.life.facts["denied"] = until("refused", _only(probed, ProbeResult.DENIED), 30)
    clusters.source.delete_acls(denies)
    stage.life.facts["freed"] = until("accepted", _only(probed, ProbeResult.ALLOWED), 30)
    stage.life.facts["probes wrote nothing"] = before == clusters.source.ends(every)


def _only(probed: Callable[[], set[ProbeResult]], wanted: ProbeResult) -> Callable[[], bool]:
    return lambda: probed() == {wanted}


def ended(stage: Stage, client: ConnectClient) -> None:
    """Stopped and its producers fenced, as a rollback's CatchUp does."""
    client.stop(stage.connector)
    until("STOPPED without tasks", lambda: is_stopped(client, stage.connector))
    stage.life.timed("null-PATCH", lambda: client.fence_producers(stage.connector, stage.alias))
    stage.life.facts["C after the fence"] = client.offsets(stage.connector, stage.alias)


def _runs(client: ConnectClient, name: str) -> bool:
    found = client.connectors()[name]
    return bool(found.tasks) and {found.state, *found.tasks.values()} == {"RUNNING"}


def _idle(stage: Stage, client: ConnectClient) -> bool:
    """Nothing lies beyond T yet: what is stored is what was PATCHed."""
    stored = client.offsets(stage.connector, stage.alias).offsets
    return dict(stored) == stage.life.patched


def _caught_up(stage: Stage, client: ConnectClient, wanted: Mapping[Partition, int]) -> None:
    until(
        "the stored offsets are the last ones",
        lambda: client.offsets(stage.connector, stage.alias).offsets == wanted,
    )
