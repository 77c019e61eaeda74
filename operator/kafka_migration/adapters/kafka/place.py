"""`kmig probe-place`: whether a cluster is reached and lets a credential in from where this runs.

Called by the CLI in a probe pod of an application's namespace, so that network policies, DNS and
firewalls of that place count. It must say nothing of the password, and write nothing anywhere but
its termination message.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from kafka_migration.adapters.kafka.admin import REQUEST_TIMEOUT, Admin
from kafka_migration.adapters.kafka.groups import read_groups
from kafka_migration.adapters.kafka.rdkafka import ConfigResource, KafkaException, ResourceType
from kafka_migration.adapters.kafka.topics import describe
from kafka_migration.errors import KmigError, Refused
from kafka_migration.model.kafka import Connection
from kafka_migration.model.reasons import Reason

TERMINATION_LOG = Path("/dev/termination-log")
_LONGEST = 1_500  # characters; a termination message may have 4096 bytes


def run(place: Path, password: Path, termination_log: Path = TERMINATION_LOG) -> int:
    """Write {"brokers": n} and return 0, or {"reason", "message"} and return 1."""
    secret = ""
    try:
        question, secret = json.loads(place.read_text()), password.read_text()
        answer: dict[str, Any] = {"brokers": ask(_connection(question, secret), question)}
    except KmigError as fault:
        answer = {"reason": fault.reason.value, "message": _without(secret, fault.message)}
    except (OSError, ValueError, KeyError, TypeError) as fault:
        text = f"the probe pod could not read what to ask ({type(fault).__name__}); report it"
        answer = {"reason": Reason.INTERNAL_ERROR.value, "message": text}
    termination_log.write_text(json.dumps(answer))
    return 0 if "brokers" in answer else 1


def ask(connection: Connection, question: Mapping[str, Any]) -> int:
    """Log in, reach every broker, look at the topics and groups; how many brokers answered."""
    admin = Admin(connection)
    cluster = admin.one(
        "log in", lambda client: client.describe_cluster(request_timeout=REQUEST_TIMEOUT)
    )
    for node in cluster.nodes:
        _reach(admin, node.id, f"reach broker {node.id} as it is advertised ({node.host})")
    _see(admin, question["topics"])
    read_groups(admin, question["groups"])
    return len(cluster.nodes)


def _reach(admin: Admin, broker: int, doing: str) -> None:
    """A question that only this broker answers; "you may not ask" is an answer."""
    resource = ConfigResource(ResourceType.BROKER, str(broker))
    outcomes = admin.each_outcome(
        doing, lambda client: client.describe_configs([resource], request_timeout=REQUEST_TIMEOUT)
    )
    (outcome,) = outcomes.values()
    if isinstance(outcome, KafkaException):
        error = admin.error(outcome, doing)
        if not isinstance(error, Refused) or error.reason is not Reason.NOT_AUTHORIZED:
            raise error


def _see(admin: Admin, topics: Collection[str]) -> None:
    seen = describe(admin, sorted(topics)) if topics else {}
    missing = sorted(set(topics) - set(seen))
    if missing:
        text = f"topic {missing[0]} does not exist there for this principal; grant it Describe"
        raise Refused(Reason.TOPIC_MISSING, text)


def _connection(question: Mapping[str, Any], password: str) -> Connection:
    return Connection(
        bootstrap_servers=question["bootstrap"],
        mechanism=question["mechanism"],
        username=question["username"],
        password=password,
        ca_pem=question["ca"],
    )


def _without(secret: str, message: str) -> str:
    return (message.replace(secret, "***") if secret else message)[:_LONGEST]
