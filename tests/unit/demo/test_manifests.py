"""The demo's YAML: every placeholder has a value, and the kinds say what the demo promises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kafka_migration.api.cutover import WorkloadCutoverSpec
from kafka_migration.api.migration import KafkaMigrationSpec
from kmig_demo.environment import Environment, Side, load
from kmig_demo.errors import DemoError
from kmig_demo.manifests import Manifests

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "examples" / "manifests"
FILES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.yaml"))
USERS = ("kmig", "kmig-mirror", "orders-writer", "orders-reader", "bank", "bank-generator")
CA = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


def manifests(**values: str) -> Manifests:
    def side(name: str) -> Side:
        passwords = {user: f"{name}-{user}-secret" for user in USERS}
        return Side(name, "here:1", f"kafka.{name}:9092", CA, "admin", "root-secret", passwords)

    sides = {name: side(name) for name in ("source", "target")}
    environment = Environment(ROOT, "kubectl", "config", sides)
    known = {"RUN": "r", "RATE": "2500", "KEYS": "240", "CONNECT_VERSION": "4.3"}
    return Manifests(environment, {**known, **values})


def by_name(file: str) -> dict[str, dict[str, Any]]:
    return {found["metadata"]["name"]: found for found in manifests().read(file)}


@pytest.mark.parametrize("file", FILES)
def test_every_placeholder_has_a_value(file: str) -> None:
    assert "${" not in str(manifests().read(file))


def test_a_certificate_keeps_its_lines() -> None:
    assert by_name("platform-secrets.yaml")["kafka-source-ca"]["stringData"]["ca.crt"] == CA


def test_a_binding_begins_on_the_source_with_the_applications_own_password() -> None:
    data = by_name("orders-secrets.yaml")["orders-writer-kafka"]["stringData"]
    assert data["cluster"] == "source"
    assert data["bootstrap.servers"] == "kafka.source:9092"
    assert data["password"] == "source-orders-writer-secret"
    assert 'password="source-orders-writer-secret";' in data["sasl.jaas.config"]


def test_the_writer_moves_a_wave_before_the_reader() -> None:
    (writer,) = manifests().read("cutover-writer.yaml")
    (reader,) = manifests().read("cutover-reader.yaml")
    assert (writer["spec"]["wave"], reader["spec"]["wave"]) == (10, 20)


def test_the_operators_own_models_know_every_field() -> None:
    """The API server would refuse or drop a field that the kinds do not have."""
    for file in ("migration.yaml", "bank/migration.yaml"):
        KafkaMigrationSpec.model_validate(manifests().read(file)[0]["spec"])
    for file in ("cutover-writer.yaml", "cutover-reader.yaml", "bank/cutover-generator.yaml"):
        WorkloadCutoverSpec.model_validate(manifests().read(file)[0]["spec"])


def test_the_banks_unit_reads_and_writes_and_names_its_transactional_id() -> None:
    """It is the id that its Deployment uses."""
    (unit,) = manifests().read("bank/cutover-bank.yaml")
    spec = WorkloadCutoverSpec.model_validate(unit["spec"])
    assert [workload.role for workload in spec.workloads] == ["Both"]
    assert (spec.topics.writes, spec.topics.reads) == (["postings", "accounts"], ["transfers"])
    assert spec.fence.transactional_ids == ["bank-0"]


def test_the_bank_has_one_replica_with_a_fixed_transactional_id() -> None:
    (bank,) = manifests().read("bank/bank.yaml")
    (container,) = bank["spec"]["template"]["spec"]["containers"]
    environment = {entry["name"]: entry["value"] for entry in container["env"]}
    assert (bank["spec"]["replicas"], environment["TRANSACTIONAL_ID"]) == (1, "bank-0")


def test_every_pod_is_restricted() -> None:
    bank = ("bank/recorder.yaml", "bank/generator.yaml", "bank/bank.yaml")
    for file in ("recorder.yaml", "writer.yaml", "reader.yaml", *bank):
        deployment = manifests().read(file)[0]
        pod = deployment["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["containers"][0]["securityContext"]["allowPrivilegeEscalation"] is False
        assert deployment["spec"]["strategy"] == {"type": "Recreate"}


def test_a_sandbox_that_is_not_up_is_named(tmp_path: Path) -> None:
    with pytest.raises(DemoError, match="run `make sandbox-up` first"):
        load(tmp_path)


def test_passwords_are_not_in_the_representation_of_a_side() -> None:
    side = Side("source", "b", "c", CA, "admin", "root-secret", {"kmig": "other-secret"})
    assert "secret" not in repr(side)
