"""Ends what a transactional.id left open, as its own next producer would (protocol 3.5).

Called by `client`. Must never be called while a workload uses the id: its producer is fenced for
good, and it never begins a transaction of its own.
"""

from __future__ import annotations

from kafka_migration.adapters.kafka.config import client_config
from kafka_migration.adapters.kafka.errors import refused_configuration, translate_exception
from kafka_migration.adapters.kafka.faults import FaultLog
from kafka_migration.adapters.kafka.rdkafka import KafkaException, Producer
from kafka_migration.model.kafka import Connection

# Below what an act may assume of the Lease. The brokers answer "concurrent transactions" until the
# markers are written; what is not done by then goes on there, and the next call finds it done.
_SECONDS = 4.5


def end_transaction(connection: Connection, transactional_id: str) -> None:
    """Abort what is open under the id, or finish what was being committed; return when it ended.

    Needs Write on the id, no right on any topic. An id that was never used is no error.
    """
    faults = FaultLog()
    config = {
        **client_config(connection),
        "transactional.id": transactional_id,
        "transaction.timeout.ms": 10_000,
        "error_cb": faults.record,
    }
    try:
        producer = Producer(config)
    except (KafkaException, ValueError, TypeError) as error:
        raise refused_configuration(error, connection) from None
    try:
        producer.init_transactions(_SECONDS)
    except KafkaException as error:
        doing = f"end the transaction of {transactional_id}"
        raise translate_exception(error, doing, faults.decisive()) from None
    finally:
        del producer  # after a time-out it would go on asking, beside the next call's
