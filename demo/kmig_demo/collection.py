"""Gathers the evidence after a run: the recorder's dumps and both topics' logs on both sides.

Called by the scenario once everything stands still. What cannot be fetched becomes a named fault
of that part and must never become an empty part.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kmig_demo.environment import Environment
from kmig_demo.errors import DemoError
from kmig_demo.evidence import Crossing, Evidence, Part, PauseShares, parse_dump
from kmig_demo.kafka_log import read_log
from kmig_demo.kubectl import Kubectl, Object
from kmig_demo.recorder_link import RecorderLink, recorder_link


@dataclass(frozen=True)
class Run:
    """One run: its name, the recorder's identity from before it, and what took place."""

    name: str
    store: str
    crossings: tuple[Crossing, ...] = ()
    both_whole: bool = False


def collect(kubectl: Kubectl, environment: Environment, run: Run) -> Evidence:
    """All evidence of one run."""
    parts = {kind: Part(faults=[f"{kind}: not fetched"]) for kind in ("acks", "reads", "failures")}
    faults: list[str] = []
    with _as_fault(faults.append), recorder_link(kubectl) as link:
        found = link.summary()["store"]
        if found != run.store:
            faults.append("the recorder is not the one of the beginning: its store was lost")
        parts = {kind: _part(link, kind, run.name) for kind in parts}
    sides = environment.sides
    return Evidence(
        acks=parts["acks"],
        reads=parts["reads"],
        failures=parts["failures"],
        source=read_log(sides["source"], "orders", run.name),
        target=read_log(sides["target"], "orders", run.name),
        archive_source=read_log(sides["source"], "orders-archive", run.name),
        archive_target=read_log(sides["target"], "orders-archive", run.name),
        crossings=run.crossings,
        both_whole=run.both_whole,
        faults=faults,
    )


def _part(link: RecorderLink, kind: str, run: str) -> Part:
    text = link.dump(kind)
    part = parse_dump(kind, text, run)
    if len(part.rows) != link.lines(kind):
        part.faults.append(f"{kind}: {len(part.rows)} lines fetched, {link.lines(kind)} kept")
    return part


def pause_shares(unit: Object) -> PauseShares:
    """What a unit says of the write pause of its last crossing."""
    pause = unit.get("status", {}).get("pause") or {}
    return PauseShares(_seconds(pause, "operatorSeconds"), _seconds(pause, "settleSeconds"))


def _seconds(pause: Object, name: str) -> float | None:
    value = pause.get(name)
    return None if value is None else float(value)


@contextlib.contextmanager
def _as_fault(note: Callable[[str], None]) -> Iterator[None]:
    try:
        yield
    except DemoError as error:
        note(str(error))
