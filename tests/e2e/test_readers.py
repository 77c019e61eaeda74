"""A reader that moves by itself: before its writer, back, and after the writer, mid-stream each time."""

from __future__ import annotations

from tests.e2e.moves import Moves, begin
from tests.e2e.pair import RATE, require_whole

from kmig_demo.evidence import MOVE

READ = 4 * RATE  # records that are read on each side between two crossings, at least


def test_a_reader_moves_before_its_writer_and_back_and_after_it_and_reads_every_record_once(
    returns: Moves,
) -> None:
    """Each time its group lags behind a writer that never stops: offsets of live topics."""
    pair = begin(returns, "ahead")
    pair.reader.change(desiredCluster="Target")
    pair.arrive(pair.reader)
    pair.wait_flow(pair.acknowledged() + READ)
    assert pair.writer.found()["status"]["activeCluster"] == "Source"

    pair.come_back(pair.reader)
    pair.wait_flow(pair.acknowledged() + READ)

    pair.writer.change(desiredCluster="Target")
    pair.arrive(pair.writer)
    crossing = pair.crossing(MOVE)
    pair.wait_flow(pair.acknowledged() + READ)

    pair.reader.change(desiredCluster="Target", attempt=2)
    pair.arrive(pair.reader)
    pair.wait_flow(pair.acknowledged() + READ)
    require_whole(pair.judged((crossing,), reader_crossings=3))
