"""Facts of both clusters that both kinds ask for: identity, topics, ACLs, ends of logs."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from kafka_migration.decide.context import UnitContext
from kafka_migration.decide.rules import names
from kafka_migration.decide.rules.inventory import bad_patterns, selected
from kafka_migration.errors import Invalid
from kafka_migration.model import facts
from kafka_migration.model.actions import Side
from kafka_migration.model.kafka import Acl, Cluster, Ends, Group, Offsets, Partition, Topic
from kafka_migration.model.reasons import Reason
from kafka_migration.observe.looking import Look

SIDES: tuple[Side, Side] = ("source", "target")


def source_cluster(look: Look) -> Cluster:
    """Identity of the source."""
    return look.world.cluster(look.context, "source").cluster()


def target_cluster(look: Look) -> Cluster:
    """Identity of the target."""
    return look.world.cluster(look.context, "target").cluster()


def source_topics(look: Look) -> Mapping[str, Topic]:
    """Topics of the source: in scope by pattern, once frozen by name, for a unit its own."""
    port = look.world.cluster(look.context, "source")
    wanted = _named_topics(look)
    if wanted is not None:
        return port.topics(wanted)
    spec = look.migration.spec
    faults = bad_patterns(spec)
    if faults:
        raise Invalid(Reason.INVALID_SPEC, f"spec.scope: {'; '.join(faults)}; correct it")
    found = port.topics()
    return {name: found[name] for name in selected(found, spec.scope.topics)}


def target_topics(look: Look) -> Mapping[str, Topic]:
    """The same names on the target; one that does not exist is absent."""
    wanted = _named_topics(look)
    if wanted is None:
        wanted = look.get(facts.SOURCE_TOPICS).keys()
    return look.world.cluster(look.context, "target").topics(wanted) if wanted else {}


def _named_topics(look: Look) -> Collection[str] | None:
    """Names to ask for; None = the scope's patterns decide."""
    if isinstance(look.context, UnitContext):
        topics = look.context.spec.topics
        return sorted({*topics.writes, *topics.reads})
    inventory = look.migration.inventory
    return None if inventory is None else sorted(inventory.topics)


def internal_topics(look: Look) -> Mapping[str, Topic]:
    """The mirrors' own topics that the plan lists, as they are on the target."""
    inventory = look.migration.inventory
    wanted = [] if inventory is None else [t.name for t in inventory.plan.internal_topics]
    return look.world.cluster(look.context, "target").topics(wanted) if wanted else {}


def source_internal_topics(look: Look) -> Mapping[str, Topic]:
    """The reverse mirrors' own topics that the plan lists, as they are on the source."""
    inventory = look.migration.inventory
    wanted = [] if inventory is None else [t.name for t in inventory.plan.source_internal_topics]
    return look.world.cluster(look.context, "source").topics(wanted) if wanted else {}


def source_acls(look: Look) -> tuple[Acl, ...]:
    """Every ACL of the source."""
    return look.world.cluster(look.context, "source").acls()


def target_acls(look: Look) -> tuple[Acl, ...]:
    """Every ACL of the target."""
    return look.world.cluster(look.context, "target").acls()


def source_groups(look: Look) -> Mapping[str, Group]:
    """Consumer groups of the source in scope; once frozen those of the inventory."""
    port = look.world.cluster(look.context, "source")
    inventory = look.migration.inventory
    if inventory is not None:
        return port.groups(inventory.groups) if inventory.groups else {}
    selection = look.migration.spec.scope.consumer_groups
    if selection is None:
        return {}
    found = port.groups()
    return {name: found[name] for name in selected(found, selection)}


def source_ends(look: Look) -> Ends:
    """Where the source's logs end, for every partition in scope."""
    return look.world.cluster(look.context, "source").ends(look.partitions_in_scope())


def source_starts(look: Look) -> Offsets:
    """Where the source's logs start."""
    return look.world.cluster(look.context, "source").starts(look.partitions_in_scope())


def target_starts(look: Look) -> Offsets:
    """Where the target's logs start."""
    return look.world.cluster(look.context, "target").starts(look.partitions_in_scope())


def target_held(look: Look) -> Mapping[str, int]:
    """Of each topic that exists on the target: how many offsets its partitions ever used."""
    topics = look.get(facts.TARGET_TOPICS)
    partitions = [Partition(name, n) for name, topic in topics.items() for n in topic.partitions]
    held = dict.fromkeys(topics, 0)
    if partitions:
        ends = look.world.cluster(look.context, "target").ends(partitions)
        for partition, end in ends.high.items():
            held[partition.topic] += end
    return held


def last_data(look: Look) -> Mapping[Partition, int | None]:
    """The last visible record below each stable end of the source; None = there is none."""
    ends = look.get(facts.SOURCE_ENDS)
    return look.world.cluster(look.context, "source").last_data(ends.stable)


def register_name(look: Look) -> str:
    """ConfigMap of the fence register."""
    return names.fence_register(look.migration.loaded.key.name)
