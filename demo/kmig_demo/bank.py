"""The checker of the bank: money is neither made nor lost, and each transfer is posted once.

Called by whoever moved the bank, with both sides' topics; pure. It reads the forms by itself and
shares no code with the bank or the operator. It must never call books good that it did not read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from kmig_demo.findings import Findings, Kind

TOPICS = ("transfers", "postings", "accounts")
Values = dict[int, list[bytes]]
"""The values of one topic by partition, in the order of the log, as read_committed readers see."""

Posting = tuple[str, int]
"""(account, cents)"""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The three topics of one side, and everything that makes them less than whole."""

    transfers: Values
    postings: Values
    accounts: Values
    faults: list[str] = field(default_factory=list)


def judge_bank(ledgers: Mapping[str, Ledger]) -> Findings:
    """Each side by itself, then each side against the first: both must hold the same books."""
    findings = Findings()
    for side, ledger in ledgers.items():
        for fault in ledger.faults:
            findings.add(Kind.MISSING_EVIDENCE, fault)
        _judge_side(side, ledger, findings)
    first, *others = ledgers
    for other in others:
        for topic in TOPICS:
            sides = (getattr(ledgers[first], topic), getattr(ledgers[other], topic))
            _compare(f"{topic} on {first} and {other}", *sides, findings)
    return findings


def _judge_side(side: str, ledger: Ledger, findings: Findings) -> None:
    transfers = _transfers(side, ledger.transfers, findings)
    postings = _postings(side, ledger.postings, findings)
    for topic, found in (("transfer", transfers), ("posting", postings)):
        if not found:
            findings.add(Kind.MISSING_EVIDENCE, f"not one {topic} was read from the {side}")
    total = sum(amount for lines in postings.values() for _, amount in lines)
    if total:
        findings.add(Kind.CONTRADICTION, f"the postings on the {side} sum up to {total}, not 0")
    for name, wanted in transfers.items():
        _judge_transfer(f"transfer {name} on the {side}", wanted, postings.get(name, []), findings)
    for name in postings.keys() - transfers.keys():
        findings.add(Kind.FOREIGN, f"posted on the {side} without a transfer: {name}")
    _judge_balances(side, ledger.accounts, postings, findings)


def _judge_transfer(
    what: str, wanted: tuple[Posting, Posting], found: list[Posting], findings: Findings
) -> None:
    want, have = Counter(wanted), Counter(found)
    if have == want:
        return
    if not found:
        findings.add(Kind.LOST, f"{what} was never posted")
    elif not have - want:
        findings.add(Kind.LOST, f"{what} was posted in part: {_listed(have)}")
    elif not want - have:
        findings.add(Kind.DUPLICATED, f"{what} was posted again: {_listed(have - want)}")
    else:
        findings.add(Kind.CONTRADICTION, f"{what} was posted as {_listed(have)}")


def _listed(lines: Counter[Posting]) -> str:
    return ", ".join(f"{account} {cents:+d}" for account, cents in lines.elements())


def _transfers(side: str, values: Values, findings: Findings) -> dict[str, tuple[Posting, Posting]]:
    """By name, the two postings that each asks for."""
    found: dict[str, tuple[Posting, Posting]] = {}
    for value in _all(values):
        parts = value.decode("utf-8", "replace").split("|")
        try:
            run, incarnation, payer, number, _, payee, amount = parts
            cents = int(amount)
        except ValueError:
            findings.add(Kind.FOREIGN, f"not a transfer on the {side}: {value[:80]!r}")
            continue
        name = f"{run}|{incarnation}|{payer}|{number}"
        if name in found:
            findings.add(Kind.DUPLICATED, f"transfer {name} stands twice on the {side}")
        found[name] = ((payer, -cents), (payee, cents))
    return found


def _postings(side: str, values: Values, findings: Findings) -> dict[str, list[Posting]]:
    """By the transfer's name, in the order of the log."""
    found: dict[str, list[Posting]] = {}
    for value in _all(values):
        parts = value.decode("utf-8", "replace").split("|")
        try:
            *name, account, amount = parts
            line = (account, int(amount))
        except ValueError:
            findings.add(Kind.FOREIGN, f"not a posting on the {side}: {value[:80]!r}")
            continue
        found.setdefault("|".join(name), []).append(line)
    return found


def _judge_balances(
    side: str, values: Values, postings: dict[str, list[Posting]], findings: Findings
) -> None:
    """The latest snapshot of every account is the sum of its postings."""
    sums: dict[str, list[int]] = {}
    for lines in postings.values():
        for account, cents in lines:
            balance = sums.setdefault(account, [0, 0])
            balance[0] += cents
            balance[1] += 1
    latest: dict[str, list[int]] = {}
    for value in _all(values):
        try:
            account, balance_text, count = value.decode("utf-8", "replace").split("|")
            latest[account] = [int(balance_text), int(count)]
        except ValueError:
            findings.add(Kind.FOREIGN, f"not a balance on the {side}: {value[:80]!r}")
    for account in sorted(sums.keys() | latest.keys()):
        if sums.get(account) != latest.get(account):
            what = f"{account} on the {side} stands at {latest.get(account)} (cents, postings)"
            findings.add(Kind.CONTRADICTION, f"{what}, its postings make {sums.get(account)}")


def _compare(what: str, one: Values, other: Values, findings: Findings) -> None:
    """The same records in the same order in every partition."""
    if set(one) != set(other):
        findings.add(Kind.MISSING_EVIDENCE, f"{what}: {len(one)} and {len(other)} partitions")
    for partition in set(one) & set(other):
        here, there = one[partition], other[partition]
        pairs = enumerate(zip(here, there, strict=False))
        differs = next((n for n, (a, b) in pairs if a != b), min(len(here), len(there)))
        if differs < max(len(here), len(there)):
            lengths = f"{len(here)} and {len(there)} records"
            text = f"{what}: partition {partition} differs from record {differs} on ({lengths})"
            findings.add(Kind.CONTRADICTION, text)


def _all(values: Values) -> list[bytes]:
    """An account or payer has one partition, so the order of partitions among them is free."""
    return [value for partition in sorted(values) for value in values[partition]]
