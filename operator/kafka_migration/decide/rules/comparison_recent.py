"""The last matched records of a partition, by which the comparison recognises repeated ones.

Called by `comparison`. Bounded: what was matched longer ago is forgotten and reads as foreign.
"""

from __future__ import annotations

from collections import deque


class Recent:
    """The last matched marks; an index is built only once it is asked for."""

    def __init__(self, limit: int) -> None:
        """Remember at least so many marks."""
        self._limit = limit
        self._size = 0
        self._runs: deque[list[bytes]] = deque()
        self._index: set[bytes] | None = None

    def add(self, marks: list[bytes]) -> None:
        """Remember a run of matched records and let the oldest runs go."""
        self._runs.append(marks)
        self._size += len(marks)
        while self._size - len(self._runs[0]) >= self._limit:
            self._size -= len(self._runs.popleft())
        if self._index is not None:
            self._index.update(marks)
            if len(self._index) > 4 * self._limit:
                self._index = None

    def __contains__(self, mark: bytes) -> bool:
        if self._index is None:
            self._index = {one for run in self._runs for one in run}
        return mark in self._index
