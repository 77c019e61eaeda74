"""A family as a tree for a terminal. Called by status; it must never read anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.text import Text
from rich.tree import Tree

from kafka_migration.cli.view import (
    AWAITED,
    Common,
    FamilyView,
    MigrationView,
    Outcome,
    Row,
    UnitView,
)
from kafka_migration.model.reasons import Reason

_ICONS = {
    "Succeeded": ("✔", "green"),
    "Running": ("●", "cyan"),
    "Failed": ("✖", "red"),
    "Skipped": ("-", "dim"),
    "Pending": ("○", "dim"),
}
_OUTCOMES = {
    Outcome.SETTLED: ("✔", "green"),
    Outcome.FAILED: ("✖", "red"),
    Outcome.WORKING: ("●", "cyan"),
    Outcome.AWAITING_APPROVAL: ("◆", "yellow"),
}
_PAUSE = (
    ("applicationSeconds", "application"),
    ("settleSeconds", "settling"),
    ("operatorSeconds", "operator"),
)
_GUIDE = "bright_black"
_TENTHS_MATTER = 9.95  # seconds below which a tenth is shown; from there it would round to 10


@dataclass(frozen=True)
class _Flow:
    """Words that wrap as wholes: a step keeps its icon and its duration."""

    words: tuple[Text, ...]

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        line = Text()
        for word in self.words:
            if line and len(line) + 2 + len(word) > options.max_width:
                yield line
                line = Text()
            line = Text("  ").join([line, word]) if line else word
        if line:
            yield line


def families(views: Iterable[FamilyView]) -> RenderableType:
    """All trees, one below the other."""
    return Group(*(_family(view) for view in views))


def duration(seconds: float) -> str:
    """Seconds as people say them: 0.4 s, 12 s, 3 min 20 s, 2 h 5 min."""
    if seconds < _TENTHS_MATTER:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _family(view: FamilyView) -> RenderableType:
    units = [_unit(unit) for unit in view.units]
    if view.migration is None:
        return Group(*(Tree(unit, guide_style=_GUIDE) for unit in units))
    tree = Tree(_migration(view.migration), guide_style=_GUIDE)
    for unit in units:
        tree.add(unit)
    for namespace in view.unread:
        tree.add(Text(f"units in namespace {namespace} may not be read by you", "yellow"))
    if not view.units and not view.unread:
        tree.add(Text("no WorkloadCutover names this migration", "dim"))
    return tree


def _migration(view: MigrationView) -> RenderableType:
    facts = [
        ("stage", _way(view.stage or "-", view.desired_stage)),
        ("on target", view.on_target),
        ("rollback until", view.rollback_until),
        ("lag", None if view.lag_seconds is None else f"{view.lag_seconds} s"),
    ]
    said = _state(view) if view.gate is None else _gate(view, view.gate)
    return _block(_title("KafkaMigration", view, facts), _rows(view, view.stages), *said)


def _gate(view: MigrationView, gate: Mapping[str, str]) -> list[Text]:
    place = f"{view.name} -n {view.namespace}"
    said = gate["summary"] if view.reason != Reason.PLAN_CHANGED else view.message
    reason = view.reason if view.reason in AWAITED else Reason.AWAITING_APPROVAL.value
    return [
        *([] if view.reason in AWAITED else _state(view)),
        Text.assemble((f"{reason} for {gate['stage']}", "yellow"), f": {said}"),
        Text.assemble(("read     ", "dim"), f"kmig plan {place}"),
        Text.assemble(("approve  ", "dim"), f"kmig approve {place} --stage {gate['stage']} \\"),
        Text(f"           --digest {gate['digest']}"),
    ]


def _unit(view: UnitView) -> RenderableType:
    facts = [
        ("wave", None if view.wave is None else str(view.wave)),
        ("on", _way(view.active_cluster or "?", view.desired_cluster)),
        ("attempt", str(view.attempt) if view.attempt and view.attempt > 1 else None),
        ("leg", "way back" if view.direction == "reverse" else None),
        ("read again", f"up to {view.replay} records" if view.replay else None),
    ]
    said = _state(view)
    if view.pause:
        said.append(_pause(view))
    return _block(_title("WorkloadCutover", view, facts), _rows(view, view.steps), *said)


def _way(here: str, wanted: str | None) -> str:
    return here if wanted in (None, here) else f"{here} → {wanted}"


def _block(title: Text, *lines: RenderableType) -> RenderableType:
    return Group(title, *(Padding(line, (0, 0, 0, 2), expand=False) for line in lines))


def _title(kind: str, view: Common, facts: list[tuple[str, str | None]]) -> Text:
    icon, style = _OUTCOMES[view.outcome]
    text = Text.assemble(
        (f"{icon} ", style), (f"{kind} ", "dim"), f"{view.namespace}/", (view.name, "bold")
    )
    for label, value in facts:
        if value is not None:
            text.append("   ")
            text.append(f"{label} ", "dim")
            text.append(value)
    return text


def _rows(view: Common, rows: Iterable[Row]) -> _Flow:
    """A row that is entered is worked on, rested at, or the last one."""
    words = []
    for row in rows:
        icon, style = _ICONS.get(row.state, ("?", "yellow"))
        shown = "" if row.seconds is None else f" {duration(row.seconds)}"
        if row.state == "Running" and view.outcome is Outcome.SETTLED:
            icon, style = ("✔", "green") if row.name == view.phase else ("◇", "cyan")
            shown = ""
        words.append(Text(f"{icon} {row.name}{shown}", style))
    return _Flow(tuple(words))


def _state(view: Common) -> list[Text]:
    _, style = _OUTCOMES[view.outcome]
    head = view.reason if view.phase == view.reason or not view.reason else f"{view.phase}, "
    reason = "" if head == view.reason else view.reason
    lines = [Text.assemble((f"{head}{reason}", style), ": ", view.message)]
    for problem in view.problems:
        if problem.message in view.message and len(view.problems) == 1:
            lines.append(Text.assemble(("✖ ", "red"), f"{problem.reason} {problem.subject}"))
            continue
        said = f"{problem.reason} {problem.subject}: {problem.message}"
        lines.append(Text.assemble(("✖ ", "red"), said))
    return lines


def _pause(view: UnitView) -> Text:
    total = view.pause.get("totalSeconds")
    parts = [f"{n} {duration(view.pause[k])}" for k, n in _PAUSE if k in view.pause]
    said = "?" if total is None else duration(total)
    return Text.assemble(("pause ", "dim"), said, (f" = {' + '.join(parts)}", "dim"))
