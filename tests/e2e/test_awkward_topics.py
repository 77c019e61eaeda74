"""Topics that are easily copied wrong go to the target and back, record by record."""

from __future__ import annotations

import pytest
from tests.e2e import awkward_topics as topics
from tests.e2e.awkward_journey import Journey, travel
from tests.e2e.awkward_logs import Log, differences, not_the_end_of, states
from tests.e2e.end_state import register
from tests.e2e.ground import Ground
from tests.e2e.pair import require_whole

MOMENTS = ("history", "mirrored", "target", "home")  # twice on the source, on the target, again


@pytest.fixture(scope="module")
def journey(ground: Ground) -> Journey:
    """The whole journey, once."""
    return travel(ground)


def equal_on_both_sides(journey: Journey, topic: str, *, timestamps: bool = True) -> Log:
    """What both sides hold; fails with the first difference."""
    held = journey.held[topic]
    assert differences(held["source"], held["target"], timestamps=timestamps) == []
    return held["source"]


def test_an_application_that_writes_many_awkward_topics_loses_and_repeats_nothing(
    journey: Journey,
) -> None:
    """One unit writes nine topics: its application's records stand once in both logs, in order."""
    assert journey.judgement is not None
    require_whole(journey.judgement)
    writes = journey.pair.writer.found()["spec"]["topics"]["writes"]
    assert len(writes) == len(topics.WRITTEN_BY_THE_UNIT) + 1
    assert register(journey.pair)[0] == "authority source"


def test_null_empty_and_binary_keys_and_values_and_tombstones_stay_what_they_are(
    journey: Journey,
) -> None:
    """All sixteen mixtures of null, empty, binary and text arrive apart, written on either side."""
    (records,) = equal_on_both_sides(journey, topics.SHAPES).values()
    for moment in MOMENTS:
        pieces = (None, b"", b"\x00\xff\xfe", moment.encode())
        wanted = {(key, value) for key in pieces for value in pieces}
        assert wanted <= {(record.key, record.value) for record in records if not record.headers}
    assert [r.value for r in records].count(b"the same") == 5 * len(MOMENTS)


def test_headers_keep_their_order_their_repetitions_and_their_nulls(journey: Journey) -> None:
    """Repeated names, null, empty and binary values, no name at all, and a hundred of them."""
    (records,) = equal_on_both_sides(journey, topics.SHAPES).values()
    repeated = (("h", b"1"), ("h", None), ("h", b""), ("n", b"\xff\x00"), ("h", b"1"))
    headers = [record.headers for record in records if record.headers]
    assert len(headers) == 4 * len(MOMENTS)
    assert headers.count(repeated) == headers.count(repeated[::-1]) == len(MOMENTS)
    assert max(map(len, headers)) == 100


def test_aborted_transactions_never_arrive_and_committed_ones_arrive_once(journey: Journey) -> None:
    """Also of two transactions at once, and an aborted one as the last thing in the log."""
    log = equal_on_both_sides(journey, topics.TRANSACTIONS)
    values = [record.value or b"" for record in log[0]]
    assert not [value for value in values if b"aborted" in value]
    for moment in MOMENTS:
        mine = [value.decode() for value in values if value.startswith(moment.encode())]
        parts = [("plain", 3), ("committed", 5), ("committed between", 2)]
        assert mine == [f"{moment} {what} {n}" for what, count in parts for n in range(count)]


def test_a_strangers_open_transaction_is_named_and_its_end_lets_the_move_go_on(
    journey: Journey,
) -> None:
    """OpenTransaction with partition and offset, before anything stops; aborting it heals."""
    place = f"{journey.ground.named(topics.TRANSACTIONS)}-1 at offset {journey.hung_at}"
    assert f"a transaction holds {place}" in journey.hung
    assert journey.hung.endswith("end its producer or abort it (kafka-transactions.sh)")
    assert [record.value for record in journey.held[topics.TRANSACTIONS]["target"][1]] == [
        moment.encode() for moment in MOMENTS
    ]


def test_a_group_that_stands_among_aborted_records_goes_on_with_the_same_record(
    journey: Journey,
) -> None:
    """There and back its next visible record is the one that followed where it stopped."""
    held, lagging = journey.held[topics.TRANSACTIONS], journey.lagging

    def following(side: str, moment: str, partition: int) -> bytes | None:
        offset = lagging[moment][partition]
        return next(r.value for r in held[side][partition] if r.offset >= offset)

    assert following("source", "before", 0) == b"history committed between 0"
    for partition in (0, 1):
        wanted = following("source", "before", partition)
        assert following("target", "target", partition) == wanted
        assert following("source", "after", partition) == wanted


def test_compaction_of_what_nobody_has_compared_is_refused_by_name_and_heals(
    journey: Journey,
) -> None:
    """The cleaner ran on the source only: ContentUnverifiable; once it ran on both, they match."""
    topic = journey.ground.named(topics.COMPACTED)
    (said,) = [text for text in journey.refused if topic in text]
    assert said.startswith(f"ContentUnverifiable topic/{topic}: {topic}-0: UNVERIFIABLE after")


def test_retention_of_what_nobody_has_compared_is_refused_by_name_and_heals(
    journey: Journey,
) -> None:
    """Originals of copies are gone: ContentUnverifiable names the target's offset to delete to."""
    topic = journey.ground.named(topics.EXPIRING)
    (said,) = [text for text in journey.refused if topic in text]
    assert said.startswith(f"ContentUnverifiable topic/{topic}: {topic}-0: UNVERIFIABLE after")
    _, first = journey.remedied[topics.EXPIRING]
    assert f"delete the target's records before offset {first} (kafka-delete-records)" in said


def test_a_compacted_topic_means_the_same_on_both_sides_while_the_cleaner_runs(
    journey: Journey,
) -> None:
    """The last value of every key, deletions too, after writes on either side."""
    held = journey.held[topics.COMPACTED]
    source, target = states(held["source"][0]), states(held["target"][0])
    assert source == target
    assert source[b"last"] == b"home"
    assert b"k1" not in source
    assert source[b"k2"] == b"home 47"
    assert {b"k0", b"k19", b"now"} <= set(source)


def test_what_retention_left_on_the_source_is_the_end_of_what_the_target_holds(
    journey: Journey,
) -> None:
    """Records went before the copy began, after it, and while the comparison followed."""
    held = journey.held[topics.EXPIRING]
    assert not_the_end_of(held["source"], held["target"]) == []
    assert held["source"][0][0].offset == topics.GONE_WHILE_FOLLOWED
    assert [r.value for r in held["source"][0]][-1] == b"home 9"


def test_times_of_records_from_1970_and_from_the_future_are_kept(journey: Journey) -> None:
    """Out of order, and ten years ahead, whichever side they were written on."""
    (records,) = equal_on_both_sides(journey, topics.TIMES).values()
    assert [record.millis for record in records] == [*topics.STAMPS] * len(MOMENTS)


def test_times_that_the_source_s_broker_gives_are_the_times_of_the_copies(journey: Journey) -> None:
    """LogAppendTime: the same records; what the broker stamped before the move is kept as it was."""
    held = journey.held[topics.STAMPED]
    equal_on_both_sides(journey, topics.STAMPED, timestamps=False)
    source, target = held["source"][0], held["target"][0]
    assert all(record.millis > topics.NOW for record in source)
    moved = 5 * 2  # history and mirrored
    assert [r.millis for r in target[:moved]] == [r.millis for r in source[:moved]]


def test_a_record_that_fills_the_limit_stops_the_mirror_by_name_and_a_higher_limit_heals(
    journey: Journey,
) -> None:
    """It does not compress, so its copy is larger: TaskFailed; the limit raised on both sides."""
    assert "larger than the max message size" in journey.too_large
    (records,) = equal_on_both_sides(journey, topics.LIMITS).values()
    filling = topics.LIMIT_AT_FIRST - topics.HEADS
    assert filling in [len(record.value or b"") for record in records]


def test_records_nearly_as_large_as_the_topic_allows_arrive_on_either_side(
    journey: Journey,
) -> None:
    """A few bytes below the limit, many in a batch, and larger ones that compression let in."""
    (records,) = equal_on_both_sides(journey, topics.LIMITS).values()
    sizes = [len(record.value or b"") for record in records]
    limits = [topics.LIMIT_AT_FIRST, *[topics.LIMIT] * 3]
    most = [limit - topics.HEADS - topics.ROOM for limit in limits]
    batches = [[size, size - 1, *[60_000] * 10, 900_000] for size in most]
    filling = topics.LIMIT_AT_FIRST - topics.HEADS
    assert sizes == [*batches[0], filling, *batches[1], *batches[2], *batches[3]]


def test_a_hundred_partitions_of_which_most_are_empty_keep_their_records_apart(
    journey: Journey,
) -> None:
    """Partitions that fill up on the target for the first time come back with their first record."""
    log = equal_on_both_sides(journey, topics.HUNDRED)
    assert len(log) == 100
    filled = {number: len(records) for number, records in log.items() if records}
    assert filled == {0: 3, 7: 6, 42: 9, 99: 9}


def test_a_topic_that_never_had_a_record_gets_its_first_on_the_target_and_brings_it_back(
    journey: Journey,
) -> None:
    """T = 0: nothing is copied there, and record 0 of the target is not skipped on the way back."""
    assert not any(any(log.values()) for log in journey.on_target[topics.NEVER].values())
    log = equal_on_both_sides(journey, topics.NEVER)
    assert [(r.key, r.value) for r in log[1]] == [(None, b"first"), (b"second", None)]
    assert (log[0], log[2]) == ([], [])
