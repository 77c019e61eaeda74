"""A hand-over that is overtaken: a giver resumed by somebody, a late PATCH, a unit that goes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.decide.moving import copied
from tests.unit.decide.planted import PARTITIONS, Planted, acl, topic

from kafka_migration.decide.hand_over.receiver import LATE_PATCH_SECONDS
from kafka_migration.model.actions import AlterOffsets, CreateConnector, HoldDenies, ResumeConnector
from kafka_migration.model.connect import OFFSET_RESET, Workers
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.kafka import Partition

ARCHIVE = Partition("orders-archive", 0)
BEGUN, ENDED = EntryKind.HAND_OVER_BEGAN, EntryKind.HAND_OVER_DONE
READ, RESUMING = EntryKind.HAND_OVER_OFFSETS, EntryKind.HAND_OVER_RESUMING
BACK = EntryKind.HAND_OVER_TAKEN_BACK


def begun(*, archive: bool = True) -> Planted:
    """A hand-over that has just become an entry; the bulk mirror keeps another topic, or none."""
    planted = Planted()
    if archive:
        planted.source.topics["orders-archive"] = topic("orders-archive", "s-2", 1)
        planted.source.high[ARCHIVE] = 5
        planted.last_data[ARCHIVE] = 4
    planted.run(lambda: planted._approved() and BEGUN in planted.kinds("leave"))
    return planted


def ticks(planted: Planted) -> list[Planted]:
    """The world before each tick of the migration up to the end of the hand-over."""
    found = [copied(planted)]
    while ENDED not in planted.kinds("leave"):
        planted.tick("leave")
        found.append(copied(planted))
    return found[:-1]


def bulk(planted: Planted) -> str:
    return next((n for n in planted.connectors if n.endswith("-bulk")), "")


def receiver(planted: Planted) -> str:
    return next((n for n in planted.connectors if "-unit-" in n), "")


def finish(planted: Planted, kind: EntryKind) -> Planted:
    for _ in range(60):
        if kind in planted.kinds("leave"):
            return planted
        planted.tick("leave")
    raise AssertionError(planted.status("leave")["message"])


def patches(planted: Planted, name: str) -> list[AlterOffsets]:
    return [a for _, a in planted.acts if isinstance(a, AlterOffsets) and a.name == name]


def before_resume(planted: Planted) -> Planted:
    """At the tick that would record the receiver's resume."""
    return next(p for p in reversed(ticks(planted)) if RESUMING not in p.kinds("leave"))


# ---- a giver that is resumed before the receiver runs


def test_a_giver_that_was_resumed_is_stopped_fenced_and_read_again():
    for planted in ticks(begun()):
        name, kinds = bulk(planted), planted.kinds("leave")
        if (
            READ not in kinds
            or RESUMING in kinds
            or "orders" not in planted.connectors[name].topics
        ):
            continue
        running = replace(planted.connectors[name], state="RUNNING", tasks={0: "RUNNING"})
        planted.connectors[name] = running
        planted.source.high[PARTITIONS[0]] += 5
        planted.stored[name][PARTITIONS[0]] += 5
        went = planted.stored[name][PARTITIONS[0]]
        finish(planted, RESUMING)
        assert planted.kinds("leave").count(READ) == 2
        assert planted.stored[receiver(planted)][PARTITIONS[0]] == went
        finish(planted, ENDED)
        return
    raise AssertionError("no tick between the giver's offsets and its configuration")


def test_a_giver_that_copied_on_what_it_keeps_is_read_once():
    planted = before_resume(begun())
    planted.source.high[ARCHIVE] += 5
    planted.stored[bulk(planted)][ARCHIVE] += 5
    finish(planted, ENDED)
    assert planted.kinds("leave").count(READ) == 1


def test_an_offset_below_the_recorded_one_denies_the_mirror():
    seen = 0
    for planted in ticks(begun()):
        stored = planted.stored.get(bulk(planted), {})
        kinds = planted.kinds("leave")
        if READ not in kinds or RESUMING in kinds or PARTITIONS[0] not in stored:
            continue
        stored[PARTITIONS[0]] -= 1
        before = len(planted.acts)
        for _ in range(3):
            planted.tick("leave")
        assert acl("mirror", "WRITE", deny=True) in planted.target.acls
        assert planted.ready("leave") == ("False", "GapDetected")
        assert [type(a) for _, a in planted.acts[before:]] == [HoldDenies]
        seen += 1
    assert seen


# ---- a PATCH without an answer


def test_after_a_patch_without_an_answer_the_receiver_rests_for_a_while():
    planted = before_resume(begun())
    planted.patch_quiet_seconds = LATE_PATCH_SECONDS - 1
    decision = planted.tick("leave")
    assert (decision.entry, decision.action) == (None, None)
    planted.patch_quiet_seconds = LATE_PATCH_SECONDS
    entry = planted.tick("leave").entry
    assert entry is not None
    assert entry.kind is RESUMING


def test_a_patch_that_this_process_did_not_see_answered_is_sent_again():
    planted = before_resume(begun())
    count = len(patches(planted, receiver(planted)))
    planted.restart()
    finish(planted, RESUMING)
    assert len(patches(planted, receiver(planted))) == count + 1


def test_a_late_patch_that_sets_offsets_back_is_seen_before_the_resume():
    planted = before_resume(begun())
    planted.stored[receiver(planted)][PARTITIONS[0]] -= 3
    assert isinstance(planted.tick("leave").action, AlterOffsets)


def test_the_receivers_resume_is_an_entry_first_and_then_nothing_is_patched():
    planted = finish(begun(), RESUMING)
    assert planted.connectors[receiver(planted)].state == "STOPPED"
    count = len(patches(planted, receiver(planted)))
    planted.stored[receiver(planted)][PARTITIONS[0]] -= 3
    planted.restart()
    assert isinstance(planted.tick("leave").action, ResumeConnector)
    finish(planted, ENDED)
    assert len(patches(planted, receiver(planted))) == count


@pytest.mark.parametrize(
    "disturb",
    [
        lambda p: p.bounds.update({"starts": dict.fromkeys(p.source.high, 100)}),
        lambda p: p.source.topics.update(orders=topic("orders", "other")),
    ],
    ids=["gap", "topic made anew"],
)
def test_no_mirror_is_resumed_on_a_source_that_lost_what_it_needs(disturb):
    planted = before_resume(begun())
    disturb(planted)
    decision = planted.tick("leave")
    assert (decision.entry, decision.action) == (None, None)
    assert planted.ready("leave")[1] in ("GapDetected", "TopicRecreated")


# ---- offset reset of both


@pytest.mark.parametrize(("missing", "reset"), [((), "none"), (PARTITIONS[:1], "earliest")])
def test_a_receiver_runs_on_none_only_with_every_key(missing, reset):
    planted = begun()
    for partition in missing:
        planted.stored[bulk(planted)].pop(partition)
    finish(planted, RESUMING)
    (made,) = [a for _, a in planted.acts if isinstance(a, CreateConnector) and "unit" in a.name]
    assert made.offset_reset == reset


def test_a_giver_without_keyless_partitions_stays_on_none():
    planted = finish(begun(), ENDED)
    assert planted.connectors[bulk(planted)].config == {OFFSET_RESET: "none"}


# ---- the unit goes


@pytest.mark.parametrize("archive", [True, False], ids=["giver kept", "giver deleted"])
@pytest.mark.parametrize("deleted", [True, False], ids=["gone", "being deleted"])
def test_a_hand_over_is_taken_back_from_every_tick_before_the_receivers_resume(archive, deleted):
    count = 0
    for planted in ticks(begun(archive=archive)):
        if RESUMING in planted.kinds("leave"):
            break
        if deleted:
            del planted.objects["writer"]
        else:
            planted.objects["writer"] = replace(planted.objects["writer"], deleting=True)
        finish(planted, BACK)
        assert list(planted.connectors) == [bulk(planted)]
        mirror = planted.connectors[bulk(planted)]
        assert mirror.state == "RUNNING"
        assert mirror.topics == ({"orders", "orders-archive"} if archive else {"orders"})
        assert {p: planted.stored[bulk(planted)][p] for p in PARTITIONS} == dict.fromkeys(
            PARTITIONS, 9
        )
        count += 1
    assert count > 5


def test_a_restart_at_any_tick_of_taking_back_finishes_it():
    planted = before_resume(begun())
    del planted.objects["writer"]
    count = 0
    while BACK not in planted.kinds("leave"):
        restarted = copied(planted)
        restarted.restart()
        finish(restarted, BACK)
        assert restarted.connectors[bulk(restarted)].state == "RUNNING"
        assert restarted.stored[bulk(restarted)][PARTITIONS[0]] == 9
        planted.tick("leave")
        count += 1
    assert count > 5


def test_topics_that_were_taken_back_can_be_handed_over_again():
    planted = before_resume(begun())
    writer = planted.objects.pop("writer")
    finish(planted, BACK)
    again = replace(writer, uid="agai0000-0000", status={})
    planted.objects["again"] = replace(again, key=replace(writer.key, name="again"))
    planted.replicas["again"] = 1
    asks = {"workingStep": "Prepare", "waitingFor": "WaitingForHandOver"}
    planted.objects["again"] = replace(planted.objects["again"], status=asks)
    finish(planted, ENDED)
    assert planted.connectors[receiver(planted)].topics == {"orders"}


def test_a_unit_that_goes_after_the_receivers_resume_leaves_it_its_topics():
    planted = finish(begun(), RESUMING)
    del planted.objects["writer"]
    finish(planted, ENDED)
    assert planted.connectors[receiver(planted)].state == "RUNNING"


# ---- workers


def test_workers_that_went_are_made_again_during_a_hand_over():
    for planted in ticks(begun()):
        planted.workers = Workers(False, None, 0, 1)
        planted.tick("leave")
        assert planted.workers.exists
