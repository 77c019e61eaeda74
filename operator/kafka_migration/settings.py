"""The operator's own settings, read once from the environment when the process starts.

Called by app; everything else is handed the Settings. It must never read a credential.
"""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

from kafka_migration.errors import Invalid
from kafka_migration.model.reasons import Reason

LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True)
class Settings:
    """What an installation decides. Seconds are on the monotonic clock."""

    namespace: str = "kmig-system"  # of the operator and its Lease
    identity: str = "kmig"  # this process in the Lease
    image: str = "kmig.local/operator:dev"  # of verifier Jobs and probe pods
    connect_images: Mapping[str, str] = field(default_factory=dict)  # version -> image
    log_level: int = logging.INFO
    worker_threads: int = 8
    observe_threads: int = 8
    resync_seconds: float = 300.0
    observe_deadline_seconds: float = 90.0  # for all facts of one look
    tick_deadline_seconds: float = 600.0  # a tick that takes longer makes us unhealthy
    health_port: int = 8080  # /healthz, /readyz and /metrics


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Settings from KMIG_* and POD_* variables; anything malformed = Invalid naming it."""
    base = Settings()
    level = environment.get("KMIG_LOG_LEVEL", "info").lower()
    if level not in LEVELS:
        raise _invalid("KMIG_LOG_LEVEL", f"one of {', '.join(LEVELS)}")
    return Settings(
        namespace=environment.get("POD_NAMESPACE", base.namespace),
        identity=environment.get("POD_NAME", socket.gethostname()),
        image=environment.get("KMIG_IMAGE", base.image),
        connect_images=_images(environment.get("KMIG_CONNECT_IMAGES", "{}")),
        log_level=logging.getLevelNamesMapping()[level.upper()],
        worker_threads=_count(environment, "KMIG_WORKER_THREADS", base.worker_threads),
        health_port=_count(environment, "KMIG_HEALTH_PORT", base.health_port),
    )


def _images(text: str) -> dict[str, str]:
    try:
        images = json.loads(text)
    except ValueError:
        images = None
    if not isinstance(images, dict) or not all(isinstance(v, str) for v in images.values()):
        raise _invalid("KMIG_CONNECT_IMAGES", 'a JSON object like {"4.3": "image"}')
    return images


def _count(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, str(default))
    if not text.isdecimal() or int(text) < 1:
        raise _invalid(name, "a whole number from 1 on")
    return int(text)


def _invalid(name: str, wanted: str) -> Invalid:
    return Invalid(Reason.INVALID_SPEC, f"environment variable {name} must be {wanted}")
