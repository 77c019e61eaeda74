"""Kafka Connect with our workers, our configuration and the least rights: what really happens."""

from __future__ import annotations

from collections.abc import Mapping

from tests.contract.connect.mirror_life import PARTITIONS, RECORDS, Life
from tests.contract.connect.records import consume
from tests.contract.connect.running_life import MORE

from kafka_migration.decide.stages.mirror_care import MOST_RESTARTS
from kafka_migration.model.kafka import Connection, Partition


def test_rest_asks_for_credentials(life: Life) -> None:
    assert life.facts["anonymous"] == 401


def test_workers_tell_what_they_were_made_from(life: Life) -> None:
    workers = life.facts["workers"]
    assert (workers.ready, workers.wanted, workers.problem) == (1, 1, None)
    assert workers.spec_hash == life.facts["spec_hash"]


def test_a_mirror_is_created_stopped_without_tasks_or_offsets(life: Life) -> None:
    """A new connector's offsets must be empty before its first PATCH (protocol 5.4)."""
    assert life.facts["created"].state == "STOPPED"
    assert life.facts["created"].tasks == {}
    assert life.facts["offsets at creation"].offsets == {}


def test_the_configuration_reads_back_as_sent_with_placeholders(life: Life) -> None:
    for moment in ("created", "configured"):
        assert life.facts[moment].config == life.config
        assert life.facts[moment].topics == {life.topic}
    assert "${dir:" in life.config["source.cluster.sasl.jaas.config"]


def test_offsets_are_read_back_as_patched(life: Life) -> None:
    assert life.facts["offsets after PATCH"].offsets == {Partition(life.topic, 0): 41}
    assert life.facts["offsets after DELETE"].offsets == {}


def test_an_offset_under_a_wrong_alias_is_accepted_and_told_as_foreign(life: Life) -> None:
    stored = life.facts["offsets with foreign"]
    assert stored.offsets == {Partition(life.topic, 0): 41}
    assert len(stored.foreign) == 1


def test_every_visible_record_is_copied_once_and_in_order(
    life: Life, admins: Mapping[str, Connection]
) -> None:
    """Key, value, headers, time; tombstones; nothing of the aborted transaction."""
    source = consume(admins["source"], life.topic, PARTITIONS)
    target = consume(admins["target"], life.topic, PARTITIONS)
    assert sum(map(len, source.values())) == (RECORDS + 2 * MORE) * 4 // 5
    assert target == source


def test_the_stored_offset_is_that_of_the_last_record_copied(life: Life) -> None:
    """C = D: what catch-up is proven with (protocol 3.6)."""
    assert life.facts["offsets caught up"].offsets == life.facts["last offsets"]
    assert life.facts["running"].state == "RUNNING"
    assert set(life.facts["running"].tasks.values()) == {"RUNNING"}


def test_a_running_mirror_is_switched_to_none_by_a_put_and_goes_on(life: Life) -> None:
    """Its tasks start again by themselves, from the stored offsets (protocol 5.5)."""
    assert life.facts["reset"] == "none"
    assert "PUT none to all copied" in life.seconds


def test_a_denied_mirror_fails_without_copying_and_goes_on_after_a_restart(life: Life) -> None:
    """What a wrong copy ends with, and what a passing fault of a task needs."""
    assert not life.facts["copied under DENY"]
    assert life.facts["after restart"] == {"RUNNING"}
    assert 1 <= life.facts["restarts"] <= MOST_RESTARTS


def test_fencing_changes_no_stored_offset(life: Life) -> None:
    assert life.facts["offsets unchanged"]


def test_a_stopped_mirror_is_stopped_after_a_restart_and_keeps_its_offsets(life: Life) -> None:
    assert life.facts["offsets kept"]


def test_offset_syncs_go_to_a_topic_of_the_migrations_own(
    life: Life, admins: Mapping[str, Connection]
) -> None:
    """The alias carries the migration's UID, so two migrations never share it."""
    syncs = consume(admins["target"], f"mm2-offset-syncs.s{life.uid}.internal", 1)
    assert len(syncs[0]) >= PARTITIONS
