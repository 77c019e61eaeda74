"""A cluster that goes down while a unit is wanted back: it holds on the target, or goes there again.

`Planted.silent` names the sides that answer nothing, the Connect cluster at them included.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.decide.moving import UNITS, Visit, run_to
from tests.unit.decide.planted import Planted, not_known
from tests.unit.decide.returning import back, critical, there

from kafka_migration.decide.machine import Phase
from kafka_migration.model.actions import Scale
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.kafka import ProbeResult
from kafka_migration.model.sides import Side

SIDES: tuple[Side, ...] = ("target", "source")
TICKS = 12
LONG = 10_000.0  # seconds in a step, beyond every deadline


def everybody(planted: Planted, ticks: int = TICKS) -> None:
    for _ in range(ticks):
        for name in planted.objects:
            planted.tick(name)


def message(planted: Planted, name: str = "writer") -> str:
    return str(planted.status(name)["message"])


def runs_on_the_target(planted: Planted) -> None:
    assert planted.replicas["writer"] == 1
    assert planted.bindings["writer"] == "target"
    assert planted.target.may_write("User:writer", "orders")
    assert not planted.source.may_write("User:writer", "orders")
    assert planted.register["authority"] == {"orders": "target"}


def wanted_back(side: Side) -> Planted:
    """A unit on the target is wanted on the source while a cluster does not answer."""
    planted = there()[-1].again()
    planted.silent = frozenset({side})
    planted.acts.clear()
    for name in UNITS:
        planted.change(name, desiredCluster="Source")
    everybody(planted)
    return planted


@pytest.mark.parametrize("side", SIDES)
def test_a_unit_wanted_back_while_a_cluster_is_down_holds_on_the_target_untouched(side):
    planted = wanted_back(side)
    runs_on_the_target(planted)
    assert not planted.acts
    assert EntryKind.DRAINING not in [
        e.kind for e in planted.journals["writer"] if e.direction == "reverse"
    ]
    assert planted.ready("writer") == ("False", "Unreachable")
    assert planted.status("writer")["activeCluster"] == "Target"


@pytest.mark.parametrize("side", SIDES)
def test_it_names_the_cluster_since_when_and_what_to_do(side):
    planted = wanted_back(side)
    connected = f"{side.capitalize()}Connected"
    (condition,) = (c for c in planted.status("leave")["conditions"] if c["type"] == connected)
    assert condition["status"] == "False"
    for name in UNITS:
        text = message(planted, name)
        assert text.startswith(
            f"the {side} does not answer since {condition['lastTransitionTime']}: "
        )
        assert "nothing of it is touched" in text
        assert text.endswith(f"make the {side} answer")


def test_both_clusters_are_named_if_neither_answers():
    planted = there()[-1].again()
    planted.silent = frozenset(SIDES)
    planted.change("writer", desiredCluster="Source")
    everybody(planted)
    assert message(planted).startswith("the target and the source do not answer")
    runs_on_the_target(planted)


@pytest.mark.parametrize("side", SIDES)
def test_as_soon_as_it_answers_the_unit_comes_back_with_everything(side):
    planted = wanted_back(side)
    planted.silent = frozenset()
    planted.write()
    for name in UNITS:
        run_to(planted, name, "RolledBack")
    assert planted.source.may_write("User:writer", "orders")
    records = {p: len(offsets) for p, offsets in planted.target.records.items()}
    assert {p: len(offsets) for p, offsets in planted.source.records.items()} == records


def test_a_comparison_that_gave_up_on_the_silent_cluster_is_started_anew():
    """It ended by itself, so nobody could have told it where the logs end."""
    planted = wanted_back("target")
    job = next(name for name in planted.jobs if "writ" in name and name.endswith("-back"))
    report = planted.jobs[job]["report"]
    report["state"], report["verdict"] = "finished", "INCOMPLETE"
    for part in report["partitions"]:
        part |= {"verdict": "INCOMPLETE", "error": "source: no leaders"}
    planted.silent = frozenset()
    planted.run(lambda: "started anew" in message(planted))
    assert "ended early (source: no leaders)" in message(planted)
    run_to(planted, "writer", "RolledBack")


@pytest.mark.parametrize("side", SIDES)
def test_a_wish_that_is_taken_back_meanwhile_leaves_the_unit_where_it_is(side):
    planted = wanted_back(side)
    planted.change("writer", desiredCluster="Target")
    everybody(planted)
    assert planted.ready("writer") == ("True", "OnTarget")
    runs_on_the_target(planted)


def before_drain() -> list[Visit]:
    return [
        v
        for v in back()
        if v.name == "writer"
        and v.phase is Phase.OPEN
        and v.planted.status("writer")["direction"] == "reverse"
    ]


@pytest.mark.parametrize("side", SIDES)
def test_one_that_goes_down_before_the_drain_stops_nothing(side):
    visits = before_drain()
    assert len(visits) > 5
    for visit in visits[::4]:
        planted = visit.again()
        planted.silent = frozenset({side})
        planted.acts.clear()
        everybody(planted)
        runs_on_the_target(planted)
        assert not [a for n, a in planted.acts if n == "writer" and isinstance(a, Scale)]
        planted.silent = frozenset()
        run_to(planted, "writer", "RolledBack")


def test_a_cluster_that_refuses_has_answered_and_is_not_called_silent():
    planted = there()[-1].again()
    planted.unknown["target-cluster"] = not_known()
    planted.unknown["leaving-cluster"] = not_known(refused=True)
    planted.unknown["leaving-acls"] = not_known()
    planted.change("writer", desiredCluster="Source")
    everybody(planted, 5)
    assert "does not answer" not in message(planted)


def overdue(planted: Planted, side: Side) -> Planted:
    """The cluster is down until every deadline has passed."""
    planted.silent = frozenset({side})
    for _ in range(TICKS):
        planted.mind("writer").in_step = LONG
        planted.tick("writer")
    return planted


def lost_before(visit: Visit, kind: EntryKind) -> bool:
    """No such entry of the way back yet."""
    entries = visit.planted.journals["writer"]
    return not any(e.kind is kind and e.direction == "reverse" for e in entries)


def test_a_target_that_goes_down_before_its_fence_keeps_nobody_stopped():
    """Nothing was denied there yet: replicas return although nothing can be proven (3.12)."""
    drained = [v for v in critical(back()) if lost_before(v, EntryKind.FENCING)]
    assert len(drained) == 5  # from the first tick of Drain to the Fencing entry
    for visit in drained:
        planted = overdue(visit.again(), "target")
        runs_on_the_target(planted)
        assert planted.ready("writer") == ("False", "BackedOut"), str(visit)


def test_one_leader_that_is_down_before_the_fence_keeps_nobody_stopped(monkeypatch):
    """A probe there says unknown: nothing was closed, so that nothing has to be seen open."""
    (visit, *_) = [v for v in critical(back()) if lost_before(v, EntryKind.FENCING)]
    planted = visit.again()
    probes = planted._leaving_probes

    def one_unknown(context):
        first, *others = probes(context)
        return (replace(first, result=ProbeResult.UNKNOWN), *others)

    monkeypatch.setattr(planted, "_leaving_probes", one_unknown)
    for _ in range(TICKS):
        planted.mind("writer").in_step = LONG
        planted.tick("writer")
    runs_on_the_target(planted)
    assert planted.ready("writer") == ("False", "BackedOut")


def test_a_target_that_goes_down_in_the_fence_or_later_is_waited_for_by_name_and_opens_again():
    fenced = [
        v
        for v in critical(back())
        if not lost_before(v, EntryKind.FENCING) and lost_before(v, EntryKind.SWITCH)
    ]
    assert len(fenced) > 10
    for visit in fenced[::3]:
        planted = overdue(visit.again(), "target")
        assert planted.status("writer")["workingStep"] == "BackOut", str(visit)
        assert not planted.source.may_write("User:writer", "orders"), str(visit)
        assert "now the target does not answer" in message(planted), str(visit)
        planted.silent = frozenset()
        run_to(planted, "writer", "BackedOut")
        runs_on_the_target(planted)


def test_a_source_that_goes_down_in_the_pause_gives_the_unit_back_to_the_target_at_once():
    """It was not opened in this leg: the target opens first (ADR 8)."""
    unfreed = [v for v in critical(back()) if lost_before(v, EntryKind.FREEING)]
    assert len(unfreed) > 10
    for visit in unfreed[::3]:
        planted = overdue(visit.again(), "source")
        runs_on_the_target(planted)
        planted.silent = frozenset()
        run_to(planted, "writer", "BackedOut")
        runs_on_the_target(planted)


def to_an_end(planted: Planted) -> None:
    ends = ("RolledBack", "BackedOut")
    planted.run(lambda: planted.status("writer")["workingStep"] in ends)


@pytest.mark.parametrize("side", SIDES)
def test_whenever_a_cluster_goes_down_and_comes_again_the_unit_ends_where_one_side_is_open(side):
    """`Planted.check` sees after every tick that never both are."""
    for visit in [v for v in back() if v.name == "writer"][::5]:
        planted = visit.again()
        planted.silent = frozenset({side})
        everybody(planted, 10)
        planted.mind("writer").in_step = LONG
        everybody(planted, 10)
        planted.restart()
        planted.silent = frozenset()
        to_an_end(planted)
        open_there = planted.status("writer")["activeCluster"].lower()
        assert planted._side(open_there).may_write("User:writer", "orders"), str(visit)
        assert planted.bindings["writer"] == open_there
        assert planted.replicas["writer"] == 1


def test_a_source_that_goes_down_in_the_drain_of_a_move_keeps_nobody_stopped():
    """The same with the sides exchanged."""
    drained = [v for v in critical(there()) if EntryKind.FENCING not in v.planted.kinds("writer")]
    assert drained
    for visit in drained:
        planted = overdue(visit.again(), "source")
        assert planted.replicas["writer"] == 1, str(visit)
        assert planted.ready("writer") == ("False", "BackedOut")


def test_a_fence_that_only_the_register_knows_of_is_lifted_before_replicas_return():
    """A status restored by one entry does not say Fencing; the DENYs stand all the same."""
    visit = next(v for v in critical(back()) if not lost_before(v, EntryKind.FENCED))
    planted = visit.again()
    unfenced = (EntryKind.FENCING, EntryKind.FENCED)
    planted.journals["writer"] = tuple(
        e for e in planted.journals["writer"] if e.direction == "forward" or e.kind not in unfenced
    )
    planted = overdue(planted, "target")
    assert planted.replicas["writer"] == 0
    planted.silent = frozenset()
    run_to(planted, "writer", "BackedOut")
    runs_on_the_target(planted)
