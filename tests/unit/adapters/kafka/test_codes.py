"""The codes that the product numbers itself are the client's."""

from __future__ import annotations

import pytest
from confluent_kafka import KafkaError

from kafka_migration.model.librdkafka import Local


@pytest.mark.parametrize("code", Local, ids=lambda code: code.name)
def test_a_local_code_is_the_one_that_the_client_gives(code):
    assert getattr(KafkaError, f"_{code.name}") == code
    assert KafkaError(code).code() == code
