"""A writer and a reader over one topic, with a recorder: what moves in a row, and its oracle.

Called by the rows that move something. Who judges is the demo's checker, which shares no code with
the operator. Everything of a pair carries its name, so that several live in one namespace.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from confluent_kafka.admin import AclOperation, ResourceType
from tests.e2e import manifests
from tests.e2e.ground import Ground
from tests.e2e.lifecycle import Unit

from kmig_demo.checker import Judgement, judge
from kmig_demo.evidence import MOVE, Crossing, Evidence, Part, PauseShares, parse_dump
from kmig_demo.history import INCARNATION, History
from kmig_demo.kafka_log import read_log
from kmig_demo.kubectl import Object
from kmig_demo.objects import condition, not_ready, stalled, step, steps, unit_blocker, words
from kmig_demo.recorder_link import RecorderLink

PARTITIONS = 4
HISTORY = 20_000
KEYS = 40
RATE = 500
APPLICATION_SECONDS = 90.0
FLOW_SECONDS = 90.0
PREPARE_SECONDS = 300.0
MOVE_SECONDS = 420.0
STOP_SECONDS = 60.0
END_SECONDS = 60.0
PORT = 8080


@dataclass
class Pair:
    """One writer's unit and one reader's unit, in waves `wave` and `wave + 1`."""

    ground: Ground
    namespace: str
    name: str
    wave: int
    migration: tuple[str, str]
    letter: str = "m"
    history: list[str] = field(default_factory=list, repr=False)
    store: str = ""

    @property
    def topic(self) -> str:
        """The topic, and the name of the group that reads it."""
        return self.ground.named(f"{self.letter}-{self.name}")

    @property
    def writer(self) -> Unit:
        """The writer's unit."""
        return Unit(self.ground, self.namespace, f"{self.name}-writer")

    @property
    def reader(self) -> Unit:
        """The reader's unit."""
        return Unit(self.ground, self.namespace, f"{self.name}-reader")

    def lay(self) -> None:
        """Topic, rights, first commits and history on the source: before any migration."""
        source, name = self.ground.sides["source"], self.topic
        source.make_topic(name, PARTITIONS)
        topic, group = ResourceType.TOPIC, ResourceType.GROUP
        describe = (topic, name, AclOperation.DESCRIBE)
        source.allow(self.ground.named("writer"), [(topic, name, AclOperation.WRITE), describe])
        reading = [(topic, name, AclOperation.READ), describe, (group, name, AclOperation.READ)]
        source.allow(self.ground.named("reader"), reading)
        source.start_group_at_zero(name, name, PARTITIONS)
        history = History(self.ground.environment.sides["source"], self.ground.run)
        self.history = history.write(name, HISTORY, KEYS, "k")

    def start(self) -> None:
        """Recorder, writer and reader on the source, until records flow through both."""
        ground, namespace = self.ground, self.namespace
        recorder = f"{self.name}-recorder"
        ground.kubectl.apply(
            [
                manifests.application(namespace, recorder, "recorder", STORE="/store"),
                manifests.service(namespace, recorder),
            ]
        )
        self._available(recorder)
        with self._recorder() as link:
            link.hand_over(INCARNATION, "source", self.history)
            self.store = str(link.summary()["store"])
        url = f"http://{recorder}.{namespace}.svc.cluster.local:{PORT}"
        common = {"TOPIC": self.topic, "RECORDER_URL": url}
        writing = {**common, "RUN": ground.run, "RATE": str(RATE), "KEYS": str(KEYS)}
        reading = {**common, "GROUP": self.topic}
        for role, program, environment in (
            ("writer", "producer", writing),
            ("reader", "consumer", reading),
        ):
            name = f"{self.name}-{role}"
            bindings = manifests.binding_secrets(ground, namespace, name, ground.named(role))
            deployment = manifests.application(namespace, name, program, **environment)
            ground.kubectl.apply([*bindings, deployment])
        self._available(self.writer.name)
        self._available(self.reader.name)
        self.wait_flow(HISTORY)

    def wait_flow(self, beyond: int) -> None:
        """Wait until a second's worth of records beyond so many was acknowledged and consumed."""
        wanted = beyond + RATE
        with self._recorder() as link:

            def blocker() -> str:
                acks, reads = link.lines("acks"), link.lines("reads")
                short = acks < wanted or reads < wanted
                return f"{acks} acknowledged, {reads} consumed, want {wanted}" if short else ""

            self.ground.wait(f"records through {self.topic}", FLOW_SECONDS, blocker)

    def acknowledged(self) -> int:
        """How many records the recorder knows as acknowledged."""
        with self._recorder() as link:
            return link.lines("acks")

    def apply_units(self, **writer_spec: Any) -> None:
        """Both WorkloadCutovers; they rest until their waves are released."""
        user = self.ground.named
        place = (self.namespace, self.writer.name, self.migration)
        writer = manifests.unit(*place, "Writer", user("writer"))
        writer["spec"].update({"topics": {"writes": [self.topic], "reads": []}, "wave": self.wave})
        writer["spec"].update(writer_spec)
        place = (self.namespace, self.reader.name, self.migration)
        reader = manifests.unit(*place, "Reader", user("reader"))
        reader["spec"].update(
            {
                "topics": {"writes": [], "reads": [self.topic]},
                "consumerGroups": [
                    {"name": self.topic, "whenUncommitted": "Refuse", "minimumGrade": "Exact"}
                ],
                "wave": self.wave + 1,
            }
        )
        self.ground.kubectl.apply([writer, reader])
        for unit in (self.writer, self.reader):
            unit.says("WaitingForWave", seconds=PREPARE_SECONDS)

    def arrive(self, unit: Unit) -> Object:
        """Wait until a unit is Ready on the target; returns it, and prints how its steps went."""

        def blocker() -> str:
            found = unit.found()
            if "BackedOut" in stalled(found):
                raise AssertionError(stalled(found))
            return unit_blocker(found) or self._short_of_end(found)

        self.ground.wait(f"{unit.name} on the target", MOVE_SECONDS, blocker)
        found = unit.found()
        print("\n".join([f"{unit.name}: {step(found)}", *steps(found)]))
        return found

    def come_back(self, unit: Unit) -> Object:
        """Ask a unit back and wait until it runs on the source again; returns it."""
        unit.change(desiredCluster="Source")

        def blocker() -> str:
            found = unit.found()
            if "BackedOut" in stalled(found):
                raise AssertionError(stalled(found))
            back = found.get("status", {}).get("workingStep") == "RolledBack"
            return (
                not_ready(found) if back else f"{step(found)}; {words(condition(found, 'Ready'))}"
            )

        self.ground.wait(f"{unit.name} back on the source", MOVE_SECONDS, blocker)
        found = unit.found()
        print("\n".join([f"{unit.name} back: {step(found)}", *steps(found)]))
        return found

    @staticmethod
    def _short_of_end(found: Object) -> str:
        done = found.get("status", {}).get("workingStep") == "Completed"
        return "" if done else step(found)

    def judged(
        self, crossings: tuple[Crossing, ...] | None = None, reader_crossings: int | None = None
    ) -> Judgement:
        """Stop both, let the reader finish, and compare everything with everything.

        Without `crossings` the writer's unit has moved once. With them, none too, mirrors still
        run, so that each log must hold every record.
        """
        self._stop(self.writer.name)
        with self._recorder() as link:
            self.ground.wait("the reader at the end", END_SECONDS, self._behind(link))
        self._stop(self.reader.name)
        if crossings is not None:
            self.ground.wait("every record on both sides", END_SECONDS, self._missing, every=2.0)
        return judge(replace(self._evidence(crossings), reader_crossings=reader_crossings))

    def _missing(self) -> str:
        acknowledged = self.acknowledged()
        for name, side in self.ground.environment.sides.items():
            log = read_log(side, self.topic, self.ground.run)
            held = sum(len(records) for records in log.partitions.values())
            if held < acknowledged:
                return f"{held} records on the {name} of {acknowledged} acknowledged"
        return ""

    def crossing(self, name: str) -> Crossing:
        """The writer's unit has just crossed: what the operator says of its pause."""
        pause = self.writer.found().get("status", {}).get("pause") or {}
        shares = PauseShares(pause.get("operatorSeconds"), pause.get("settleSeconds"))
        return Crossing(name, shares)

    def _evidence(self, crossings: tuple[Crossing, ...] | None) -> Evidence:
        sides, run = self.ground.environment.sides, self.ground.run
        archive = archive_topic(self.ground, self.letter)
        faults = []
        with self._recorder() as link:
            if link.summary()["store"] != self.store:
                faults.append("the recorder's store was lost")
            acks, reads, failures = (_part(link, k, run) for k in ("acks", "reads", "failures"))
        return Evidence(
            acks,
            reads,
            failures,
            source=read_log(sides["source"], self.topic, run),
            target=read_log(sides["target"], self.topic, run),
            archive_source=read_log(sides["source"], archive, run),
            archive_target=read_log(sides["target"], archive, run),
            crossings=(self.crossing(MOVE),) if crossings is None else crossings,
            both_whole=crossings is not None,
            faults=faults,
        )

    def binding(self, unit: Unit) -> dict[str, str]:
        """What an application's mounted Secret says, without what is secret."""
        found = self.ground.kubectl.get(self.namespace, "secret", f"{unit.name}-kafka")
        told = ("cluster", "bootstrap.servers", "username", "sasl.mechanism")
        return {key: base64.b64decode(found["data"][key]).decode() for key in told}

    @contextmanager
    def _recorder(self) -> Iterator[RecorderLink]:
        service = f"service/{self.name}-recorder"
        with self.ground.forwarded(self.namespace, service, PORT) as port:
            yield RecorderLink(port)

    def _behind(self, link: RecorderLink) -> Callable[[], str]:
        def blocker() -> str:
            acks, reads = link.lines("acks"), link.lines("reads")
            return "" if reads >= acks else f"{reads} consumed of {acks} acknowledged"

        return blocker

    def _available(self, name: str) -> None:
        def blocker() -> str:
            status = self.ground.kubectl.get(self.namespace, "deployment", name).get("status", {})
            conditions = {c["type"]: c for c in status.get("conditions", [])}
            available = conditions.get("Available", {})
            if available.get("status") == "True":
                return ""
            return str(available.get("message") or "it has no status yet")

        self.ground.wait(f"Deployment {name} available", APPLICATION_SECONDS, blocker)

    def _stop(self, name: str) -> None:
        where = ("-n", self.namespace)
        self.ground.kubectl.run(*where, "scale", "deployment", name, "--replicas=0")
        selector = ("-l", f"app.kubernetes.io/name={name}")

        def blocker() -> str:
            pods = self.ground.kubectl.find(self.namespace, "pods", *selector)
            return ", ".join(pod["metadata"]["name"] for pod in pods)

        self.ground.wait(f"{name} stopped", STOP_SECONDS, blocker)


def archive_topic(ground: Ground, letter: str = "m") -> str:
    """The topic that is only mirrored, never moved."""
    return ground.named(f"{letter}-archive")


def _part(link: RecorderLink, kind: str, run: str) -> Part:
    part = parse_dump(kind, link.dump(kind), run)
    if len(part.rows) != link.lines(kind):
        part.faults.append(f"{kind}: {len(part.rows)} lines fetched, {link.lines(kind)} kept")
    return part


def require_whole(judgement: Judgement) -> None:
    """Nothing lost, repeated, reordered or read again, and everything was compared."""
    findings = judgement.findings
    assert findings.verdict == "ok", findings.examples
    assert judgement.acknowledged > HISTORY + RATE
