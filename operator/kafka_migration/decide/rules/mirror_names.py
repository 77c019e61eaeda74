"""Names of everything that belongs to one migration's replication; all carry its UID.

Called by the builders of this package, by decide's input and by act. Pure.
Connect keys its stored offsets by connector name and source alias, and the syncs topic is named
after the source alias: a name used twice would mix two migrations, a changed one starts over.
"""

from __future__ import annotations

import re
from typing import Final

from kafka_migration.model.sides import Direction

FORWARD: Final = "forward"  # source -> target
REVERSE: Final = "reverse"  # target -> source

_NEVER_MIRRORED = re.compile(r"__.*|\..*|mm2.*[-.]internal|.*\.checkpoints\.internal")


def uid8(migration_uid: str) -> str:
    """First eight hexadecimal digits of a migration's UID."""
    return migration_uid.replace("-", "")[:8]


def alias(uid: str, direction: Direction, *, side: str) -> str:
    """Alias of a cluster: s<uid8> for the migration's source, t<uid8> for its target.

    `side` is "source" or "target" as the connector of that direction sees it.
    """
    from_source = (side == "source") == (direction == FORWARD)
    return ("s" if from_source else "t") + uid


def group_id(uid: str, direction: Direction) -> str:
    """group.id of the Connect cluster, and prefix of its transactional ids."""
    return f"kmig-{uid}-{direction}"


def storage_topic(uid: str, direction: Direction, kind: str) -> str:
    """Connect's own topic: `kind` is config, offsets or status."""
    return f"{group_id(uid, direction)}-{kind}"


def syncs_topic(uid: str, direction: Direction) -> str:
    """Offset-syncs topic on the cluster that the direction ends at."""
    return f"mm2-offset-syncs.{alias(uid, direction, side='source')}.internal"


def leader_transaction(uid: str, direction: Direction) -> str:
    """Transactional id with which the Connect leader writes its config topic."""
    return f"connect-cluster-{group_id(uid, direction)}"


def mirrorable(topic: str) -> bool:
    """False for names that MirrorMaker 2 passes over without a word."""
    return _NEVER_MIRRORED.fullmatch(topic) is None
