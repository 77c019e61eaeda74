"""Settings, logs, relations and the wiring's own translations."""

from __future__ import annotations

import io
import json
import logging
import sys
from typing import Any

import pytest
import structlog
from tests.unit.loop.fake_world import (
    MIGRATION_KEY,
    UNIT_KEY,
    loaded,
    migration,
    unit_spec,
)

from kafka_migration import logs, metrics, world
from kafka_migration.adapters.replication import manifests
from kafka_migration.decide.rules import mirror
from kafka_migration.decide.rules import names as decided_names
from kafka_migration.errors import Invalid
from kafka_migration.model.kafka import Connection
from kafka_migration.model.kubernetes import Key
from kafka_migration.relations import Relations
from kafka_migration.settings import read_settings
from kafka_migration.wiring import ConnectPool, MirrorMaker2

SOURCE = Connection("s:9092", "PLAIN", "mirror", "pw-s", "CA s\n")
TARGET = Connection("t:9092", "PLAIN", "mirror", "pw-t", "CA t\n")


def test_settings_are_read_from_the_environment():
    settings = read_settings(
        {
            "KMIG_CONNECT_IMAGES": '{"4.3": "kafka:4.3.1"}',
            "POD_NAME": "kmig-0",
            "KMIG_LOG_LEVEL": "warning",
        }
    )
    assert settings.connect_images == {"4.3": "kafka:4.3.1"}
    assert settings.identity == "kmig-0"
    assert settings.log_level == logging.WARNING


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KMIG_CONNECT_IMAGES", "[]"),
        ("KMIG_CONNECT_IMAGES", "{"),
        ("KMIG_CONNECT_IMAGES", '{"4.3": 1}'),
        ("KMIG_LOG_LEVEL", "loud"),
        ("KMIG_WORKER_THREADS", "0"),
        ("KMIG_HEALTH_PORT", "-1"),
    ],
)
def test_a_malformed_setting_is_named(name, value):
    with pytest.raises(Invalid, match=name):
        read_settings({name: value})


@pytest.mark.parametrize(
    "text",
    [
        "sasl.password=hunter2",
        'password="hunter2";',
        "{'password': 'hunter2'}",
        'required username="u" password=\\"hunter2\\";',
        "Authorization: Bearer hunter2",
        "https://user:hunter2@host/path",
        "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----",
        "-----BEGIN CERTIFICATE-----\nhunter2 cut off",
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text):
    assert "hunter2" not in logs.redact(text)


def test_ordinary_words_stay():
    text = "Secret platform/kmig has no key 'password'; add it"
    assert logs.redact(text) == text


@pytest.fixture
def lines(monkeypatch):
    """Lines that the configured logging writes."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_lines_are_json_and_hold_no_secret_however_deep(lines):
    logs.log.info("act", fields={"password": "hunter2", "words": ["token=hunter2"]})
    (line,) = lines()
    assert line["event"] == "act"
    assert line["level"] == "info"
    assert "hunter2" not in json.dumps(line)


def test_exceptions_of_libraries_are_logged_without_their_secrets(lines):
    try:
        raise ValueError("password=hunter2")
    except ValueError:
        logging.getLogger("library").exception("it broke")
    (line,) = lines()
    assert line["error"].startswith("ValueError")
    assert line["trace"]
    assert "hunter2" not in json.dumps(line)


def test_a_library_that_chatters_is_heard_from_warnings_on(lines):
    logging.getLogger("httpx").info("GET ...")
    logging.getLogger("kopf.objects").info("Handler succeeded")
    assert lines() == []


def test_a_unit_that_names_another_migration_leaves_the_first():
    relations = Relations()
    relations.learn(UNIT_KEY, unit_spec())
    assert relations.of(MIGRATION_KEY) == (UNIT_KEY,)
    other = {"migrationRef": {"namespace": "platform", "name": "other"}}
    relations.learn(UNIT_KEY, other)
    assert relations.of(MIGRATION_KEY) == ()


@pytest.mark.parametrize("spec", [{}, {"migrationRef": "x"}, {"migrationRef": {"name": 1}}])
def test_a_malformed_unit_is_related_to_nothing(spec):
    relations = Relations()
    relations.learn(UNIT_KEY, spec)
    assert relations.of(UNIT_KEY) == ()


def test_the_workers_deployment_carries_the_deciders_hash():
    order = world.WorkersOrder(
        "forward", migration(), "kafka:test", SOURCE, TARGET, "rest", "decided"
    )
    built = MirrorMaker2("kmig-system").workers(order)
    (deployment,) = [m for m in built if m["kind"] == "Deployment"]
    assert deployment["metadata"]["annotations"][manifests.SPEC_HASH] == "decided"
    template = deployment["spec"]["template"]["metadata"]["annotations"]
    assert template[manifests.SPEC_HASH] != "decided"
    assert deployment["metadata"]["name"] == decided_names.workers("aaaaaaaa", "forward")
    assert "pw-s" not in json.dumps(deployment)


def test_decider_and_engine_mean_the_same_names():
    """The decider cannot import the adapter; offsets are keyed by these names."""
    config = MirrorMaker2("kmig-system").mirror(
        world.MirrorOrder("forward", migration(), "m", ("orders",), SOURCE, TARGET, "none")
    )
    assert config["source.cluster.alias"] == mirror.source_alias("aaaaaaaa", "forward")
    assert world.REST_PASSWORD_KEY == manifests.REST_PASSWORD_KEY


def test_a_mirrors_configuration_holds_no_password():
    config = MirrorMaker2("kmig-system").mirror(
        world.MirrorOrder("forward", migration(), "m", ("orders",), SOURCE, TARGET, "none")
    )
    assert "pw-" not in json.dumps(dict(config))


def test_a_changed_rest_password_replaces_the_client():
    pool = ConnectPool()
    first = pool.cluster("ns", "name", "one")
    assert pool.cluster("ns", "name", "one") is first
    assert pool.cluster("ns", "name", "two") is not first


def step(name: str, state: str, end: str | None = None) -> dict[str, Any]:
    times = {"startTime": "2030-01-01T00:00:00Z"} | ({"completionTime": end} if end else {})
    return {"name": name, "state": state, **times}


def sample(series: str, **labels: str) -> float | None:
    return metrics.REGISTRY.get_sample_value(series, labels)


def test_a_step_that_ended_is_measured_once_and_the_working_one_is_shown():
    """Steps are reported from what was written, not from what was tried."""
    running = {"workingStep": "Drain", "steps": [step("Drain", "Running")]}
    ended = {
        "workingStep": "Settle",
        "steps": [step("Drain", "Succeeded", "2030-01-01T00:00:04.5Z")],
        "pause": {"totalSeconds": 5.0},
    }
    key = Key("WorkloadCutover", "metrics", "unit")
    before, after = (loaded(key, "u", {}, status) for status in (running, ended))
    shown = {"kind": key.kind, "namespace": key.namespace, "name": key.name}
    metrics.report(before, before)
    assert sample("kmig_stage", **shown, stage="Drain") == 1
    metrics.report(before, after)
    metrics.report(after, after)
    assert sample("kmig_cutover_step_duration_seconds_count", step="Drain") == 1
    assert sample("kmig_cutover_step_duration_seconds_sum", step="Drain") == 4.5
    assert sample("kmig_cutover_pause_seconds_count") == 1
    assert sample("kmig_stage", **shown, stage="Drain") is None
    metrics.forget(key)
    assert sample("kmig_stage", **shown, stage="Settle") is None


def test_the_series_of_a_migration_that_is_gone_are_gone():
    key = Key("KafkaMigration", "metrics", "m")
    after = loaded(key, "u", {}, {"stage": "Replicating", "replication": {"maxLagSeconds": 3}})
    metrics.report(after, after)
    assert sample("kmig_replication_lag_seconds", namespace="metrics", name="m") == 3
    metrics.forget(key)
    assert sample("kmig_replication_lag_seconds", namespace="metrics", name="m") is None
