"""What is compared is the product's own, and plain MirrorMaker with only exactly-once gone."""

from __future__ import annotations

from kafka_migration.adapters.replication.mirrormaker2 import MirrorSpec, connector_config
from kafka_migration.adapters.replication.settings import MirrorConnection
from kafka_migration.model.kafka import Connection
from kmig_bench.configs import (
    Names,
    mirror_config,
    plain_pair,
    plain_worker,
    product_worker,
)
from kmig_bench.digests import reread_digest, throughput_digest
from kmig_bench.parameters import CAUSES, DEFAULTS, EOS, SAME, Sizes
from kmig_bench.place import Ends

NAMES = Names("0badcafe")
CONNECTION = Connection("kafka:9092", "PLAIN", "user", "secret-word", "pem")
ENDS = Ends(CONNECTION, CONNECTION)


def config(variant: str) -> dict[str, str]:
    return mirror_config(NAMES, {True: ENDS, False: ENDS}, "m", "t", variant)


def test_the_products_mirror_is_what_its_builder_makes() -> None:
    public = MirrorConnection.of(CONNECTION)
    spec = MirrorSpec("m", "0badcafe", "forward", public, public, frozenset({"t"}), tasks_max=2)
    assert config(EOS) == connector_config(spec)


def test_a_cause_changes_one_setting() -> None:
    for variant in CAUSES:
        changed = {k for k, v in config(variant).items() if config(EOS)[k] != v}
        assert len(changed) == 1, variant


def test_plain_with_the_same_sizes_differs_by_exactly_once_only() -> None:
    ours, plain = config(EOS), config(SAME)
    gone = ours.keys() - plain.keys()
    assert gone == {
        "exactly.once.support",
        "transaction.boundary",
        "source.consumer.isolation.level",
        "offset.lag.max",
    }
    changed = {k for k in ours.keys() & plain.keys() if ours[k] != plain[k]}
    assert changed == {"source.cluster.alias", "target.cluster.alias"}
    worker = product_worker(NAMES, ENDS)
    added = {k: plain[k] for k in plain.keys() - ours.keys()}
    assert added
    for key, value in added.items():
        assert worker[f"producer.{key.removeprefix('producer.override.')}"] == value


def test_defaults_tune_nothing() -> None:
    for key in config(DEFAULTS):
        assert not key.startswith(("source.consumer.", "producer.")), key


def test_plain_workers_know_no_transactions_and_share_no_topic_with_the_products() -> None:
    ours, plain = product_worker(NAMES, ENDS), plain_worker(NAMES, ENDS)
    assert "exactly.once.source.support" not in plain
    for key in ("group.id", *(f"{k}.storage.topic" for k in ("config", "offset", "status"))):
        assert ours[key] != plain[key]


def test_every_name_carries_the_digits_by_which_it_is_removed() -> None:
    for each in plain_pair(NAMES, ENDS, NAMES.topic("t")):
        for key in ("name", "topics", "source.cluster.alias", "target.cluster.alias"):
            assert NAMES.uid in each[key]
    for name in (NAMES.namespace, NAMES.plain_worker, NAMES.group("g"), NAMES.plain_alias):
        assert NAMES.uid in name


def test_no_configuration_holds_a_password() -> None:
    every = [config(v) for v in (EOS, SAME, DEFAULTS, *CAUSES)]
    every += [*plain_pair(NAMES, ENDS, "t"), plain_worker(NAMES, ENDS)]
    assert "secret-word" not in repr(every)


def test_a_row_is_of_its_variant_and_its_size() -> None:
    from kmig_bench.__main__ import ROOT

    sizes = Sizes(300_000), Sizes(1_500_000)
    digests = {throughput_digest(v, s) for v in (EOS, SAME, *CAUSES) for s in sizes}
    digests |= {reread_digest(ROOT, s) for s in sizes}
    assert len(digests) == 12
