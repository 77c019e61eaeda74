"""Where a group stands against the fenced end of its partitions. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kafka_migration.decide.rules.seams import Seam
from kafka_migration.model.kafka import Commit, Partition


def lagging(
    partitions: Iterable[Partition],
    commits: Mapping[Partition, Commit],
    seams: Mapping[Partition, Seam],
) -> list[Partition]:
    """Partitions that hold a data record at or after the group's commit (or have no commit).

    Never commit == end: trailing control records leave the commit below the end although
    everything was read (lag page 4.3). A partition without any data record needs no commit.
    """
    behind = []
    for partition in partitions:
        seam = seams.get(partition)
        if seam is None:
            behind.append(partition)
            continue
        commit = commits.get(partition)
        if seam.last_data is not None and (commit is None or commit.offset <= seam.last_data):
            behind.append(partition)
    return behind
