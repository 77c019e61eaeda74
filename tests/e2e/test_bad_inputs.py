"""Each bad input has its reason, ends with a remedy, changes nothing, and heals when mended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from tests.e2e import manifests
from tests.e2e.ground import Ground
from tests.e2e.lifecycle import Migration, Unit, traces

from kmig_demo.errors import DemoError
from kmig_demo.history import History
from kmig_demo.objects import condition

PARTITIONS = 2
RECORDS = 100
WRONG_DIGEST = "sha256:" + "0" * 64


@dataclass
class Desk:
    """Where the bad inputs are made: a namespace with good Secrets and a topic on the source."""

    ground: Ground
    namespace: str
    topic: str

    def migration(self, name: str) -> tuple[Migration, manifests.Manifest]:
        """A good migration, for the row to spoil."""
        made = Migration(self.ground, self.namespace, name)
        return made, manifests.migration(self.ground, self.namespace, name, self.topic)

    def put_secret(self, name: str, **values: str) -> None:
        """Create or replace a Secret."""
        self.ground.kubectl.apply([manifests.secret(self.namespace, name, **values)])

    def require_untouched(self) -> None:
        """The source holds what it held, and the target has nothing of it."""
        source, target = self.ground.sides["source"], self.ground.sides["target"]
        assert sum(source.ends(self.topic).values()) == RECORDS
        assert target.standing([self.topic]) == set()

    def password(self, side: str, user: str = "kmig") -> str:
        """The right password, to mend with."""
        return self.ground.environment.sides[side].passwords[user]


@pytest.fixture
def desk(made_desk: Desk) -> Iterator[Desk]:
    """The desk; what a row left on the target is taken away, so that the next row stands alone."""
    yield made_desk
    made_desk.ground.sides["target"].remove([made_desk.topic])


@pytest.fixture(scope="module")
def made_desk(ground: Ground) -> Desk:
    """The desk of this file."""
    namespace = ground.make_namespace("inputs", role="migration")
    ground.kubectl.apply(manifests.platform_secrets(ground, namespace))
    topic = ground.named("input")
    ground.sides["source"].make_topic(topic, PARTITIONS)
    History(ground.environment.sides["source"], ground.run).write(topic, RECORDS, 10, "k")
    return Desk(ground, namespace, topic)


def require_healed(desk: Desk, migration: Migration) -> None:
    """After the mending the migration goes on by itself, and nothing was lost or written."""
    assert traces(migration.found()) == []
    migration.hold("InventoryFrozen")
    desk.require_untouched()
    migration.remove()


def test_a_secret_that_does_not_exist_is_named_and_its_creation_heals(desk: Desk) -> None:
    """A password Secret that does not exist: SecretMissing names it; creating it heals."""
    migration, manifest = desk.migration("absent-secret")
    reference = manifest["spec"]["source"]["authentication"]["passwordSecret"]
    reference["secretName"] = "not-there"
    migration.apply(manifest)

    message = migration.says("SecretMissing")

    assert f"{desk.namespace}/not-there does not exist; create it with key 'password'" in message
    assert condition(migration.found(), "SourceConnected")["reason"] == "SecretMissing"
    assert condition(migration.found(), "Stalled")["status"] == "True"
    desk.put_secret("not-there", password=desk.password("source"))
    require_healed(desk, migration)


def test_a_key_that_a_secret_lacks_is_named_and_adding_it_heals(desk: Desk) -> None:
    """A Secret without the key that the spec names: SecretMissing says which; adding it heals."""
    desk.put_secret("keyless", passwort="x")
    migration, manifest = desk.migration("absent-key")
    reference = manifest["spec"]["target"]["authentication"]["passwordSecret"]
    reference["secretName"] = "keyless"
    migration.apply(manifest)

    message = migration.says("SecretMissing")

    assert f"Secret {desk.namespace}/keyless has no key 'password'; add it" in message
    assert condition(migration.found(), "TargetConnected")["reason"] == "SecretMissing"
    desk.put_secret("keyless", password=desk.password("target"))
    require_healed(desk, migration)


def test_a_broker_that_does_not_answer_is_unreachable_and_the_right_address_heals(
    desk: Desk,
) -> None:
    """Bootstrap servers where nobody listens: Unreachable; the right address heals."""
    migration, manifest = desk.migration("unreachable")
    right = manifest["spec"]["source"]["bootstrapServers"]
    manifest["spec"]["source"]["bootstrapServers"] = right.replace(":9092", ":9999")
    migration.apply(manifest)

    message = migration.says("Unreachable", seconds=120)

    assert "check bootstrapServers" in message
    assert condition(migration.found(), "SourceConnected")["reason"] == "Unreachable"
    migration.change(source={"bootstrapServers": right})
    require_healed(desk, migration)


def test_a_wrong_password_is_refused_by_name_and_the_right_one_heals(desk: Desk) -> None:
    """A password that the broker does not accept: AuthFailed; the right one heals."""
    desk.put_secret("wrong-password", password="certainly-not-it")
    migration, manifest = desk.migration("wrong-password")
    reference = manifest["spec"]["target"]["authentication"]["passwordSecret"]
    reference["secretName"] = "wrong-password"
    migration.apply(manifest)

    message = migration.says("AuthFailed")

    assert message.endswith("check the username, the password in the Secret and the SASL mechanism")
    assert "certainly-not-it" not in migration.text()
    assert condition(migration.found(), "TargetConnected")["reason"] == "AuthFailed"
    desk.put_secret("wrong-password", password=desk.password("target"))
    require_healed(desk, migration)


def test_a_ca_that_did_not_sign_the_broker_is_named_and_the_right_one_heals(desk: Desk) -> None:
    """The other cluster's CA: TLSFailed; the right CA heals."""
    sides = desk.ground.environment.sides
    desk.put_secret("wrong-ca", **{"ca.crt": sides["target"].ca})
    migration, manifest = desk.migration("wrong-ca")
    authorities = [{"secretName": "wrong-ca", "certificate": "ca.crt"}]
    manifest["spec"]["source"]["tls"]["trustedCertificates"] = authorities
    migration.apply(manifest)

    message = migration.says("TLSFailed")

    assert "check that tls.trustedCertificates holds the CA of this cluster" in message
    assert condition(migration.found(), "SourceConnected")["reason"] == "TLSFailed"
    desk.put_secret("wrong-ca", **{"ca.crt": sides["source"].ca})
    require_healed(desk, migration)


def test_a_digest_that_is_not_the_gates_opens_nothing(desk: Desk) -> None:
    """An approval of another digest: PlanChanged, nothing written; the gate's digest opens it."""
    migration, manifest = desk.migration("other-digest")
    migration.apply(manifest)
    migration.hold("InventoryFrozen")
    shown = migration.gate("TargetPrepared")
    migration.change(approval={"stage": "TargetPrepared", "digest": WRONG_DIGEST})

    message = migration.says("PlanChanged")

    assert message.endswith("read the plan again and approve that digest")
    assert condition(migration.found(), "ApprovalRequired")["status"] == "True"
    desk.require_untouched()
    migration.change(approval={"stage": "TargetPrepared", "digest": shown["digest"]})
    migration.hold("TargetPrepared")
    target = desk.ground.sides["target"]
    assert f"topic {desk.topic}" in target.standing([desk.topic])
    migration.remove()


def test_a_topic_with_other_partitions_on_the_target_is_named_and_never_touched(
    desk: Desk,
) -> None:
    """A topic with other partitions on the target: TopicConflict; deleting it heals.

    Until then it keeps its id and its partitions, and nothing else is written.
    """
    target = desk.ground.sides["target"]
    foreign = target.make_other_topic(desk.topic, PARTITIONS + 1)
    migration, manifest = desk.migration("conflict")
    migration.apply(manifest)
    migration.hold("InventoryFrozen")
    migration.approve("TargetPrepared")

    message = migration.says("TopicConflict")

    said = f"{desk.topic} already exists on the target: 3 partitions instead of 2"
    assert said in message
    assert "; delete it on the target, or leave it out" in message
    assert (target.topic_id(desk.topic), target.partitions(desk.topic)) == (foreign, 3)
    assert target.standing([desk.topic]) == {f"topic {desk.topic}"}
    target.delete_topic(desk.topic)
    migration.hold("TargetPrepared")
    assert target.partitions(desk.topic) == PARTITIONS
    migration.remove()


def test_a_version_that_the_installation_does_not_map_is_named(desk: Desk) -> None:
    """A version without an image: VersionNotMapped lists the known ones; choosing one heals."""
    migration, manifest = desk.migration("unmapped")
    manifest["spec"]["replication"]["mirrorMaker2"]["version"] = "0.0"
    migration.apply(manifest)
    uid = desk.ground.remember(migration.found())
    migration.hold("InventoryFrozen")
    migration.approve("TargetPrepared")
    migration.hold("TargetPrepared")
    migration.change(desiredStage="Replicating")

    message = migration.says("VersionNotMapped")

    assert "version 0.0 has no image in this installation (known: 4.3" in message
    assert message.endswith("choose another or extend KMIG_CONNECT_IMAGES")
    migration.change(replication={"mirrorMaker2": {"version": "4.3"}})
    workers = ("-n", desk.namespace, "deployment", f"kmig-{uid}-forward")
    desk.ground.wait(
        "Connect workers of the mapped version",
        60,
        lambda: "" if desk.ground.kubectl.exists(*workers) else "no Deployment yet",
    )
    migration.remove()
    desk.ground.kubectl.run("-n", desk.namespace, "delete", "deployment", workers[-1])
    desk.ground.sides["target"].remove([uid])


def test_the_scope_is_frozen_with_the_inventory(desk: Desk) -> None:
    """The API server refuses another scope once the inventory is frozen, and says what to do."""
    migration, manifest = desk.migration("frozen-scope")
    migration.apply(manifest)
    migration.hold("InventoryFrozen")

    with pytest.raises(DemoError, match="scope is frozen with the inventory; create another"):
        migration.change(scope={"topics": {"include": ["other.*"], "exclude": []}})

    require_healed(desk, migration)


def test_a_unit_of_a_namespace_that_is_not_allowed_is_refused(desk: Desk) -> None:
    """A unit whose namespace the migration does not list: NamespaceNotAllowed; listing it heals."""
    ground = desk.ground
    migration, manifest = desk.migration("strict")
    migration.apply(manifest)
    migration.hold("InventoryFrozen")
    stranger = ground.make_namespace("stranger", role="application")
    unit = apply_reader(desk, stranger, migration.name)

    message = unit.says("NamespaceNotAllowed")

    assert f"namespace {stranger} is not in spec.allowedCutovers" in message
    assert message.endswith("ask its owners to add it")
    migration.change(allowedCutovers={"namespaces": [stranger]})
    unit.says("WaitingForMigration")
    assert "condition met" in unit.ready()
    remove_unit(unit)
    require_healed(desk, migration)


def test_a_unit_of_a_migration_that_does_not_exist_waits_for_it(desk: Desk) -> None:
    """A unit that names no existing migration: MigrationNotFound; creating the migration heals."""
    ground = desk.ground
    orphan = ground.make_namespace("orphan", role="application")
    unit = apply_reader(desk, orphan, "late")

    message = unit.says("MigrationNotFound")

    assert f"KafkaMigration {desk.namespace}/late does not exist; create it" in message
    migration, manifest = desk.migration("late")
    manifest["spec"]["allowedCutovers"]["namespaces"] = [orphan]
    migration.apply(manifest)
    unit.says("WaitingForMigration", seconds=90)
    remove_unit(unit)
    require_healed(desk, migration)


def apply_reader(desk: Desk, namespace: str, migration: str) -> Unit:
    """A unit with one reader, in the given namespace."""
    ground = desk.ground
    reference = (desk.namespace, migration)
    manifest = manifests.unit(namespace, "reader", reference, "Reader", ground.named("reader"))
    manifest["spec"]["topics"]["reads"] = [desk.topic]
    manifest["spec"]["consumerGroups"] = [{"name": desk.topic}]
    ground.kubectl.apply([manifest])
    return Unit(ground, namespace, "reader")


def remove_unit(unit: Unit) -> None:
    """Delete a unit that never moved, and see that it goes."""
    assert traces(unit.found()) == []
    unit.ground.kubectl.run("-n", unit.namespace, "delete", "wco", unit.name, "--timeout=30s")
