"""Lists where data records stand in a range of a log, as a read_committed reader sees it.

Called by `client`. Must never take a marker or an aborted record for data, nor call a range
complete that was not read to its end.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from kafka_migration.adapters.kafka.admin import Admin
from kafka_migration.adapters.kafka.offsets import read_ends, read_starts
from kafka_migration.adapters.kafka.rdkafka import Consumer, TopicPartition
from kafka_migration.adapters.kafka.reading import Reading, about_group, partition_of
from kafka_migration.model.kafka import Partition, Span, Visible

_BATCH = 500
_WAIT = 0.05  # seconds for a batch: consume() waits them out unless the batch is full


@dataclass
class Listing:
    """One partition's list of the records in [low, high), at most `limit` of them."""

    low: int
    high: int
    limit: int
    found: list[int] = field(default_factory=list)
    read: bool = False

    @classmethod
    def of(cls, span: Span, start: int, stable: int, limit: int) -> Listing:
        """What can be read of a span: nothing below the log start, nothing from the LSO on."""
        low = max(span.low, start)
        high = stable if span.high is None else min(span.high, stable)
        return cls(low, max(low, high), limit, read=low >= high)

    def see(self, offset: int | None, through: int) -> None:
        """The log was looked at up to `through`; a data record was delivered, or None."""
        if offset is not None and offset < self.high:
            self.found.append(offset)
        if len(self.found) >= self.limit:
            self.high = min(self.high, self.found[-1] + 1)
        # A broker that was elected just now may know of an earlier end than the one before it.
        self.read = through >= self.high


class RecordLister:
    """Lists with one reused consumer, one call at a time."""

    def __init__(self, admin: Admin, reading: Reading) -> None:
        self._admin = admin
        self._reading = reading

    def visible(
        self, spans: Mapping[Partition, Span], limit: int, timeout: float
    ) -> dict[Partition, Visible]:
        """Data records of each span; Unavailable after `timeout` seconds.

        Starts and ends are read first: an LSO read later would promise records not looked at.
        """
        starts = read_starts(self._admin, spans)
        ends = read_ends(self._admin, spans)
        listings = {
            part: Listing.of(span, starts[part], ends.stable[part], limit)
            for part, span in spans.items()
        }
        self._run(listings, time.monotonic() + timeout)
        return {
            part: Visible(
                start=starts[part],
                high=ends.high[part],
                stable=ends.stable[part],
                data=tuple(listing.found),
                low=listing.low,
                through=listing.high,
            )
            for part, listing in listings.items()
        }

    def _run(self, listings: Mapping[Partition, Listing], deadline: float) -> None:
        unread = {part: listing for part, listing in listings.items() if not listing.read}
        if not unread:
            return
        with self._reading.consumer({part.topic for part in unread}, deadline) as consumer:
            consumer.assign(
                [TopicPartition(part.topic, part.number, s.low) for part, s in unread.items()]
            )
            while unread:
                self._reading.check(unread.keys(), deadline, "list the records")
                self._read(consumer, unread)

    def _read(self, consumer: Consumer, unread: dict[Partition, Listing]) -> None:
        done = []
        for message in consumer.consume(_BATCH, _WAIT):
            if about_group(message):
                continue
            partition = partition_of(message)
            seen = self._reading.reached(message, partition)
            listing = unread.get(partition)
            if listing is None:
                continue
            listing.see(*seen)
            if listing.read:
                del unread[partition]
                done.append(TopicPartition(partition.topic, partition.number))
        if done:  # what lies behind its range would drown the others
            consumer.incremental_unassign(done)
