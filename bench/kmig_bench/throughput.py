"""Figure: records per second of the product's mirror beside plain MirrorMaker 2.

Each run copies the whole topic into an empty one. Variants alternate, so that a busier minute
meets all of them. Measured from the first record seen on the target to the last.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from kafka_migration.adapters.connect import ConnectClient
from kafka_migration.adapters.kubernetes import paths
from kafka_migration.decide.rules import mirror_names
from kafka_migration.model.kafka import Partition
from kmig_bench import machine
from kmig_bench.configs import is_product, mirror_config
from kmig_bench.errors import BenchError
from kmig_bench.ground import Ground
from kmig_bench.parameters import COMPARED, Run, Sizes
from kmig_bench.rates import Sample, records_per_second, span
from kmig_bench.waiting import pause
from kmig_bench.workers import failure, removed, started, worker_name, workers
from kmig_bench.writing import write

_EVERY = 0.05
_QUIET_SECONDS = 1.5  # without a new record, before it is asked whether that was all
_COPY_SECONDS = 600.0
Add = Callable[[Run, float, Mapping[str, Any]], None]
Say = Callable[[str], None]


@dataclass
class Course:
    """What all runs of a session share."""

    ground: Ground
    sizes: Sizes
    say: Say
    clients: dict[bool, ConnectClient] = field(default_factory=dict)  # True = the product's
    pods: dict[str, str] = field(default_factory=dict)  # UID -> whose processor seconds these are

    @property
    def topic(self) -> str:
        """On both sides."""
        return self.ground.names.topic("throughput")


def measure(course: Course, wanted: list[tuple[Run, str]], add: Add) -> None:
    """All wanted rows in their order, after one run of each compared variant that is not kept."""
    ground = course.ground
    ground.source.make(course.topic)
    ground.allow(course.topic)
    course.say(f"writing {course.sizes.throughput:,} records")
    write(ground.place.admin.source, course.topic, course.sizes.throughput)
    with ExitStack() as stack:
        for product in (True, False):
            course.clients[product] = stack.enter_context(workers(ground, product=product))
        course.pods = _pods(ground)
        for variant in COMPARED:
            course.say(f"{variant}: warming up")
            _run(course, variant, f"warm-{variant}")
        for run, variant in wanted:
            load = machine.load()
            values = _run(course, variant, run.name.replace("/", "-"))
            add(run, load, {"variant": variant, **values})
            course.say(f"{run.name}: {values['recordsPerSecond']:,} records/s (load {load})")


def _run(course: Course, variant: str, run: str) -> dict[str, Any]:
    """Copy the topic once."""
    ground, product = course.ground, is_product(variant)
    client = course.clients[product]
    # A name of its own: Connect keeps offsets by it.
    name = f"{worker_name(ground, product=product)}-{run}"
    ends = {True: ground.place.mirror_in_cluster, False: ground.place.admin_in_cluster}
    ground.target.make(course.topic)
    before = machine.processor_seconds(course.pods)
    started(client, name, mirror_config(ground.names, ends, name, course.topic, variant))
    try:
        samples = _watched(course, client, name, product=product)
        after = machine.processor_seconds(course.pods)
    finally:
        removed(client, name)
        ground.target.drop([course.topic])
    first, last = span(samples)
    copied = last[1]
    return {
        "recordsPerSecond": round(records_per_second(samples, course.sizes.throughput)),
        "seconds": round(last[0] - first[0], 3),
        "markers": copied - course.sizes.throughput,
        "processorSeconds": {n: round(s - before.get(n, 0.0), 2) for n, s in after.items()},
    }


def _watched(course: Course, client: ConnectClient, name: str, *, product: bool) -> list[Sample]:
    """Look at the target's ends until everything is there."""
    partitions = course.ground.partitions(course.topic)
    began = changed = time.monotonic()
    samples: list[Sample] = []
    while True:
        # What a read_committed reader sees; without transactions that is everything.
        end = sum(course.ground.target.port.ends(partitions).stable.values())
        now = time.monotonic()
        if not samples or samples[-1][1] != end:
            changed = now
        samples.append((now - began, end))
        if now - changed > _QUIET_SECONDS:
            blocked_by = _missing(course, client, name, product=product)
            if not blocked_by:
                return samples
            if now - began > _COPY_SECONDS:
                raise BenchError(f"{name}: not copied in {_COPY_SECONDS:.0f} s: {blocked_by}")
            changed = now  # ask again only after another while
        pause(_EVERY)


def _missing(course: Course, client: ConnectClient, name: str, *, product: bool) -> str:
    if fault := failure(client, name):
        raise BenchError(f"{name}: {fault}")
    partitions = course.ground.partitions(course.topic)
    ends = course.ground.source.port.ends(partitions).high
    if product:
        alias = mirror_names.alias(course.ground.names.uid, "forward", side="source")
        stored: Mapping[Partition, int] = client.offsets(name, alias).offsets
        return ", ".join(str(p) for p, end in ends.items() if stored.get(p) != end - 1)
    there = course.ground.target.port.ends(partitions).high
    return ", ".join(str(p) for p, end in ends.items() if there[p] < end)


def _pods(ground: Ground) -> dict[str, str]:
    """UIDs of the pods that a copy keeps busy."""
    found = {}
    for namespace in ("kafka-source", "kafka-target", ground.names.namespace):
        for pod in ground.api.items(paths.core(namespace, "pods")):
            instance = pod["metadata"].get("labels", {}).get("app.kubernetes.io/instance")
            name = "Connect" if instance else namespace
            found[str(pod["metadata"]["uid"])] = name
    return found
