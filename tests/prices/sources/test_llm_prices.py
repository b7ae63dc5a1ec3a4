"""llm-prices' intervals and its tiers that hide in names, against a payload in its shape."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tokenworth.prices.observations import ContextThreshold
from tokenworth.prices.sources import llm_prices

FIXTURES = Path(__file__).parents[3] / "fixtures/prices/network"
AT = datetime(2026, 9, 28, tzinfo=UTC)
MARCH = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def parsed():
    return llm_prices.parse((FIXTURES / "llm_prices.json").read_bytes(), AT)


def test_a_change_is_two_intervals_that_meet(parsed):
    old, new = [row for row in parsed.observations if row.model == "model-a"]
    assert (old.starts_at, old.ends_at, old.usd_per_million["input"]) == (None, MARCH, Decimal(3))
    assert (new.starts_at, new.ends_at, new.usd_per_million["input"]) == (MARCH, None, Decimal("2.5"))


def test_a_record_about_longer_prompts_belongs_to_the_model_it_is_about(parsed):
    short, long = [row for row in parsed.observations if row.model == "model-b"]
    assert (short.above, long.above) == (None, ContextThreshold(200_000))
    assert long.usd_per_million == {"input": Decimal("2.5"), "output": Decimal(15), "cache_read": Decimal("0.25")}


def test_a_missing_cache_price_is_absent(parsed):
    [row] = [row for row in parsed.observations if row.model == "model-c"]
    assert row.usd_per_million == {"input": Decimal("0.075"), "output": Decimal("0.3")}


def test_what_cannot_be_used_and_what_is_not_known_is_counted(parsed):
    assert parsed.unusable == {"a record without a vendor, an id or a price": 1}
    renamed = b'{"prices": [{"id": "a", "vendor": "v", "input_price": 1, "output": 2}]}'
    assert llm_prices.parse(renamed, AT).unknown_fields == {"input_price": 1}


def test_nothing_of_it_may_be_bundled(parsed):
    assert {row.provenance.licence for row in parsed.observations} == {None}
