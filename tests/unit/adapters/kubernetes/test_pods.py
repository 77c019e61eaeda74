"""Pod selectors in the form that a list takes."""

from __future__ import annotations

import pytest

from kafka_migration.adapters.kubernetes.pods import selector_text
from kafka_migration.errors import Refused


def test_labels_and_expressions_are_joined() -> None:
    selector = {
        "matchLabels": {"app": "a"},
        "matchExpressions": [
            {"key": "tier", "operator": "In", "values": ["x", "y"]},
            {"key": "env", "operator": "NotIn", "values": ["z"]},
            {"key": "k", "operator": "Exists"},
            {"key": "m", "operator": "DoesNotExist"},
        ],
    }
    assert selector_text(selector) == "app=a,tier in (x,y),env notin (z),k,!m"


@pytest.mark.parametrize("selector", [{}, {"matchExpressions": [{"key": "k", "operator": "Gt"}]}])
def test_a_selector_that_would_select_other_pods_is_refused(selector: dict[str, object]) -> None:
    with pytest.raises(Refused):
        selector_text(selector)
