"""Facts of a unit named by their role in its leg: the same readings under other names.

Called by observe. Which side is left and which mirror leads onward is the leg's direction.
"""

from __future__ import annotations

from collections.abc import Mapping

from kafka_migration.model import facts
from kafka_migration.model.actions import Side
from kafka_migration.model.connect import Connector, ConnectorOffsets
from kafka_migration.model.facts import Fact
from kafka_migration.model.kafka import Acl, Cluster, Topic
from kafka_migration.observe.looking import Look
from kafka_migration.observe.migration import CONNECTORS_OF, OFFSETS_OF

_CLUSTERS: Mapping[Side, Fact[Cluster]] = {
    "source": facts.SOURCE_CLUSTER,
    "target": facts.TARGET_CLUSTER,
}
_TOPICS: Mapping[Side, Fact[Mapping[str, Topic]]] = {
    "source": facts.SOURCE_TOPICS,
    "target": facts.TARGET_TOPICS,
}
_ACLS: Mapping[Side, Fact[tuple[Acl, ...]]] = {
    "source": facts.SOURCE_ACLS,
    "target": facts.TARGET_ACLS,
}


def leaving_topics(look: Look) -> Mapping[str, Topic]:
    """The unit's topics on the leaving side; one that does not exist is absent."""
    return look.get(_TOPICS[look.unit.leaving])


def entering_topics(look: Look) -> Mapping[str, Topic]:
    """The same on the entering side."""
    return look.get(_TOPICS[look.unit.entering])


def leaving_cluster(look: Look) -> Cluster:
    """Identity and settings of the leaving side."""
    return look.get(_CLUSTERS[look.unit.leaving])


def entering_cluster(look: Look) -> Cluster:
    """Identity and settings of the entering side."""
    return look.get(_CLUSTERS[look.unit.entering])


def leaving_acls(look: Look) -> tuple[Acl, ...]:
    """Every ACL of the leaving side."""
    return look.get(_ACLS[look.unit.leaving])


def entering_acls(look: Look) -> tuple[Acl, ...]:
    """Every ACL of the entering side."""
    return look.get(_ACLS[look.unit.entering])


def onward_connectors(look: Look) -> Mapping[str, Connector]:
    """All connectors of the Connect cluster that copies to the entering side."""
    return look.get(CONNECTORS_OF[look.unit.onward])


def onward_offsets(look: Look) -> Mapping[str, ConnectorOffsets]:
    """Stored offsets of the unit's mirror to the entering side."""
    return look.get(OFFSETS_OF[look.unit.onward])


def return_connectors(look: Look) -> Mapping[str, Connector]:
    """All connectors of the Connect cluster that copies back to the leaving side."""
    return look.get(CONNECTORS_OF[look.unit.homeward])


def return_offsets(look: Look) -> Mapping[str, ConnectorOffsets]:
    """Stored offsets of the unit's mirror back to the leaving side."""
    return look.get(OFFSETS_OF[look.unit.homeward])
