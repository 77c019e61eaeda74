"""The hash chain of one object's entries, kept in shards; status names its head (protocol 2).

Called by reconcile and observe. An entry that status does not name never began: it is ignored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kafka_migration.errors import Refused
from kafka_migration.model.entries import Entry, Journal, digest
from kafka_migration.model.kubernetes import Key, Loaded
from kafka_migration.model.reasons import Reason
from kafka_migration.ports import ShardStore

SHARD_KIND = "journal"


def read_journal(shards: ShardStore, namespace: str, uid: str, head: str) -> Journal:
    """The chain from `head` ("" = no entry yet) back to its root, oldest first.

    Raises Refused(STATUS_LOST) when a named entry is missing or altered, or when an unnamed
    entry has a child of its own: then a status older than the truth was restored.
    """
    known = {d: Entry.parse(p) for d, p in shards.list_digests(namespace, uid, SHARD_KIND).items()}
    entries: list[Entry] = []
    cursor = head
    while cursor:
        entry = known.get(cursor)
        if entry is None or digest(entry.payload()) != cursor:
            raise Refused(
                Reason.STATUS_LOST,
                f"status names journal entry {cursor[:19]} which is missing or altered in "
                f"namespace {namespace}; restore its ConfigMap before going on",
            )
        entries.append(entry)
        cursor = entry.previous
    _refuse_longer_chain(known, head)
    return Journal(tuple(reversed(entries)))


def read_other(
    shards: ShardStore, namespace: str, loaded: Loaded, reload: Callable[[Key], Loaded | None]
) -> tuple[Loaded, Journal]:
    """Another object, whose own tick may record entries between our two readings, and its chain.

    Its chain then goes on beyond the status read before: read afresh once before that is a loss.
    """
    try:
        return loaded, read_journal(shards, namespace, loaded.uid, head_of(loaded))
    except Refused:
        again = reload(loaded.key)
        if again is None or again.uid != loaded.uid or head_of(again) == head_of(loaded):
            raise
        return again, read_journal(shards, namespace, again.uid, head_of(again))


def head_of(loaded: Loaded) -> str:
    """Digest of the newest journal entry; "" before the first."""
    return str((loaded.status.get("journal") or {}).get("head") or "")


def _refuse_longer_chain(known: dict[str, Entry], head: str) -> None:
    children = {d for d, entry in known.items() if entry.previous == head and d != head}
    if any(entry.previous in children for entry in known.values()):
        raise Refused(
            Reason.STATUS_LOST,
            "the journal goes on beyond the entry that status names: an older status was "
            "restored; nothing is touched until the newest status is back",
        )


def append_entry(shards: ShardStore, namespace: str, uid: str, head: str, entry: Entry) -> str:
    """Write an entry as a child of `head` and read it back; returns the new head.

    The caller names the new head in status by a versioned write before it acts.
    """
    linked = replace(entry, previous=head)
    return shards.put(namespace, uid, SHARD_KIND, linked.payload())
