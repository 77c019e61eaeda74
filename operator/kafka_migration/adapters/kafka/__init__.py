"""Kafka through confluent-kafka: implements `KafkaPort`; the library's types end here.

`client` composes the rest; `rdkafka` is the only module that imports the library.
"""

from kafka_migration.adapters.kafka.client import KafkaCluster, KafkaPool

__all__ = ["KafkaCluster", "KafkaPool"]
