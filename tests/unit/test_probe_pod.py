"""`kmig probe`: what a mounted binding says of itself."""

from __future__ import annotations

import json
from pathlib import Path

from kafka_migration import probe_pod


def test_it_tells_hash_cluster_and_bootstrap_and_no_credential(tmp_path: Path) -> None:
    binding = tmp_path / "binding"
    binding.mkdir()
    for name in ("binding-hash", "cluster", "bootstrap.servers", "password"):
        (binding / name).write_text(f"value of {name}")
    log = tmp_path / "log"
    assert probe_pod.run(binding, log) == 0
    assert json.loads(log.read_text()) == {
        "bindingHash": "value of binding-hash",
        "cluster": "value of cluster",
        "bootstrap": "value of bootstrap.servers",
    }
    assert "password" not in log.read_text()


def test_a_binding_without_hash_is_told_as_null(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert probe_pod.run(tmp_path, log) == 0
    assert json.loads(log.read_text())["bindingHash"] is None


def test_a_binding_that_is_not_mounted_is_an_error(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert probe_pod.run(tmp_path / "nowhere", log) == 1
    assert json.loads(log.read_text()) == {"error": "NotADirectoryError"}
