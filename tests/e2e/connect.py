"""The Connect cluster of one migration, asked through its REST interface as its operator may.

Called by rows that look at mirrors or do what the runbooks say, and by the search for secrets.
"""

from __future__ import annotations

import base64
import json
import urllib.request
from dataclasses import dataclass
from typing import Any

from tests.e2e.ground import Ground

PORT = 8083
TIMEOUT = 20.0


@dataclass
class Connect:
    """REST of the workers of one direction of the migration with this short UID."""

    ground: Ground
    namespace: str
    uid: str
    direction: str = "forward"

    @property
    def deployment(self) -> str:
        """Name of the workers' Deployment, Service and Secret."""
        return f"kmig-{self.uid}-{self.direction}"

    def scale(self, replicas: int) -> None:
        """What somebody should not do to the workers during a move."""
        where = ("-n", self.namespace, "scale", "deployment", self.deployment)
        self.ground.kubectl.run(*where, f"--replicas={replicas}")

    def password(self) -> str:
        """The password of the REST interface."""
        found = self.ground.kubectl.get(self.namespace, "secret", self.deployment)
        return base64.b64decode(found["data"]["rest-password"]).decode()

    def everything(self) -> str:
        """Connectors with configuration and status, as Connect answers."""
        return self.ask("GET", "?expand=info&expand=status")

    def ask(self, method: str, path: str, body: Any = None) -> str:
        """One request about connectors, as `curl` would send it; an error is raised."""
        with self.ground.forwarded(self.namespace, f"service/{self.deployment}", PORT) as port:
            login = base64.b64encode(f"operator:{self.password()}".encode()).decode()
            request = urllib.request.Request(
                f"http://127.0.0.1:{port}/connectors{path}",
                data=None if body is None else json.dumps(body).encode(),
                headers={"Authorization": f"Basic {login}", "Content-Type": "application/json"},
                method=method,
            )
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                text: str = answer.read().decode()
        return text

    def mirrors_of(self, topic: str) -> list[str]:
        """State and number of tasks of each connector that lists a topic."""
        found: dict[str, Any] = json.loads(self.everything())
        return [
            f"{entry['status']['connector']['state']}, {len(entry['status']['tasks'])} tasks"
            for entry in found.values()
            if topic in entry["info"]["config"]["topics"]
        ]

    def at_rest(self, topic: str) -> list[bool]:
        """Whether each was told to stand still; a worker that rebalances is no such order."""
        return [said.startswith(("STOPPED", "PAUSED")) for said in self.mirrors_of(topic)]
