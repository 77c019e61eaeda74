"""`kmig lint` names every fault with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
HEAD = "apiVersion: kafka-migration.io/v1alpha1\nkind: WorkloadCutover\n"
GOOD = (ROOT / "examples" / "manifests" / "cutover-writer.yaml").read_text(encoding="utf-8")


def lint(kmig, tmp_path, text: str):
    file = tmp_path / "x.yaml"
    file.write_text(text, encoding="utf-8")
    result = kmig("lint", str(file))
    return result.exit_code, [line.split("x.yaml:")[-1] for line in result.stdout.splitlines()]


@pytest.mark.parametrize("name", ["migration", "cutover-writer", "cutover-reader"])
def test_the_examples_are_without_fault(kmig, name):
    assert kmig("lint", str(ROOT / "examples" / "manifests" / f"{name}.yaml")).exit_code == 0


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("  wave: 10", "  wave: ten", "spec.wave: "),
        ("  wave: 10", "  wave: 10\n  waves: 10", "spec.waves: unknown field"),
        ("  pauseBudgetSeconds: 90\n", "", "spec.pauseBudgetSeconds: required field is missing"),
        ("      role: Writer", "      role: Bystander", "spec.workloads.0.role: "),
        ("/v1alpha1", "/v1", "apiVersion: must be kafka-migration.io/v1alpha1"),
        ("kind: WorkloadCutover", "kind: WorkloadCutOver", "kind: must be one of"),
    ],
)
def test_a_fault_is_one_line_with_its_place(kmig, tmp_path, before, after, said):
    assert before in GOOD
    code, lines = lint(kmig, tmp_path, GOOD.replace(before, after))
    assert code == 1
    assert len(lines) == 1
    assert said in lines[0]


def test_the_line_is_that_of_the_field(kmig, tmp_path):
    text = GOOD.replace("  wave: 10", "  wave: ten")
    number = text.splitlines().index("  wave: ten") + 1
    _, (line,) = lint(kmig, tmp_path, text)
    assert line.startswith(f"{number}: ")


def test_all_documents_of_a_file_are_read(kmig, tmp_path):
    """Also behind an empty one and another kind."""
    text = GOOD + "---\n---\nkind: Secret\n---\n" + GOOD.replace("  wave: 10", "  wave: 0")
    code, (line,) = lint(kmig, tmp_path, text)
    assert code == 1
    assert line.startswith(f"{text.splitlines().index('  wave: 0') + 1}: ")


def test_a_file_without_our_kinds_is_a_fault(kmig, tmp_path):
    assert lint(kmig, tmp_path, "kind: Secret\n")[0] == 1


def test_what_is_not_yaml_is_one_line(kmig, tmp_path):
    code, lines = lint(kmig, tmp_path, HEAD + "spec: [1,\n")
    assert code == 1
    assert len(lines) == 1
    assert "not YAML" in lines[0]


def test_a_missing_file_is_one_line(kmig, tmp_path):
    result = kmig("lint", str(tmp_path / "absent.yaml"))
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 1
