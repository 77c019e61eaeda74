"""What the sandbox needs of a Kubernetes, whichever it is.

Implemented by embedded.py, kind.py and given.py; chosen by choice.py.
"""

from __future__ import annotations

from typing import Protocol

from kmig_sandbox.images import Image
from kmig_sandbox.kubectl import Kubectl


class Cluster(Protocol):
    """One Kubernetes for one clone."""

    kind: str

    def up(self) -> Kubectl:
        """Brings it up, or finds it up, with the Kafka image in it."""
        ...

    def address(self) -> str:
        """Where this machine reaches its node ports."""
        ...

    def load(self, image: Image) -> None:
        """Builds an image and makes it available to pods."""
        ...

    def down(self) -> None:
        """Ends it, or takes out what we put in; does nothing when there is nothing."""
        ...
