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
from kafka_migration.recording import may_record


def deny(principal: str = "User:app"):
    return acl_from(["TOPIC", "orders", "LITERAL", principal, "*", "WRITE", "DENY"])


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

    def no_answer(_):
        raise Unavailable(Reason.UNREACHABLE, "no answer")

    act(fake.world, unit(), FENCE)
    assert may_record(fake.world, unit(), Entry(kind, 1, {}))
    with monkeypatch.context() as silent:
        silent.setattr(fake.source, "delete_acls", no_answer)
        with pytest.raises(Unavailable):
            act(fake.world, unit(), LIFT)
    act(fake.world, unit(), LIFT)
    fake.clock.advance(24.0)
    assert not may_record(fake.world, unit(), Entry(kind, 1, {}))
    assert may_record(fake.world, unit(), Entry(EntryKind.FENCING, 1, {}))
    fake.clock.advance(1.0)
    assert may_record(fake.world, unit(), Entry(kind, 1, {}))
