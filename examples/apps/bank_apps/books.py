"""What stands in the bank's three topics, and how one transfer becomes postings and balances.

Used by the generator and by the bank; pure. The checker has its own reading of the same forms, so
that a mistake here cannot hide itself. Amounts are whole cents.

    transfers   key = payer     run|incarnation|payer|number|millis|payee|amount
    postings    key = account   run|incarnation|payer|number|account|amount     two per transfer
    accounts    key = account   account|balance|postings                        the latest counts
"""

from __future__ import annotations

from dataclasses import dataclass, field

TRANSFER_FIELDS = 7
BALANCE_FIELDS = 3


class UnreadableError(Exception):
    """A record that is not of the form; a bank must not guess what it meant."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """`name` is the transfer's identity: run, incarnation of its generator, payer, number."""

    name: str
    payer: str
    payee: str
    amount: int


def parse_transfer(value: bytes) -> Transfer:
    """Raises UnreadableError."""
    parts = value.decode("utf-8", "replace").split("|")
    if len(parts) != TRANSFER_FIELDS or not parts[6].isdigit():
        raise UnreadableError(f"not a transfer: {value[:80]!r}")
    return Transfer("|".join(parts[:4]), parts[2], parts[5], int(parts[6]))


@dataclass(slots=True)
class Balance:
    """What an account holds, and how many postings made it."""

    cents: int = 0
    postings: int = 0


@dataclass(slots=True)
class Books:
    """All balances; they follow from the postings alone."""

    balances: dict[str, Balance] = field(default_factory=dict)

    def post(self, transfer: Transfer) -> list[tuple[str, str]]:
        """Book a transfer; returns its two postings as (account, value): their sum is zero."""
        lines = ((transfer.payer, -transfer.amount), (transfer.payee, transfer.amount))
        for account, amount in lines:
            balance = self.balances.setdefault(account, Balance())
            balance.cents += amount
            balance.postings += 1
        return [(account, f"{transfer.name}|{account}|{amount}") for account, amount in lines]

    def snapshot(self, account: str) -> str:
        """The record of an account as it stands."""
        balance = self.balances[account]
        return f"{account}|{balance.cents}|{balance.postings}"

    def restore(self, value: bytes) -> None:
        """Take over a snapshot; a later one replaces it. Raises UnreadableError."""
        parts = value.decode("utf-8", "replace").split("|")
        if len(parts) != BALANCE_FIELDS:
            raise UnreadableError(f"not a balance: {value[:80]!r}")
        try:
            self.balances[parts[0]] = Balance(int(parts[1]), int(parts[2]))
        except ValueError:
            raise UnreadableError(f"not a balance: {value[:80]!r}") from None
