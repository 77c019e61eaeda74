"""JSON lines on standard error, secrets taken out; set up once by app.

Called by everything that logs, through `log`. It must never print a password, a token or a PEM
block, whatever text an exception of another library brings along.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

REDACTED = "<redacted>"
_SECRET_KEY = re.compile(
    r"passw|secret_value|token|jaas|credential|authorization|ca_pem", re.IGNORECASE
)
_SECRET_TEXT = (
    # key: value and key=value forms, with or without quotes
    (
        re.compile(
            r"((?:password|passwd|token|secret)\\?[\"']?\s*[=:]\s*)(\\?[\"'])?[^\s\"',;}]+",
            re.IGNORECASE,
        ),
        rf"\1{REDACTED}",
    ),
    (re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]+"), rf"\1 {REDACTED}"),
    (re.compile(r"-----BEGIN [A-Z ]+-----.*?(-----END [A-Z ]+-----|\Z)", re.DOTALL), REDACTED),
    (re.compile(r"://[^/\s:@]+:[^/\s@]+@"), f"://{REDACTED}@"),
)
_LONGEST = 2000

log: Any = structlog.get_logger("kmig")


def redact(text: str) -> str:
    """The text without what looks like a secret, and not longer than a log line bears."""
    for pattern, replacement in _SECRET_TEXT:
        text = pattern.sub(replacement, text)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."


def describe(error: BaseException) -> str:
    """Type and redacted words of an exception."""
    return f"{type(error).__name__}: {redact(str(error))}"


def where(error: BaseException) -> list[str]:
    """The exception's call stack as file:line function; no values, so no secrets."""
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return frames[-12:]


def configure(level: int) -> None:
    """Send structlog's and the standard library's records through one redacting JSON formatter."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _without_traceback,
            redact_event,
            structlog.processors.JSONRenderer(sort_keys=True, default=repr_of),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("kopf", "httpx", "httpcore", "asyncio", "aiohttp", "kubernetes", "urllib3"):
        logging.getLogger(noisy).setLevel(max(level, logging.WARNING))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )


def repr_of(value: object) -> str:
    """What JSON cannot hold, as text."""
    return redact(str(value))


def redact_event(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Processor: secrets out of every value, however deep."""
    return {key: _clean(key, value) for key, value in event.items()}


def _without_traceback(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Exceptions of other libraries as type, words and places instead of a traceback."""
    info = event.pop("exc_info", None)
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["error"], event["trace"] = describe(error), where(error)
    return event


def _clean(key: str, value: Any) -> Any:
    if _SECRET_KEY.search(key):
        return REDACTED
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {str(k): _clean(str(k), v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_clean("", item) for item in value]
    return value
