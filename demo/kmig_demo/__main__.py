"""Entry point: `PYTHONPATH=demo python -m kmig_demo [--fault drop]`.

Exit 0 only when nothing was lost, duplicated, reordered or re-read and everything was compared.
"""

from __future__ import annotations

import argparse
import sys
import uuid
from pathlib import Path

from rich.console import Console

from kmig_demo.diagnosis import explain
from kmig_demo.environment import load
from kmig_demo.errors import DemoError
from kmig_demo.kubectl import Kubectl
from kmig_demo.log import Log
from kmig_demo.manifests import Manifests
from kmig_demo.scenario import FAULTY_VERSION, planted_loss, there_and_back
from kmig_demo.stage import KEYS, RATE, Cast

VERSIONS = {"": "4.3", "drop": FAULTY_VERSION}
ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Run the demo: 0 for the verdict `ok`, 1 for anything else."""
    parser = argparse.ArgumentParser(prog="kmig_demo", description=__doc__)
    parser.add_argument("--fault", choices=sorted(VERSIONS), default="", help="plant this fault")
    fault = parser.parse_args().fault
    log = Log(Console())
    try:
        cast = _cast(log, VERSIONS[fault])
    except DemoError as error:
        log.step(f"FAILED: {error}")
        return 1
    # A report of an earlier run must not stand for this one.
    cast.environment.report.unlink(missing_ok=True)
    try:
        judgement = planted_loss(cast) if fault else there_and_back(cast)
    except DemoError as error:
        explain(cast.kubectl, log)
        log.step(f"FAILED: {error}")
        return 1
    return 0 if judgement.findings.verdict == "ok" and not fault else 1


def _cast(log: Log, connect_version: str) -> Cast:
    environment = load(ROOT)
    run = uuid.uuid4().hex[:8]
    values = {
        "RUN": run,
        "RATE": str(RATE),
        "KEYS": str(KEYS),
        "CONNECT_VERSION": connect_version,
    }
    return Cast(environment, Kubectl(environment), Manifests(environment, values), log, run)


if __name__ == "__main__":
    sys.exit(main())
