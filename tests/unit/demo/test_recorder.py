"""The recorder keeps each batch once, refuses gaps, and knows after a restart what it knew."""

from __future__ import annotations

from pathlib import Path

import pytest

from orders_apps.recorder import BatchRefusedError, Store

FIRST = b"#w1 1 source 2 more\nrun w1 k1 1 0 0 1000\nrun w1 k1 2 0 1 1001\n"
SECOND = b"#w1 2 source 1 end\nrun w1 k2 1 1 0 1002\n"


def kept(directory: Path) -> bytes:
    return (directory / "acks").read_bytes()


def test_batches_are_kept_in_their_order(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.append("acks", FIRST)
    store.append("acks", SECOND)
    assert kept(tmp_path) == FIRST + SECOND
    assert store.last_sequences() == b"k1 2\nk2 1\n"


def test_a_repeated_batch_is_kept_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.append("acks", FIRST)
    store.append("acks", FIRST)
    assert kept(tmp_path) == FIRST


def test_a_gap_in_the_numbers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BatchRefusedError, match="batch 2 follows 0"):
        Store(tmp_path).append("acks", SECOND)
    assert kept(tmp_path) == b""


@pytest.mark.parametrize(
    "body", [b"", b"text\n", FIRST[:-10], FIRST.replace(b" 2 more", b" 3 more")]
)
def test_a_malformed_batch_is_refused(tmp_path: Path, body: bytes) -> None:
    with pytest.raises(BatchRefusedError, match="malformed"):
        Store(tmp_path).append("acks", body)
    assert kept(tmp_path) == b""


def test_a_restart_keeps_whole_batches_and_forgets_a_torn_one(tmp_path: Path) -> None:
    before = Store(tmp_path)
    before.append("acks", FIRST)
    with (tmp_path / "acks").open("ab") as file:
        file.write(SECOND[:-5])
    store = Store(tmp_path)
    assert kept(tmp_path) == FIRST
    store.append("acks", SECOND)
    assert kept(tmp_path) == FIRST + SECOND
    assert store.summary() == before.summary().replace(b'"acks": 2', b'"acks": 3')
