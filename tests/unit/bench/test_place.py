"""Where the bench runs, and what of it is kept for the next run to remove."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmig_bench import parameters
from kmig_bench.errors import BenchError
from kmig_bench.ground import Owned
from kmig_bench.machine import pod_of
from kmig_bench.place import exports, find


def test_only_exports_of_the_sandboxs_file_are_read() -> None:
    text = "# a comment\nexport A=1\nexport B='two words'\nreadonly C=3\n"
    assert exports(text) == {"A": "1", "B": "two words"}


def test_a_missing_sandbox_says_how_to_start_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KMIG_SANDBOX_ENV", raising=False)
    with pytest.raises(BenchError, match="make sandbox-up"):
        find(tmp_path)


def test_a_session_is_owned_until_all_of_it_is_gone(tmp_path: Path) -> None:
    owned = Owned(tmp_path / "bench-owned.json")
    owned.add("0badcafe")
    owned.add("deadbeef")
    owned.drop("0badcafe")
    assert Owned(owned.path).read() == ["deadbeef"]
    owned.drop("deadbeef")
    assert not owned.path.exists()


@pytest.mark.parametrize("uid", ["dcdac955-5a80", "dcdac955_5a80"])
def test_a_pods_processes_are_known_by_its_uid(uid: str) -> None:
    """The systemd driver writes it with underscores."""
    text = f"8:cpu:/kmig/kubepods/burstable/pod{uid}/aa21\n"
    assert pod_of(text, {"dcdac955-5a80": "Connect"}) == "Connect"
    assert pod_of(text, {"11111111-5a80": "Connect"}) is None


@pytest.mark.parametrize("words", ["many", "0", "-1"])
def test_a_size_that_tells_nothing_is_refused(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_RECORDS", words)
    with pytest.raises(BenchError, match="BENCH_RECORDS"):
        parameters.read()
