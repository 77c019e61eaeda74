"""The operator's right to commit, tried for a group that is nobody's."""

from __future__ import annotations

import pytest
from tests.unit.loop.fake_world import ORDERS, UNIT_KEY, FakeWorld, unit

from kafka_migration.act import act
from kafka_migration.errors import KmigError, Refused, Unavailable
from kafka_migration.model.actions import ProveCommitRight
from kafka_migration.model.kafka import Commit
from kafka_migration.model.reasons import Reason

PROOF = ProveCommitRight("kmig-throw-away", (ORDERS,))
NO = Refused(Reason.NOT_AUTHORIZED, "cannot do it: group authorization failed")


def failure(fake: FakeWorld) -> KmigError:
    with pytest.raises(KmigError) as caught:
        act(fake.world, unit(), PROOF)
    return caught.value


def test_it_commits_and_deletes_on_both_sides_and_leaves_nothing(fake: FakeWorld) -> None:
    act(fake.world, unit(), PROOF)
    for kafka in (fake.source, fake.target):
        assert [call[0] for call in kafka.calls] == ["commit", "delete_group"]
        assert kafka.committed == {}
    assert PROOF in fake.memory.for_key(UNIT_KEY).answered


def test_what_a_killed_run_left_is_deleted_by_the_next(fake: FakeWorld) -> None:
    fake.source.committed[ORDERS] = Commit(0)
    act(fake.world, unit(), PROOF)
    assert fake.source.committed == {}


@pytest.mark.parametrize("call", ["commit", "delete_group"])
@pytest.mark.parametrize("side", ["source", "target"])
def test_a_missing_right_is_named_with_its_side_and_remedy(
    fake: FakeWorld, call: str, side: str
) -> None:
    getattr(fake, side).forbidden[call] = NO
    error = failure(fake)
    assert (type(error), error.reason) == (Refused, Reason.NOT_AUTHORIZED)
    assert f"{side}: cannot do it" in error.message
    assert "Grant" in error.message
    assert ("delete_group", PROOF.group) in getattr(fake, side).calls


def test_both_sides_are_told_at_once(fake: FakeWorld) -> None:
    fake.source.forbidden["commit"] = fake.target.forbidden["delete_group"] = NO
    message = failure(fake).message
    assert "source: cannot" in message
    assert "target: cannot" in message


def test_a_refusal_of_another_kind_keeps_its_reason(fake: FakeWorld) -> None:
    fake.source.forbidden["commit"] = Refused(Reason.GROUP_NOT_EMPTY, "somebody is in it")
    assert failure(fake).reason is Reason.GROUP_NOT_EMPTY


def test_a_commit_that_cannot_be_read_back_proves_nothing(
    fake: FakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fake.target, "commits", lambda *_: {})
    assert isinstance(failure(fake), Unavailable)
    assert fake.target.calls[-1] == ("delete_group", PROOF.group)
