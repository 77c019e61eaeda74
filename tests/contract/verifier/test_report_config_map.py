"""The report ConfigMap on a real API server."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Mapping

import pytest
from kubernetes import client, config

from kafka_migration.verifier.channel import ClusterConfigMaps
from kafka_migration.verifier.spec import Owner

NAMESPACE = "default"


@pytest.fixture
def api(environment: Mapping[str, str]) -> client.CoreV1Api:
    config.load_kube_config(os.environ.get("KUBECONFIG", environment["KUBECONFIG"]))
    return client.CoreV1Api()


@pytest.fixture
def name(api: client.CoreV1Api) -> Iterator[str]:
    found = f"verify-{uuid.uuid4().hex[:8]}"
    yield found
    if ClusterConfigMaps(api, NAMESPACE, Owner(name="m", uid="u")).read(found, "a") is not None:
        api.delete_namespaced_config_map(found, NAMESPACE, _request_timeout=10)


def maps(api: client.CoreV1Api) -> ClusterConfigMaps:
    return ClusterConfigMaps(api, NAMESPACE, Owner(name="m", uid="u"))


def test_a_report_is_created_then_replaced_and_other_keys_stay(api: client.CoreV1Api, name: str):
    maps(api).write(name, "a", "1")
    maps(api).write(name, "b", "2")
    maps(api).write(name, "a", "3")
    assert (maps(api).read(name, "a"), maps(api).read(name, "b")) == ("3", "2")


def test_what_does_not_exist_is_none(api: client.CoreV1Api, name: str):
    assert maps(api).read(name, "a") is None
    maps(api).write(name, "a", "1")
    assert maps(api).read(name, "b") is None


def test_a_report_of_a_thousand_partitions_is_accepted(api: client.CoreV1Api, name: str):
    maps(api).write(name, "a", "x" * 800 * 1024)
    assert len(maps(api).read(name, "a") or "") == 800 * 1024


def test_a_namespace_that_does_not_exist_is_an_error(api: client.CoreV1Api):
    missing = ClusterConfigMaps(api, "no-such-namespace", Owner(name="m", uid="u"))
    with pytest.raises(OSError, match="404"):
        missing.write("x", "a", "1")
