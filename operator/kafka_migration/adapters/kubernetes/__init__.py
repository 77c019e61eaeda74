"""Kubernetes behind the ports: one JSON client with timeouts, and an adapter per port."""
