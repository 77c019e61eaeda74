"""A value that carries a password shows none when it is printed, logged or raised (S7)."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import fields, is_dataclass

import kafka_migration

NAMES = {"password", "passwords", "rest_password", "admin_password", "ca_pem"}


def values():
    for found in pkgutil.walk_packages(kafka_migration.__path__, "kafka_migration."):
        if found.name.endswith("__main__"):
            continue
        for thing in vars(importlib.import_module(found.name)).values():
            if isinstance(thing, type) and is_dataclass(thing):
                yield thing


def test_no_field_with_a_password_stands_in_a_repr():
    shown = {
        f"{value.__module__}.{value.__name__}.{field.name}"
        for value in values()
        for field in fields(value)
        if field.name in NAMES and field.repr
    }
    assert shown == set()
