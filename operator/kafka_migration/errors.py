"""The one exception tree; raised by adapters, turned into values by observe and act.

    KmigError
    |- Unavailable   no answer, or a passing fault: the fact is Unknown, try again later
    |- Refused       the other side said no, in its own words: Blocked until somebody acts
    |- Invalid       what the user wrote cannot work: Blocked until the spec changes
    `- Conflict      the object changed since it was read: the tick ends, nothing was written

Messages are shown to users: they end with what to do and never hold a secret.
"""

from __future__ import annotations

from kafka_migration.model.reasons import Reason


class KmigError(Exception):
    """An expected failure with a reason from the closed list and a message for people."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason = reason
        self.message = message


class Unavailable(KmigError):
    """The call may succeed later; nothing is known about its effect or its answer."""


class Refused(KmigError):
    """The other side answered no; repeating the call unchanged gives the same answer."""


class Invalid(KmigError):
    """The specification cannot be carried out as written."""


class Conflict(KmigError):
    """A versioned write found another version; read again before deciding anything."""
