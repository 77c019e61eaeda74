"""`kmig verify`: one verification from spec to final report, inside a Job's pod.

Called by the command line. Exit code 0 means that a final report was written, whatever it says;
1 that none could be written; 2 that the spec or a credential file cannot be read. It writes to
neither Kafka, and to one ConfigMap only.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from kafka_migration.model.kafka import Connection
from kafka_migration.ports import Clock
from kafka_migration.verifier.channel import ClusterConfigMaps, ConfigMaps, JobChannel
from kafka_migration.verifier.reader import KafkaReader
from kafka_migration.verifier.reading import Log, Reader
from kafka_migration.verifier.report import one_line
from kafka_migration.verifier.run import Verification, tracks_of
from kafka_migration.verifier.spec import Spec, load
from kafka_migration.verifier.track import Track

_log = logging.getLogger(__name__)


class SystemClock:
    """The machine's clocks."""

    def now(self) -> datetime:
        """UTC, for people."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds, also counting suspend."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)


def run(spec: Path, credentials: Path, report: str, input_name: str) -> int:
    """Run one verification; see the module for exit codes."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    _end_on_sigterm()
    try:
        wanted = load(spec)
        connections = {
            Log.SOURCE: wanted.source.connection(credentials),
            Log.TARGET: wanted.target.connection(credentials),
        }
    except (OSError, ValidationError) as error:
        _log.error("spec: %s", one_line(error, ()))
        return 2
    maps = ClusterConfigMaps.in_pod(wanted.owner)
    return verify(wanted, connections, maps, (report, input_name))


def _end_on_sigterm() -> None:
    """As process 1 of a container SIGTERM would be ignored; a Job that is deleted ends at once."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _leave)


def _leave(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


def verify(
    spec: Spec,
    connections: Mapping[Log, Connection],
    maps: ConfigMaps,
    names: tuple[str, str],
    clock: Clock | None = None,
) -> int:
    """Verify with these connections; `names` are the ConfigMaps of report and input."""
    clock = clock or SystemClock()
    channel = JobChannel(maps, names[0], names[1], spec.mode.value, clock)
    tracks = tracks_of(spec)
    readers: dict[Log, Reader] = {}
    error: str | None = None
    try:
        readers |= {log: open_reader(spec, log, connections[log]) for log in Log}
        Verification(spec, tracks, readers, channel, clock).run()
    except Exception as failure:  # noqa: BLE001 (any failure is INCOMPLETE, told in the report)
        error = _told(failure, readers, connections)
        _log.error("failed: %s", error)
    verdict = _write_final(channel, tracks.values(), error)
    for reader in readers.values():
        reader.close()
    return 1 if verdict is None else 0


def _told(
    failure: Exception, readers: Mapping[Log, Reader], connections: Mapping[Log, Connection]
) -> str:
    """One line: the failure and what the clients last complained about, without secrets."""
    problems = [f"{log}: {r.problem}" for log, r in readers.items() if r.problem is not None]
    text = "; ".join([str(failure) or type(failure).__name__, *problems])
    return one_line(text, [one.password for one in connections.values() if one.password])


def _write_final(channel: JobChannel, tracks: Collection[Track], error: str | None) -> str | None:
    try:
        verdict = channel.finish(tracks, error)
    except OSError as failure:
        _log.error("no report: %s", failure)
        return None
    records = sum(track.records for track in tracks)
    _log.info("verdict %s, %d records in %d partitions", verdict, records, len(tracks))
    return verdict


def open_reader(spec: Spec, log: Log, connection: Connection) -> Reader:
    """Open one side of a spec at its first offsets."""
    source = log is Log.SOURCE
    starts = {t.id: t.source_from if source else t.target_from for t in spec.partitions}
    timestamps = {t.id: spec.compares_timestamps(t) for t in spec.partitions}
    return KafkaReader(connection, f"kmig-verify-{spec.owner.uid}", starts, timestamps)
