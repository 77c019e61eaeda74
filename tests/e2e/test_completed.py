"""The end of a migration: its gate, what is taken away, what stays, and what may be lifted by hand."""

from __future__ import annotations

import pytest
from tests.e2e.endings import Waves, delete, gone
from tests.e2e.fences import REFUSED, lift, listed
from tests.e2e.moves import Moves
from tests.e2e.pair import archive_topic

from kmig_demo.objects import UNITS, stage_blocker

COMPLETED_SECONDS = 300.0
STILL_LOOKS = 5


@pytest.fixture(scope="module")
def finished(ending: Moves, waves: Waves) -> Waves:
    """One pair is on the target; units of the others are gone, wherever their applications are."""
    waves.read_there()
    if "back" in vars(waves):
        waves.again()
    kubectl, kept = ending.ground.kubectl, (waves.pair.writer.name, waves.pair.reader.name)
    for found in kubectl.find(ending.applications, UNITS):
        name = found["metadata"]["name"]
        for unit in (u for p in ending.pairs.values() for u in (p.writer, p.reader)):
            if unit.name == name and name not in kept:
                delete(unit)
                gone(unit)
    return waves


def test_what_did_not_move_closes_the_gate_by_name_until_it_is_excused(
    ending: Moves, finished: Waves
) -> None:
    """NotMoved for topics and groups that stay; excused, the approval ends the migration."""
    migration = ending.migration
    migration.change(desiredStage="Completed")
    said = migration.says("NotMoved")
    assert "did not move" in said
    stays = [archive_topic(ending.ground, "k")]
    stays += [p.topic for p in ending.pairs.values() if p is not finished.pair]
    subjects = [f"topic/{t}" for t in stays] + [f"group/{t}" for t in stays[1:]]
    excused = [{"problem": "NotMoved", "subject": s, "reason": "stays"} for s in subjects]
    known = migration.found()["spec"]["acknowledgements"]
    migration.change(acknowledgements=[*known, *excused])
    migration.approve("Completed")
    ending.ground.wait(
        "Completed", COMPLETED_SECONDS, lambda: stage_blocker(migration.found(), "Completed")
    )


def test_after_completed_no_mirror_is_left_and_the_source_stays_closed(
    ending: Moves, finished: Waves
) -> None:
    """Both Connect clusters are gone; every DENY on the source is listed as held."""
    pair, kubectl = finished.pair, ending.ground.kubectl
    left = [d["metadata"]["name"] for d in kubectl.find(ending.migration.namespace, "deployments")]
    assert left == []
    shown, writer = listed(ending.migration, pair.topic), ending.ground.named("writer")
    assert (shown["authority"], shown["journal"]) == ("target", "target")
    assert shown["denies"][f"source User:{writer}"] == "held"
    assert shown["denies"]["source User:kmig-mirror"] == "held"
    assert shown["denies"][f"target User:{writer}"] == "lifted"
    standing = ending.ground.sides["source"].standing([pair.topic])
    assert f"TOPIC {pair.topic} LITERAL: DENY WRITE User:{writer}" in standing


def test_after_completed_the_source_is_opened_by_hand_and_stays_open(
    ending: Moves, finished: Waves
) -> None:
    """Refused without the flag; with it the DENY goes, the mirror's stays, nobody sets it again."""
    topic, writer = finished.pair.topic, ending.ground.named("writer")
    lifting = ("--side", "source", "--topic", topic)
    refused = lift(ending.migration, *lifting)
    assert refused.returncode == REFUSED
    assert "target has authority, and the source would be written beside it" in refused.stderr
    done = lift(ending.migration, *lifting, "--allow-two-writers")
    assert done.returncode == 0, done.stderr
    assert f"lifted on the source: DENY WRITE for User:{writer}" in done.stdout
    for _ in range(STILL_LOOKS):
        standing = ending.ground.sides["source"].standing([topic])
        assert f"TOPIC {topic} LITERAL: DENY WRITE User:{writer}" not in standing
        assert f"TOPIC {topic} LITERAL: DENY WRITE User:kmig-mirror" in standing
        assert stage_blocker(ending.migration.found(), "Completed") == ""
    assert listed(ending.migration, topic)["denies"][f"source User:{writer}"] == "lifted"


def test_deleted_at_the_end_units_and_migration_leave_bindings_topics_and_fences(
    ending: Moves, finished: Waves
) -> None:
    """They go at once, for nothing comes back; Secrets, ACLs, register and journal stay."""
    pair, sides, namespace = finished.pair, ending.ground.sides, ending.migration.namespace
    before = {name: side.standing([pair.topic]) for name, side in sides.items()}
    for unit in (pair.reader, pair.writer):
        delete(unit)
        gone(unit)
        assert pair.binding(unit)["cluster"] == "target"
    ending.migration.remove()
    assert {name: side.standing([pair.topic]) for name, side in sides.items()} == before
    kept = [c["metadata"]["name"] for c in ending.ground.kubectl.find(namespace, "configmaps")]
    assert f"{ending.migration.name}-fences" in kept
    assert any(name.startswith("kmig-journal-") for name in kept)
