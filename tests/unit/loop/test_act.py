"""Acts: one per action, the Lease before every request, refusals in words."""

from __future__ import annotations

from typing import Any, get_args

import pytest
import structlog
from tests.unit.loop.fake_world import ORDERS, UNIT_KEY, FakeWorld, migration, unit

from kafka_migration.act import ACTS, act
from kafka_migration.errors import Conflict, KmigError, Refused, Unavailable
from kafka_migration.model import actions
from kafka_migration.model.actions import Action
from kafka_migration.model.connect import Connector
from kafka_migration.model.inventory import acl_from
from kafka_migration.model.kafka import Commit, NewTopic
from kafka_migration.model.reasons import Reason

DENY = acl_from(["TOPIC", "orders", "LITERAL", "User:app", "*", "WRITE", "DENY"])
RANGES = ((ORDERS, 0, 5, 0),)
EVERY: tuple[Action, ...] = (
    actions.CreateTopic(NewTopic("orders", 1, 1)),
    actions.EnsureAcls("target", (DENY,)),
    actions.ApplyWorkers("forward", "hash"),
    actions.RemoveWorkers("reverse"),
    actions.CreateConnector("forward", "kmig-aaaaaaaa-bulk", ("orders",)),
    actions.ConfigureConnector("forward", "m", ("orders",)),
    actions.RestartTasks("forward", "m"),
    actions.StopConnector("forward", "m"),
    actions.ResumeConnector("forward", "m"),
    actions.DeleteConnector("forward", "m"),
    actions.FenceMirror("forward", "m"),
    actions.AlterOffsets("forward", "m", ((ORDERS, 4),)),
    actions.StartComparison("job", "source", "bounded", RANGES, {"orders": "compare"}),
    actions.InstructComparison("job", ((ORDERS, 5),), ((ORDERS, 5),)),
    actions.DeleteComparison("job"),
    actions.HoldDenies("source", (DENY,)),
    actions.LiftDenies("source", (DENY,)),
    actions.MeasurePropagation(),
    actions.EndTransaction("source", "writer", "orders-0"),
    actions.WriteBinding("writer", "target"),
    actions.Scale("writer", 0),
    actions.CommitOffsets("target", "group", ((ORDERS, Commit(4)),)),
    actions.ProveCommitRight("kmig-throw-away", (ORDERS,)),
    actions.StartProbePod("probe", "writer", "node-1"),
    actions.StartPlaceProbe("place", "writer", "node-1", "app"),
    actions.RemoveProbePod("probe"),
)


def prepared(fake: FakeWorld) -> FakeWorld:
    """A world in which every action of EVERY can be carried out."""
    fake.connect.present["m"] = Connector("m", "STOPPED", {}, {}, topics=frozenset({"orders"}))
    fake.source.propagation = fake.target.propagation = {"User:app": 0.1}
    entry = {"side": "source", "acl": ["TOPIC", "orders", "LITERAL", "User:app", "*", "WRITE"]}
    entry["acl"] = [*entry["acl"], "DENY"]
    fake.register.document = {"entries": [{**entry, "unit": "", "state": "held"}]}
    return fake


def test_every_action_has_an_act():
    """The dispatch table is complete and holds nothing else."""
    assert set(ACTS) == set(get_args(Action))
    assert {type(action) for action in EVERY} == set(ACTS)


@pytest.mark.parametrize("action", EVERY, ids=lambda a: type(a).__name__)
def test_an_act_that_was_answered_is_remembered(fake, action):
    prepared(fake)
    act(fake.world, unit(), action)
    memory = fake.memory.for_key(UNIT_KEY)
    told_by_facts = isinstance(action, actions.CreateTopic | actions.StartComparison)
    assert memory.answered == (frozenset() if told_by_facts else {action})
    assert memory.failure is None


@pytest.mark.parametrize("action", EVERY, ids=lambda a: type(a).__name__)
def test_without_the_lease_nothing_is_sent(fake, action):
    """Reads may happen; nothing that changes something does."""
    prepared(fake)
    before = dict(fake.register.document)
    fake.lease.held = False
    with pytest.raises(Unavailable):
        act(fake.world, unit(), action)
    changing = {"create_topic", "create_acls", "delete_acls", "commit", "delete_group", "measure"}
    assert not [c for c in fake.source.calls + fake.target.calls if c[0] in changing]
    assert {c[0] for c in fake.connect.calls} <= {"offsets"}
    assert fake.register.document == before
    assert not fake.workers.calls + fake.workloads.calls + fake.jobs.calls
    failure = fake.memory.for_key(UNIT_KEY).failure
    assert isinstance(failure, Unavailable)


def test_a_line_per_act_names_it_and_no_secret(fake):
    with structlog.testing.capture_logs() as lines:
        act(fake.world, unit(), actions.WriteBinding("writer", "target"))
    (line,) = [line for line in lines if line["event"] == "act"]
    assert line["action"] == "WriteBinding"
    assert line["object"] == "WorkloadCutover/orders/writer"
    assert "pw-" not in str(lines)


def test_a_connect_version_without_an_image_is_refused_with_those_that_have_one(fake):
    from dataclasses import replace

    from kafka_migration.settings import Settings

    world = replace(fake.world, settings=Settings(connect_images={"4.2": "x"}))
    with pytest.raises(Refused) as caught:
        act(world, migration(), actions.ApplyWorkers("forward", "h"))
    assert caught.value.reason is Reason.VERSION_NOT_MAPPED
    assert "4.2" in caught.value.message


def test_the_rest_password_of_the_workers_is_kept(fake):
    act(fake.world, migration(), actions.ApplyWorkers("forward", "h"))
    ((_, namespace, name, manifests),) = fake.workers.calls
    assert (namespace, name) == ("platform", "kmig-aaaaaaaa-forward")
    assert manifests == [{"image": "kafka:test", "hash": "h", "password": "rest"}]


def test_the_workers_of_a_direction_are_removed_by_name(fake):
    act(fake.world, migration(), actions.RemoveWorkers("reverse"))
    ((name, namespace, workers),) = fake.workers.calls
    assert (name, namespace, workers) == ("remove", "platform", "kmig-aaaaaaaa-reverse")


def test_the_rest_password_of_new_workers_is_random(fake):
    del fake.secrets.values["platform", "kmig-aaaaaaaa-forward", "rest-password"]
    act(fake.world, migration(), actions.ApplyWorkers("forward", "h"))
    act(fake.world, migration(), actions.ApplyWorkers("forward", "h"))
    first, second = (call[3][0]["password"] for call in fake.workers.calls)
    assert len(first) >= 32
    assert first != second


def test_a_new_connector_with_stored_offsets_is_refused_and_does_not_stay(fake):
    """It would start in the middle (protocol 5.4)."""
    fake.connect.stored = {"n": {ORDERS: 3}}
    with pytest.raises(Refused) as caught:
        act(fake.world, migration(), actions.CreateConnector("forward", "n", ("orders",)))
    assert caught.value.reason is Reason.OFFSET_CONFLICT
    assert "n" not in fake.connect.present


def test_creating_a_connector_again_after_a_lost_reply_is_no_error(fake):
    action = actions.CreateConnector("forward", "n", ("orders",))
    act(fake.world, migration(), action)
    act(fake.world, migration(), action)
    assert [c[0] for c in fake.connect.calls].count("create") == 1


def test_a_running_connector_that_a_listing_left_out_is_not_deleted(fake):
    """A restarting worker may list nothing: what it made before then is no new connector."""
    name = "kmig-aaaaaaaa-bulk"
    fake.connect.present[name] = Connector(
        name, "RUNNING", {0: "RUNNING"}, {}, topics=frozenset({"orders"})
    )
    fake.connect.stored[name] = {ORDERS: 7}
    with pytest.raises(Conflict):
        act(fake.world, migration(), actions.CreateConnector("forward", name, ("orders",)))
    assert name in fake.connect.present


def test_a_connector_of_that_name_with_other_topics_is_not_taken_for_ours(fake):
    fake.connect.present["n"] = Connector("n", "STOPPED", {}, {}, topics=frozenset({"other"}))
    with pytest.raises(Refused):
        act(fake.world, migration(), actions.CreateConnector("forward", "n", ("orders",)))


def test_no_mirror_is_resumed_while_another_copies_one_of_its_topics(fake):
    """Two copies of one topic would interleave (protocol 5.3)."""
    topics = frozenset({"orders"})
    fake.connect.present = {
        "a": Connector("a", "STOPPED", {}, {}, topics=topics),
        "b": Connector("b", "RUNNING", {}, {}, topics=topics),
    }
    with pytest.raises(Refused):
        act(fake.world, migration(), actions.ResumeConnector("forward", "a"))
    assert not fake.connect.calls


def test_a_connector_is_deleted_after_its_offsets_and_only_once(fake):
    prepared(fake)
    act(fake.world, migration(), actions.DeleteConnector("forward", "m"))
    act(fake.world, migration(), actions.DeleteConnector("forward", "m"))
    assert fake.connect.calls == [("delete_offsets", "m"), ("delete", "m")]


def test_the_slowest_credential_of_each_side_is_the_propagation(fake):
    fake.source.propagation, fake.target.propagation = {"User:app": 0.4}, {"User:app": 0.2}
    act(fake.world, unit(), actions.MeasurePropagation())
    assert fake.memory.for_key(UNIT_KEY).propagation == {"source": 0.4, "target": 0.2}
    assert fake.source.calls == [("measure", "User:app", "kmig-canary-aaaaaaaa")]


def test_the_job_gets_passwords_as_files_and_none_in_its_spec(fake, tmp_path):
    """The verifier's own parser reads what was made for it."""
    from kafka_migration.verifier.spec import Spec

    action = actions.StartComparison("job", "source", "bounded", RANGES, {"orders": "ignore"})
    act(fake.world, migration(), action)
    ((_, namespace, name, raw, files, owner_uid),) = fake.jobs.calls
    assert (namespace, name, owner_uid) == ("platform", "job", "aaaaaaaa-1111")
    assert "pw-" not in str(raw)
    spec = Spec.model_validate(raw)
    for file, content in files.items():
        (tmp_path / file).write_text(content)
    connection = spec.source.connection(tmp_path)
    assert (connection.username, connection.password) == ("kmig", "pw-kmig-source")
    assert connection.ca_pem == "CA source\n"
    assert not spec.compares_timestamps(spec.partitions[0])
    assert (spec.partitions[0].source_to, spec.partitions[0].cleanup) == (5, "delete")


def test_the_instruction_names_both_ends_per_partition(fake):
    act(fake.world, unit(), actions.InstructComparison("j", ((ORDERS, 5),), ((ORDERS, 9),)))
    wanted = {"fence": {"orders": {"0": 5}}, "end": {"orders": {"0": 9}}}
    assert fake.jobs.calls == [("instruct", "platform", "j", wanted)]


def test_a_workload_that_left_the_spec_is_named(fake):
    with pytest.raises(KmigError) as caught:
        act(fake.world, unit(), actions.Scale("gone", 1))
    assert "gone" in caught.value.message


def test_the_binding_is_written_for_the_side_and_read_as_that_side(fake):
    from kafka_migration.model import facts
    from kafka_migration.observe import observe

    act(fake.world, unit(), actions.WriteBinding("writer", "target"))
    ((_, namespace, name, data, _labels),) = fake.workloads.calls
    assert (namespace, name) == ("orders", "binding")
    fake.workloads.answers["secret"] = data
    found: Any = observe(fake.world, unit(), [facts.BINDINGS])["bindings"]
    view = found["writer"]
    assert view.matches == "target"
    assert view.hash == view.target_hash != view.source_hash
