"""Report and input ConfigMaps: how often, how large, and what happens when the API fails."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from kafka_migration.decide.rules.comparison_record import mark
from kafka_migration.verifier.channel import JobChannel
from kafka_migration.verifier.reading import Log, Records
from kafka_migration.verifier.report import one_line
from kafka_migration.verifier.run import tracks_of
from kafka_migration.verifier.spec import Spec
from kafka_migration.verifier.track import Track


@dataclass
class Clock:
    seconds: float = 100.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)

    def monotonic(self) -> float:
        self.seconds += 0.001
        return self.seconds


@dataclass
class Maps:
    """Two ConfigMaps in memory that fail as often as told."""

    written: list[str] = field(default_factory=list)
    document: str | None = None
    failures: int = 0

    def write(self, name: str, key: str, text: str) -> None:
        self._fail()
        self.written.append(text)

    def read(self, name: str, key: str) -> str | None:
        self._fail()
        return self.document

    def _fail(self) -> None:
        if self.failures > 0:
            self.failures -= 1
            raise ConnectionError("503 unavailable")


def tracks(number: int, topic: str = "t") -> list[Track]:
    side = {"bootstrap": "x"}
    partitions = [
        {"topic": topic, "partition": n, "sourceFrom": 0, "sourceTo": 10, "targetFrom": 0}
        for n in range(number)
    ]
    found: dict[str, Any] = {"mode": "bounded", "owner": {"name": "m", "uid": "u"}}
    found |= {"source": side, "target": side, "partitions": partitions}
    return list(tracks_of(Spec.model_validate(found)).values())


def channel(maps: Maps, clock: Clock, mode: str = "bounded") -> JobChannel:
    return JobChannel(maps, "report", "input", mode, clock)


def make_corrupt(track: Track) -> None:
    for log, value in ((Log.SOURCE, b"payload 1"), (Log.TARGET, b"payload 2")):
        track.take(log, Records(track.task.id, [7], [mark(b"k", value, None, 5)]), 0.0)
    track.take(Log.SOURCE, Records(track.task.id, [12], [mark(None, None, None, 0)]), 0.0)
    track.advance(0.0, force=True)


def test_progress_is_written_at_most_once_a_second():
    maps, clock = Maps(), Clock()
    writer = channel(maps, clock)
    for _ in range(30):
        writer.progress(tracks(1))
        clock.seconds += 0.1
    assert len(maps.written) in (3, 4)


def test_a_large_report_is_written_less_often():
    maps, clock = Maps(), Clock()
    writer = channel(maps, clock)
    many = tracks(2_000)
    for _ in range(15):
        writer.progress(many)
        clock.seconds += 0.1
    assert len(maps.written) == 1


def test_a_running_report_never_says_match():
    maps = Maps()
    channel(maps, Clock()).progress(tracks(2))
    report = json.loads(maps.written[0])
    assert (report["state"], report["verdict"]) == ("running", "INCOMPLETE")


def test_a_thousand_differing_partitions_fit_into_a_config_map():
    maps = Maps()
    many = tracks(1000, "a-rather-long-name-of-a-topic-" * 5)
    for track in many:
        make_corrupt(track)
    channel(maps, Clock()).finish(many, "an error")
    assert len(maps.written[0]) < 800 * 1024


def test_a_difference_is_shown_without_its_payload():
    maps = Maps()
    [track] = tracks(1)
    make_corrupt(track)
    channel(maps, Clock()).finish([track], None)
    partition = json.loads(maps.written[0])["partitions"][0]
    first, shown = partition["first"], partition["shown"]
    assert (first["verdict"], first["differs"]) == ("CORRUPT", "value")
    assert (first["sourceOffset"], shown["source"]["valueLength"]) == (7, 9)
    assert "payload" not in maps.written[0]


def test_fields_without_a_value_are_left_out():
    maps = Maps()
    channel(maps, Clock()).finish(tracks(1), None)
    assert "null" not in maps.written[0]


def test_an_error_makes_the_whole_report_incomplete():
    maps = Maps()
    assert channel(maps, Clock()).finish(tracks(1), "broker gone") == "INCOMPLETE"
    assert json.loads(maps.written[0])["error"] == "broker gone"


def test_a_passing_fault_of_the_api_server_is_tolerated():
    maps, clock = Maps(failures=3), Clock()
    writer = channel(maps, clock, "follow")
    assert writer.input() is None
    maps.document = '{"fence": {}}'
    maps.failures = 0
    assert writer.input() == {"fence": {}}


def test_a_lasting_fault_of_the_api_server_ends_the_run():
    maps, clock = Maps(failures=999), Clock()
    writer = channel(maps, clock, "follow")
    writer.input()
    clock.seconds += 61
    with pytest.raises(ConnectionError, match="503"):
        writer.input()


def test_the_final_report_is_tried_again():
    maps = Maps(failures=1)
    channel(maps, Clock()).finish(tracks(1), None)
    assert len(maps.written) == 1


def test_an_input_that_is_no_object_is_an_error():
    with pytest.raises(TypeError):
        channel(Maps(document="[]"), Clock()).input()


def test_an_error_is_one_short_line_without_secrets():
    text = one_line(ValueError("bad\npass word s3cret " + "x" * 500), ["s3cret", ""])
    assert "\n" not in text
    assert "s3cret" not in text
    assert len(text) <= 200
