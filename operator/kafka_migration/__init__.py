"""Kafka Migration Operator: moves applications from one Kafka to another, with proof."""
