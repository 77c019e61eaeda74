"""The sandbox's parts that need no sandbox: files, cache, processes, choice, manifests."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

from kmig_sandbox import (
    cache,
    choice,
    commands,
    credentials,
    dockerarchive,
    files,
    images,
    jars,
    kafka,
    network,
    nodecommands,
    nodefiles,
    processes,
    waiting,
)
from kmig_sandbox.places import Places
from kmig_sandbox.problem import MISSING, SandboxProblemError


def places(clone: Path) -> Places:
    return Places(clone, clone / "cache")


def test_a_cache_entry_is_made_once(tmp_path: Path) -> None:
    made: list[Path] = []
    for _ in range(2):
        entry = cache.entry(tmp_path, "thing", made.append)
    assert len(made) == 1
    assert entry == tmp_path / "thing"


def test_a_failed_build_leaves_no_entry(tmp_path: Path) -> None:
    def fail(_: Path) -> None:
        raise SandboxProblemError("no")

    with pytest.raises(SandboxProblemError):
        cache.entry(tmp_path, "thing", fail)
    assert not (tmp_path / "thing").exists()
    cache.clear(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_digest_follows_names_contents_and_modes(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("1", encoding="utf-8")
    digests = {files.digest([tmp_path])}
    file.write_text("2", encoding="utf-8")
    digests.add(files.digest([tmp_path]))
    file.chmod(0o700)
    digests.add(files.digest([tmp_path]))
    file.rename(tmp_path / "b")
    digests.add(files.digest([tmp_path]))
    assert len(digests) == 4


def test_a_file_is_replaced_whole_and_with_its_mode(tmp_path: Path) -> None:
    files.write(tmp_path / "env", "x", 0o600)
    assert stat.S_IMODE((tmp_path / "env").stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["env"]


def test_only_the_recorded_process_is_ended(tmp_path: Path) -> None:
    """A reused id has another start time."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as child:
        process = processes.of_pid("child", child.pid)
        processes.end(processes.Process("child", child.pid, process.started - 1))
        assert child.poll() is None
        processes.end(process)
        assert not Path(f"/proc/{child.pid}").exists()
        child.returncode = 0


def test_a_started_program_is_found_by_its_mark(tmp_path: Path) -> None:
    process = processes.start("sleeper", ["sleep", "60"], tmp_path, tmp_path / "log" / "x.log")
    try:
        assert (process, tmp_path) in processes.marked()
    finally:
        processes.end(process)
    assert (process, tmp_path) not in processes.marked()


def test_a_wait_names_what_blocks() -> None:
    with pytest.raises(SandboxProblemError, match="the thing: not within 0 s; it sleeps"):
        waiting.until("the thing", 0.1, lambda: "it sleeps", every=0.01)


def test_a_users_kubeconfig_is_chosen(tmp_path: Path) -> None:
    given = choice.given_kubeconfig({"KUBECONFIG": "/home/me/config"}, places(tmp_path))
    assert given == Path("/home/me/config")
    both = {"KUBECONFIG": "/home/me/config", "KMIG_KUBECONFIG": "/home/me/other"}
    assert choice.given_kubeconfig(both, places(tmp_path)) == Path("/home/me/other")


@pytest.mark.parametrize("clone", ["here", "another"])
def test_a_sandboxs_own_kubeconfig_is_no_choice_of_the_user(tmp_path: Path, clone: str) -> None:
    """It stands in the environment of whoever sourced `.sandbox/env`."""
    own = places(tmp_path / clone).kubeconfig
    assert choice.given_kubeconfig({"KUBECONFIG": str(own)}, places(tmp_path / "here")) is None


def test_passwords_are_kept_and_differ(tmp_path: Path) -> None:
    first = credentials.ensure(tmp_path / "credentials.json")
    assert credentials.ensure(tmp_path / "credentials.json") == first
    assert stat.S_IMODE((tmp_path / "credentials.json").stat().st_mode) == 0o600
    every = [password for side in first.values() for password in side.values()]
    assert len(set(every)) == len(credentials.USERS) * 2


def test_unexpected_jars_are_named(tmp_path: Path) -> None:
    (tmp_path / "kafka.jar").write_bytes(b"other")
    with pytest.raises(SandboxProblemError, match=r"kafka\.jar, missing\.jar"):
        jars.check(tmp_path, f"{'0' * 64}  kafka.jar\n{'0' * 64}  missing.jar\n")


def test_a_docker_archive_names_its_image_and_layer(tmp_path: Path) -> None:
    (tmp_path / "pause").write_bytes(b"program")
    dockerarchive.write(tmp_path / "a.tar", "kmig.local/pause:1", tmp_path / "pause")
    with tarfile.open(tmp_path / "a.tar") as tar:
        manifest = tar.extractfile("manifest.json")
        assert manifest is not None
        assert json.load(manifest)[0]["RepoTags"] == ["kmig.local/pause:1"]


def test_the_two_kafkas_differ_in_ca_and_address_only_by_side(tmp_path: Path) -> None:
    source, target = kafka.both(places(tmp_path), "192.0.2.7")
    assert source.ca.read_bytes() != target.ca.read_bytes()
    assert source.bootstrap == "192.0.2.7:30092"
    assert target.bootstrap_in_cluster == "kafka.kafka-target.svc.cluster.local:9092"


def test_a_kafkas_manifest_is_yaml_and_the_same_again(tmp_path: Path) -> None:
    """Applying it a second time must not restart the broker."""
    source, _ = kafka.both(places(tmp_path), "192.0.2.7")
    text = kafka.manifest(places(tmp_path), source)
    assert text == kafka.manifest(places(tmp_path), source)
    kinds = [each["kind"] for each in yaml.safe_load_all(text)]
    assert kinds == ["Namespace", "Secret", "Service", "Service", "Service", "StatefulSet"]


def test_a_kafkas_passwords_stand_in_its_secret_only(tmp_path: Path) -> None:
    source, _ = kafka.both(places(tmp_path), "192.0.2.7")
    for each in yaml.safe_load_all(kafka.manifest(places(tmp_path), source)):
        if each["kind"] != "Secret":
            assert source.passwords["admin"] not in json.dumps(each)


def test_the_nodes_programs_listen_on_no_outer_address(tmp_path: Path) -> None:
    layout = nodefiles.Layout(tmp_path, tmp_path, tmp_path)
    texts = [" ".join(argv) for argv in nodecommands.commands(layout).values()]
    texts += nodefiles.configuration(layout, "overlayfs").values()
    assert not any("0.0.0.0:" in text or "=0.0.0.0" in text for text in texts)


def test_a_failing_program_is_told_in_its_last_words() -> None:
    with pytest.raises(SandboxProblemError, match="sh failed with exit code 3: no such thing"):
        commands.run(["sh", "-c", "echo first >&2; echo no such thing >&2; exit 3"], timeout=10)


def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    script = "echo write: No space left on device; echo giving up; exit 1"
    with pytest.raises(SandboxProblemError, match="the disk is full"):
        commands.run(["sh", "-c", script], timeout=10, log=tmp_path / "x.log")


def test_a_program_that_hangs_is_given_up_and_named() -> None:
    with pytest.raises(SandboxProblemError, match="sleep did not finish within 0 s"):
        commands.run(["sleep", "60"], timeout=0.2)


def test_too_little_space_is_refused_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(SandboxProblemError, match="a start needs 1000000 GB") as refused:
        cache.need_space(tmp_path, 1e6, "a start")
    assert refused.value.exit_code == MISSING


@pytest.mark.parametrize("route", ["10.0.0.0/8", "10.96.4.0/24", "172.31.240.0/20"])
def test_a_machine_that_routes_the_sandboxs_addresses_is_refused(route: str) -> None:
    with pytest.raises(SandboxProblemError, match="already routes"):
        network._refuse_overlap(route, "tun0")


@pytest.mark.parametrize("route", ["default", "192.168.0.0/16", "10.244.1.0/24"])
def test_other_routes_are_no_obstacle(route: str) -> None:
    network._refuse_overlap(route, "tun0")


def test_an_image_whose_sources_are_missing_is_left_out_aloud(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert images.of_clone(places(tmp_path)) == []
    assert "kmig.local/operator:dev is left out: Dockerfile" in capsys.readouterr().out


def test_a_taken_port_is_told_with_who_holds_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert str(os.getpid()) in network._holder("127.0.0.1", port)
        assert network._holder("192.0.2.1", port) == ""
    assert network._holder("127.0.0.1", port) == ""
