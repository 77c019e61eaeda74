"""A mirror that loses one record in 50,000 and says nothing must not pass Validated."""

from __future__ import annotations

from tests.e2e import manifests
from tests.e2e.ground import Ground
from tests.e2e.lifecycle import STAGE_SECONDS, Migration, statements, traces

from kmig_demo.history import History
from kmig_demo.installation import offer_version
from kmig_demo.kubectl import Object
from kmig_demo.objects import condition, stage_blocker

RECORDS = 60_000
FAULTY_VERSION, FAULTY_IMAGE = "4.3-fault-drop", "kmig.local/kafka-fault-drop:4.3.1"


def test_a_mirror_that_loses_a_record_is_refused_by_name_and_no_cutover_is_permitted(
    ground: Ground,
) -> None:
    """FAULT=drop: the operator refuses at Validated (ContentDiffers, MISSING) and stays there."""
    offer_version(ground.kubectl, FAULTY_VERSION, FAULTY_IMAGE)
    migration = faulty_migration(ground)
    migration.approve("TargetPrepared")
    migration.hold("TargetPrepared")
    migration.advance("Replicating")
    migration.change(desiredStage="Validated")

    message = migration.says("ContentDiffers", seconds=STAGE_SECONDS["Validated"])

    assert f"{ground.named('lossy')}-" in message
    assert "MISSING after" in message
    assert message.endswith("the target is not the original: do not cut over")
    require_no_permission(migration)
    migration.discard(ground.named("lossy"))


def faulty_migration(ground: Ground) -> Migration:
    """A migration whose mirror loses records, frozen, with enough history for one loss."""
    topic = ground.named("lossy")
    ground.sides["source"].make_topic(topic, 1)
    History(ground.environment.sides["source"], ground.run).write(topic, RECORDS, 40, "k")
    namespace = ground.make_namespace("lossy", role="migration")
    ground.kubectl.apply(manifests.platform_secrets(ground, namespace))
    migration = Migration(ground, namespace, "lossy")
    manifest = manifests.migration(ground, namespace, "lossy", topic)
    manifest["spec"]["replication"]["mirrorMaker2"]["version"] = FAULTY_VERSION
    migration.apply(manifest)
    migration.hold("InventoryFrozen")
    return migration


def require_no_permission(migration: Migration) -> None:
    """Asked for CutOver it stays at Replicating, shows no gate to approve, and says why."""
    migration.change(desiredStage="CutOver")
    migration.says("ContentDiffers")
    found: Object = migration.found()
    assert "stage Replicating" in stage_blocker(found, "Validated")
    assert "gate" not in found["status"]
    assert condition(found, "Stalled")["status"] == "True"
    assert "MISSING" in statements(found)
    assert traces(found) == []
