"""The process behind `group_process`: asks Kafka about groups, one call at a time.

Started as `python -m` with the number of an inherited pipe. Must never outlive the other end of
that pipe, nor keep anything: it may be killed at any moment.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection as Pipe
from typing import Any

from kafka_migration.adapters.kafka.admin import Admin
from kafka_migration.adapters.kafka.groups import (
    delete_group,
    read_commits,
    read_groups,
    write_commits,
)
from kafka_migration.errors import KmigError

CALLS: dict[str, Callable[..., Any]] = {
    "read_groups": read_groups,
    "read_commits": read_commits,
    "write_commits": write_commits,
    "delete_group": delete_group,
}


def serve(pipe: Pipe[Any, Any]) -> None:
    """Answer calls until the other end is closed; a bug ends the process with its trace."""
    admin = Admin(pipe.recv())
    while True:
        name, args = pipe.recv()
        try:
            pipe.send((None, CALLS[name](admin, *args)))
        except KmigError as error:
            pipe.send(((type(error), error.reason, error.message), None))


def main() -> None:
    """Serve, then leave without librdkafka's own ending, which may never return."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when we end
    try:
        serve(Pipe(int(sys.argv[1])))
    except EOFError:
        os._exit(0)


if __name__ == "__main__":
    main()
