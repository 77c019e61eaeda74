"""`kmig status` says what the conditions say, as a tree, as JSON and as an exit code."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from io import StringIO

import pytest
from rich.console import Console
from tests.unit.cli import samples
from tests.unit.cli.conftest import forbid, place

from kafka_migration.adapters.kubernetes import paths
from kafka_migration.cli import tree
from kafka_migration.cli.reading import Family
from kafka_migration.cli.view import Outcome, family_view, outcome_of
from kafka_migration.errors import Unavailable
from kafka_migration.model.reasons import Reason

NOW = datetime(2030, 1, 1, 10, 0, 50, tzinfo=UTC)


def drawn(family: Family, width: int = 110) -> str:
    console = Console(width=width, record=True, file=StringIO())
    console.print(tree.families([family_view(family, NOW)]))
    return console.export_text()


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (samples.migration(), Outcome.WORKING),
        (samples.awaiting(), Outcome.AWAITING_APPROVAL),
        (samples.held_at_a_gate(), Outcome.SETTLED),
        (samples.stalled(), Outcome.FAILED),
        (samples.reader(), Outcome.SETTLED),
        (samples.moved(), Outcome.SETTLED),
        (samples.writer(), Outcome.WORKING),
        (samples.uncovered(), Outcome.AWAITING_APPROVAL),
    ],
)
def test_an_object_is_working_waiting_failed_or_settled_as_its_conditions_say(body, outcome):
    family = Family(None, (body,)) if "workloads" in body["spec"] else Family(body)
    assert outcome_of([family_view(family, NOW)]) is outcome


def test_a_status_of_an_older_spec_is_still_on_its_way():
    """Right after a change of the spec, the Ready of before says nothing."""
    body = samples.reader()
    body["metadata"]["generation"] = 4
    assert outcome_of([family_view(Family(None, (body,)), NOW)]) is Outcome.WORKING


def test_an_object_without_a_status_is_on_its_way_and_says_so():
    body = samples.migration()
    body["status"] = {}
    view = family_view(Family(body), NOW)
    assert outcome_of([view]) is Outcome.WORKING
    assert "does the operator run?" in drawn(Family(body))


@pytest.mark.parametrize(
    ("bodies", "outcome"),
    [
        ([samples.migration(), samples.awaiting(), samples.stalled()], Outcome.FAILED),
        ([samples.awaiting(), samples.migration()], Outcome.WORKING),
        ([samples.awaiting()], Outcome.AWAITING_APPROVAL),
    ],
)
def test_the_worst_of_several_decides(bodies, outcome):
    """Somebody is needed before anything else is said; what works may still wait afterwards."""
    families = [family_view(Family(body, (samples.moved(),)), NOW) for body in bodies]
    assert outcome_of(families) is outcome


def test_the_tree_shows_stages_units_steps_and_what_goes_on():
    text = drawn(Family(samples.migration(), (samples.writer(), samples.reader())))
    for shown in (
        "platform/leave-source   stage Validated → CutOver   on target 0/2   lag 0 s",
        "✔ Replicating 28 s",
        "● CutOver 5.0 s",
        "orders/orders-writer   wave 10   on Source → Target",
        "● Fence 1.0 s",
        "fenced ends still for 0.3 of 0.5 s",
        "WaitingForWave: prepared; waits for wave 20",
    ):
        assert shown in text


def test_a_unit_that_rests_shows_where_and_one_that_arrived_shows_no_work():
    text = drawn(Family(samples.migration(), (samples.arrived(), samples.reader())))
    assert "◇ Preflight" in text
    assert "✔ Completed" in text
    assert "● Completed" not in text


def test_a_step_is_never_torn_from_its_icon():
    """Lines break between steps only, at any width."""
    names = [s["name"] for s in samples.writer()["status"]["steps"]]
    for width in range(40, 120):
        lines = drawn(Family(None, (samples.writer(),)), width)
        assert all(f"✔ {n}" in lines or f"● {n}" in lines or f"○ {n}" in lines for n in names)


def test_a_closed_gate_shows_the_command_that_opens_it():
    text = drawn(Family(samples.awaiting()))
    assert "kmig plan leave-source -n platform" in text
    assert "kmig approve leave-source -n platform --stage CutOver" in text
    assert f"--digest {samples.DIGEST}" in text


def test_a_closed_gate_at_a_hold_is_shown_below_what_the_migration_says():
    text = drawn(Family(samples.held_at_a_gate()))
    assert "HoldingAtDesiredStage: holding at Validated as requested" in text
    assert "AwaitingApproval for CutOver: 200000 records compared" in text
    assert "kmig approve leave-source -n platform --stage CutOver" in text


def test_an_open_gate_is_not_shown_as_one():
    """One that spec.approval opens is shown by `kmig plan` only, until it is recorded."""
    assert "kmig approve" not in drawn(Family(samples.migration()))


def test_a_wrong_approval_says_what_is_wrong_with_it():
    body = samples.awaiting()
    body["status"]["message"] = "spec.approval names another digest"
    body["status"]["conditions"][0]["reason"] = "PlanChanged"
    assert "PlanChanged for CutOver: spec.approval names another digest" in drawn(Family(body))


def test_a_problem_is_named_once():
    text = drawn(Family(samples.stalled()), width=200)
    assert text.count("3 partitions instead of 12") == 1
    assert "TopicConflict topic/orders" in text


def test_the_pause_is_shown_with_its_shares():
    text = drawn(Family(None, (samples.moved(),)))
    assert "pause 9.2 s = application 5.1 s + settling 1.0 s + operator 3.1 s" in text


@pytest.mark.parametrize(
    ("offsets", "said"),
    [
        ({"grade": "Safe", "replayRecords": 12}, True),
        ({"grade": "Exact", "replayRecords": 0}, False),
        ({}, False),
    ],
)
def test_what_a_unit_s_groups_may_read_again_is_shown(offsets, said):
    body = samples.moved()
    body["status"]["offsets"] = offsets
    assert ("read again up to 12 records" in drawn(Family(None, (body,)), width=200)) is said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.7, "1 min 0 s"), (7500, "2 h 5 min")],
)
def test_durations_read_as_people_say_them(seconds, said):
    assert tree.duration(seconds) == said


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (samples.stalled(), 1),
        (samples.migration(), 2),
        (samples.awaiting(), 3),
        (samples.migration(conditions=[samples.condition("Ready", "True", "Holding")]), 0),
    ],
)
def test_the_exit_code_tells_how_it_stands(server, kmig, body, code):
    place(server, body)
    assert kmig("status", "leave-source").exit_code == code


def test_a_migration_shows_the_units_of_every_namespace(server, kmig):
    other = samples.writer()
    other["metadata"] |= {"name": "elsewhere", "namespace": "billing"}
    place(server, samples.migration(), samples.writer(), other)
    text = kmig("status").output
    assert "orders/orders-writer" in text
    assert "billing/elsewhere" in text


def test_units_of_another_migration_are_not_shown(server, kmig):
    other = samples.writer()
    other["spec"] |= {"migrationRef": {"namespace": "platform", "name": "another"}}
    place(server, samples.migration(), other)
    assert "orders-writer   wave" not in kmig("status").output


def test_without_a_right_to_list_everything_the_allowed_namespaces_are_read(
    server, kmig, monkeypatch
):
    place(server, samples.migration(), samples.writer())
    forbid(server, monkeypatch, [paths.own_everywhere("WorkloadCutover")])
    assert "orders/orders-writer" in kmig("status").output


def test_a_namespace_that_may_not_be_read_is_named_not_left_out(server, kmig, monkeypatch):
    place(server, samples.migration(), samples.writer())
    everywhere = paths.own_everywhere("WorkloadCutover")
    own = f"/apis/{paths.GROUP}/{paths.VERSION}/namespaces/orders/workloadcutovers"
    forbid(server, monkeypatch, [everywhere, own])
    assert "units in namespace orders may not be read by you" in kmig("status").output


def test_a_unit_can_be_asked_for_alone(server, kmig):
    """An application team may not be allowed to read the migration."""
    place(server, samples.moved())
    result = kmig("status", "orders-writer", "-n", "orders")
    assert "orders/orders-writer" in result.output
    assert result.exit_code == 0


def test_json_holds_the_same(server, kmig):
    place(server, samples.migration(), samples.writer())
    shown = json.loads(kmig("status", "-o", "json").stdout)["migrations"][0]
    assert shown["migration"]["desiredStage"] == "CutOver"
    assert shown["migration"]["outcome"] == "working"
    assert shown["units"][0]["steps"][4]["name"] == "Fence"


def looks(monkeypatch, *bodies):
    """What each look finds; the last one from then on. An exception is a lost answer."""
    monkeypatch.setattr("kafka_migration.cli.status._LOOK_SECONDS", 0.01)
    left = list(bodies)

    def families(*_):
        found = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(found, Exception):
            raise found
        return [Family(found)]

    monkeypatch.setattr("kafka_migration.cli.reading.Reader.families", families)


@pytest.mark.parametrize("how", [[], ["-w"], ["-w", "-o", "json"]])
def test_waiting_ends_when_it_settles(kmig, monkeypatch, how):
    """With --timeout the command returns as soon as there is an outcome."""
    looks(monkeypatch, samples.migration(), samples.migration(), samples.stalled())
    began = time.monotonic()
    result = kmig("status", "leave-source", "--timeout", "20", *how)
    assert result.exit_code == 1
    assert "3 partitions instead of 12" in result.output
    assert time.monotonic() - began < 15
    if "json" in how:
        assert json.loads(result.stdout)["migrations"][0]["migration"]["outcome"] == "failed"


def test_waiting_ends_with_two_when_the_time_is_over(server, kmig):
    place(server, samples.migration())
    began = time.monotonic()
    assert kmig("status", "leave-source", "--timeout", "0").exit_code == 2
    assert time.monotonic() - began < 5


def test_a_lost_answer_does_not_end_a_watch(kmig, monkeypatch):
    lost = Unavailable(Reason.UNREACHABLE, "no answer")
    looks(monkeypatch, samples.migration(), lost, samples.stalled())
    result = kmig("status", "leave-source", "-w", "--timeout", "20")
    assert "3 partitions instead of 12" in result.output


def test_a_first_look_without_an_answer_is_a_fault(kmig, monkeypatch):
    looks(monkeypatch, Unavailable(Reason.UNREACHABLE, "no answer"))
    assert isinstance(kmig("status", "-w").exception, Unavailable)
