"""Resume: commits and replicas back, pods new and ready, binding proven as mounted, F read again."""

from __future__ import annotations

from collections.abc import Collection

from kafka_migration.decide.context import UnitContext, moves_authority
from kafka_migration.decide.rules import names
from kafka_migration.decide.rules.pause import pause_of
from kafka_migration.decide.steps.commits_kept import COMMITS_KEPT
from kafka_migration.decide.steps.return_mirror import freed
from kafka_migration.decide.steps.seam import fenced_ends
from kafka_migration.decide.tasks import Task
from kafka_migration.model import facts
from kafka_migration.model.actions import RemoveProbePod, Scale, StartProbePod
from kafka_migration.model.actions import Work as Asked
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.kubernetes import ProbePod
from kafka_migration.model.reasons import Reason
from kafka_migration.model.verdicts import PASS, Problem, Verdict, fail, wait


def recorded_replicas(context: UnitContext) -> dict[str, int]:
    """Replicas per workload as they were before Drain."""
    return dict((context.recorded(EntryKind.DRAINING) or {"replicas": {}})["replicas"])


def _short(context: UnitContext) -> tuple[str, int] | None:
    seen = context.facts[facts.WORKLOADS]
    for name, replicas in sorted(recorded_replicas(context).items()):
        found = seen.get(name)
        if found is not None and found.replicas != replicas:
            return name, replicas
    return None


def replicas_are_missing(context: UnitContext) -> Verdict:
    """Every workload has the replicas that it had."""
    short = _short(context)
    if short is None:
        return PASS
    return wait(Reason.PROGRESSING, f"scaling {short[0]} back to {short[1]}")


def scale_up(context: UnitContext) -> Asked | None:
    """The next workload."""
    short = _short(context)
    return Scale(*short) if short else None


def workloads_are_not_ready(context: UnitContext) -> Verdict:
    """New pods, all ready; none of the old ones."""
    old = set((context.recorded(EntryKind.DRAINING) or {"pods": []})["pods"])
    return pods_are_not_ready(context, old)


def pods_are_not_ready(context: UnitContext, stale: Collection[str] = ()) -> Verdict:
    """Every workload has its pods ready, and none whose uid is stale."""
    seen = context.facts[facts.WORKLOADS]
    for name, replicas in sorted(recorded_replicas(context).items()):
        workload = seen.get(name)
        pods = workload.pods if workload else ()
        left = [p.name for p in pods if p.uid in stale]
        ready = [p for p in pods if p.ready and not p.deleting and p.uid not in stale]
        if left or len(ready) < replicas:
            reasons = {p.waiting_reason for p in pods if p.waiting_reason}
            said = f" ({', '.join(sorted(reasons))})" if reasons else ""
            text = f"{name}: {len(ready)} of {replicas} new pods ready{said}"
            return wait(Reason.WORKLOAD_NOT_READY, text)
    return PASS


def _wanted_probes(context: UnitContext) -> list[tuple[str, str, str]]:
    seen = context.facts[facts.WORKLOADS]
    return [
        (names.probe_pod(context.short_uid, index, node), workload.name, node)
        for index, workload in enumerate(context.spec.workloads)
        if (found := seen.get(workload.name)) is not None
        for node in sorted({p.node for p in found.pods if p.node})
    ]


def _stale(context: UnitContext) -> tuple[str, str] | None:
    """A probe pod that saw another binding than the entering side's, and its workload."""
    for index, workload in enumerate(context.spec.workloads):
        view = context.facts[facts.BINDINGS][workload.name]
        fresh = view.target_hash if context.entering == "target" else view.source_hash
        for name, probe in sorted(context.facts[facts.PROBE_PODS].items()):
            mine = name.startswith(names.probe_pod(context.short_uid, index, ""))
            if mine and probe is not None and probe.message and fresh not in probe.message:
                return name, workload.name
    return None


def a_node_served_an_old_binding(context: UnitContext) -> Verdict:
    """No probe pod saw an old binding: a pod that started beside it may have read it too."""
    stale = _stale(context)
    if stale is None:
        return PASS
    text = f"a node still served an old binding of {stale[1]}: its pods are started anew"
    return wait(Reason.BINDING_MISMATCH, text)


def start_anew(context: UnitContext) -> Asked | None:
    """Scale the workload down, wait for its pods, and only then forget the probe."""
    stale = _stale(context)
    if stale is None:
        return None
    name, workload = stale
    seen = context.facts[facts.WORKLOADS][workload]
    if seen is not None and seen.replicas > 0:
        return Scale(workload, 0)
    return None if seen is not None and seen.pods else RemoveProbePod(name)


def mounted_binding_is_old(context: UnitContext) -> Verdict:
    """A pod on each node used sees the entering side's binding-hash."""
    for name, workload, node in _wanted_probes(context):
        verdict = _probe_verdict(context.facts[facts.PROBE_PODS].get(name), workload, node)
        if verdict is not PASS:
            return verdict
    return PASS


def _probe_verdict(probe: ProbePod | None, workload: str, node: str) -> Verdict:
    if probe is None:
        return wait(Reason.PROGRESSING, f"starting a probe pod on {node} for {workload}")
    if probe.message is None:
        return wait(Reason.PROGRESSING, f"probe pod {probe.name} is {probe.phase}")
    return PASS  # what it saw was looked at before: a_node_served_an_old_binding


def probe_nodes(context: UnitContext) -> Asked | None:
    """Start the next probe."""
    present = context.facts[facts.PROBE_PODS]
    for name, workload, node in _wanted_probes(context):
        if present.get(name) is None:
            return StartProbePod(name, workload, node)
    return None


def somebody_wrote_behind_the_fence(context: UnitContext) -> Verdict:
    """Nothing was appended to the leaving side since F."""
    high = context.facts[facts.LEAVING_ENDS].ends.high
    return fail(
        Problem(
            Reason.LEAKED_WRITE,
            f"partition/{p}",
            f"{p} on the {context.leaving} grew from {f} to {high.get(p)} behind the fence: "
            "holding; find the writer and bring the records over by hand",
        )
        for p, f in fenced_ends(context).items()
        if high.get(p) != f
    )


def silent_behind(context: UnitContext) -> bool:
    """Nobody may write on the leaving side any more, not even a return mirror."""
    return moves_authority(context) and not freed(context)


def resume_is_not_recorded(context: UnitContext) -> Verdict:
    """The unit runs on the entering side."""
    if context.recorded(EntryKind.RESUMED) is not None:
        return PASS
    return wait(Reason.PROGRESSING, "recording the resume")


def record(context: UnitContext) -> Asked | None:
    """The write pause, split: settle windows, operator, and the rest is the application's."""
    return context.entry(EntryKind.RESUMED, pause_of(context))


def _leftover(context: UnitContext) -> str | None:
    present = context.facts[facts.PROBE_PODS]
    return next((name for name, probe in sorted(present.items()) if probe is not None), None)


def probes_are_left(context: UnitContext) -> Verdict:
    """Probe pods are removed."""
    name = _leftover(context)
    return wait(Reason.PROGRESSING, f"removing probe pod {name}") if name else PASS


def remove_probe(context: UnitContext) -> Asked | None:
    """One at a time."""
    name = _leftover(context)
    return RemoveProbePod(name) if name else None


def unrecorded(context: UnitContext) -> bool:
    """The Resumed entry of this leg is not written yet."""
    return context.recorded(EntryKind.RESUMED) is None


_PROBES = (facts.WORKLOADS, facts.BINDINGS, facts.PROBE_PODS)
TASKS: tuple[Task[UnitContext], ...] = (
    Task("no old binding", _PROBES, a_node_served_an_old_binding, start_anew, unrecorded),
    COMMITS_KEPT,
    Task("replicas back", (facts.WORKLOADS,), replicas_are_missing, scale_up, unrecorded),
    Task(
        "binding as mounted",
        _PROBES,
        mounted_binding_is_old,
        probe_nodes,
        unrecorded,
    ),
    Task("pods ready", (facts.WORKLOADS,), workloads_are_not_ready, applies=unrecorded),
    Task(
        "fence held",
        (facts.LEAVING_ENDS,),
        somebody_wrote_behind_the_fence,
        applies=silent_behind,
    ),
    Task("recorded", (), resume_is_not_recorded, record),
    Task("probes removed", (facts.PROBE_PODS,), probes_are_left, remove_probe),
)
