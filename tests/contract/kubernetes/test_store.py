"""What the store relies on, asked of a real API server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.contract.kubernetes.waiting import until

from kafka_migration.adapters.kubernetes import paths, store
from kafka_migration.adapters.kubernetes.client import Api, connect
from kafka_migration.adapters.kubernetes.events import Events, Subject
from kafka_migration.adapters.kubernetes.register import Register
from kafka_migration.adapters.kubernetes.shards import Shards
from kafka_migration.adapters.kubernetes.store import Store
from kafka_migration.errors import Conflict, Refused, Unavailable
from kafka_migration.model.kubernetes import Event, Key, Loaded

GROUP = "store.contract.kafka-migration.io"  # an operator in the same cluster does not see it
CRD = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/kafkamigrations.{GROUP}"


@pytest.fixture(scope="module")
def kind(api: Api) -> Iterator[None]:
    """A kind with a status subresource and one known field in each half."""
    text = {"type": "object", "properties": {"text": {"type": "string"}}}
    schema = {"type": "object", "properties": {"spec": text, "status": text}}
    version = {
        "name": "v1alpha1",
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": schema},
    }
    names = {"plural": "kafkamigrations", "singular": "kafkamigration", "kind": "KafkaMigration"}
    body = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"kafkamigrations.{GROUP}"},
        "spec": {"group": GROUP, "scope": "Namespaced", "names": names, "versions": [version]},
    }
    api.apply(CRD, body)

    def served() -> bool:
        try:
            api.items(f"/apis/{GROUP}/v1alpha1/kafkamigrations")
        except (Refused, Unavailable):  # not served yet, or its storage is being prepared
            return False
        return True

    until("the kind is served", served)
    yield
    api.delete(CRD)


@pytest.fixture
def loaded(
    kind: None, api: Api, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Loaded]:
    monkeypatch.setattr(paths, "GROUP", GROUP)
    monkeypatch.setattr(store, "API_VERSION", f"{GROUP}/v1alpha1")
    metadata = {"name": "it", "namespace": namespace}
    body = {"apiVersion": f"{GROUP}/v1alpha1", "kind": "KafkaMigration", "metadata": metadata}
    path = paths.of_group(f"{GROUP}/v1alpha1", namespace, "kafkamigrations")
    api.create(path, body | {"spec": {"text": "a"}})
    found = make(api).load(Key("KafkaMigration", namespace, "it"))
    assert found is not None
    yield found
    api.merge(f"{path}/it", {"metadata": {"finalizers": []}})
    api.delete(f"{path}/it")
    until("the object is gone", lambda: api.get(f"{path}/it") is None)


def make(api: Api) -> Store:
    return Store(api, Events(api, "contract", lambda: datetime.now(UTC)))


def test_a_status_is_written_against_its_version_only(api: Api, loaded: Loaded) -> None:
    written = make(api).write_status(loaded, {"text": "one"})
    assert written.status == {"text": "one"}
    assert written.generation == loaded.generation
    with pytest.raises(Conflict):
        make(api).write_status(loaded, {"text": "two"})


def test_a_status_field_that_the_kind_does_not_know_is_refused_by_name(
    api: Api, loaded: Loaded
) -> None:
    """Otherwise the server drops it and answers 200."""
    with pytest.raises(Refused, match="unknownField"):
        make(api).write_status(loaded, {"unknownField": "x"})


def test_writing_a_status_never_changes_the_spec(api: Api, loaded: Loaded) -> None:
    written = make(api).write_status(replace(loaded, spec={"text": "b"}), {"text": "one"})
    assert written.spec == {"text": "a"}


def test_a_finalizer_holds_the_object_until_it_is_taken_back(api: Api, loaded: Loaded) -> None:
    key, kept = loaded.key, f"{GROUP}/hold"
    with_one = make(api).set_finalizers(loaded, [kept])
    with pytest.raises(Conflict):
        make(api).set_finalizers(loaded, [])
    api.delete(paths.own(key.kind, key.namespace, key.name))
    deleting = make(api).load(key)
    assert deleting is not None
    assert deleting.deleting
    assert deleting.finalizers == with_one.finalizers == (kept,)


def test_a_re_created_object_of_the_same_name_is_a_conflict(api: Api, loaded: Loaded) -> None:
    """What was decided for the one that is gone must not reach its namesake."""
    key = loaded.key
    path = paths.own(key.kind, key.namespace, key.name)
    api.delete(path)
    until("the first one is gone", lambda: api.get(path) is None)
    body = {"apiVersion": f"{GROUP}/v1alpha1", "kind": key.kind, "metadata": {"name": key.name}}
    api.create(path.rsplit("/", 1)[0], body)
    with pytest.raises(Conflict):
        make(api).write_status(loaded, {"text": "one"})
    with pytest.raises(Conflict):
        make(api).set_finalizers(loaded, ["a.example/b"])


def test_an_event_is_counted_when_it_happens_again(api: Api, namespace: str) -> None:
    config_map = {"apiVersion": "v1", "kind": "ConfigMap"}
    metadata = {"name": "subject", "namespace": namespace}
    body = api.create(paths.core(namespace, "configmaps"), {**config_map, "metadata": metadata})
    subject = Subject("v1", "ConfigMap", namespace, "subject", body["metadata"]["uid"])
    for _ in range(3):
        make(api).publish_on(subject, Event("Fenced", "ü" * 2000))
    (event,) = [
        item
        for item in api.items(paths.core(namespace, "events"))
        if item["involvedObject"]["name"] == "subject"
    ]
    assert (event["count"], event["reportingComponent"]) == (3, "kmig-operator")


def test_a_kind_that_is_not_served_is_no_missing_object(api: Api, namespace: str) -> None:
    with pytest.raises(Refused):
        api.get(paths.of_group("no.such.group/v1", namespace, "things", "it"))


def test_the_server_keeps_a_shard_as_it_is(api: Api, namespace: str) -> None:
    shards = Shards(api)
    payload = os.urandom(900_000)
    digest = shards.put(namespace, "uid-1", "journal", payload)
    assert shards.get(namespace, digest) == payload
    selector = "kafka-migration.io/owner-uid=uid-1"
    (body,) = api.items(paths.core(namespace, "configmaps"), labelSelector=selector)
    with pytest.raises(Refused):
        api.merge(
            paths.core(namespace, "configmaps", body["metadata"]["name"]),
            {"binaryData": {"payload.gz": "eA=="}},
        )


def test_a_register_is_written_against_its_version_only(api: Api, namespace: str) -> None:
    register = Register(api)
    first = register.write(namespace, "fences", {"a": 1}, "")
    second = register.write(namespace, "fences", {"a": 2}, first)
    assert register.read(namespace, "fences") == ({"a": 2}, second)
    for version in ("", first):
        with pytest.raises(Conflict):
            register.write(namespace, "fences", {"a": 3}, version)


def test_a_name_in_the_kubeconfig_without_server_is_refused(tmp_path: object) -> None:
    with pytest.raises(Refused, match="set KUBECONFIG"):
        connect(f"{tmp_path}/nothing")
