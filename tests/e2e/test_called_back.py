"""A foreign commit stops a reader by name; `throughWave` alone calls units back and sends them again."""

from __future__ import annotations

from tests.e2e import journal
from tests.e2e.endings import Waves, recorded
from tests.e2e.moves import Moves
from tests.e2e.pair import PARTITIONS, require_whole

from kmig_demo.objects import condition


def test_a_foreign_commit_of_the_group_on_the_target_stops_it_by_name_and_its_removal_heals(
    ending: Moves, waves: Waves
) -> None:
    """OffsetConflict names group, partition and offset before anything stops; then it moves."""
    pair, target = waves.pair, ending.ground.sides["target"]
    assert waves.on_target
    target.start_group_at_zero(pair.topic, pair.topic, PARTITIONS)
    ending.release(pair.wave + 1)
    said = pair.reader.says("OffsetConflict")
    assert f"group {pair.topic} already has offset 0 for {pair.topic}-0 on the target" in said
    assert pair.reader.found()["status"]["workingStep"] == "Preflight"
    pair.wait_flow(pair.acknowledged())
    assert "Draining" not in journal.kinds(recorded(ending, pair.reader), 1)
    target.remove_group(pair.topic)
    waves.read_there()


def test_a_lowered_wave_calls_units_back_later_waves_first_and_their_records_come_along(
    ending: Moves, waves: Waves
) -> None:
    """The reader is back before its writer drains; both rest on the source, as their waves say."""
    assert waves.back["unit"]["activeCluster"] == "Source"
    reader, writer = (recorded(ending, unit) for unit in (waves.pair.reader, waves.pair.writer))
    arrived = journal.at(reader, "Resumed", 1, "reverse")
    assert arrived < journal.at(writer, "Draining", 1, "reverse")


def test_a_raised_wave_moves_them_again_once_their_attempt_is_raised(
    ending: Moves, waves: Waves
) -> None:
    """Released alone they say what is missing; then every record stands once on either side."""
    pair = waves.pair
    assert waves.back
    ending.release(pair.wave + 1)
    said = pair.writer.says("RolledBack", kind="Stalled")
    assert "raise spec.attempt" in said
    assert condition(pair.writer.found(), "Ready")["status"] == "False"
    waves.again()
    require_whole(pair.judged(tuple(waves.crossings)))
