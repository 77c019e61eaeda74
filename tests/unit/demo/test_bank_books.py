"""One transfer becomes two postings whose sum is zero, and balances follow from postings alone."""

from __future__ import annotations

import pytest

from bank_apps.books import Balance, Books, Transfer, UnreadableError, parse_transfer

VALUE = b"run|w1|account-0001|7|1000|account-0002|250"
TRANSFER = Transfer("run|w1|account-0001|7", "account-0001", "account-0002", 250)


def test_a_transfer_is_read_with_its_identity() -> None:
    assert parse_transfer(VALUE) == TRANSFER


@pytest.mark.parametrize("value", [b"", b"text", VALUE + b"|x", VALUE.replace(b"250", b"-250")])
def test_what_is_not_a_transfer_is_refused(value: bytes) -> None:
    with pytest.raises(UnreadableError, match="not a transfer"):
        parse_transfer(value)


def test_two_postings_of_one_transfer_sum_up_to_zero() -> None:
    lines = Books().post(TRANSFER)
    assert lines == [
        ("account-0001", "run|w1|account-0001|7|account-0001|-250"),
        ("account-0002", "run|w1|account-0001|7|account-0002|250"),
    ]


def test_a_transfer_to_oneself_is_two_postings_of_one_account() -> None:
    books = Books()
    books.post(Transfer("t", "account-0001", "account-0001", 5))
    assert books.balances == {"account-0001": Balance(0, 2)}


def test_balances_go_on_from_a_snapshot() -> None:
    before = Books()
    before.post(TRANSFER)
    after = Books()
    for account in before.balances:
        after.restore(before.snapshot(account).encode())
    after.post(TRANSFER)
    assert after.balances["account-0002"] == Balance(500, 2)


@pytest.mark.parametrize("value", [b"", b"account-0001|x|2", b"a|1|2|3"])
def test_what_is_not_a_balance_is_refused(value: bytes) -> None:
    with pytest.raises(UnreadableError, match="not a balance"):
        Books().restore(value)
