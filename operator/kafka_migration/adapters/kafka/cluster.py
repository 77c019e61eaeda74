"""Identity of the cluster, our rights on it and one broker's settings.

Called by `client`, and by the modules whose answers depend on the right to describe. Must never
take a right for granted that the cluster did not tell.
"""

from __future__ import annotations

from kafka_migration.adapters.kafka.admin import REQUEST_TIMEOUT, Admin
from kafka_migration.adapters.kafka.rdkafka import ConfigResource, KafkaException, ResourceType
from kafka_migration.errors import Refused, Unavailable
from kafka_migration.model.kafka import Cluster
from kafka_migration.model.reasons import Reason


def read_cluster(admin: Admin) -> Cluster:
    """Identity, brokers, our operations on the cluster, settings of the lowest broker.

    Without the right to read broker settings `settings` is empty: a name that is missing there
    is not known, a value None is hidden by the broker.
    """
    described = admin.one(
        "describe the cluster",
        lambda client: client.describe_cluster(
            include_authorized_operations=True, request_timeout=REQUEST_TIMEOUT
        ),
    )
    brokers = tuple(sorted(node.id for node in described.nodes))
    if not described.cluster_id or not brokers:
        raise Unavailable(Reason.UNKNOWN, "the cluster told no id or no brokers; it is tried again")
    told = described.authorized_operations
    return Cluster(
        cluster_id=described.cluster_id,
        brokers=brokers,
        authorized_operations=None if told is None else frozenset(op.name for op in told),
        settings=_broker_settings(admin, brokers[0]),
    )


def require_describe(admin: Admin, doing: str) -> None:
    """Refused unless our principal has Describe on the cluster.

    Without it brokers list fewer groups, and librdkafka reports refused ACL listings as empty
    (both measured): neither tells of its own accord that something is missing.
    """
    described = admin.one(
        "describe the cluster",
        lambda client: client.describe_cluster(
            include_authorized_operations=True, request_timeout=REQUEST_TIMEOUT
        ),
    )
    told = described.authorized_operations or ()
    if not any(operation.name in ("DESCRIBE", "ALL") for operation in told):
        raise Refused(
            Reason.NOT_AUTHORIZED,
            f"cannot {doing}: this principal has no Describe on the cluster, so an answer would"
            " be incomplete; grant it Describe on resource Cluster",
        )


def _broker_settings(admin: Admin, broker: int) -> dict[str, str | None]:
    resource = ConfigResource(ResourceType.BROKER, str(broker))
    doing = f"read the settings of broker {broker}"
    outcomes = admin.each_outcome(
        doing,
        lambda client: client.describe_configs([resource], request_timeout=REQUEST_TIMEOUT),
    )
    (outcome,) = outcomes.values()
    if isinstance(outcome, KafkaException):
        error = admin.error(outcome, doing)
        if isinstance(error, Refused) and error.reason is Reason.NOT_AUTHORIZED:
            return {}
        raise error
    return {name: entry.value for name, entry in outcome.items()}
