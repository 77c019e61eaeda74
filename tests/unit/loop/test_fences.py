"""Fences: register first, then the brokers, then what was read back."""

from __future__ import annotations

import pytest
from tests.unit.loop.fake_world import migration, unit

from kafka_migration.act import act
from kafka_migration.decide.rules import register as reading
from kafka_migration.errors import Conflict, Refused, Unavailable
from kafka_migration.model.actions import HoldDenies, LiftDenies
from kafka_migration.model.entries import Entry, EntryKind
from kafka_migration.model.inventory import acl_from
from kafka_migration.model.reasons import Reason
from kafka_migration.recording import needs_settled, settled


def deny(principal: str = "User:app"):
    return acl_from(["TOPIC", "orders", "LITERAL", principal, "*", "WRITE", "DENY"])


def no_answer(_):
    raise Unavailable(Reason.UNREACHABLE, "no answer")


FENCE = HoldDenies("source", (deny(),), (("orders", "none"),))
LIFT = LiftDenies("source", (deny(),), (("orders", "source"),))


def test_a_held_deny_was_wanted_before_it_was_created(fake):
    act(fake.world, unit(), FENCE)
    assert fake.register.states == ["wanted", "held"]
    assert fake.source.entries == {deny()}
    assert reading.entries(fake.register.document, "source", ("held",)) == {deny()}
    assert reading.authority(fake.register.document, "orders") == "none"
    assert fake.register.document["entries"][0]["unit"] == "bbbbbbbb-2222"


def test_a_deny_that_is_not_read_back_is_not_held(fake):
    """An answered call is no proof."""
    fake.source.deaf = True
    with pytest.raises(Unavailable):
        act(fake.world, unit(), FENCE)
    assert fake.register.states == ["wanted"]


def test_holding_again_creates_again_and_goes_through_wanted(fake):
    """A lost fence is re-created whatever the register says."""
    act(fake.world, unit(), FENCE)
    fake.source.entries.clear()
    act(fake.world, unit(), FENCE)
    assert fake.source.entries == {deny()}
    assert fake.register.states == ["wanted", "held", "wanted", "held"]


def test_another_writer_of_the_register_ends_the_act_before_any_deny(fake):
    fake.register.interfere = True
    with pytest.raises(Conflict):
        act(fake.world, unit(), FENCE)
    assert not fake.source.calls


def test_a_lifted_deny_was_lifting_before_it_was_deleted(fake):
    act(fake.world, unit(), FENCE)
    act(fake.world, unit(), LIFT)
    assert fake.register.states == ["wanted", "held", "lifting", "lifted"]
    assert fake.source.entries == set()
    assert reading.authority(fake.register.document, "orders") == "source"


def test_only_what_the_register_names_is_deleted(fake):
    """A DENY of somebody else is never removed by us."""
    fake.source.entries = {deny("User:other")}
    act(fake.world, unit(), FENCE)
    with pytest.raises(Refused) as caught:
        act(fake.world, unit(), LiftDenies("source", (deny("User:other"),)))
    assert caught.value.reason is Reason.FOREIGN_DENY
    assert deny("User:other") in fake.source.entries


def test_the_same_deny_on_the_other_side_is_another_entry(fake):
    act(fake.world, unit(), FENCE)
    with pytest.raises(Refused):
        act(fake.world, unit(), LiftDenies("target", (deny(),)))


def test_a_deny_that_is_still_listed_is_not_lifted(fake):
    act(fake.world, unit(), FENCE)
    fake.source.deaf = True
    with pytest.raises(Unavailable):
        act(fake.world, unit(), LIFT)
    assert fake.register.states[-1] == "lifting"


def test_lifting_again_after_a_lost_reply_is_no_error(fake):
    act(fake.world, unit(), FENCE)
    act(fake.world, unit(), LIFT)
    act(fake.world, unit(), LIFT)
    assert fake.source.entries == set()
    assert fake.register.states[-1] == "lifted"


@pytest.mark.parametrize("principal", ["User:*"])
def test_everybody_is_never_denied(fake, principal):
    """It would shut the operator out too (protocol 1.5)."""
    with pytest.raises(TypeError):
        act(fake.world, unit(), HoldDenies("source", (deny(principal),)))
    assert not fake.source.calls


def test_entries_of_a_migration_carry_no_unit(fake):
    act(fake.world, migration(), FENCE)
    assert fake.register.document["entries"][0]["unit"] == ""


@pytest.mark.parametrize("kind", [EntryKind.FENCED, EntryKind.SWITCH])
def test_an_act_on_a_fence_without_an_answer_is_waited_for_before_f_and_switch(
    fake, monkeypatch, kind
):
    """A late deletion of a DENY would open the side behind what was just recorded (2.5)."""
    act(fake.world, unit(), FENCE)
    assert needs_settled(Entry(kind, 1, {}))
    assert settled(fake.world, unit())
    with monkeypatch.context() as silent:
        silent.setattr(fake.source, "delete_acls", no_answer)
        with pytest.raises(Unavailable):
            act(fake.world, unit(), LIFT)
    act(fake.world, unit(), LIFT)
    fake.clock.advance(24.0)
    assert not settled(fake.world, unit())
    assert not needs_settled(Entry(EntryKind.FENCING, 1, {}))
    fake.clock.advance(1.0)
    assert settled(fake.world, unit())


OPPOSITES = [("create_acls", FENCE, LIFT), ("delete_acls", LIFT, FENCE)]


@pytest.mark.parametrize(("call", "silent", "opposite"), OPPOSITES)
def test_the_opposite_of_an_act_without_an_answer_waits(fake, monkeypatch, call, silent, opposite):
    """Else the late one would undo it: both sides open, or none (docs/adr/0009, 2)."""
    act(fake.world, unit(), FENCE)
    with monkeypatch.context() as mute:
        mute.setattr(fake.source, call, no_answer)
        with pytest.raises(Unavailable):
            act(fake.world, unit(), silent)
    act(fake.world, unit(), silent)  # the same again is sent at once
    before = list(fake.source.calls)
    fake.clock.advance(24.0)
    with pytest.raises(Unavailable, match="not answered can no longer happen"):
        act(fake.world, unit(), opposite)
    assert fake.source.calls == before
    fake.clock.advance(1.0)
    act(fake.world, unit(), opposite)


@pytest.mark.parametrize(("call", "silent", "opposite"), OPPOSITES)
def test_an_earlier_process_left_an_act_without_an_answer(
    fake, monkeypatch, call, silent, opposite
):
    """The register says what it had begun."""
    act(fake.world, unit(), FENCE)
    with monkeypatch.context() as mute:
        mute.setattr(fake.source, call, no_answer)
        with pytest.raises(Unavailable):
            act(fake.world, unit(), silent)
    fake.memory.forget(unit().loaded.key)
    fake.lease.is_settled = False
    with pytest.raises(Unavailable, match="not answered can no longer happen"):
        act(fake.world, unit(), opposite)
    fake.lease.is_settled = True
    act(fake.world, unit(), opposite)


def test_after_a_takeover_an_answered_act_is_not_waited_for(fake):
    act(fake.world, unit(), FENCE)
    fake.lease.is_settled = False
    act(fake.world, unit(), LIFT)
    assert fake.source.entries == set()
