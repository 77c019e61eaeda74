"""Our two kinds and their journal, read with the kubeconfig of whoever runs `kmig`.

Called by the commands. Plain read access to the two kinds is enough; what may not be read is
named, never left out. The only writes are an approval and, for `kmig fences lift`, the register.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kafka_migration.adapters.kubernetes import paths
from kafka_migration.adapters.kubernetes.client import Api, Json, connect
from kafka_migration.adapters.kubernetes.register import Register
from kafka_migration.adapters.kubernetes.secrets import Secrets
from kafka_migration.adapters.kubernetes.shards import Shards
from kafka_migration.api.migration import KafkaMigrationSpec
from kafka_migration.connections import operator_connection
from kafka_migration.decide.context import MigrationContext
from kafka_migration.decide.rules import legs, names
from kafka_migration.errors import Refused
from kafka_migration.journal import read_journal
from kafka_migration.loading import parse
from kafka_migration.model.entries import EntryKind, Journal
from kafka_migration.model.inventory import Inventory
from kafka_migration.model.kafka import Connection
from kafka_migration.model.kubernetes import Key, Loaded
from kafka_migration.model.reasons import Reason
from kafka_migration.model.sides import Side

_OWN = f"{paths.GROUP}/{paths.VERSION}"


@dataclass(frozen=True)
class Family:
    """A migration with its units. None = a unit alone; `unread`: where units may not be read."""

    migration: Json | None
    units: tuple[Json, ...] = ()
    unread: tuple[str, ...] = ()


def default_namespace() -> str:
    """Namespace of the kubeconfig's context; `default` if it names none."""
    from kubernetes import config as kubernetes_config

    config: Any = kubernetes_config  # its functions carry no types
    try:
        _, active = config.list_kube_config_contexts()
    except (config.ConfigException, OSError):
        return "default"
    return str((active or {}).get("context", {}).get("namespace") or "default")


class Reader:
    """Reads over one connection; a namespace of None is the context's."""

    def __init__(self, api: Api | None = None) -> None:
        self._api = api or connect()

    def families(self, namespace: str | None, name: str | None) -> list[Family]:
        """The object of this name; Refused if there is none. Without a name, all migrations."""
        namespace = namespace or default_namespace()
        if name is not None:
            return [self._named(namespace, name)]
        return self._families(self._list("KafkaMigration", namespace))

    def all_families(self) -> list[Family]:
        """Migrations of every namespace."""
        return self._families(self._list("KafkaMigration", None))

    def _families(self, migrations: list[Json]) -> list[Family]:
        units = self._units(migrations)
        return [_family(migration, *units) for migration in migrations]

    def migration(self, namespace: str | None, name: str) -> Json:
        """One KafkaMigration; Refused if it does not exist."""
        namespace = namespace or default_namespace()
        found = self._api.get(paths.own("KafkaMigration", namespace, name))
        if found is None:
            raise _absent(namespace, name, "KafkaMigration")
        return found

    def inventory(self, migration: Mapping[str, Any]) -> Inventory:
        """The frozen inventory with its plan, from the journal."""
        metadata = migration["metadata"]
        head = str((migration.get("status", {}).get("journal") or {}).get("head") or "")
        shards = Shards(self._api)
        journal = read_journal(shards, metadata["namespace"], metadata["uid"], head)
        entry = journal.last(EntryKind.INVENTORY_FROZEN)
        if entry is None:
            text = f"{metadata['name']} has no plan yet; look at `kmig status {metadata['name']}`"
            raise Refused(Reason.PENDING, text)
        return Inventory.parse(entry.data)

    def approve(self, migration: Mapping[str, Any], patch: Mapping[str, Any]) -> None:
        """Apply the approval to the object that was read; another of that name = Conflict."""
        metadata = migration["metadata"]
        path = paths.own("KafkaMigration", metadata["namespace"], metadata["name"])
        self._api.merge(path, {"metadata": {"uid": metadata["uid"]}, **patch})

    def register(self, migration: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
        """The fence register with its version; ({}, "") before the first fence."""
        metadata = migration["metadata"]
        name = names.fence_register(metadata["name"])
        return Register(self._api).read(metadata["namespace"], name)

    def write_register(
        self, migration: Mapping[str, Any], document: Mapping[str, Any], version: str
    ) -> None:
        """Write it against the version read; another writer in between = Conflict."""
        metadata = migration["metadata"]
        name = names.fence_register(metadata["name"])
        Register(self._api).write(metadata["namespace"], name, document, version)

    def authority(self, migration: Json) -> Mapping[str, Side]:
        """Per topic the side that the journal of its unit gives it; unreadable ones are left out."""
        namespace, shards = migration["metadata"]["namespace"], Shards(self._api)
        found: dict[str, Side] = {}
        for unit in _family(migration, *self._units([migration])).units:
            head = str((unit.get("status", {}).get("journal") or {}).get("head") or "")
            try:
                journal = read_journal(shards, namespace, unit["metadata"]["uid"], head)
            except Refused:
                continue
            side = legs.authority(journal.entries)
            found.update(dict.fromkeys(unit["spec"]["topics"].get("writes", ()), side))
        return found

    def connection(self, migration: Mapping[str, Any], side: Side) -> Connection:
        """The operator's own connection to one side, from the Secrets that the migration names."""
        metadata = migration["metadata"]
        key = Key("KafkaMigration", metadata["namespace"], metadata["name"])
        uid, spec = metadata["uid"], migration["spec"]
        loaded = Loaded(key, uid, 0, "", deleting=False, finalizers=(), spec=spec, status={})
        context = MigrationContext(loaded, parse(loaded, KafkaMigrationSpec), Journal())
        return operator_connection(Secrets(self._api), context, side)

    def _named(self, namespace: str, name: str) -> Family:
        migration = self._api.get(paths.own("KafkaMigration", namespace, name))
        if migration is not None:
            return _family(migration, *self._units([migration]))
        unit = self._api.get(paths.own("WorkloadCutover", namespace, name))
        if unit is None:
            raise _absent(namespace, name, "KafkaMigration or WorkloadCutover")
        return Family(None, (unit,))

    def _list(self, kind: str, namespace: str | None) -> list[Json]:
        if namespace is None:
            return self._api.items(paths.own_everywhere(kind))
        return self._api.items(paths.of_group(_OWN, namespace, paths.PLURALS[kind]))

    def _units(self, migrations: list[Json]) -> tuple[list[Json], list[str]]:
        """Every unit, or those of the namespaces that may be read, and the others' names."""
        try:
            return self._list("WorkloadCutover", None), []
        except Refused as fault:
            if fault.reason is not Reason.NOT_AUTHORIZED:
                raise
        namespaces = sorted({n for m in migrations for n in _allowed(m)})
        units: list[Json] = []
        unread: list[str] = []
        for namespace in namespaces:
            try:
                units += self._list("WorkloadCutover", namespace)
            except Refused as fault:
                if fault.reason is not Reason.NOT_AUTHORIZED:
                    raise
                unread.append(namespace)
        return units, unread


def _allowed(migration: Mapping[str, Any]) -> list[str]:
    return list((migration["spec"].get("allowedCutovers") or {}).get("namespaces", []))


def _family(migration: Json, units: list[Json], unread: list[str]) -> Family:
    metadata = migration["metadata"]
    wanted = {"namespace": metadata["namespace"], "name": metadata["name"]}
    own = [u for u in units if u["spec"].get("migrationRef") == wanted]
    own.sort(key=lambda u: (u["spec"].get("wave", 0), u["metadata"]["name"]))
    missing = sorted(set(unread) & set(_allowed(migration)))
    return Family(migration, tuple(own), tuple(missing))


def _absent(namespace: str, name: str, kind: str) -> Refused:
    text = f"there is no {kind} {name} in namespace {namespace}; name another with -n"
    return Refused(Reason.MIGRATION_NOT_FOUND, text)
