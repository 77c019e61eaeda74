"""Following two growing logs on real Kafkas up to a fence, as the cutover does."""

from __future__ import annotations

import json
import threading
import time
from typing import Any, Self

import pytest

from kafka_migration.verifier.reading import Log

Clusters = Any  # conftest.Clusters; test folders are no packages
PARTITIONS = (0, 1, 2)


class Traffic:
    """A live producer on the source, and a mirror of ours that copies each batch."""

    def __init__(self, clusters: Clusters, lose: int | None = None) -> None:
        self._clusters = clusters
        self._lose = lose
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.written = 0
        self.problem: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(60)
        assert self.problem is None

    def _run(self) -> None:
        try:
            self._write()
        except BaseException as problem:  # noqa: BLE001 - a thread's failure fails the test
            self.problem = problem

    def _write(self) -> None:
        clusters = self._clusters
        producer = clusters.producer(Log.SOURCE)
        mirror = clusters.producer(Log.TARGET, **{"transactional.id": clusters.topic})
        mirror.init_transactions(30)
        while not self._stop.wait(0.05):
            mirror.begin_transaction()
            for partition in PARTITIONS:
                for _ in range(20):
                    record = clusters.record(
                        str(self.written).encode(), timestamp=clusters.now + self.written
                    )
                    clusters.send(producer, partition, record)
                    if self.written != self._lose:
                        clusters.send(mirror, partition, record)
                    self.written += 1
            assert producer.flush(30) == 0
            mirror.commit_transaction(30)


class Follower:
    """`verify` in a thread, with its report and its input."""

    def __init__(self, clusters: Clusters, spec: Any) -> None:
        self.maps = clusters.maps()
        self._clusters = clusters
        self._thread = threading.Thread(target=clusters.verify, args=(spec, self.maps))
        self._thread.start()

    def compared(self) -> int:
        return int(self.maps.report.get("records", 0))

    def finish(self) -> tuple[dict[str, Any], float]:
        """Write both ends as the input; return the final report and the seconds it took."""
        ends = {
            name: {self._clusters.topic: {str(n): self._clusters.end(log, n) for n in PARTITIONS}}
            for name, log in (("fence", Log.SOURCE), ("end", Log.TARGET))
        }
        began = time.monotonic()
        self.maps.document = json.dumps(ends)
        self._thread.join(60)
        assert not self._thread.is_alive()
        return self.maps.report, self.maps.written_at - began


def test_a_live_topic_matches_at_the_fence_and_the_answer_is_quick(clusters: Clusters):
    """From the input to the final report less than a second: it is part of a write pause."""
    clusters.create(len(PARTITIONS))
    with Traffic(clusters) as traffic:
        follower = Follower(clusters, clusters.spec("follow", PARTITIONS))
        clusters.until(lambda: follower.compared() > 1_000, "a running report")
        assert follower.maps.report["state"] == "running"
        traffic.stop()
        clusters.until(lambda: follower.compared() == traffic.written, "catching up")
        report, seconds = follower.finish()
    print(f"input to final report: {seconds:.3f} s")
    assert (report["verdict"], report["records"]) == ("MATCH", traffic.written)
    assert seconds < 1.0
    for one in report["partitions"]:
        assert one["sourceNext"] == clusters.end(Log.SOURCE, one["partition"])
        assert one["targetNext"] == clusters.end(Log.TARGET, one["partition"])


def test_an_input_that_comes_before_it_caught_up_is_waited_for(clusters: Clusters):
    clusters.create(len(PARTITIONS))
    with Traffic(clusters) as traffic:
        follower = Follower(clusters, clusters.spec("follow", PARTITIONS))
        clusters.until(lambda: traffic.written > 500, "traffic")
        traffic.stop()
        report, _ = follower.finish()
    assert (report["verdict"], report["records"]) == ("MATCH", traffic.written)


@pytest.mark.parametrize("lost", [300, 601])
def test_a_record_that_the_mirror_loses_is_missing(clusters: Clusters, lost: int):
    clusters.create(len(PARTITIONS))
    with Traffic(clusters, lose=lost) as traffic:
        follower = Follower(clusters, clusters.spec("follow", PARTITIONS))
        clusters.until(lambda: traffic.written > 1_000, "traffic")
        traffic.stop()
        report, _ = follower.finish()
    assert report["verdict"] == "MISSING"
    assert report["records"] == traffic.written - 1


def test_it_continues_where_the_bounded_comparison_ended(clusters: Clusters):
    """Together both cover every record once."""
    clusters.create(len(PARTITIONS))
    with Traffic(clusters) as traffic:
        clusters.until(lambda: traffic.written > 300, "traffic")
        bounded = clusters.verify(clusters.spec("bounded", PARTITIONS))
        anchors = [
            {
                "topic": clusters.topic,
                "partition": one["partition"],
                "sourceFrom": one["sourceNext"],
                "targetFrom": one["targetNext"],
            }
            for one in bounded["partitions"]
        ]
        spec = clusters.spec("follow", PARTITIONS)
        spec = spec.model_validate({**spec.model_dump(), "partitions": anchors})
        follower = Follower(clusters, spec)
        clusters.until(lambda: traffic.written > 900, "more traffic")
        traffic.stop()
        report, _ = follower.finish()
    assert (bounded["verdict"], report["verdict"]) == ("MATCH", "MATCH")
    assert bounded["records"] + report["records"] == traffic.written


def test_a_topic_without_any_record_is_finished_at_once(clusters: Clusters):
    clusters.create(len(PARTITIONS))
    follower = Follower(clusters, clusters.spec("follow", PARTITIONS))
    clusters.until(lambda: bool(follower.maps.report), "a first report")
    report, seconds = follower.finish()
    assert (report["verdict"], report["records"]) == ("MATCH", 0)
    assert seconds < 1.0


def test_a_write_to_the_target_below_its_end_is_extra(clusters: Clusters):
    clusters.create(len(PARTITIONS))
    follower = Follower(clusters, clusters.spec("follow", PARTITIONS))
    clusters.write(Log.TARGET, 1, [clusters.record(b"stray")])
    report, _ = follower.finish()
    assert report["verdict"] == "EXTRA"
