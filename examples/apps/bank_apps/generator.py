"""The generator of transfers: the example writer with another value.

Run in the Deployment `bank-generator`. Idempotent, acks=all; each acknowledged transfer is kept by
the recorder. It must never go on after a failed delivery.
"""

from __future__ import annotations

import random

from orders_apps.producer import Writer, run

HIGHEST_CENTS = 100_000


class Generator(Writer):
    """Transfers between `keys` accounts."""

    client = "bank-generator"
    key_form = "account-{:04d}"

    def value(self, key: str, sequence: int, millis: int) -> str:
        """One transfer from `key` to some other account."""
        payee = random.choice(self.keys)
        amount = random.randint(1, HIGHEST_CENTS)
        return f"{self.run}|{self.incarnation}|{key}|{sequence}|{millis}|{payee}|{amount}"


def main() -> int:
    """Run until SIGTERM (0) or the first failure (1)."""
    return run(Generator)
