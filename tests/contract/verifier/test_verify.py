"""A verification against two real Kafkas: every verdict, on records only a broker can make."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from confluent_kafka import TopicPartition

from kafka_migration.verifier.reading import Log

Clusters = Any  # conftest.Clusters; test folders are no packages


def numbered(clusters: Clusters, numbers: range) -> list[Any]:
    return [
        clusters.record(f"value {n}".encode(), key=f"k{n % 5}".encode(), timestamp=clusters.now + n)
        for n in numbers
    ]


def both(clusters: Clusters, partition: int, records: list[Any]) -> None:
    clusters.write(Log.SOURCE, partition, records)
    clusters.write_transaction(Log.TARGET, partition, records)


def only(report: dict[str, Any]) -> dict[str, Any]:
    [partition] = report["partitions"]
    found: dict[str, Any] = partition
    return found


def test_every_shape_of_record_matches_its_copy(clusters: Clusters):
    """Null and empty keys and values, repeated headers with null and empty values."""
    clusters.create(1)
    record = clusters.record
    shapes = [
        record(b"v", key=b"k"),
        record(None, key=b"tombstone"),
        record(b"", key=b""),
        record(None, key=None),
        record(b"v", headers=[("a", b"1"), ("a", None), ("a", b""), ("b", b"\xff\x00")]),
        record("ünïcode".encode(), headers=[("ü", b"x")]),
    ]
    both(clusters, 0, shapes)
    report = clusters.verify(clusters.spec("bounded", [0]))
    assert (report["verdict"], report["records"]) == ("MATCH", len(shapes))


def test_aborted_records_and_markers_are_no_part_of_the_content(clusters: Clusters):
    clusters.create(1)
    records = numbered(clusters, range(30))
    clusters.write_transaction(Log.SOURCE, 0, records[:10])
    clusters.write_transaction(Log.SOURCE, 0, numbered(clusters, range(100, 120)), commit=False)
    clusters.write(Log.SOURCE, 0, records[10:20])
    clusters.write_transaction(Log.SOURCE, 0, records[20:])
    clusters.write_transaction(Log.SOURCE, 0, numbered(clusters, range(100, 101)), commit=False)
    clusters.write_transaction(Log.TARGET, 0, records)
    report = clusters.verify(clusters.spec("bounded", [0]))
    partition = only(report)
    assert (report["verdict"], report["records"]) == ("MATCH", 30)
    assert partition["sourceNext"] == clusters.end(Log.SOURCE, 0)
    assert partition["targetNext"] in (30, 31)  # the last marker may be seen or not


def test_empty_and_aborted_only_partitions_match_with_no_record(clusters: Clusters):
    clusters.create(3)
    both(clusters, 0, numbered(clusters, range(10)))
    clusters.write_transaction(Log.SOURCE, 1, numbered(clusters, range(3)), commit=False)
    report = clusters.verify(clusters.spec("bounded", [0, 1, 2]))
    assert report["verdict"] == "MATCH"
    assert [one["records"] for one in report["partitions"]] == [10, 0, 0]


def test_aborted_records_that_were_copied_are_extra(clusters: Clusters):
    clusters.create(1)
    records = numbered(clusters, range(20))
    clusters.write_transaction(Log.SOURCE, 0, records[:10], commit=False)
    clusters.write_transaction(Log.SOURCE, 0, records[10:])
    clusters.write(Log.TARGET, 0, records)
    partition = only(clusters.verify(clusters.spec("bounded", [0])))
    assert (partition["verdict"], partition["counts"]) == ("EXTRA", {"EXTRA": 10})


def drop(records: list[Any]) -> list[Any]:
    return records[:20] + records[21:]


def repeat(records: list[Any]) -> list[Any]:
    return records[:21] + records[10:]


def swap(records: list[Any]) -> list[Any]:
    return [*records[:20], records[21], records[20], *records[22:]]


def empty(records: list[Any]) -> list[Any]:
    return [*records[:20], replace(records[20], value=b""), *records[21:]]


def add(records: list[Any]) -> list[Any]:
    return [
        *records[:20],
        replace(records[20], value=b"foreign", timestamp=records[0].timestamp + 5),
        *records[20:],
    ]


@pytest.mark.parametrize(
    ("fault", "verdict", "source_offset", "target_offset"),
    [
        (drop, "MISSING", 20, None),
        (repeat, "MATCH_WITH_DUPLICATES", None, None),
        (swap, "REORDERED", None, None),
        (empty, "CORRUPT", 20, 20),
        (add, "EXTRA", None, 20),
    ],
)
def test_each_planted_fault_is_named_with_its_offsets(
    clusters: Clusters,
    fault: Callable[[list[Any]], list[Any]],
    verdict: str,
    source_offset: int | None,
    target_offset: int | None,
):
    clusters.create(1)
    records = numbered(clusters, range(50))
    records[20] = replace(records[20], value=None)
    clusters.write(Log.SOURCE, 0, records)
    clusters.write(Log.TARGET, 0, fault(records))
    partition = only(clusters.verify(clusters.spec("bounded", [0])))
    assert partition["verdict"] == verdict
    if verdict == "MATCH_WITH_DUPLICATES":
        assert partition["duplicates"] == 11
    if source_offset is not None:
        assert partition["first"]["sourceOffset"] == source_offset
    if target_offset is not None:
        assert partition["first"]["targetOffset"] == target_offset
    if verdict == "CORRUPT":
        assert partition["first"]["differs"] == "value null-vs-empty"


@pytest.mark.parametrize(("timestamps", "verdict"), [("ignore", "MATCH"), ("compare", "CORRUPT")])
def test_log_append_time_on_the_target_matches_only_where_timestamps_are_ignored(
    clusters: Clusters, timestamps: str, verdict: str
):
    clusters.create(1, message_timestamp_type="LogAppendTime")
    both(clusters, 0, numbered(clusters, range(20)))
    spec = clusters.spec("bounded", [0], timestamps={clusters.topic: timestamps})
    assert clusters.verify(spec)["verdict"] == verdict


@pytest.mark.parametrize("side", list(Log))
def test_deleted_records_are_unverifiable_not_missing(clusters: Clusters, side: Log):
    clusters.create(1)
    both(clusters, 0, numbered(clusters, range(20)))
    spec = clusters.spec("bounded", [0])
    upto = TopicPartition(clusters.topic, 0, 5)
    clusters.admins[side].delete_records([upto])[upto].result(30)
    partition = only(clusters.verify(spec))
    assert partition["verdict"] == "UNVERIFIABLE"
    assert (partition["gap"]["side"], partition["gap"]["from"], partition["gap"]["to"]) == (
        side.value,
        0,
        5,
    )


def test_a_copy_that_never_comes_is_missing_within_the_deadline(clusters: Clusters):
    clusters.create(1)
    records = numbered(clusters, range(20))
    clusters.write(Log.SOURCE, 0, records)
    clusters.write(Log.TARGET, 0, records[:15])
    partition = only(clusters.verify(clusters.spec("bounded", [0])))
    assert (partition["verdict"], partition["first"]["sourceOffset"]) == ("MISSING", 15)


def test_a_copy_that_comes_late_matches(clusters: Clusters):
    clusters.create(1)
    records = numbered(clusters, range(20))
    clusters.write(Log.SOURCE, 0, records)
    spec = clusters.spec("bounded", [0])
    late = threading.Timer(2.0, clusters.write, (Log.TARGET, 0, records))
    late.start()
    report = clusters.verify(spec)
    late.join()
    assert (report["verdict"], report["records"]) == ("MATCH", 20)


def test_an_open_transaction_on_the_target_is_incomplete_not_missing(clusters: Clusters):
    """Its records are there, only not visible: nothing is known about them."""
    clusters.create(1)
    records = numbered(clusters, range(20))
    clusters.write(Log.SOURCE, 0, records)
    spec = clusters.spec("bounded", [0])
    producer = clusters.producer(Log.TARGET, **{"transactional.id": clusters.topic})
    producer.init_transactions(30)
    producer.begin_transaction()
    for record in records:
        clusters.send(producer, 0, record)
    assert producer.flush(30) == 0
    partition = only(clusters.verify(spec))
    producer.abort_transaction(30)
    assert partition["verdict"] == "INCOMPLETE"
    assert "open transaction" in partition["error"]


def test_a_missing_topic_is_incomplete(clusters: Clusters):
    clusters.create(1)
    clusters.write(Log.SOURCE, 0, numbered(clusters, range(3)))
    spec = clusters.spec("bounded", [0])
    clusters.admins[Log.TARGET].delete_topics([clusters.topic])[clusters.topic].result(30)
    report = clusters.verify(spec)
    assert report["verdict"] == "INCOMPLETE"
    assert only(report)["error"].startswith("target: ")


def test_a_principal_without_rights_is_incomplete_and_the_refusal_is_named(clusters: Clusters):
    clusters.create(1)
    both(clusters, 0, numbered(clusters, range(3)))
    intruder = clusters.connection(Log.TARGET, "intruder")
    report = clusters.verify(clusters.spec("bounded", [0]), target=intruder)
    assert report["verdict"] == "INCOMPLETE"
    assert "authorization failed" in only(report)["error"].lower()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"password": "wrong-s3cret"}, "authentication failed"),
        ({"bootstrap_servers": "127.0.0.1:1"}, "refused"),
        ({"ca_pem": None, "mechanism": None}, "target: "),
    ],
)
def test_a_connection_that_fails_is_incomplete_and_tells_no_secret(
    clusters: Clusters, change: dict[str, Any], words: str
):
    clusters.create(1)
    both(clusters, 0, numbered(clusters, range(3)))
    target = replace(clusters.connection(Log.TARGET), **change)
    began = time.monotonic()
    report = clusters.verify(clusters.spec("bounded", [0]), target=target)
    assert report["verdict"] == "INCOMPLETE"
    text = str(report)
    assert words in text.lower()
    assert "s3cret" not in text
    assert time.monotonic() - began < 25


def test_scram_credentials_work_as_well(clusters: Clusters):
    clusters.create(1)
    both(clusters, 0, numbered(clusters, range(3)))
    target = clusters.connection(Log.TARGET, "kmig", "SCRAM-SHA-512")
    assert clusters.verify(clusters.spec("bounded", [0]), target=target)["verdict"] == "MATCH"
