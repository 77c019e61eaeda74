"""The one translation of librdkafka's errors into the project's three kinds.

Called wherever a client call fails. Must never keep a secret in a message, and must never turn
an unknown code into a final answer: what is not in the table is Unavailable.
"""

from __future__ import annotations

from dataclasses import dataclass

from kafka_migration.adapters.kafka.rdkafka import KafkaError, KafkaException, Local
from kafka_migration.errors import Invalid, KmigError, Refused, Unavailable
from kafka_migration.model.kafka import Connection
from kafka_migration.model.reasons import Reason

_LONGEST = 300  # characters of the other side's words


@dataclass(frozen=True)
class Meaning:
    """What a code means to us and what a person should do about it."""

    kind: type[KmigError]
    reason: Reason
    advice: str


_AUTH = Meaning(
    Refused,
    Reason.AUTH_FAILED,
    "check the username, the password in the Secret and the SASL mechanism",
)
_TLS = Meaning(
    Refused,
    Reason.TLS_FAILED,
    "check that tls.trustedCertificates holds the CA of this cluster and that the brokers'"
    " certificate names the host",
)
_NETWORK = Meaning(
    Unavailable,
    Reason.UNREACHABLE,
    "check bootstrapServers, the network in between and that the listener speaks this security"
    " protocol; it is tried again",
)
_RIGHTS = Meaning(
    Refused,
    Reason.NOT_AUTHORIZED,
    "grant this principal the right by an ACL, or use another credential",
)
_PASSING = Meaning(Unavailable, Reason.UNKNOWN, "the cluster is busy or recovering; tried again")
_UNKNOWN = Meaning(Unavailable, Reason.UNKNOWN, "look at the brokers' logs; it is tried again")
_SPEC = Meaning(Invalid, Reason.INVALID_SPEC, "correct the specification")
_NO_LEADERS = Meaning(
    Unavailable,
    Reason.UNKNOWN,
    "check that the topics exist, have leaders and may be described by this principal",
)
_UNSUPPORTED = Meaning(
    Refused, Reason.NOT_SUPPORTED, "this cluster does not offer the call; see docs for versions"
)
_ACTIVE = Meaning(
    Refused, Reason.GROUP_NOT_EMPTY, "stop every member of the group or wait for its session to end"
)
_MISSING = Meaning(
    Refused, Reason.TOPIC_MISSING, "create the topic or partition, or take it out of scope"
)

_BY_MEANING: tuple[tuple[Meaning, tuple[int, ...]], ...] = (
    (
        _AUTH,
        (
            Local.AUTHENTICATION,
            KafkaError.SASL_AUTHENTICATION_FAILED,
            KafkaError.UNSUPPORTED_SASL_MECHANISM,
            KafkaError.ILLEGAL_SASL_STATE,
        ),
    ),
    (_TLS, (Local.SSL,)),
    (
        _NETWORK,
        (
            Local.TRANSPORT,
            Local.RESOLVE,
            Local.ALL_BROKERS_DOWN,
            Local.TIMED_OUT,
            Local.TIMED_OUT_QUEUE,
            Local.MSG_TIMED_OUT,
            KafkaError.REQUEST_TIMED_OUT,
            KafkaError.NETWORK_EXCEPTION,
            KafkaError.BROKER_NOT_AVAILABLE,
        ),
    ),
    (
        _RIGHTS,
        (
            KafkaError.TOPIC_AUTHORIZATION_FAILED,
            KafkaError.GROUP_AUTHORIZATION_FAILED,
            KafkaError.CLUSTER_AUTHORIZATION_FAILED,
            KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        ),
    ),
    (
        _PASSING,
        (
            KafkaError.LEADER_NOT_AVAILABLE,
            KafkaError.NOT_LEADER_FOR_PARTITION,
            KafkaError.REPLICA_NOT_AVAILABLE,
            KafkaError.KAFKA_STORAGE_ERROR,
            KafkaError.OFFSET_NOT_AVAILABLE,
            KafkaError.FENCED_LEADER_EPOCH,
            KafkaError.UNKNOWN_LEADER_EPOCH,
            KafkaError.NOT_CONTROLLER,
            KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
            KafkaError.COORDINATOR_NOT_AVAILABLE,
            KafkaError.NOT_COORDINATOR,
            KafkaError.THROTTLING_QUOTA_EXCEEDED,
            KafkaError.UNKNOWN,
            Local.AUTO_OFFSET_RESET,  # the log start passed our position
        ),
    ),
    (
        _SPEC,
        (
            Local.INVALID_ARG,
            KafkaError.INVALID_PARTITIONS,
            KafkaError.INVALID_REPLICATION_FACTOR,
            KafkaError.INVALID_REPLICA_ASSIGNMENT,
            KafkaError.INVALID_CONFIG,
            KafkaError.INVALID_REQUEST,
            KafkaError.TOPIC_EXCEPTION,
        ),
    ),
    (
        _UNSUPPORTED,
        (
            KafkaError.UNSUPPORTED_VERSION,
            KafkaError.SECURITY_DISABLED,
            Local.UNSUPPORTED_FEATURE,
        ),
    ),
    (
        _ACTIVE,
        (
            KafkaError.NON_EMPTY_GROUP,
            KafkaError.UNKNOWN_MEMBER_ID,
            KafkaError.ILLEGAL_GENERATION,
            KafkaError.REBALANCE_IN_PROGRESS,
            KafkaError.STALE_MEMBER_EPOCH,
        ),
    ),
    (
        _MISSING,
        (
            KafkaError.UNKNOWN_TOPIC_OR_PART,
            KafkaError.UNKNOWN_TOPIC_ID,
            Local.UNKNOWN_TOPIC,
            Local.UNKNOWN_PARTITION,
        ),
    ),
)

_ALONE: dict[int, Meaning] = {
    Local.NOENT: _NO_LEADERS,
    KafkaError.TOPIC_ALREADY_EXISTS: Meaning(
        Refused, Reason.TOPIC_CONFLICT, "the topic exists; delete it or set targetTopics.existing"
    ),
    KafkaError.POLICY_VIOLATION: Meaning(
        Refused, Reason.INVALID_SPEC, "the cluster's policy forbids it; follow the policy's words"
    ),
    KafkaError.UNSTABLE_OFFSET_COMMIT: Meaning(
        Unavailable,
        Reason.OPEN_TRANSACTION,
        "a transaction that carries offsets of this group is open; end it or wait for its timeout",
    ),
}

MEANINGS: dict[int, Meaning] = {
    **{code: meaning for meaning, codes in _BY_MEANING for code in codes},
    **_ALONE,
}


def translate(error: KafkaError, doing: str, background: KafkaError | None = None) -> KmigError:
    """The project's error for a failed call.

    `doing` completes "cannot ..."; `background` is what the client's threads reported: a bare
    time-out means what they say.
    """
    meaning = MEANINGS.get(error.code(), _UNKNOWN)
    cause = error
    if background is not None and meaning is _NETWORK:
        cause = background
        meaning = MEANINGS.get(background.code(), _UNKNOWN)
    text = f"cannot {doing}: {_words(cause, meaning)} ({cause.name()}); {meaning.advice}"
    return meaning.kind(meaning.reason, text)


def _words(error: KafkaError, meaning: Meaning) -> str:
    """The other side's words, where they say more than the code and fit a status line."""
    if error.code() == Local.ALL_BROKERS_DOWN:
        return "no broker answered"
    if meaning is _RIGHTS:  # controllers answer with a dump of the forwarded request
        return str(KafkaError(error.code()).str())
    return str(error.str())[:_LONGEST]


def translate_exception(
    error: KafkaException | KafkaError, doing: str, background: KafkaError | None = None
) -> KmigError:
    """The same for an exception of the library; an unexpected shape is Unavailable."""
    if isinstance(error, KafkaError):  # partial failures of listings come without an exception
        return translate(error, doing, background)
    cause = error.args[0] if error.args else None
    if isinstance(cause, KafkaError):
        return translate(cause, doing, background)
    return Unavailable(Reason.UNKNOWN, f"cannot {doing}: {error!r}; {_UNKNOWN.advice}")


def refused_configuration(error: Exception, connection: Connection) -> Invalid:
    """The error for a client that could not even be made; secrets cut out of its text."""
    cause = error.args[0] if error.args else error
    text = cause.str() if isinstance(cause, KafkaError) else str(cause)
    for secret in (connection.password, connection.ca_pem):
        if secret:
            text = text.replace(secret, "***")
    reason = Reason.TLS_FAILED if "ssl." in text else Reason.INVALID_SPEC
    return Invalid(
        reason, f"the client refuses this connection: {text}; correct authentication/tls"
    )
