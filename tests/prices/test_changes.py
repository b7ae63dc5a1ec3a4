"""What two readings of a source differ in, in words that people can read."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from tokenworth.prices.changes import compare
from tokenworth.prices.observations import ContextThreshold, Observation, Parsed, Provenance, TimeWindow

AT = datetime(2026, 9, 28, tzinfo=UTC)
SOURCE = Provenance("s", "s", "https://prices.example/", AT, "MIT", "curated")


def row(model="m", **fields):
    rates = fields.pop("rates", {"input": Decimal(2)})
    return Observation("seller", model, rates, SOURCE, **fields)


def reading(*rows):
    return Parsed(rows)


def test_equal_readings_do_not_differ_whatever_their_order():
    one, other = row("a"), row("b")
    changes = compare(reading(one, other), reading(other, one))
    assert (changes.added, changes.removed, changes.prices) == ((), (), ())


def test_models_come_and_go():
    changes = compare(reading(row("a"), row("b")), reading(row("b"), row("c")))
    assert (changes.added, changes.removed) == (("seller/c",), ("seller/a",))
    assert changes.prices == ()


def test_a_price_is_compared_under_its_own_condition():
    conditions = {
        "": {},
        " (eu)": {"region": "eu"},
        " (global)": {"deployment": "global"},
        " (priority)": {"service_tier": "priority"},
        " (batch)": {"processing": "batch"},
        " (above 272,000 tokens)": {"above": ContextThreshold(272_000)},
        " (from 200,000 tokens)": {"above": ContextThreshold(200_000, inclusive=True)},
        " (at certain hours)": {"windows": (TimeWindow(0, 60),)},
        " (from 2026-12-01)": {"starts_at": datetime(2026, 12, 1, tzinfo=UTC)},
    }
    for words, fields in conditions.items():
        other = row(rates={"input": Decimal(7)}, region="elsewhere")
        old, new = row(**fields), row(rates={"input": Decimal("2.5")}, **fields)
        [change] = compare(reading(old, other), reading(new, other)).prices
        assert str(change) == f"seller/m{words} input: $2 -> $2.5 per million (+25%)"


def test_a_rate_that_appears_or_vanishes_is_a_change():
    old = row(rates={"input": Decimal(1), "cache_read": Decimal("0.1")})
    new = row(rates={"input": Decimal(1), "output": Decimal(40)})
    assert [str(change) for change in compare(reading(old), reading(new)).prices] == [
        "seller/m cache_read: $0.1 -> unpriced per million",
        "seller/m output: unpriced -> $40 per million",
    ]


def test_a_price_that_was_nothing_has_no_percentage():
    [change] = compare(reading(row(rates={"input": Decimal(0)})), reading(row())).prices
    assert str(change) == "seller/m input: $0 -> $2 per million"


def test_a_changed_uplift_is_a_change_of_its_own():
    old, new = (row(uplifts={"data_residency=eu": Decimal(factor)}) for factor in ("1.10", "1.2"))
    assert [str(change) for change in compare(reading(old, row("b")), reading(new, row("b"))).prices] == [
        "seller/m uplift data_residency=eu: x1.1 -> x1.2"
    ]
    assert str(compare(reading(row()), reading(new)).prices[0]) == "seller/m uplift data_residency=eu: none -> x1.2"
