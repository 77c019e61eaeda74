"""The sandbox's command line: up, down, images, wheels.

Called by the Makefile. It turns problems into one sentence and an exit code: 1 failed, 2 something
is missing, 3 something is occupied.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from pathlib import Path

from kmig_sandbox import access, cache, choice, environment, images, kafka, owner
from kmig_sandbox.embedded import Embedded
from kmig_sandbox.places import RECORD_DIR, Places, places
from kmig_sandbox.problem import MISSING, SandboxProblemError, missing
from kmig_sandbox.progress import say, step

_COMMANDS = ("up", "down", "images", "wheels")


def main() -> int:
    """Runs one command; the exit code says how it went."""
    parser = argparse.ArgumentParser(prog="kmig_sandbox", description=__doc__)
    parser.add_argument("command", choices=_COMMANDS)
    command = parser.parse_args().command
    here = places()
    try:
        with owner.locked(_lock(here), command):
            cache.clear(here.cache)
            {"up": _up, "down": _down, "images": _images, "wheels": images.wheels}[command](here)
    except SandboxProblemError as problem:
        print(f"sandbox: {problem.sentence}", file=sys.stderr)
        return problem.exit_code
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print("sandbox: the disk is full: free some space, run again", file=sys.stderr)
        return MISSING
    except KeyboardInterrupt:
        print("sandbox: interrupted; run again to go on", file=sys.stderr)
        return 130
    return 0


def _up(here: Places) -> None:
    cluster = choice.choose(here)
    before = choice.remembered(here)
    if before and before.kind != cluster.kind:
        before.down()
    choice.remember(here, cluster)
    say(f"Kubernetes: {cluster.kind}")
    kubectl = cluster.up()
    kafkas = kafka.both(here, cluster.address())
    with step("starting both Kafkas", "about 10 s"):
        for each in kafkas:
            kubectl.apply(kafka.manifest(here, each))
        for each in kafkas:
            kafka.wait(kubectl, each)
            access.grant(each)
    environment.write(here, kubectl, kafkas)
    say(f"the sandbox is up; use it with: source {here.env}")


def _down(here: Places) -> None:
    here.env.unlink(missing_ok=True)
    cluster = choice.remembered(here)
    if cluster is None and os.geteuid() == 0:
        cluster = Embedded(here)  # a killed run, perhaps of a clone that is gone, left one behind
    if cluster:
        cluster.down()
    here.chosen.unlink(missing_ok=True)
    say("the sandbox is down")


def _images(here: Places) -> None:
    cluster = choice.remembered(here)
    if cluster is None or not here.env.exists():
        raise missing("the sandbox is not up: run `make sandbox-up` first")
    for image in images.of_clone(here):
        cluster.load(image)
    say("the images are in place")


def _lock(here: Places) -> Path:
    """One lock for the machine; without root there is only the user's own to take."""
    return (RECORD_DIR if os.geteuid() == 0 else here.cache) / "lock"


if __name__ == "__main__":
    sys.exit(main())
