"""Names that both decide and observe make."""

from __future__ import annotations

from tests.unit.decide.moving import at, run_to
from tests.unit.decide.planted import Planted

from kafka_migration.decide.context import UnitContext
from kafka_migration.decide.rules import names

NODE = "ip-10-0-123-45.eu-central-1.compute.internal"


def test_the_probe_pod_of_a_long_node_name_fits_a_label_and_is_unlike_its_neighbours():
    """AWS names its nodes like this; a cut name that observe does not know is never found."""
    first = names.probe_pod("12345678", 0, f"{NODE}.example-a")
    second = names.probe_pod("12345678", 0, f"{NODE}.example-b")
    assert first != second
    assert max(len(first), len(second)) <= 63
    assert names.probe_pod("12345678", 0, "node-1") == "kmig-probe-12345678-0-node-1"


def test_a_unit_resumes_on_a_node_with_a_long_name(monkeypatch):
    """What decide asks for is what observe looks for."""
    planted = at("writer", "Resume")
    known = planted._workload
    looked = Planted._probe_pods

    def on_a_long_node(name):
        workload = known(name)
        assert workload is not None
        pods = tuple(_on(pod) for pod in workload.pods)
        return type(workload)(**{**vars(workload), "pods": pods})

    def _on(pod):
        return type(pod)(**{**vars(pod), "node": NODE})

    def as_observe_names_them(context):
        assert isinstance(context, UnitContext)
        name = names.probe_pod(context.short_uid, 0, NODE)
        found = looked(planted, context)
        return {name: found.get(name)}

    monkeypatch.setattr(planted, "_workload", on_a_long_node)
    monkeypatch.setattr(planted, "_probe_pods", as_observe_names_them)
    run_to(planted, "writer", "Observe")
