"""By what a finished row is known: the product's own code or configuration, machine and sizes.

Called by the entry point. A row must be measured anew when what it measures changes, and only
then: measuring all of them takes a good part of an hour.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from kafka_migration.model.kafka import Connection
from kmig_bench import machine
from kmig_bench.configs import Names, mirror_config, plain_pair, plain_worker, product_worker
from kmig_bench.parameters import PARTITIONS, Sizes, digest
from kmig_bench.place import Ends

# How the bench measures; raise it when that changes.
_METHOD = 1
_TRANSLATION = (
    "adapters/kafka/records.py",
    "adapters/kafka/syncs.py",
    "decide/rules/segments.py",
    "decide/rules/translation.py",
    "model/positions.py",
    "observe/positions.py",
)
# Names and addresses of a sandbox are no part of what is measured.
_NAMES = Names("00000000")
_NOBODY = Connection("kafka:9092", "PLAIN", "user", "", "")
_ENDS = Ends(_NOBODY, _NOBODY)
_TOPIC = "topic"


def reread_digest(root: Path, sizes: Sizes) -> str:
    """Of the translation's sources and of both mirrors."""
    sources = {
        name: hashlib.sha256(_bytes(root, name)).hexdigest() for name in sorted(_TRANSLATION)
    }
    product = mirror_config(_NAMES, {True: _ENDS, False: _ENDS}, "name", _TOPIC, "eos")
    return digest(
        {
            **_common(),
            "records": sizes.rereads,
            "sources": sources,
            "product": product,
            "plain": plain_pair(_NAMES, _ENDS, _TOPIC),
        }
    )


def throughput_digest(variant: str, sizes: Sizes) -> str:
    """Of a variant's connector and of both workers."""
    config = mirror_config(_NAMES, {True: _ENDS, False: _ENDS}, "name", _TOPIC, variant)
    return digest({**_common(), "records": sizes.throughput, "config": config})


def _common() -> dict[str, object]:
    return {
        "method": _METHOD,
        "machine": machine.size(),
        "partitions": PARTITIONS,
        "workers": [product_worker(_NAMES, _ENDS), plain_worker(_NAMES, _ENDS)],
    }


def _bytes(root: Path, name: str) -> bytes:
    return (root / "operator" / "kafka_migration" / name).read_bytes()
