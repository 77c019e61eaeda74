"""The bank's checker names each planted fault; the books that it judges are made by the bank."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bank_apps.books import Books, parse_transfer
from kmig_demo.bank import Ledger, Values, judge_bank
from kmig_demo.findings import Findings, Kind

PARTITIONS = 2
TRANSFERS = [
    f"run|w1|account-{n % 3}|{n}|1000|account-{(n + 1) % 3}|{100 + n}".encode() for n in range(9)
]


def spread(records: list[tuple[str, str]]) -> Values:
    """Records by the partition of their key."""
    values: Values = {partition: [] for partition in range(PARTITIONS)}
    for key, value in records:
        values[sum(key.encode()) % PARTITIONS].append(value.encode())
    return values


def sound() -> Ledger:
    """Each transfer posted once, the balances written after each."""
    books, postings, accounts = Books(), [], []
    for value in TRANSFERS:
        lines = books.post(parse_transfer(value))
        postings += lines
        accounts += [(account, books.snapshot(account)) for account, _ in lines]
    transfers = spread([(value.decode().split("|")[2], value.decode()) for value in TRANSFERS])
    return Ledger(transfers, spread(postings), spread(accounts))


def judged(ledger: Ledger) -> Findings:
    return judge_bank({"source": ledger})


def without(values: Values, doomed: bytes) -> Values:
    """The same without the last record that equals `doomed`."""
    changed = {partition: list(records) for partition, records in values.items()}
    for records in changed.values():
        if doomed in records:
            records.reverse()
            records.remove(doomed)
            records.reverse()
    return changed


def adding(values: Values, record: bytes) -> Values:
    return {**values, 0: [*values[0], record]}


def test_sound_books_on_both_sides_are_ok() -> None:
    findings = judge_bank({"source": sound(), "target": sound()})
    assert (findings.counts, findings.verdict) == ({}, "ok")


def test_a_transfer_without_postings_is_lost() -> None:
    """A position committed without its postings."""
    ledger = replace(
        sound(), transfers=adding(sound().transfers, b"run|w2|account-0|1|9|account-1|5")
    )
    findings = judged(ledger)
    assert findings.counts == {Kind.LOST: 1}
    assert "run|w2|account-0|1 on the source was never posted" in findings.examples[Kind.LOST][0]


def test_half_a_transaction_changes_the_sum() -> None:
    doomed = b"run|w1|account-1|4|account-2|104"
    findings = judged(replace(sound(), postings=without(sound().postings, doomed)))
    assert findings.counts[Kind.LOST] == 1
    assert "sum up to -104, not 0" in findings.examples[Kind.CONTRADICTION][0]


def test_a_transfer_posted_twice_is_named_although_the_sum_is_zero() -> None:
    """A batch that was committed, but whose position was not."""
    again = [b"run|w1|account-1|4|account-1|-104", b"run|w1|account-1|4|account-2|104"]
    postings = adding(adding(sound().postings, again[0]), again[1])
    findings = judged(replace(sound(), postings=postings))
    assert findings.counts[Kind.DUPLICATED] == 1
    assert not any("sum up" in text for text in findings.examples[Kind.CONTRADICTION])


def test_another_amount_than_the_transfers_contradicts_it() -> None:
    postings = {
        partition: [record.replace(b"account-2|104", b"account-2|105") for record in records]
        for partition, records in sound().postings.items()
    }
    findings = judged(replace(sound(), postings=postings))
    assert any("was posted as" in text for text in findings.examples[Kind.CONTRADICTION])


def test_a_posting_without_a_transfer_is_foreign() -> None:
    lines = [b"run|w9|account-0|1|account-0|-5", b"run|w9|account-0|1|account-1|5"]
    postings = adding(adding(sound().postings, lines[0]), lines[1])
    findings = judged(replace(sound(), postings=postings))
    assert findings.counts[Kind.FOREIGN] == 1


def test_a_balance_that_its_postings_do_not_make_is_named() -> None:
    """The bank went on from a snapshot that lacked the last transactions."""
    latest = next(records[-1] for records in sound().accounts.values() if records)
    findings = judged(replace(sound(), accounts=without(sound().accounts, latest)))
    assert findings.counts == {Kind.CONTRADICTION: 1}
    assert "its postings make" in findings.examples[Kind.CONTRADICTION][0]


@pytest.mark.parametrize("topic", ["transfers", "postings", "accounts"])
def test_a_record_that_is_not_of_the_form_is_foreign(topic: str) -> None:
    ledger = sound()
    changed = adding(getattr(ledger, topic), b"text")
    findings = judged(
        Ledger(
            **{name: getattr(ledger, name) for name in ("transfers", "postings", "accounts")}
            | {topic: changed}
        )
    )
    assert findings.counts == {Kind.FOREIGN: 1}


@pytest.mark.parametrize("topic", ["transfers", "postings", "accounts"])
def test_sides_with_other_records_contradict_each_other(topic: str) -> None:
    """The last records never came over."""
    other = sound()
    values: Values = getattr(other, topic)
    partition = next(p for p, records in values.items() if records)
    values[partition].pop()
    findings = judge_bank({"source": sound(), "target": other})
    words = [text for text in findings.examples[Kind.CONTRADICTION] if "and target" in text]
    assert words[0].startswith(f"{topic} on source and target: partition {partition} differs")


@pytest.mark.parametrize("ledger", [Ledger({}, {}, {}), replace(sound(), faults=["not readable"])])
def test_books_that_were_not_read_are_never_ok(ledger: Ledger) -> None:
    assert judged(ledger).verdict == "incomplete"
