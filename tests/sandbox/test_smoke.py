"""Whether the running sandbox keeps the promises that everything else is built on."""

from __future__ import annotations

import ipaddress
import json
import logging
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, ScramMechanism
from tests.sandbox.client_pod import SIDES, client_pod, client_secret

from kmig_sandbox import choice, network
from kmig_sandbox.places import Places

CLONE = Path(__file__).resolve().parents[2]
USERS = {"admin", "kmig", "kmig-mirror", "orders-writer", "orders-reader", "intruder"}
POD_SECONDS = 90


def settings(env: dict[str, str], side: str, user: str, password: str) -> dict[str, Any]:
    name = f"KMIG_{side.upper()}"
    return {
        "bootstrap.servers": env[f"{name}_BOOTSTRAP"],
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.username": user,
        "sasl.password": password,
        "ssl.ca.location": env[f"{name}_CA"],
    }


def admin_settings(env: dict[str, str], side: str) -> dict[str, Any]:
    name = f"KMIG_{side.upper()}"
    user, password = env[f"{name}_ADMIN_USERNAME"], env[f"{name}_ADMIN_PASSWORD"]
    return settings(env, side, user, password)


def kubectl(env: dict[str, str], *words: str, stdin: str = "") -> str:
    argv = [env["KUBECTL"], f"--kubeconfig={env['KUBECONFIG']}", *words]
    done = subprocess.run(
        argv, input=stdin, capture_output=True, text=True, timeout=POD_SECONDS + 30, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def refusal(settings_: dict[str, Any]) -> set[Any]:
    """The errors that a client meets until it gives up; it must never see a broker."""
    met: set[Any] = set()
    quiet = logging.getLogger("smoke.refused")
    quiet.setLevel(logging.CRITICAL)
    heard: dict[str, Any] = {**settings_, "error_cb": lambda error: met.add(error.code())}
    client = AdminClient(heard, logger=quiet)
    deadline = time.monotonic() + 20
    while not met - {KafkaError._ALL_BROKERS_DOWN} and time.monotonic() < deadline:
        client.poll(0.5)
    with pytest.raises(KafkaException):
        client.list_topics(timeout=2)
    return met


def shows_topic(client: AdminClient, topic: str) -> bool:
    """Whether a user sees a topic that was created just now."""
    deadline = time.monotonic() + 15
    while topic not in client.list_topics(timeout=15).topics:
        if time.monotonic() > deadline:
            return False
        client.poll(0.2)
    return True


@pytest.fixture
def topic(sandbox_env: dict[str, str], request: pytest.FixtureRequest) -> Iterator[str]:
    """A topic of this test's own on the side that it is parametrised with."""
    side = request.node.callspec.params["side"]
    name = f"smoke-{secrets.token_hex(4)}"
    admin = AdminClient(admin_settings(sandbox_env, side))
    admin.create_topics([NewTopic(name, 3, 1)])[name].result(20)
    yield name
    admin.delete_topics([name])[name].result(20)


@pytest.fixture
def namespace(sandbox_env: dict[str, str]) -> Iterator[str]:
    """A namespace under the restricted profile, gone after the test."""
    name = f"kmig-smoke-{secrets.token_hex(4)}"
    kubectl(sandbox_env, "create", "namespace", name)
    label = "pod-security.kubernetes.io/enforce=restricted"
    kubectl(sandbox_env, "label", "namespace", name, label)
    yield name
    kubectl(sandbox_env, "delete", "namespace", name, "--wait=false")


def test_every_node_is_ready(sandbox_env: dict[str, str]) -> None:
    """The kubelet reports for itself; nothing else makes pods run."""
    nodes = json.loads(kubectl(sandbox_env, "get", "nodes", "-o", "json"))["items"]
    ready = [
        condition["status"]
        for node in nodes
        for condition in node["status"]["conditions"]
        if condition["type"] == "Ready"
    ]
    assert ready
    assert set(ready) == {"True"}


def test_a_pod_resolves_names_and_logs_in_to_both_kafkas(
    sandbox_env: dict[str, str], passwords: dict[str, dict[str, str]], namespace: str
) -> None:
    """DNS, Services, the private CAs and PLAIN, seen from a restricted pod."""
    kubectl(
        sandbox_env,
        "apply",
        "-f",
        "-",
        stdin=json.dumps(client_secret(sandbox_env, passwords, namespace)),
    )
    kubectl(sandbox_env, "apply", "-f", "-", stdin=json.dumps(client_pod(sandbox_env, namespace)))
    try:
        kubectl(
            sandbox_env, "wait", "pod/client", "-n", namespace, f"--timeout={POD_SECONDS}s",
            "--for=jsonpath={.status.phase}=Succeeded",
        )  # fmt: skip
    except AssertionError as error:
        said = kubectl(sandbox_env, "logs", "client", "-n", namespace)
        pytest.fail(f"{error}\n{said}")
    said = kubectl(sandbox_env, "logs", "client", "-n", namespace)
    assert said.count("ApiVersion") + said.count("Produce(0)") >= len(SIDES)


@pytest.mark.parametrize("side", SIDES)
def test_this_machine_produces_and_consumes(
    sandbox_env: dict[str, str], side: str, topic: str
) -> None:
    """The second listener carries whole conversations, not only the first answer."""
    producer = Producer({**admin_settings(sandbox_env, side), "enable.idempotence": True})
    failures: list[KafkaError] = []
    for number in range(300):
        producer.produce(
            topic, str(number), partition=number % 3,
            on_delivery=lambda error, _: failures.append(error) if error else None,
        )  # fmt: skip
    assert producer.flush(20) == 0
    assert failures == []
    consumer = Consumer(
        {
            **admin_settings(sandbox_env, side),
            "group.id": topic,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    try:
        consumer.assign([TopicPartition(topic, p, 0) for p in range(3)])
        read: set[bytes] = set()
        deadline = time.monotonic() + 30
        while len(read) < 300 and time.monotonic() < deadline:
            for message in consumer.consume(100, timeout=1):
                assert message.error() is None
                value = message.value()
                assert value is not None
                read.add(value)
    finally:
        consumer.close()
    assert len(read) == 300


@pytest.mark.parametrize("side", SIDES)
def test_every_user_logs_in_with_its_own_password(
    sandbox_env: dict[str, str], passwords: dict[str, dict[str, str]], side: str
) -> None:
    """The names are the same on both sides, the passwords are not."""
    assert set(passwords[side]) == USERS
    for user, password in passwords[side].items():
        client = AdminClient(settings(sandbox_env, side, user, password))
        assert client.list_topics(timeout=15).brokers
    assert not set(passwords["source"].values()) & set(passwords["target"].values())


@pytest.mark.parametrize("side", SIDES)
def test_scram_serves_the_same_users(
    sandbox_env: dict[str, str], passwords: dict[str, dict[str, str]], side: str
) -> None:
    """SCRAM-SHA-512 is the other mechanism that the contract promises."""
    client = AdminClient(
        {
            **settings(sandbox_env, side, "kmig", passwords[side]["kmig"]),
            "sasl.mechanism": ScramMechanism.SCRAM_SHA_512.name.replace("_", "-"),
        }
    )
    assert client.list_topics(timeout=15).brokers


@pytest.mark.parametrize("side", SIDES)
def test_a_wrong_password_is_refused(sandbox_env: dict[str, str], side: str) -> None:
    """Also the right password of the other side would be wrong here."""
    met = refusal(settings(sandbox_env, side, "kmig", "wrong"))
    assert KafkaError._AUTHENTICATION in met


@pytest.mark.parametrize("side", SIDES)
def test_the_other_clusters_ca_is_refused(sandbox_env: dict[str, str], side: str) -> None:
    """Each Kafka has a CA of its own."""
    other = "TARGET" if side == "source" else "SOURCE"
    wrong = {
        **admin_settings(sandbox_env, side),
        "ssl.ca.location": sandbox_env[f"KMIG_{other}_CA"],
    }
    assert KafkaError._SSL in refusal(wrong)


@pytest.mark.parametrize("side", SIDES)
def test_a_user_without_rights_sees_no_topic(
    sandbox_env: dict[str, str], passwords: dict[str, dict[str, str]], side: str, topic: str
) -> None:
    """The authorizer is on: what nobody granted is denied."""
    intruder = AdminClient(settings(sandbox_env, side, "intruder", passwords[side]["intruder"]))
    operator = AdminClient(settings(sandbox_env, side, "kmig", passwords[side]["kmig"]))
    assert shows_topic(operator, topic)
    assert topic not in intruder.list_topics(timeout=15).topics


def test_a_second_start_takes_less_than_30_seconds_and_keeps_everything(
    sandbox_env: dict[str, str],
) -> None:
    """`up` on a running sandbox changes nothing and says so quickly."""
    env_file = CLONE / ".sandbox" / "env"
    before = env_file.read_text(encoding="utf-8")
    pods = ("get", "pods", "-l", "app=kafka", "-A", "-o", "jsonpath={.items[*].metadata.uid}")
    uids = kubectl(sandbox_env, *pods)
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "kmig_sandbox", "up"], check=True, timeout=120, cwd=CLONE,
        env={**os.environ, "PYTHONPATH": str(CLONE / "sandbox")}, capture_output=True,
    )  # fmt: skip
    assert time.monotonic() - began < 30
    assert env_file.read_text(encoding="utf-8") == before
    assert kubectl(sandbox_env, *pods) == uids


def test_the_embedded_node_keeps_traffic_to_a_pod_that_is_gone(sandbox_env: dict[str, str]) -> None:
    """After the DNAT of a ClusterIP no guard sees it: only the route can hold it back.

    Another kind of cluster has a network of its own, and this machine no route for it.
    """
    chosen = choice.remembered(Places(CLONE, CLONE))
    assert chosen is not None
    address = str(list(ipaddress.ip_network(network.PODS).hosts())[-1])
    pods = kubectl(sandbox_env, "get", "pods", "-A", "-o", "jsonpath={.items[*].status.podIP}")
    assert address not in pods.split()
    asked = subprocess.run(["ip", "route", "get", address], capture_output=True, check=False)
    assert (asked.returncode != 0) is (chosen.kind == "embedded")
