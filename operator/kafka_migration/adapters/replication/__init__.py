"""Replication engines: what to apply and to configure, and what runs."""
