"""What one side of a topic takes and the other refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.decide.planted import topic

from kafka_migration.decide.rules.acceptance import refusing
from kafka_migration.decide.rules.inventory import ANY_TIMESTAMP

BEFORE, AFTER = "message.timestamp.before.max.ms", "message.timestamp.after.max.ms"


@pytest.mark.parametrize(
    ("taker", "giver", "found"),
    [
        ({}, {}, []),
        ({"max.message.bytes": "10"}, {"max.message.bytes": "11"}, ["max.message.bytes"]),
        ({"max.message.bytes": "11"}, {"max.message.bytes": "10"}, []),
        ({BEFORE: "1"}, {BEFORE: "2"}, [BEFORE]),
        ({AFTER: "3600000"}, {}, [AFTER]),  # an older broker has no such bound
        ({}, {AFTER: "3600000"}, []),
        ({AFTER: "1", "message.timestamp.type": "LogAppendTime"}, {AFTER: "2"}, []),
        ({"cleanup.policy": "compact,delete"}, {"cleanup.policy": "delete"}, ["cleanup.policy"]),
        ({"cleanup.policy": "delete"}, {"cleanup.policy": "compact"}, []),
        ({"cleanup.policy": "compact"}, {"cleanup.policy": "compact"}, []),
    ],
)
def test_settings_that_refuse_are_named(taker, giver, found):
    assert refusing(with_config(taker), with_config(giver), {}) == found


def test_what_the_plan_opened_for_the_copy_is_nobodys_to_use():
    bounded, narrow = with_config({AFTER: "3600000"}), with_config({AFTER: "9"})
    wide = with_config(ANY_TIMESTAMP)
    assert refusing(bounded, wide, ANY_TIMESTAMP) == []
    assert refusing(bounded, wide, {}) == [AFTER]
    assert refusing(narrow, bounded, ANY_TIMESTAMP) == [AFTER]


def with_config(config):
    plain = topic("orders", "id")
    return replace(plain, config={**plain.config, **config})
