"""Completed with a way back: the return mirrors are stopped, compared and removed too."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.decide.completing import acts_after, completed
from tests.unit.decide.moving import finished
from tests.unit.decide.planted import Planted
from tests.unit.decide.returning import there

from kafka_migration.model.actions import StartComparison
from kafka_migration.model.entries import EntryKind
from kafka_migration.model.facts import AuditView


def there_and_done() -> Planted:
    """Both units moved with a way back, and wrote on the target; somebody asks for Completed."""
    planted = there()[-1].again()
    planted.run(lambda: finished(planted))
    planted.change("leave", desiredStage="Completed")
    planted.tick("leave")
    return planted


def back_jobs(planted: Planted) -> list[str]:
    return [name for name in planted.jobs if name.endswith("-back")]


def test_the_way_back_is_stopped_denied_compared_and_removed():
    planted = there_and_done()
    assert any("-reverse-" in name for name in planted.connectors)
    assert back_jobs(planted)
    count = len(planted.acts)
    completed(planted)
    named = [type(action).__name__ for action in acts_after(planted, count)]
    assert named.index("HoldDenies") < named.index("DeleteComparison")
    assert named.index("DeleteComparison") < named.index("DeleteConnector")
    assert planted.connectors == {}
    assert back_jobs(planted) == []
    assert not planted.reverse_workers.exists
    assert not planted.source.may_write("User:mirror", "orders")
    kinds = planted.kinds("leave")
    assert kinds.index(EntryKind.AUDITED) < kinds.index(EntryKind.MIRRORS_REMOVED)


def test_a_difference_in_what_came_back_holds_before_anything_is_removed():
    planted = there_and_done()
    (job,) = back_jobs(planted)
    planted.jobs[job]["report"]["partitions"][0]["verdict"] = "MISSING"
    planted.approve()
    for _ in range(40):
        planted.tick("leave")
    assert planted.ready("leave") == ("False", "ContentDiffers")
    assert planted.connectors
    assert EntryKind.AUDITED not in planted.kinds("leave")


def test_an_audit_that_is_behind_is_waited_for(monkeypatch):
    planted = there_and_done()
    uid = planted.objects["writer"].uid
    view = AuditView("kmig-tail-back", True, {"state": "running", "partitions": []})
    monkeypatch.setattr(planted, "_audits", lambda _: {uid: view})
    planted.approve()
    for _ in range(40):
        planted.tick("leave")
    assert "has not compared orders-0 to its end yet" in planted.status("leave")["message"]
    ended = replace(view, report={"state": "failed", "partitions": []})
    monkeypatch.setattr(planted, "_audits", lambda _: {uid: ended})
    planted.tick("leave")
    assert planted.ready("leave") == ("False", "ComparisonIncomplete")


def test_a_lost_audit_begins_again_at_the_seam():
    planted = there_and_done()
    (job,) = back_jobs(planted)
    del planted.jobs[job]
    planted.approve()
    planted.run(lambda: job in planted.jobs)
    started = [a for _, a in planted.acts if isinstance(a, StartComparison)][-1]
    assert (started.original, started.mode) == ("target", "follow")


def test_nothing_goes_back_once_it_is_approved():
    planted = there_and_done()
    planted.approve()
    planted.tick("leave")
    planted.change("writer", desiredCluster="Source")
    for _ in range(5):
        assert planted.tick("writer").action is None
    assert planted.ready("writer") == ("False", "NotRollbackable")
    assert planted.target.may_write("User:writer", "orders")
