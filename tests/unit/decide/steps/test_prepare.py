"""Prepare and its standing checks: faults between spec, namespace, bindings and mirrors."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.decide.moving import last_at, stands
from tests.unit.decide.planted import PARTITIONS, Planted, acl, authentication, unit_spec

from kafka_migration.model.actions import HoldDenies


def workload(**changes):
    return [unit_spec("writer", "Writer", 10)["workloads"][0] | changes]


def binding_of(user: str):
    mine = {"secretName": "writer", "source": authentication(user), "target": authentication(user)}
    return workload(binding=mine)


def scaled_by_an_autoscaler(planted: Planted) -> None:
    planted.workload = {"autoscaler": "hpa"}


def without_the_mount(planted: Planted) -> None:
    planted.workload = {"secrets": frozenset()}


def tail(planted: Planted, **changes) -> None:
    job = next(job for name, job in planted.jobs.items() if "tail" in name)
    job["report"].update(changes)


def other_mirror_lists_it(planted: Planted) -> None:
    own = next(iter(planted.connectors.values()))
    planted.connectors["other"] = replace(own, name="other")
    planted.stored["other"] = {}


WRITER = [
    (lambda p: p.change("writer", topics={"writes": ["no"], "reads": []}), "TopicNotInScope"),
    (lambda p: p.change("writer", topics={"writes": [], "reads": ["orders"]}), "InvalidSpec"),
    (lambda p: p.change("writer", consumerGroups=[{"name": "g"}]), "NotSupported"),
    (lambda p: p.change("writer", workloads=binding_of("kmig")), "PrincipalConflict"),
    (lambda p: p.change("writer", workloads=binding_of("mirror")), "PrincipalConflict"),
    (
        lambda p: p.change(
            "writer", workloads=[*workload(), *workload(name="second", role="Writer")]
        ),
        "InvalidSpec",
    ),
    (
        lambda p: p.change("reader", topics={"writes": ["orders"], "reads": []}),
        "UnitOverlap",
    ),
    (lambda p: p.replicas.pop("writer"), "WorkloadNotFound"),
    (scaled_by_an_autoscaler, "NotSupported"),
    (without_the_mount, "BindingNotMounted"),
    (lambda p: p.bindings.update(writer="target"), "BindingConflict"),
    (lambda p: p.bindings.update(writer=None), "BindingConflict"),
    (other_mirror_lists_it, "TaskFailed"),
    (lambda p: tail(p, state="failed"), "ComparisonIncomplete"),
    (
        lambda p: tail(p, partitions=[{"topic": "orders", "partition": 0, "verdict": "DIFFERENT"}]),
        "ContentDiffers",
    ),
]


@pytest.mark.parametrize("step", ["Prepare", "Preflight"])
@pytest.mark.parametrize(("disturb", "reason"), WRITER)
def test_a_fault_of_the_unit_is_named_however_long_it_rested(step, disturb, reason):
    planted = last_at("writer", step)
    disturb(planted)
    assert stands(planted, "writer") == (reason, "True")
    assert planted.decide("writer")[0].action is None


def test_a_reader_without_a_group_is_refused_by_name():
    """Its position is kept elsewhere: nobody could translate it."""
    planted = last_at("reader", "Prepare")
    planted.change("reader", consumerGroups=[])
    assert stands(planted, "reader") == ("NotSupported", "True")


@pytest.mark.parametrize("step", ["Prepare", "Preflight"])
@pytest.mark.parametrize(("side", "user"), [("target", "writer"), ("source", "mirror")])
def test_a_deny_of_ours_that_is_gone_is_set_again(step, side, user):
    planted = last_at("writer", step)
    deny = acl(user, "WRITE", deny=True)
    kafka = planted.source if side == "source" else planted.target
    kafka.acls.discard(deny)
    action = planted.decide("writer")[0].action
    assert isinstance(action, HoldDenies)
    assert (action.side, action.acls) == (side, (deny,))


def test_everybody_who_can_write_the_target_is_denied_but_the_mirror():
    """Also somebody who got the right after the plan was made."""
    planted = last_at("writer", "Prepare")
    planted.target.acls.add(acl("stranger", "WRITE"))
    action = planted.decide("writer")[0].action
    assert isinstance(action, HoldDenies)
    assert {a.principal for a in action.acls} == {"User:stranger", "User:writer"}


def test_a_deny_that_is_not_in_the_register_is_not_held():
    """What nobody would lift again does not count (protocol 1.7)."""
    planted = last_at("writer", "Prepare")
    planted.register = {"entries": [], "authority": {}}
    assert isinstance(planted.decide("writer")[0].action, HoldDenies)


def test_the_mirror_must_still_be_allowed():
    planted = last_at("writer", "Prepare")
    planted.target.acls.discard(acl("mirror", "WRITE"))
    assert stands(planted, "writer") == ("NotAuthorized", "False")


def test_a_unit_asks_for_its_mirror_and_waits():
    planted = last_at("writer", "Prepare")
    planted.connectors.clear()
    assert stands(planted, "writer") == ("WaitingForHandOver", "False")


def test_the_unit_is_prepared_with_what_was_measured():
    entry = last_at("writer", "Prepare").journals["writer"][0]
    assert entry.data["propagation"] == {"source": 0.1, "target": 0.1}


def test_the_tail_comparison_starts_at_the_validated_anchors():
    planted = last_at("writer", "Prepare")
    started = next(
        a for n, a in planted.acts if n == "writer" and getattr(a, "mode", "") == "follow"
    )
    assert started.ranges == tuple((p, 10, None, 12) for p in PARTITIONS)
