"""A family as a tree for a terminal. Called by status; it must never read anything."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text
from rich.tree import Tree

from kafka_migration.cli.view import Common, FamilyView, MigrationView, Outcome, Row, UnitView

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


def families(views: Iterable[FamilyView]) -> RenderableType:
    """All trees, one below the other."""
    return Group(*(_family(view) for view in views))


def duration(seconds: float) -> str:
    """Seconds as people say them: 0.4 s, 12 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 9.95:  # noqa: PLR2004 - below this a tenth matters
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
        ("stage", f"{view.stage or '-'} → {view.desired_stage}"),
        ("on target", view.on_target),
        ("lag", None if view.lag_seconds is None else f"{view.lag_seconds} s"),
    ]
    lines = [_title("KafkaMigration", view, facts), _rows(view.stages), *_state(view)]
    if view.gate is not None:
        command = (
            f"kmig approve {view.name} -n {view.namespace} "
            f"--stage {view.gate['stage']} --digest {view.gate['digest']}"
        )
        lines += [
            Text.assemble(("◆ gate ", "yellow"), view.gate["stage"], ": ", view.gate["summary"]),
            Text.assemble(("◆ read ", "yellow"), f"kmig plan {view.name} -n {view.namespace}"),
            Text.assemble(("◆ then ", "yellow"), command),
        ]
    return _block(lines)


def _unit(view: UnitView) -> RenderableType:
    where = view.active_cluster or "?"
    wanted = view.desired_cluster
    facts = [
        ("wave", None if view.wave is None else str(view.wave)),
        ("on", where if wanted in (None, where) else f"{where} → {wanted}"),
        ("attempt", str(view.attempt) if view.attempt and view.attempt > 1 else None),
    ]
    lines = [_title("WorkloadCutover", view, facts), _rows(view.steps), *_state(view)]
    if view.pause:
        lines.append(_pause(view))
    return _block(lines)


def _block(lines: Iterable[RenderableType]) -> RenderableType:
    first, *rest = [line for line in lines if line]
    return Group(first, *(Padding(line, (0, 0, 0, 2)) for line in rest))


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


def _rows(rows: Iterable[Row]) -> Text:
    """Stages or steps on one line; a name with its duration never breaks in the middle."""
    text = Text()
    for row in rows:
        icon, style = _ICONS.get(row.state, ("?", "yellow"))
        shown = "" if row.seconds is None else f" {duration(row.seconds)}"
        label = f"{icon} {row.name}{shown}".replace(" ", "\u00a0")
        if text:
            text.append("  ")
        text.append(label, style)
    return text


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
