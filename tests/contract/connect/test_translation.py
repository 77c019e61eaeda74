"""Every committed offset of a mirrored topic, translated there and back, against the records.

The source holds transactions, one of them aborted; a real MirrorMaker made copies and syncs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from tests.contract.connect.mirror_life import PARTITIONS, Life
from tests.contract.connect.records import offsets_by_key

from kafka_migration.adapters.kafka import KafkaCluster
from kafka_migration.decide.rules.translation import Translated, translate
from kafka_migration.model.kafka import Connection, Partition
from kafka_migration.model.positions import Grade, Pair, Segment
from kafka_migration.model.sides import Side
from kafka_migration.observe.positions import Crossing, around

LIVE = (Segment("source", Pair(0, 0)),)
STEP = 11  # every offset was tried once (docs/offsets.md); it takes minutes
SIDES: tuple[Side, Side] = ("source", "target")


@pytest.fixture(scope="module")
def clusters(admins: Mapping[str, Connection]) -> Iterator[Mapping[str, KafkaCluster]]:
    made = {side: KafkaCluster(connection) for side, connection in admins.items()}
    yield made
    for cluster in made.values():
        cluster.close()


@pytest.mark.parametrize("leaving", SIDES)
def test_no_offset_skips_a_record_or_reads_one_again(life: Life, admins, clusters, leaving):
    """From the log start to the end, markers and aborted records included."""
    entering: Side = "target" if leaving == "source" else "source"
    crossing = Crossing(
        leaving, clusters[leaving], clusters[entering], life.uid, dict.fromkeys(SIDES, ())
    )
    partitions = [Partition(life.topic, n) for n in range(PARTITIONS)]
    keys = {
        side: {p: offsets_by_key(admins[side], life.topic, p.number) for p in partitions}
        for side in SIDES
    }
    ends = clusters[leaving].ends(partitions).stable
    seen = 0
    for offset in [*range(0, max(ends.values()), STEP), *ends.values()]:
        asked = {p: offset for p in partitions if offset <= ends[p]}
        for partition, position in around(crossing, dict.fromkeys(asked, LIVE), asked).items():
            answer = translate(position)
            assert isinstance(answer, Translated), (partition, offset, answer)
            assert answer.grade is Grade.EXACT
            read = {k for k, o in keys[leaving][partition].items() if o < offset}
            passed = {k for k, o in keys[entering][partition].items() if o < answer.offset}
            assert passed == read, (partition, offset, answer)
            seen += 1
    print(f"{seen} offsets of the {leaving} translated")
