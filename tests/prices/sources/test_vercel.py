"""Vercel's tiers, zero prices and undocumented conditions, against a payload in its documented shape."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tokenworth.prices.observations import ContextThreshold
from tokenworth.prices.sources import vercel

FIXTURES = Path(__file__).parents[3] / "fixtures/prices/network"
AT = datetime(2026, 9, 28, tzinfo=UTC)


@pytest.fixture(scope="module")
def parsed():
    return vercel.parse((FIXTURES / "vercel.json").read_bytes(), AT)


def found(parsed, model):
    return [
        (row.above, {meter: f"{rate:f}" for meter, rate in row.usd_per_million.items()})
        for row in parsed.observations
        if row.model == model
    ]


def test_a_tier_reprices_every_meter_from_its_first_token(parsed):
    assert found(parsed, "maker/long") == [
        (None, {"input": "2", "output": "12", "cache_read": "0.2"}),
        (ContextThreshold(200_000), {"input": "4", "output": "18", "cache_read": "0.4"}),
    ]


def test_a_round_first_token_is_part_of_the_tier(parsed):
    assert found(parsed, "maker/round")[1] == (
        ContextThreshold(128_000, inclusive=True),
        {"input": "2", "output": "3"},
    )


def test_a_price_with_undocumented_conditions_says_so_and_they_are_counted(parsed):
    [row] = [row for row in parsed.observations if row.model == "maker/fast"]
    assert row.note == "other prices may apply: service_tiers, varies_by_provider"
    assert parsed.unknown_fields == {"service_tiers": 1}


def test_zero_is_never_a_price(parsed):
    assert found(parsed, "maker/plan") == []
    assert found(parsed, "maker/embed") == [(None, {"input": "0.02"})]
    assert parsed.unusable == {"a model without a price": 2}


def test_a_picture_costs_by_the_million_like_everything_else(parsed):
    assert found(parsed, "maker/picture") == [(None, {"image": "40000"})]


def test_kinds_are_ours(parsed):
    kinds = {facts.model: facts.kind for facts in parsed.models}
    assert (kinds["maker/long"], kinds["maker/embed"], kinds["maker/picture"]) == ("chat", "embedding", "image")


def test_a_model_without_an_id_is_counted():
    assert vercel.parse(b'{"data": [{"pricing": {"input": "1"}}]}', AT).unusable == {"a model without an id": 1}
