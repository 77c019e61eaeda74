"""Configuration entries and ids as librdkafka tells them."""

from __future__ import annotations

from confluent_kafka.admin import ConfigEntry

from kafka_migration.adapters.kafka.topics import kafka_uuid, readable


def test_sensitive_values_are_left_out_and_unset_ones_are_empty() -> None:
    """A hidden value must not look like an empty one."""
    entries = {
        "set": ConfigEntry("set", "7"),
        "unset": ConfigEntry("unset", None),
        "hidden": ConfigEntry("hidden", None, is_sensitive=True),
    }

    assert readable(entries) == {"set": "7", "unset": ""}


def test_ids_are_spelled_as_kafkas_tools_do() -> None:
    """librdkafka prints them in another alphabet."""
    assert kafka_uuid("B7uznQN9QXGYP7v/MjNL+A") == "B7uznQN9QXGYP7v_MjNL-A"
