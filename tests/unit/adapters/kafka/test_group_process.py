"""Calls about groups survive the death of the process that carries them out."""

from __future__ import annotations

import pytest

from kafka_migration.adapters.kafka import group_process
from kafka_migration.adapters.kafka.group_process import GroupProcess
from kafka_migration.adapters.kafka.group_worker import CALLS
from kafka_migration.errors import Invalid, Unavailable
from kafka_migration.model.kafka import Connection
from kafka_migration.model.reasons import Reason

NOWHERE = Connection("127.0.0.1:1", "PLAIN", "kmig", "s3cret", "not a certificate")


@pytest.fixture
def process():
    """A process object whose worker is ended with the test."""
    made = GroupProcess(NOWHERE)
    yield made
    made.close()


def test_nothing_is_started_before_the_first_call(process) -> None:
    """A cluster without groups costs no process."""
    assert process._process is None


def test_an_error_of_the_worker_keeps_kind_reason_and_words(process) -> None:
    """As if it had been raised here."""
    with pytest.raises(Invalid) as caught:
        process.call("read_groups", ("orders",))

    assert caught.value.reason is Reason.TLS_FAILED
    assert caught.value.message.startswith("the client refuses this connection")


def test_the_connection_is_not_on_the_command_line(process) -> None:
    """It goes through the pipe."""
    with pytest.raises(Invalid):
        process.call("read_groups", ("orders",))

    assert "s3cret" not in " ".join(process._process.args)


def test_a_worker_that_dies_makes_the_call_unavailable(process, monkeypatch) -> None:
    """Its effect is unknown, and the message says so."""
    monkeypatch.setattr(group_process, "WORKER", "timeit")
    with pytest.raises(Unavailable, match="crashed; its effect is unknown") as caught:
        process.call("read_groups", ("orders",))

    assert "s3cret" not in caught.value.message


def test_a_worker_that_does_not_answer_is_replaced(process, monkeypatch) -> None:
    """After the time-out, which is far beyond those of the requests inside."""
    monkeypatch.setattr(group_process, "_TIMEOUT", 0.0)
    with pytest.raises(Unavailable, match="no answer"):
        process.call("read_groups", ("orders",))
    monkeypatch.setattr(group_process, "_TIMEOUT", 30.0)

    with pytest.raises(Invalid):
        process.call("read_groups", ("orders",))


def test_a_worker_that_died_between_calls_is_replaced(process) -> None:
    """The next call does not notice."""
    with pytest.raises(Invalid):
        process.call("read_groups", ("orders",))
    process._process.kill()
    process._process.wait()

    with pytest.raises(Invalid):
        process.call("read_groups", ("orders",))


def test_closing_ends_the_worker(process) -> None:
    """And a later call starts another one."""
    with pytest.raises(Invalid):
        process.call("read_groups", ("orders",))
    worker = process._process
    process.close()

    assert worker.poll() is not None


def test_every_call_about_groups_is_known_to_the_worker() -> None:
    """By the names that the cluster uses."""
    assert set(CALLS) == {"read_groups", "read_commits", "write_commits", "delete_group"}
