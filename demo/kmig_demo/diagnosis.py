"""What a person needs when the demo fails: objects, events and the operator's last words.

Called once on failure. It must never hide the first failure behind one of its own.
"""

from __future__ import annotations

from kmig_demo.errors import DemoError
from kmig_demo.kubectl import Kubectl, Object
from kmig_demo.log import Log
from kmig_demo.objects import MIGRATIONS, UNITS, problems, step, words

KINDS = (("platform", MIGRATIONS), ("orders", UNITS))
LINES = 25


def explain(kubectl: Kubectl, log: Log) -> None:
    """Print conditions, problems, pods, events and log tails, each as far as it can be read."""
    for namespace, kind in KINDS:
        log.step(f"{kind} in {namespace}")
        try:
            for found in kubectl.find(namespace, kind):
                _show(found, log)
        except DemoError as error:
            log.say(str(error))
    tail = f"--tail={LINES}"
    for title, arguments in (
        ("pods", ("get", "pods", "-A", "-l", "!k8s-app", "-o", "wide")),
        ("events in platform", ("-n", "platform", "get", "events", "--sort-by=.lastTimestamp")),
        ("events in orders", ("-n", "orders", "get", "events", "--sort-by=.lastTimestamp")),
        ("writer", ("-n", "orders", "logs", "deployment/orders-writer", tail)),
        ("reader", ("-n", "orders", "logs", "deployment/orders-reader", tail)),
        ("operator", ("-n", "kmig-system", "logs", "deployment/kmig-operator", tail)),
    ):
        log.step(title)
        try:
            text = kubectl.run(*arguments)
        except DemoError as error:
            text = str(error)
        for line in text.splitlines()[-LINES:]:
            log.say(line)


def _show(found: Object, log: Log) -> None:
    status = found.get("status", {})
    log.say(f"{found['metadata']['name']}: stage {status.get('stage')}, {step(found)}")
    for entry in status.get("conditions", []):
        log.say(f"  {words(entry)}")
    for problem in problems(found):
        log.say(f"  problem {problem}")
    for entry in status.get("steps", []):
        if entry.get("message"):
            log.say(f"  step {entry.get('name')} {entry.get('state')}: {entry['message']}")
