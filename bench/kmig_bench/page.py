"""docs/benchmarks.md from the rows: nothing on the page was typed by hand. Pure.

Called when rows were added. What was not measured is left out or said to be missing; it must
never state a figure that no row holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from string import Template

from kmig_bench.figures import TOLERATED, WANTED_RATIO, Figures
from kmig_bench.parameters import (
    CAUSES,
    COMPARED,
    DEFAULTS,
    EOS,
    PARTITIONS,
    ROUNDS,
    SAME,
    TASKS,
    TOPICS,
    VALUE_BYTES,
    Sizes,
)
from kmig_bench.plot import Bar, Panel
from kmig_bench.store import Row

NAMES = {
    EOS: "the product's mirror, exactly once",
    SAME: "plain, with the product's polls, batches and lz4",
    DEFAULTS: "plain, MirrorMaker's defaults",
    "eos-poll-500": "exactly once, polls of 500",
    "eos-poll-20000": "exactly once, polls of 20,000",
    "eos-lag-100": "exactly once, `offset.lag.max=100`",
}
_HEAD = Template("""# Benchmarks

Written by `make bench`; do not edit. The product beside plain MirrorMaker 2, on the sandbox's two
Kafkas (4.3.1, one broker each) with brokers, Connect workers and clients on one machine.

| | |
|---|---|
| command | `$command` |
| machine | $machine |
| measured | $dates |
| load average when the rows began | $load |
| records | $rereads in each re-read topic, $throughput of $bytes B in the throughput topic; $partitions partitions, lz4 |

$noise![Re-reads and throughput]($plot)
""")
_REREADS = """
## Records read again by a group that moved
Each group read a share of every partition on the source and committed; its writers are still
there. Both mirrors then copied the whole topic. A `read_committed` reader began at the group's
commits on the target and read to the end; every record was compared, by its number, with what
the group had read.

- **translated**: the product's mirror, and the offsets that the operator commits: its own code
  reads the offset syncs, lists both logs around each commit and counts
  ([offsets.md](offsets.md)).
- **plain**: MirrorSourceConnector without exactly-once and MirrorCheckpointConnector with
  `sync.group.offsets.enabled`, otherwise their defaults, both started together. It was given
  time until its group sync had changed nothing for 130 s. Where it commits nothing the reader
  begins at the start: the reset that loses nothing. Its numbers differ from run to run: they
  depend on which offset syncs its 64 places per partition still held at a checkpoint.

In the transactional topic one transaction of 500 records in five was aborted. "Never committed"
counts those of its records that a reader is given all the same: plain MirrorMaker reads
uncommitted records unless told otherwise.

| topic | had read | records read | translated: read again / skipped | grades | plain: read again / skipped | plain: partitions without a commit | plain: never committed |
|---|---:|---:|---:|---|---:|---:|---:|
"""
_THROUGHPUT = Template("""
## Throughput with exactly-once
Each run copies the whole topic into an empty one with $tasks tasks, from the first record seen on
the target to the last; $rounds runs of each compared variant, in turn, on workers that had copied
it before. Both plain variants have no transactions, no idempotent producer and read uncommitted
records. Processor seconds are those of a whole run, start included.

| variant | runs | records/s, median (lowest - highest) | seconds | markers | processor seconds: $programs |
|---|---:|---:|---:|---:|---|
""")
_NO_THROUGHPUT = """
## Throughput with exactly-once
Not measured yet: `make bench` goes on with it.
"""


def markdown(figures: Figures, sizes: Sizes, plot: str) -> str:
    """The whole page."""
    rows = [*figures.rereads, *figures.throughput]
    parts = [_head(rows, sizes, plot)]
    if figures.rereads:
        parts += [_REREADS, *(_reread(row) for row in figures.rereads), *_reread_sums(figures)]
    if not figures.throughput:
        parts.append(_NO_THROUGHPUT)
    else:
        programs = sorted({p for row in figures.throughput for p in row["processorSeconds"]})
        words = {"programs": " / ".join(programs) or "not known", "tasks": TASKS, "rounds": ROUNDS}
        parts += [_THROUGHPUT.substitute(words), *_rates(figures, programs), *_verdict(figures)]
    return "".join(parts)


def panels(figures: Figures) -> list[Panel]:
    """What the plot shows."""
    bars = [
        Bar(f"{row['topic']}, {row['share']} % read: {whose}", row[whose]["again"], ours)
        for row in figures.rereads
        for whose, ours in (("translated", True), ("plain", False))
    ]
    rates = figures.rates()
    speeds = [Bar(NAMES[name], rates[name], name == EOS) for name in COMPARED if name in rates]
    both = (("Records read again on the target", bars), ("Records per second, median", speeds))
    return [Panel(title, shown) for title, shown in both if shown]


def _head(rows: Sequence[Row], sizes: Sizes, plot: str) -> str:
    loads = [float(row["load"]) for row in rows]
    dates = sorted({str(row["measured"])[:10] for row in rows})
    machines = sorted({str(row["machine"]) for row in rows})
    cores = [int(machine.split(" ")[0]) for machine in machines]
    busy = sum(1 for load in loads if load > min(cores))
    noise = ""
    if busy:
        noise = (
            f"**The machine was not quiet**: {busy} of {len(loads)} rows began with a load above "
            "its cores (the bench's own work counts too). What translation reads again does not "
            "depend on that; rates do, and ratios of runs that alternate do less.\n\n"
        )
    return _HEAD.substitute(
        command="make bench" if sizes.full else f"BENCH_RECORDS={sizes.throughput} make bench",
        machine="; ".join(machines),
        dates=", ".join(dates),
        load=f"{min(loads):.1f} to {max(loads):.1f}",
        rereads=f"{sizes.rereads:,}",
        throughput=f"{sizes.throughput:,}",
        bytes=VALUE_BYTES,
        partitions=PARTITIONS,
        noise=noise,
        plot=plot,
    )


def _reread(row: Row) -> str:
    ours, plain = row["translated"], row["plain"]
    grades = ", ".join(f"{count} {grade}" for grade, count in sorted(row["grades"].items()))
    return (
        f"| {row['topic']} | {row['share']} % | {row['read']:,} "
        f"| {ours['again']:,} / {ours['skipped']:,} | {grades} "
        f"| {plain['again']:,} / {plain['skipped']:,} | {plain['uncommitted']} "
        f"| {plain['never']:,} |\n"
    )


def _reread_sums(figures: Figures) -> Iterator[str]:
    yield "\n"
    for topic in TOPICS:
        ours, plain = (figures.reread(topic, whose) for whose in ("translated", "plain"))
        if ours is None or plain is None:
            yield f"The {topic} topic is not measured to its end.\n"
        else:
            yield (
                f"Sum of the {topic} topic: {ours:,} read again by translated groups, "
                f"{plain:,} by plain MirrorMaker's.\n"
            )


def _rates(figures: Figures, programs: Sequence[str]) -> Iterator[str]:
    processor = figures.processor()
    for variant in (*COMPARED, *CAUSES):
        rows = [row for row in figures.throughput if row["variant"] == variant]
        if not rows:
            continue
        rates = sorted(int(row["recordsPerSecond"]) for row in rows)
        seconds = sorted(float(row["seconds"]) for row in rows)
        markers = sorted(int(row["markers"]) for row in rows)
        spent = processor.get(variant)
        told = " / ".join(f"{spent[p]:.1f}" for p in programs) if spent else "not known"
        middle = figures.rates()[variant]
        yield (
            f"| {NAMES[variant]} | {len(rows)} | {middle:,.0f} ({rates[0]:,} - {rates[-1]:,}) "
            f"| {seconds[0]:.1f} - {seconds[-1]:.1f} | {markers[0]:,} - {markers[-1]:,} "
            f"| {told} |\n"
        )


def _verdict(figures: Figures) -> Iterator[str]:
    ratio = figures.over_plain()
    if ratio is None:
        yield "\nNot every run is there yet: `make bench` goes on with the missing ones.\n"
        return
    yield "\nExactly-once over plain, by medians (and by rounds, whose runs followed each other):\n\n"
    for other in (SAME, DEFAULTS):
        pairs = figures.by_round(other)
        yield f"- over {NAMES[other]}: {figures.ratio(other)} ({pairs[0]} to {pairs[-1]})\n"
    yield f"\nThe stricter one counts: **{ratio}**, wanted is {WANTED_RATIO:.2f}.\n"
    if ratio < WANTED_RATIO:
        yield from _reason(figures, ratio)


def _reason(figures: Figures, ratio: float) -> Iterator[str]:
    """How much of the difference each part comes to; nothing is concluded beyond the numbers."""
    missed = WANTED_RATIO / ratio
    within = "less" if missed < TOLERATED else "more"
    yield f"\nMissed by a factor of {missed:.2f}, {within} than {TOLERATED}. "
    cost, seconds = figures.marker_milliseconds(), figures.seconds()
    if cost is None or "eos-lag-100" not in seconds:
        yield "The runs that tell the reason are missing.\n"
        return
    rows = [row for row in figures.throughput if row["variant"] == EOS]
    markers = median(int(row["markers"]) for row in rows)
    plain = seconds[figures.stricter()]
    syncs = seconds[EOS] - seconds["eos-lag-100"]
    yield (
        f"By medians a run takes {seconds[EOS]:.2f} s instead of {plain:.2f} s: "
        f"{seconds[EOS] - plain:.2f} s more. What was measured of it, one setting changed at a "
        "time:\n\n"
        "- Transactions: a task commits one for each poll, and waits for it. Over polls of 500, "
        f"5,000 and 20,000 records one more marker costs {cost:.2f} ms (least squares), so the "
        f"{markers:,.0f} markers of a run come to {cost * markers / 1000:.2f} s; with polls of "
        f"20,000 a run takes {seconds['eos-poll-20000']:.2f} s, with polls of 500 "
        f"{seconds['eos-poll-500']:.2f} s.\n"
        "- Offset syncs for nearly every record, which exact translation counts from: with "
        f"`offset.lag.max=100` a run takes {seconds['eos-lag-100']:.2f} s, so they come to "
        f"{syncs:.2f} s.\n"
    )
    yield (
        "\nBrokers, workers and whatever else runs share the machine's cores, so each second of a "
        "processor that exactly-once takes is missing from the copying; the last column of the "
        "table has them.\n"
    )
