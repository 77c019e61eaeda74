"""What happens to mirrors that copy: their password changes, a log that they copied expires."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from confluent_kafka import Producer
from tests.e2e import manifests
from tests.e2e.connect import Connect
from tests.e2e.ground import Ground, short_uid
from tests.e2e.lifecycle import STAGE_SECONDS, Migration, statements

from kmig_demo.history import History
from kmig_demo.kafka_log import read_log
from kmig_demo.objects import not_ready

RECORDS, KEYS, PARTITIONS = 20_000, 40, 4
BATCH = 5
COPIED_SECONDS = 180.0
KEPT_SECONDS = 240.0  # it rests for 120 s, and is looked at every 30 s
KAFKA_SECONDS = 20.0


@pytest.fixture(scope="module")
def mirrored(ground: Ground) -> Iterator[Migration]:
    """A migration whose mirrors log in as a SCRAM user of this run, and copy two topics."""
    source = ground.sides["source"]
    source.make_topic(rotated(ground), PARTITIONS)
    source.make_topic(expired(ground), 1)
    write(ground, "before")
    transaction(ground)
    namespace = ground.make_namespace("mirrored", role="migration")
    ground.kubectl.apply(manifests.platform_secrets(ground, namespace))
    ground.kubectl.apply(mirror_secrets(namespace, new_passwords(ground)))
    migration = Migration(ground, namespace, "mirrored")
    topics = ground.named("mirrored-.*")
    manifest = manifests.migration(ground, namespace, "mirrored", topics)
    for side, identity in manifest["spec"]["replication"]["identities"].items():
        identity["authentication"] = {
            "type": "scram-sha-512",
            "username": mirror(ground),
            "passwordSecret": {"secretName": f"mirror-{side}", "password": "password"},
        }
    migration.apply(manifest)
    migration.hold("InventoryFrozen")
    migration.approve("TargetPrepared")
    migration.hold("TargetPrepared")
    migration.advance("Replicating")
    yield migration
    migration.discard(ground.named("mirrored-"))


def test_mirrors_go_on_with_a_changed_password_and_copy_every_record_once(
    ground: Ground, mirrored: Migration
) -> None:
    """Changed in both Kafkas, then in the Secrets: new workers, 0 lost, 0 twice, in order."""
    connect = Connect(ground, mirrored.namespace, short_uid(mirrored.found()))
    before = pods(connect)
    passwords = new_passwords(ground)
    write(ground, "during")
    ground.kubectl.apply(mirror_secrets(mirrored.namespace, passwords))

    def old_workers() -> str:
        return ", ".join(pods(connect) & before) or not_ready(mirrored.found())

    ground.wait("new workers", STAGE_SECONDS["Replicating"], old_workers)
    write(ground, "after")
    ground.wait("every record on the target", COPIED_SECONDS, lambda: uncopied(ground), every=2.0)


def test_a_log_that_lost_only_control_records_is_no_gap_for_the_next_operator(
    ground: Ground, mirrored: Migration
) -> None:
    """A transactional log expires whole and the operator is killed: nothing is denied, Ready."""
    topic, last = expired(ground), BATCH - 1
    kept_as(mirrored, topic, f"{last} {BATCH + 1}")  # a marker stands behind the records
    ground.sides["source"].expire(topic)
    ground.kill_operator()
    transaction(ground, commit=False)
    # Found covered once more, and at rest since: several looks of the next operator saw no gap.
    kept_as(mirrored, topic, f"{last} {2 * BATCH + 2}")
    assert "GapDetected" not in statements(mirrored.found())
    ground.wait("Ready", COPIED_SECONDS, lambda: not_ready(mirrored.found()))


def test_a_mirror_that_stands_still_at_an_expired_log_goes_on_by_the_runbook(
    ground: Ground, mirrored: Migration
) -> None:
    """After a restart of Connect it says RUNNING; LagTooHigh names it; docs/operations.md mends it."""
    uid, start = short_uid(mirrored.found()), BATCH + 1
    connect = Connect(ground, mirrored.namespace, uid)
    ground.kubectl.run("-n", mirrored.namespace, "delete", "pod", *pods(connect), "--timeout=60s")
    transaction(ground)
    mirrored.says("LagTooHigh", seconds=STAGE_SECONDS["Replicating"])

    place = {"cluster": f"s{uid}", "partition": 0, "topic": expired(ground)}
    entry = {"partition": place, "offset": {"offset": start - 1}}
    mirror_path = f"/kmig-{uid}-bulk"
    with ground.without_operator():
        connect.ask("PUT", f"{mirror_path}/stop")
        ground.wait("STOPPED", COPIED_SECONDS, lambda: moving(connect))
        connect.ask("PATCH", f"{mirror_path}/offsets", {"offsets": [entry]})
        connect.ask("PUT", f"{mirror_path}/resume")

    ground.wait("the next records", COPIED_SECONDS, lambda: uncounted(ground), every=2.0)
    ground.wait("Ready", COPIED_SECONDS, lambda: not_ready(mirrored.found()))


def moving(connect: Connect) -> str:
    """What a mirror that is to be STOPPED still does."""
    (said,) = connect.mirrors_of(expired(connect.ground))
    return "" if said == "STOPPED, 0 tasks" else said


def kept_as(migration: Migration, topic: str, wanted: str) -> None:
    """Wait until the operator has kept how far a topic of one partition was copied."""
    kubectl, where = migration.ground.kubectl, (migration.namespace, "configmap", "mirrored-copied")

    def blocker() -> str:
        if not kubectl.exists("-n", *where):
            return "nothing is kept yet"
        kept = json.loads(kubectl.get(*where)["data"]["register.json"])["forward"]
        found = kept.get(topic, {}).get("0", "nothing")
        return "" if found == wanted else f"{found} is kept, not {wanted}"

    migration.ground.wait("what was copied, kept", KEPT_SECONDS, blocker, every=2.0)


def rotated(ground: Ground) -> str:
    """The topic that is copied while a password changes."""
    return ground.named("mirrored-rotated")


def expired(ground: Ground) -> str:
    """The topic whose log expires."""
    return ground.named("mirrored-expired")


def mirror(ground: Ground) -> str:
    """The user that the mirrors log in as, on both sides."""
    return ground.named("mirror")


def new_passwords(ground: Ground) -> dict[str, str]:
    """Passwords of that user that count from now on."""
    return {name: side.make_user(mirror(ground)) for name, side in ground.sides.items()}


def mirror_secrets(namespace: str, passwords: dict[str, str]) -> list[manifests.Manifest]:
    """What the migration reads them from."""
    return [
        manifests.secret(namespace, f"mirror-{side}", password=password)
        for side, password in passwords.items()
    ]


def write(ground: Ground, keys: str) -> None:
    """Records, acknowledged by the source."""
    history = History(ground.environment.sides["source"], ground.run)
    history.write(rotated(ground), RECORDS, KEYS, keys)


def transaction(ground: Ground, *, commit: bool = True) -> None:
    """A batch of records in one transaction on the source."""
    client = ground.environment.sides["source"].client
    producer = Producer({**client, "transactional.id": expired(ground)})
    producer.init_transactions(KAFKA_SECONDS)
    producer.begin_transaction()
    for number in range(BATCH):
        producer.produce(expired(ground), f"{number}", partition=0)
    if commit:
        producer.commit_transaction(KAFKA_SECONDS)
        return
    producer.flush(KAFKA_SECONDS)
    producer.abort_transaction(KAFKA_SECONDS)


def pods(connect: Connect) -> set[str]:
    """Names of the workers' pods."""
    selector = f"app.kubernetes.io/instance={connect.deployment}"
    found = connect.ground.kubectl.find(connect.namespace, "pods", "-l", selector)
    return {pod["metadata"]["name"] for pod in found}


def uncopied(ground: Ground) -> str:
    """What the target still lacks; a target that is no copy, record for record, fails."""
    sides = ground.environment.sides
    logs = {name: read_log(side, rotated(ground), ground.run) for name, side in sides.items()}
    for name, log in logs.items():
        assert log.faults == [], name
    for number, records in logs["source"].partitions.items():
        written = [record.identity for record in records]
        copied = [record.identity for record in logs["target"].partitions[number]]
        assert copied == written[: len(copied)], f"partition {number} of the target is no copy"
        if len(copied) < len(written):
            return f"partition {number}: {len(copied)} of {len(written)} records copied"
    return ""


def uncounted(ground: Ground) -> str:
    """How many records of the transactions stand on the target, unless it is all of them."""
    log = read_log(ground.environment.sides["target"], expired(ground), ground.run)
    count = sum(len(records) for records in log.partitions.values())
    assert count <= 2 * BATCH, f"{count} copies of {2 * BATCH} records"
    return "" if count == 2 * BATCH else f"{count} copies of {2 * BATCH} records"
