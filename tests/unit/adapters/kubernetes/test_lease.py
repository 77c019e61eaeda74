"""The elector, step by step, on a clock that the test turns."""

from __future__ import annotations

import httpx
import pytest
from tests.unit.adapters.kubernetes.fake_api_server import FakeApiServer

from kafka_migration.adapters.kubernetes.lease import Elector
from kafka_migration.errors import Unavailable

PATH = "/apis/coordination.k8s.io/v1/namespaces/kmig-system/leases/kmig-operator"


class Turned:
    """A clock and a record of losses."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.losses = 0

    def lost(self) -> None:
        self.losses += 1


@pytest.fixture
def turned() -> Turned:
    return Turned()


def elector(server: FakeApiServer, turned: Turned, identity: str = "me") -> Elector:
    made = Elector(server.api(), "kmig-system", "kmig-operator", identity)
    made.clock = lambda: turned.time
    made.on_loss = turned.lost
    return made


def spec(server: FakeApiServer) -> dict[str, object]:
    found: dict[str, object] = server.objects[PATH]["spec"]
    return found


def test_nothing_is_held_before_the_first_step(server: FakeApiServer, turned: Turned) -> None:
    with pytest.raises(Unavailable):
        elector(server, turned).check()


def test_a_free_lease_is_taken_and_held_for_its_duration(
    server: FakeApiServer, turned: Turned
) -> None:
    mine = elector(server, turned)
    mine.step()
    assert mine.held_until() == 1015.0
    mine.check(10)
    assert spec(server)["holderIdentity"] == "me"


def test_an_act_that_takes_longer_than_the_lease_holds_is_not_begun(
    server: FakeApiServer, turned: Turned
) -> None:
    mine = elector(server, turned)
    mine.step()
    turned.time += 8
    mine.check(6)
    with pytest.raises(Unavailable):
        mine.check(7)


def test_a_renewal_counts_from_when_it_was_sent(server: FakeApiServer, turned: Turned) -> None:
    """The server may have applied it long before its answer came."""
    mine = elector(server, turned)
    mine.step()
    turned.time += 2
    handle = server.handle

    def slow(request: httpx.Request) -> httpx.Response:
        answer = handle(request)
        turned.time += 4
        return answer

    http = httpx.Client(transport=httpx.MockTransport(slow), base_url="https://fake")
    mine._api._http = http
    mine.step()
    assert mine.held_until() == 1017.0


def test_another_holder_is_waited_for_until_its_version_stands_still(
    server: FakeApiServer, turned: Turned
) -> None:
    """Only our own clock decides; what the other wrote about time is not read."""
    other, mine = elector(server, turned, "other"), elector(server, turned)
    other.step()
    mine.step()
    turned.time += 14
    other.step()
    mine.step()
    turned.time += 15
    mine.step()
    assert mine.held_until() == 0
    turned.time += 1
    mine.step()
    assert mine.held_until() == turned.time + 15
    assert spec(server)["leaseTransitions"] == 1


def test_a_released_lease_is_taken_at_once(server: FakeApiServer, turned: Turned) -> None:
    other, mine = elector(server, turned, "other"), elector(server, turned)
    other.step()
    other.stop()
    assert spec(server)["holderIdentity"] == ""
    mine.step()
    mine.check()
    assert other.held_until() == 0


def test_a_lease_taken_by_another_ends_the_process(server: FakeApiServer, turned: Turned) -> None:
    mine = elector(server, turned)
    mine.step()
    server.put(PATH, server.objects[PATH] | {"spec": spec(server) | {"holderIdentity": "other"}})
    mine.step()
    assert turned.losses == 1
    with pytest.raises(Unavailable):
        mine.check()


def test_a_foreign_edit_of_the_lease_is_no_loss(server: FakeApiServer, turned: Turned) -> None:
    mine = elector(server, turned)
    mine.step()
    server.put(PATH, server.objects[PATH])
    turned.time += 2
    mine.step()
    assert turned.losses == 0
    assert mine.held_until() == 1017.0


def test_an_api_without_answers_ends_the_process_at_the_renew_deadline(
    server: FakeApiServer, turned: Turned
) -> None:
    mine = elector(server, turned)
    mine.step()
    server.fail_next = [httpx.ReadTimeout("hung")] * 9
    turned.time += 9
    mine.step()
    mine.expire()
    assert turned.losses == 0
    assert "ReadTimeout" in mine.problem
    turned.time += 2
    mine.expire()
    assert turned.losses == 1


def test_a_suspended_machine_ends_the_process(server: FakeApiServer, turned: Turned) -> None:
    """The clock ran on; somebody else has led meanwhile."""
    mine = elector(server, turned)
    mine.step()
    turned.time += 3600
    with pytest.raises(Unavailable):
        mine.check()
    mine.expire()
    assert turned.losses == 1


def test_who_lost_it_once_never_leads_again(server: FakeApiServer, turned: Turned) -> None:
    mine = elector(server, turned)
    mine.step()
    turned.time += 11
    mine.expire()
    mine.step()
    assert mine.held_until() == 0


def test_a_lost_answer_to_the_acquisition_is_found_out(
    server: FakeApiServer, turned: Turned
) -> None:
    mine = elector(server, turned)
    server.put(PATH, {"spec": {"holderIdentity": "", "leaseTransitions": 4}})
    server.lose_answer_to = "PUT"
    mine.step()
    assert mine.held_until() == 0
    mine.step()
    mine.check()
    assert spec(server)["leaseTransitions"] == 5


def test_acts_of_the_holder_before_us_are_waited_out(server: FakeApiServer, turned: Turned) -> None:
    mine = elector(server, turned)
    assert mine.settled(10) is False
    mine.step()
    for _ in range(12):
        turned.time += 2
        mine.step()
    assert mine.settled(10) is False
    turned.time += 1
    assert mine.settled(10) is True


def test_the_threads_acquire_and_release(server: FakeApiServer) -> None:
    mine = Elector(server.api(), "kmig-system", "kmig-operator", "me")
    mine.start()
    assert mine.wait_acquired(5)
    mine.check(5)
    mine.stop()
    assert spec(server)["holderIdentity"] == ""
