"""The whole demo from an empty stage to a verdict, with and without the planted fault.

Called by `__main__`. The verdict is the checker's alone.
"""

from __future__ import annotations

from collections.abc import Callable

from kmig_demo import report
from kmig_demo.admin import ClusterAdmin
from kmig_demo.checker import Judgement, judge
from kmig_demo.collection import Run, collect, pause_shares
from kmig_demo.errors import DemoError
from kmig_demo.evidence import MOVE, ROLLBACK, SECOND_MOVE, Crossing
from kmig_demo.findings import Kind
from kmig_demo.installation import offer_version
from kmig_demo.move import Migration
from kmig_demo.recorder_link import RecorderLink, recorder_link
from kmig_demo.stage import Cast, prepare
from kmig_demo.waiting import pause, wait_until

STOP_SECONDS = 60.0
CATCH_UP_SECONDS = 60.0
IDLE_SECONDS = 90.0
FAULTY_VERSION = "4.3-fault-drop"
FAULTY_IMAGE = "kmig.local/kafka-fault-drop:4.3.1"
STAY_SECONDS = 10.0
WRITER, READER = "orders-writer", "orders-reader"
STILL_LOOKS = 8


def there_and_back(cast: Cast) -> Judgement:
    """A writer and a reader move, roll back and move again; everything is compared."""
    store = prepare(cast)
    migration = _replicating(cast)
    migration.advance("Validated")
    migration.add_units()
    migration.approve("CutOver")
    moved = _move(migration, MOVE)
    _stay(cast, "target")
    back = migration.roll_back(READER, WRITER)
    rolled_back = Crossing(ROLLBACK, pause_shares(back[WRITER]))
    _stay(cast, "source")
    migration.try_again(2, WRITER, READER)
    moved_again = _move(migration, SECOND_MOVE)
    _stay(cast, "target")
    _stand_still(cast)
    _mirrors_idle(cast)
    migration.complete()
    crossings = (moved, rolled_back, moved_again)
    return _judge(cast, Run(cast.run, store, crossings, both_whole=True))


def _replicating(cast: Cast) -> Migration:
    """A migration whose plan was approved and whose mirrors run."""
    migration = Migration(cast)
    migration.begin()
    migration.approve("TargetPrepared")
    migration.wait_stage("TargetPrepared")
    migration.advance("Replicating")
    return migration


def _move(migration: Migration, name: str) -> Crossing:
    writer = migration.release(10, WRITER)
    migration.release(20, READER)
    return Crossing(name, pause_shares(writer))


def _stay(cast: Cast, side: str) -> None:
    cast.log.step(f"{STAY_SECONDS:.0f} s on the {side}")
    pause(STAY_SECONDS)


def planted_loss(cast: Cast) -> Judgement:
    """A mirror loses records in silence: the operator must refuse, the checker must name them."""
    cast.log.step(f"offering Connect version {FAULTY_VERSION}: it loses one record in 50,000")
    offer_version(cast.kubectl, FAULTY_VERSION, FAULTY_IMAGE)
    store = prepare(cast)
    migration = _replicating(cast)
    said = migration.refusal()
    if said:
        cast.log.say(f"the operator refuses: {said}")
    _stand_still(cast)
    _mirrors_idle(cast)
    judgement = _judge(cast, Run(cast.run, store))
    _require_named(said, judgement)
    cast.log.step("the planted loss was named by the operator and by the checker: exit 1 as agreed")
    return judgement


def _require_named(said: str, judgement: Judgement) -> None:
    if not said:
        raise DemoError("the operator reached Validated although the mirror loses records")
    if not judgement.findings.count(Kind.LOST):
        raise DemoError("the operator refused, but the checker found nothing lost")


def _judge(cast: Cast, run: Run) -> Judgement:
    cast.log.step("comparing every acknowledged record with consumption and both logs")
    evidence = collect(cast.kubectl, cast.environment, run)
    judgement = judge(evidence)
    report.show(judgement, cast.log)
    report.write(judgement, cast.environment.report)
    return judgement


def _stand_still(cast: Cast) -> None:
    cast.log.step("writer stops, reader finishes")
    _stop(cast, WRITER)
    with recorder_link(cast.kubectl) as link:
        wait_until("reader at the end", CATCH_UP_SECONDS, _behind(link))
    _stop(cast, READER)


def _mirrors_idle(cast: Cast) -> None:
    """What is merely not copied yet must not be called lost: wait until nothing moves."""
    cast.log.step("mirrors finish")
    admins = [ClusterAdmin(side) for side in cast.environment.sides.values()]
    seen: list[list[int]] = []

    def blocker() -> str:
        seen.append([sum(admin.ends("orders").values()) for admin in admins])
        still = len(seen) > STILL_LOOKS and seen[-STILL_LOOKS] == seen[-1]
        ends = " and ".join(f"{end:,}" for end in seen[-1])
        return "" if still else f"the logs still grow, now to {ends}"

    wait_until("mirrors idle", IDLE_SECONDS, blocker)


def _behind(link: RecorderLink) -> Callable[[], str]:
    last: list[int] = []

    def blocker() -> str:
        # Standing still short of the end is the checker's to name, not a reason to wait.
        acks, reads = link.lines("acks"), link.lines("reads")
        last.append(reads)
        still = len(last) > STILL_LOOKS and last[-STILL_LOOKS] == reads
        return "" if reads >= acks or still else f"{reads:,} consumed of {acks:,} acknowledged"

    return blocker


def _stop(cast: Cast, name: str) -> None:
    kubectl = cast.kubectl
    kubectl.run("-n", "orders", "scale", "deployment", name, "--replicas=0")

    def blocker() -> str:
        pods = kubectl.find("orders", "pods", "-l", f"app.kubernetes.io/name={name}")
        return ", ".join(pod["metadata"]["name"] for pod in pods)

    wait_until(f"{name} stopped", STOP_SECONDS, blocker)
