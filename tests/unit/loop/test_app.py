"""The process: rings reach related objects, one place ends errors, health tells the truth."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from typing import Any

import pytest
import structlog
from tests.unit.loop.fake_world import MIGRATION_KEY, UNIT_KEY, loaded, migration_spec, unit_spec

from kafka_migration.app import App
from kafka_migration.errors import Conflict, Unavailable
from kafka_migration.health import HealthServer
from kafka_migration.model.kubernetes import Key
from kafka_migration.model.reasons import Reason
from kafka_migration.work_queue import Backoff, WorkQueue


class Ticks:
    """A tick that raises or returns what it was told."""

    def __init__(self) -> None:
        self.result: Any = None
        self.keys: list[Key] = []

    def __call__(self, app, key):
        self.keys.append(key)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def app(fake, ticks) -> App:
    queue = WorkQueue(fake.clock, Backoff(1.0, 300.0), chance=lambda: 1.0)
    return App(fake.world, queue, ticks, chance=lambda: 0.5)


def drain(app: App) -> None:
    while app.work_once(0, 0):
        pass


def test_an_event_on_either_ticks_both(app, ticks):
    app.ring(UNIT_KEY, unit_spec(), gone=False)
    drain(app)
    assert set(ticks.keys) == {UNIT_KEY, MIGRATION_KEY}
    ticks.keys.clear()
    app.ring(MIGRATION_KEY, migration_spec(), gone=False)
    drain(app)
    assert set(ticks.keys) == {UNIT_KEY, MIGRATION_KEY}


def test_a_unit_that_is_gone_ticks_its_migration_once_more(app, ticks):
    app.ring(UNIT_KEY, unit_spec(), gone=False)
    drain(app)
    app.ring(UNIT_KEY, unit_spec(), gone=True)
    assert app.related(UNIT_KEY) == ()
    ticks.keys.clear()
    drain(app)
    assert MIGRATION_KEY in ticks.keys


def test_the_resync_ticks_everything_and_forgets_what_is_gone(app, fake, ticks):
    """Lost events are repaired (K3, K7)."""
    fake.store.answers["list_keys"] = [loaded(UNIT_KEY, "u", unit_spec())]
    app.resync()
    assert app.related(MIGRATION_KEY) == (UNIT_KEY,)
    drain(app)
    assert ticks.keys == [UNIT_KEY]
    fake.store.answers["list_keys"] = []
    app.resync()
    assert app.related(MIGRATION_KEY) == ()


def test_a_tick_comes_back_when_it_asked_to(app, fake, ticks):
    ticks.result = 30.0
    app.enqueue(UNIT_KEY)
    drain(app)
    fake.clock.advance(29)
    assert not app.work_once(0, 0)
    fake.clock.advance(2)
    assert app.work_once(0, 0)


def test_a_conflict_reads_again_soon_and_is_no_failure(app, fake, ticks):
    ticks.result = Conflict(Reason.PROGRESSING, "another version")
    app.enqueue(UNIT_KEY)
    drain(app)
    fake.clock.advance(0.3)
    assert app.work_once(0, 0)


def test_an_unexpected_error_is_logged_redacted_and_backs_off(app, fake, ticks):
    ticks.result = RuntimeError("login failed: password=hunter2")
    app.enqueue(UNIT_KEY)
    with structlog.testing.capture_logs() as lines:
        drain(app)
    assert lines[0]["event"] == "tick broke"
    assert "RuntimeError" in lines[0]["error"]
    assert "hunter2" not in str(lines)
    fake.clock.advance(1.1)
    ticks.result = None
    assert app.work_once(0, 0)


def test_an_expected_error_backs_off_with_its_reason(app, ticks):
    ticks.result = Unavailable(Reason.UNREACHABLE, "no answer")
    app.enqueue(UNIT_KEY)
    with structlog.testing.capture_logs() as lines:
        drain(app)
    assert lines[0]["reason"] == "Unreachable"


def test_workers_run_ticks_and_end_when_told(app, fake, ticks):
    fake.store.answers["list_keys"] = [loaded(UNIT_KEY, "u", unit_spec())]
    done = threading.Event()
    app.tick = lambda _app, key: done.set()
    app.start()
    assert done.wait(10)
    assert app.ailments() == []
    assert app.stop()


def test_health_names_a_loop_that_stands_still(app, fake):
    """kopf's own probe says 200 whatever happens (K10)."""
    assert app.ailments() == []
    app.pulse()
    fake.clock.advance(31)
    assert "event loop" in app.ailments()[0]


def test_health_names_a_tick_that_does_not_end(app, fake):
    seen = []

    def slow(_app, _key):
        fake.clock.advance(601)
        seen.extend(app.ailments())

    app.tick = slow
    app.enqueue(UNIT_KEY)
    drain(app)
    assert str(UNIT_KEY) in seen[0]
    assert app.ailments() == []


def test_a_list_that_is_too_old_is_not_ready(app, fake):
    assert app.unreadiness() == []
    fake.store.answers["list_keys"] = []
    app.start()
    try:
        app.resync()
        assert app.unreadiness() == []
        fake.clock.advance(1000)
        assert "last listed" in app.unreadiness()[0]
    finally:
        assert app.stop()


def test_health_is_served_with_what_ails_us():
    ailing: list[str] = []
    server = HealthServer(0, {"/healthz": lambda: ailing})
    server.start()
    url = f"http://127.0.0.1:{server.port}"
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=5) as response:
            assert response.status == 200
        with urllib.request.urlopen(f"{url}/metrics", timeout=5) as response:
            assert b"kmig_queue_depth" in response.read()
        ailing.append("worker-1 died")
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"{url}/healthz", timeout=5)
        with caught.value as answer:
            assert answer.code == 503
            assert b"worker-1 died" in answer.read()
    finally:
        server.close()
