"""Money is read exactly or refused with what to send; printing rounds half to even."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenworth.money import Money, dollars, parse_fraction, parse_money, parse_tokens, percent, whole


@pytest.mark.parametrize(
    ("written", "number", "currency"),
    [
        ("375k", "375000", None),
        ("$100,000", "100000", "USD"),
        (375000, "375000", None),
        ("1.2M", "1200000", None),
        ("1.2m", "1200000", None),
        ("$1.5B", "1500000000", "USD"),
        ("EUR 90,000", "90000", "EUR"),
        ("90k €", "90000", "EUR"),
        ("£85,000.50", "85000.50", "GBP"),
        (" 42 ", "42", None),
        (0.1, "0.1", None),
        (375000.25, "375000.25", None),
        (Decimal("0.30"), "0.30", None),
        (0, "0", None),
        ("0.00", "0.00", None),
    ],
)
def test_amounts_as_people_write_them_are_read_exactly(written, number, currency):
    assert parse_money(written) == Money(Decimal(number), currency)


@pytest.mark.parametrize(
    "written",
    [
        True, False, None, float("nan"), float("inf"), -1, -0.5, "-1", "NaN", "3e99", 3e99, "1e5", " 1_0 ", "1_000",
        "٣٤", "１２", "", " ", "$", "k", "abc", "1,00", "1,0000", "100.000", "1.234", "€1 USD", "USD 5 EUR", "5 5",
        "0x10", "1k2", "12kk", "+5", "1.", ".5", [], {}, b"5", 10**13, "2000B", "\u200b5", "5\n", "$ $5",
    ],
    ids=repr,
)  # fmt: skip
def test_anything_else_is_refused_with_what_to_send_instead(written):
    with pytest.raises(ValueError, match="Send"):
        parse_money(written)


def test_a_refusal_never_repeats_the_value():
    with pytest.raises(ValueError, match="not an amount") as refusal:
        parse_money("sk-secret-0123456789")
    assert "secret" not in str(refusal.value)


@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_every_amount_of_cents_survives_printing_and_reading(amount):
    assert parse_money(dollars(amount, places=2)).number == amount


@given(st.integers(0, 10**12))
def test_integers_and_their_text_are_the_same_money(amount):
    assert parse_money(amount) == parse_money(str(amount)) == parse_money(f"{amount:,}")


@pytest.mark.parametrize(
    ("written", "count"), [("5M", 5_000_000), ("1.2B", 1_200_000_000), (7, 7), ("1,500", 1500), ("2T", 2 * 10**12)]
)
def test_token_counts_are_whole(written, count):
    assert parse_tokens(written) == count


@pytest.mark.parametrize("written", ["1.5", 1.5, -1, True, "5 apples", "٥", 10**19, float("inf"), None], ids=repr)
def test_a_token_count_that_is_not_one_is_refused(written):
    with pytest.raises(ValueError, match="Send"):
        parse_tokens(written)


@pytest.mark.parametrize(
    ("written", "share"), [("15%", "0.15"), (0.25, "0.25"), ("0.5", "0.5"), (1, "1"), ("100%", "1")]
)
def test_shares_are_read_as_numbers_or_per_cent(written, share):
    assert parse_fraction(written) == Decimal(share)


@pytest.mark.parametrize("written", [15, "15", "-1%", "101%", True, None, "half", 1.0001, float("nan")], ids=repr)
def test_a_share_outside_zero_to_one_is_refused(written):
    with pytest.raises(ValueError, match="Send"):
        parse_fraction(written)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (-41498.8, "USD", "-$41,499"),
        (18118.12, "USD", "$18,118"),
        (-0.2, "USD", "$0"),
        (0.5, "USD", "$0"),
        (1.5, "USD", "$2"),
        (90000, "EUR", "€90,000"),
        (120000, "CHF", "CHF 120,000"),
    ],
)
def test_money_prints_for_people(amount, currency, text):
    assert dollars(amount, currency) == text


def test_rounding_is_half_to_even():
    assert [whole(x) for x in (0.5, 1.5, 2.5, -0.5, 2.4999)] == [0, 2, 2, 0, 2]


def test_small_shares_print_one_more_digit():
    assert [percent(x) for x in (0.21052, 0.0029, 0.0, 1.0)] == ["21%", "0.3%", "0%", "100%"]


def test_money_enters_a_simulation_as_a_float():
    assert float(Money(Decimal("0.1"))) == 0.1
