"""When a record means a living sandbox, and when it is what a killed run left behind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kmig_sandbox import owner
from kmig_sandbox.owner import Owner
from kmig_sandbox.problem import OCCUPIED, SandboxProblemError
from kmig_sandbox.processes import Process, itself

DEAD = Process("gone", 2**22 - 1, 1)


def living(clone: Path) -> Owner:
    """A ready sandbox; this very process stands for each of the node's programs."""
    claim = owner.claim(clone, clone / ".sandbox" / "node")
    for name in owner.CORE:
        claim = claim.with_process(replace(itself(), name=name))
    return replace(claim, ready=True)


def test_a_ready_sandbox_with_its_programs_lives(tmp_path: Path) -> None:
    assert living(tmp_path).lives


def test_a_start_that_is_under_way_lives(tmp_path: Path) -> None:
    assert owner.claim(tmp_path, tmp_path).lives


def test_a_killed_start_does_not_live(tmp_path: Path) -> None:
    assert not replace(living(tmp_path), ready=False, starter=DEAD).lives


@pytest.mark.parametrize("name", owner.CORE)
def test_a_sandbox_without_a_core_program_does_not_live(tmp_path: Path, name: str) -> None:
    assert not living(tmp_path).with_process(replace(DEAD, name=name)).lives


def test_a_process_id_that_was_given_to_another_program_does_not_count(tmp_path: Path) -> None:
    other = replace(itself(), name="kubelet", started=itself().started - 1)
    assert not living(tmp_path).with_process(other).lives


def test_a_record_from_before_a_restart_of_the_machine_does_not_live(tmp_path: Path) -> None:
    assert not replace(living(tmp_path), boot_id="another").lives


def test_the_sandbox_of_a_deleted_clone_does_not_live(tmp_path: Path) -> None:
    assert not living(tmp_path / "deleted").lives


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    claim = replace(living(tmp_path), previous_sysctls={"net/ipv4/ip_forward": "0"})
    owner.write(tmp_path / "owner.json", claim)
    assert owner.read(tmp_path / "owner.json") == claim


@pytest.mark.parametrize("text", ["", "{", "[]", '{"clone": "/x"}'])
def test_a_record_that_cannot_be_understood_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "owner.json").write_text(text, encoding="utf-8")
    assert owner.read(tmp_path / "owner.json") is None


def test_another_clones_living_sandbox_is_refused_by_name(tmp_path: Path) -> None:
    owner.write(tmp_path / "owner.json", living(tmp_path))
    with pytest.raises(SandboxProblemError, match=f"{tmp_path}.*make sandbox-down") as refused:
        owner.refuse_other(tmp_path / "owner.json", tmp_path / "mine")
    assert refused.value.exit_code == OCCUPIED
    owner.refuse_other(tmp_path / "owner.json", tmp_path)
