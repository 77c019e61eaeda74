"""Codes that librdkafka gives by itself, numbered as in its public header.

Read by the Kafka adapter and by the verifier, which do not know each other. The Python client hides
these names behind an underscore; tests/unit/adapters/kafka/test_codes.py holds both together.
"""

from __future__ import annotations

from enum import IntEnum


class Local(IntEnum):
    """What went wrong on the client's side of the connection."""

    AUTO_OFFSET_RESET = -140  # the position lies outside the log
    NOENT = -156
    UNSUPPORTED_FEATURE = -165
    TIMED_OUT_QUEUE = -166
    AUTHENTICATION = -169
    SSL = -181
    TIMED_OUT = -185
    INVALID_ARG = -186
    ALL_BROKERS_DOWN = -187
    UNKNOWN_TOPIC = -188
    UNKNOWN_PARTITION = -190
    PARTITION_EOF = -191
    MSG_TIMED_OUT = -192
    RESOLVE = -193
    TRANSPORT = -195
