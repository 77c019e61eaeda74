"""Entry point: `python -m kmig_bench [--force] [--only FIGURE]`, which `make bench` calls.

Rows that are there are not measured again. Exit 0 when every row asked for is there. Everything
made on the sandbox is removed at the end, also after a failure; after a kill by the next run.
"""

from __future__ import annotations

import argparse
import fcntl
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from confluent_kafka import KafkaException

from kafka_migration.adapters.kubernetes.client import connect
from kafka_migration.errors import KmigError
from kmig_bench import parameters, rereads, throughput
from kmig_bench.digests import reread_digest, throughput_digest
from kmig_bench.errors import BenchError
from kmig_bench.figures import Figures, concluded
from kmig_bench.ground import session
from kmig_bench.page import markdown, panels
from kmig_bench.parameters import TOPICS, Run, Sizes
from kmig_bench.place import Place, find
from kmig_bench.plot import svg
from kmig_bench.store import Store

ROOT = Path(__file__).resolve().parents[2]
_BY_SIGNAL = 130  # as a shell says it
FIGURES = ("rereads", "throughput")
_BEGAN = time.monotonic()


def main() -> int:
    """Measure what is missing, then render: 0 when nothing is missing any more."""
    parser = argparse.ArgumentParser(prog="kmig_bench", description=__doc__)
    parser.add_argument("--force", action="store_true", help="measure every row anew")
    parser.add_argument("--only", choices=FIGURES, default="", help="the rows of one figure")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, _ended)
    try:
        sizes = parameters.read()
        place = find(ROOT)
        name = "bench.json" if sizes.full else "bench-reduced.json"
        with _alone(place.folder / "bench.lock"):
            _bench(place, sizes, Store.read(place.folder / name), asked)
    except (BenchError, KmigError, KafkaException) as error:
        _say(f"FAILED: {error}")
        return 1
    except KeyboardInterrupt:
        _say("ended by a signal; the next run goes on with the missing rows")
        return _BY_SIGNAL
    return 0


def _ended(_number: int, _frame: FrameType | None) -> None:
    """An end by signal takes away what was made, like any other."""
    raise KeyboardInterrupt


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Two at once would measure each other, and remove what the other one made."""
    with path.open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BenchError("another bench runs on this sandbox; wait for its end") from None
        yield


def _bench(place: Place, sizes: Sizes, store: Store, asked: argparse.Namespace) -> None:
    again = {name: Run(name, reread_digest(ROOT, sizes)) for name, *_ in parameters.reread_rows()}
    runs = {
        name: Run(name, throughput_digest(variant, sizes))
        for name, variant in parameters.throughput_rows()
    }
    every = [*again.values(), *runs.values()]
    store.keep_only(every)
    wanted = [run for run in every if run.name.startswith(asked.only)]
    if asked.force:
        store.forget(wanted)
    missing = [run for run in wanted if not store.has(run)]
    _say(f"{len(wanted) - len(missing)} of {len(wanted)} rows are there")
    try:
        if missing:
            _measure(place, sizes, store, {run.name: run for run in missing})
    finally:
        _render(place, sizes, store)


def _measure(place: Place, sizes: Sizes, store: Store, missing: dict[str, Run]) -> None:
    api = connect(place.kubeconfig)
    try:
        with session(place, api) as ground:
            for kind in TOPICS:
                wanted = [
                    rereads.Wanted(missing[name], share)
                    for name, topic, share in parameters.reread_rows()
                    if topic == kind and name in missing
                ]
                if wanted:
                    topic = rereads.Topic(ground, kind, sizes, _say)
                    rereads.measure(ground, topic, wanted, store.add)
            left = [
                (missing[name], variant)
                for name, variant in parameters.throughput_rows()
                if name in missing
            ]
            if left:
                throughput.measure(throughput.Course(ground, sizes, _say), left, store.add)
    finally:
        api.close()


def _render(place: Place, sizes: Sizes, store: Store) -> None:
    """The page of full sizes is the documentation's; any other stays beside its rows."""
    if not store.rows:
        return
    figures = Figures.of(store.rows)
    store.conclude(concluded(figures))
    folder = ROOT / "docs" if sizes.full else place.folder
    (folder / "benchmarks.svg").write_text(svg(panels(figures)), encoding="utf-8")
    page = markdown(figures, sizes, "benchmarks.svg")
    (folder / "benchmarks.md").write_text(page, encoding="utf-8")
    _say(f"written: {store.path}, {folder / 'benchmarks.md'}")
    for name, value in store.figures.items():
        _say(f"{name}: {value if value is not None else 'not measured to its end'}")


def _say(text: str) -> None:
    print(f"{time.monotonic() - _BEGAN:7.1f} s  {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
