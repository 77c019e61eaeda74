"""Implementations of the ports: Kafka, Kubernetes, Kafka Connect."""
