"""StorePort over the fake API server."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.unit.adapters.kubernetes.fake_api_server import FakeApiServer

from kafka_migration.adapters.kubernetes.events import Events, Subject
from kafka_migration.adapters.kubernetes.store import Store
from kafka_migration.errors import Conflict
from kafka_migration.model.kubernetes import Event, Key

ROOT = "/apis/kafka-migration.io/v1alpha1/namespaces/platform/kafkamigrations"
KEY = Key("KafkaMigration", "platform", "leave")


@pytest.fixture
def store(server: FakeApiServer) -> Store:
    server.put(f"{ROOT}/leave", {"spec": {"a": 1}, "metadata": {"generation": 3}})
    api = server.api()
    return Store(api, Events(api, "kmig-0", lambda: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)))


def test_an_object_is_loaded_with_its_version(store: Store, server: FakeApiServer) -> None:
    loaded = store.load(KEY)
    assert loaded is not None
    assert (loaded.generation, loaded.spec, loaded.status) == (3, {"a": 1}, {})
    assert loaded.resource_version == server.objects[f"{ROOT}/leave"]["metadata"]["resourceVersion"]


def test_a_missing_object_is_none(store: Store) -> None:
    assert store.load(Key("KafkaMigration", "platform", "other")) is None


def test_both_kinds_are_listed_from_all_namespaces(store: Store, server: FakeApiServer) -> None:
    path = "/apis/kafka-migration.io/v1alpha1/namespaces/orders/workloadcutovers/writer"
    server.put(path, {"spec": {}})
    keys = {str(loaded.key) for loaded in store.list_keys()}
    assert keys == {"KafkaMigration/platform/leave", "WorkloadCutover/orders/writer"}


def test_a_status_is_written_against_the_version_read(store: Store) -> None:
    loaded = store.load(KEY)
    assert loaded is not None
    written = store.write_status(loaded, {"stage": "Replicating"})
    assert written.status == {"stage": "Replicating"}
    assert written.resource_version != loaded.resource_version


def test_a_status_against_an_older_version_is_a_conflict(store: Store) -> None:
    loaded = store.load(KEY)
    assert loaded is not None
    store.write_status(loaded, {"stage": "A"})
    with pytest.raises(Conflict):
        store.write_status(loaded, {"stage": "B"})


def test_a_status_for_an_object_that_is_gone_is_a_conflict(
    store: Store, server: FakeApiServer
) -> None:
    loaded = store.load(KEY)
    assert loaded is not None
    server.objects.clear()
    with pytest.raises(Conflict):
        store.write_status(loaded, {})


def test_an_unknown_status_field_must_be_refused_by_the_server(
    store: Store, server: FakeApiServer
) -> None:
    """Pruned silently, it would be state that was written and is not there."""
    loaded = store.load(KEY)
    assert loaded is not None
    store.write_status(loaded, {"stage": "A"})
    assert server.requests[-1].url.params["fieldValidation"] == "Strict"


def test_finalizers_are_written_against_the_version_read(store: Store) -> None:
    loaded = store.load(KEY)
    assert loaded is not None
    assert store.set_finalizers(loaded, ["kafka-migration.io/fence"]).finalizers == (
        "kafka-migration.io/fence",
    )
    with pytest.raises(Conflict):
        store.set_finalizers(loaded, [])


def test_equal_events_are_counted_and_others_are_new(store: Store, server: FakeApiServer) -> None:
    loaded = store.load(KEY)
    assert loaded is not None
    store.publish(loaded, Event("Fenced", "writers are denied"))
    store.publish(loaded, Event("Fenced", "writers are denied"))
    store.publish(loaded, Event("Fenced", "other words", warning=True))
    events = [body for path, body in server.objects.items() if "/events/" in path]
    assert [(event["count"], event["type"]) for event in events] == [(2, "Normal"), (1, "Warning")]
    assert events[0]["involvedObject"]["uid"] == loaded.uid
    assert events[0]["reportingComponent"] == "kmig-operator"


def test_an_event_can_speak_of_a_deployment(store: Store, server: FakeApiServer) -> None:
    subject = Subject("apps/v1", "Deployment", "orders", "writer", "uid-1")
    store.publish_on(subject, Event("ScaledDown", "x" * 3000))
    (event,) = [body for path, body in server.objects.items() if "/orders/events/" in path]
    assert event["involvedObject"]["kind"] == "Deployment"
    assert len(event["message"].encode()) <= 1024
