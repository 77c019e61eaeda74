"""The hash chain: what status names is decided; what is missing or goes on without it is StatusLost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kafka_migration.errors import Refused
from kafka_migration.journal import append_entry, read_journal, read_other
from kafka_migration.model.entries import Entry, EntryKind, decode_offsets, digest, encode_offsets
from kafka_migration.model.kafka import Partition
from kafka_migration.model.kubernetes import Key, Loaded
from kafka_migration.model.reasons import Reason


class Shards:
    """Payloads by digest, as the ConfigMaps keep them."""

    def __init__(self) -> None:
        self.payloads: dict[str, bytes] = {}

    def put(self, namespace: str, owner_uid: str, kind: str, payload: bytes) -> str:
        self.payloads[digest(payload)] = payload
        return digest(payload)

    def get(self, namespace: str, wanted: str) -> bytes:
        return self.payloads[wanted]

    def list_digests(self, namespace: str, owner_uid: str, kind: str) -> dict[str, bytes]:
        return dict(self.payloads)


KINDS = (EntryKind.PREPARED, EntryKind.DRAINING, EntryKind.FENCING, EntryKind.FENCED)


def chain(shards: Shards, *kinds: EntryKind, head: str = "") -> list[str]:
    heads = []
    for kind in kinds:
        head = append_entry(shards, "ns", "uid", head, Entry(kind, 1, {}, "t"))
        heads.append(head)
    return heads


def read(shards: Shards, head: str) -> list[EntryKind]:
    return [e.kind for e in read_journal(shards, "ns", "uid", head).entries]


def lost(shards: Shards, head: str) -> str:
    with pytest.raises(Refused) as fault:
        read_journal(shards, "ns", "uid", head)
    assert fault.value.reason is Reason.STATUS_LOST
    return fault.value.message


def test_a_chain_is_read_back_oldest_first():
    shards = Shards()
    assert read(shards, chain(shards, *KINDS)[-1]) == list(KINDS)


def test_without_a_head_and_without_entries_nothing_is_decided():
    assert read(Shards(), "") == []


@pytest.mark.parametrize("which", range(len(KINDS)))
def test_any_missing_entry_is_status_lost(which):
    shards = Shards()
    heads = chain(shards, *KINDS)
    del shards.payloads[heads[which]]
    assert "missing or altered" in lost(shards, heads[-1])


@pytest.mark.parametrize("which", range(len(KINDS)))
def test_any_altered_entry_is_status_lost(which):
    shards = Shards()
    heads = chain(shards, *KINDS)
    shards.payloads[heads[which]] = Entry(EntryKind.SWITCH, 1, {}, "t").payload()
    lost(shards, heads[-1])


@pytest.mark.parametrize("count", [1, 3])
def test_unnamed_children_of_the_head_never_began(count):
    """The process died between the shard and the status, however often (protocol 2.2)."""
    shards = Shards()
    heads = chain(shards, *KINDS)
    for number in range(count):
        entry = Entry(EntryKind.CAUGHT_UP, 1, {"try": number}, "t")
        append_entry(shards, "ns", "uid", heads[-1], entry)
    assert read(shards, heads[-1]) == list(KINDS)


def test_an_unnamed_first_entry_never_began():
    shards = Shards()
    chain(shards, EntryKind.PREPARED)
    assert read(shards, "") == []


@pytest.mark.parametrize("named", [0, 1])
def test_a_chain_that_goes_on_beyond_the_status_is_status_lost(named):
    """An older status was restored: what came after it was decided."""
    shards = Shards()
    heads = chain(shards, *KINDS)
    assert "goes on beyond" in lost(shards, heads[named])


def test_a_status_without_a_head_beside_a_whole_chain_is_status_lost():
    """Never start at Source because the status is gone."""
    shards = Shards()
    chain(shards, *KINDS)
    assert "goes on beyond" in lost(shards, "")


def test_an_entry_is_what_it_was_when_it_is_read_back():
    entry = Entry(EntryKind.FENCED, 2, {"F": {"orders": {"0": 7}}}, "2030-01-01T00:00:00Z", "prev")
    assert Entry.parse(entry.payload()) == entry


def test_an_entry_of_a_way_back_is_told_from_one_of_the_move():
    entry = Entry(EntryKind.FENCED, 2, {}, "2030-01-01T00:00:00Z", "prev", direction="reverse")
    assert Entry.parse(entry.payload()) == entry
    assert entry.payload() != replace(entry, direction="forward").payload()


def test_an_entry_of_before_there_was_a_way_back_is_still_read():
    """Its digest must not change under a newer operator, or its journal would count as altered."""
    old = b'{"at":"","attempt":1,"data":{},"kind":"Switch","previous":""}'
    assert Entry.parse(old).direction == "forward"
    assert Entry.parse(old).payload() == old


def test_offsets_survive_their_encoding_and_none_is_left_out():
    offsets = {Partition("b", 1): 3, Partition("a", 10): None, Partition("a", 2): 0}
    encoded = encode_offsets(offsets)
    assert list(encoded) == ["a", "b"]
    assert decode_offsets(encoded) == {Partition("b", 1): 3, Partition("a", 2): 0}


def an_object(head: str) -> Loaded:
    key = Key("WorkloadCutover", "orders", "writer")
    return Loaded(key, "uid", 1, "1", False, (), {}, {"journal": {"head": head}})


def test_entries_recorded_by_another_tick_between_two_readings_are_no_loss():
    """Two of them look like a chain beyond an old status; a second look tells them apart."""
    shards = Shards()
    heads = chain(shards, *KINDS)
    before, now = an_object(heads[0]), an_object(heads[-1])
    found, journal = read_other(shards, "ns", before, lambda _: now)
    assert found is now
    assert [entry.kind for entry in journal.entries] == list(KINDS)
    with pytest.raises(Refused):
        read_other(shards, "ns", before, lambda _: before)
    with pytest.raises(Refused):
        read_other(shards, "ns", before, lambda _: None)
