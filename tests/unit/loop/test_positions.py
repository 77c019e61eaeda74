"""What is read for a translation: little, and enough for the same answer as everything would give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest
from hypothesis import given, settings
from tests.unit.decide.rules.mirrored_logs import SIDES, Mirrored, other
from tests.unit.decide.rules.test_translation_properties import LEGS, RATES, lived

from kafka_migration.adapters.kafka.syncs import Index
from kafka_migration.decide.rules.translation import Translated, translate
from kafka_migration.model.kafka import Around, Partition, Span, Sync, Visible
from kafka_migration.model.sides import Side
from kafka_migration.observe.positions import Crossing, around

P = Partition("orders", 0)


class Port:
    """One side of a model of two logs, with the syncs topics that stand there."""

    def __init__(self, model: Mirrored, side: Side) -> None:
        self.model, self.side = model, side
        self.listed = 0
        self.asked: list[Around] = []

    def visible(self, spans: Mapping[Partition, Span], limit: int) -> dict[Partition, Visible]:
        span = spans[P]
        log = self.model.log(self.side)
        low = max(span.low, log.start)
        through = log.stable if span.high is None else min(span.high, log.stable)
        data = log.between(low, through)[:limit]
        if len(data) == limit:
            through = data[-1] + 1
        self.listed += len(data)
        return {P: Visible(log.start, log.end, log.stable, data, low, max(low, through))}

    def syncs(
        self, topic: str, wanted: Mapping[Partition, Around]
    ) -> dict[Partition, tuple[Sync, ...]]:
        original = other(self.side)
        alias = {"source": "s", "target": "t"}[original]
        assert topic == f"mm2-offset-syncs.{alias}uid.internal"
        self.asked.append(wanted[P])
        index = Index()
        for pair, side in zip(self.model.syncs, self.model.sides, strict=True):
            if side == original:
                index.add(P, Sync(pair.on(original), pair.on(self.side)))
        track = index.tracks.get(P)
        return {P: track.around(wanted[P]) if track else ()}


def crossing(model: Mirrored, leaving: Side) -> Crossing:
    here, there = Port(model, leaving), Port(model, other(leaving))
    compacted = {s: ("orders",) if model.logs[s].compacted else () for s in SIDES}
    return Crossing(leaving, cast("Any", here), cast("Any", there), "uid", compacted)


@settings(deadline=None)
@given(LEGS, RATES)
def test_every_offset_gets_the_answer_that_all_records_and_syncs_would_give(legs, rate):
    model = lived(legs, rate)
    for leaving in SIDES:
        ports = crossing(model, leaving)
        for whole in model.positions(leaving):
            (position,) = around(ports, {P: model.segments}, {P: whole.commit}).values()
            assert translate(position) == translate(whole)


@pytest.mark.parametrize("leaving", SIDES)
def test_of_a_long_log_only_the_records_around_are_listed(leaving):
    model = lived([([("plain", 3)] * 300, [(1, False)] * 900)], 10, finished=True)
    ports = crossing(model, leaving)
    (position,) = around(ports, {P: model.segments}, {P: 450}).values()
    assert isinstance(translate(position), Translated)
    assert cast("Port", ports.here).listed < 12
    assert cast("Port", ports.there).listed < 12


def test_syncs_are_asked_for_within_the_segment():
    """Those of an earlier or later stretch with the same original belong to other copies."""
    model = lived([([("plain", 3)], [])] * 3, 10)
    ports = crossing(model, "source")
    around(ports, {P: model.segments}, {P: 1})
    (asked,) = cast("Port", ports.there).asked
    end = model.seams[0].at
    assert (asked.lowest, asked.below) == (Sync(0, 0), Sync(end.source, end.target))


def test_at_a_seam_nobody_is_asked_for_syncs():
    """Without a way back there is no topic for those of the segment that begins there."""
    model = lived([([("plain", 3)], []), ([], [])], 10)
    ports = crossing(model, "source")
    seam = model.seams[0].at
    (position,) = around(ports, {P: model.segments}, {P: seam.source}).values()
    assert translate(position) == Translated(seam.target)
    assert not cast("Port", ports.here).asked + cast("Port", ports.there).asked


def test_where_no_sync_near_can_be_believed_the_look_widens():
    """The nearest twenty are of copies that were aborted; they were copied again without a sync."""
    model = Mirrored()
    model.write("plain", 300)
    model.copy(100, synced=10)
    model.copy(20, synced=10, aborted=True)
    model.copy(200, synced=0)
    (position,) = around(crossing(model, "source"), {P: model.segments}, {P: 250}).values()
    assert translate(position) == Translated(model.logs["target"].places[250])


def test_without_any_sync_the_segments_edges_are_counted_from():
    model = lived([([("plain", 3)] * 300, [])], 0, finished=True)
    (position,) = around(crossing(model, "source"), {P: model.segments}, {P: 450}).values()
    assert translate(position) == Translated(450)
