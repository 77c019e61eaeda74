"""Which settings of a topic refuse records that its counterpart takes (protocol 3.2).

Called by Preflight. Effective values as the brokers tell them; a bound that a broker does not
know does not bind.
"""

from __future__ import annotations

from collections.abc import Mapping

from kafka_migration.model.kafka import Topic

_SIZE = "max.message.bytes"
_BOUNDS = ("message.timestamp.before.max.ms", "message.timestamp.after.max.ms")


_UNBOUND = float(2**63 - 1)  # an older broker has no such setting


def refusing(taker: Topic, giver: Topic, widened: Mapping[str, str]) -> list[str]:
    """Names of the settings by which `taker` refuses what `giver` may hold or accept.

    `widened`: what the plan opened on `giver` so that the copy can be written, for no application.
    """
    found = [_SIZE] if int(taker.config[_SIZE]) < int(giver.config[_SIZE]) else []
    if taker.config.get("message.timestamp.type") != "LogAppendTime":
        found += [
            name
            for name in _BOUNDS
            if _bound(taker, name) < _bound(giver, name)
            and giver.config.get(name) != widened.get(name, "")
        ]
    if _compacted(taker) and not _compacted(giver):
        found.append("cleanup.policy")  # a compacted topic refuses records without a key
    return found


def _bound(topic: Topic, name: str) -> float:
    value = topic.config.get(name)
    return _UNBOUND if value is None else float(value)


def _compacted(topic: Topic) -> bool:
    return "compact" in topic.config.get("cleanup.policy", "")
