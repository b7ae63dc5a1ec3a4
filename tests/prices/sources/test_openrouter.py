"""OpenRouter's overrides, routers, free variants and hosts, against a payload in its SDK's documented shape."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tokenworth.errors import DataUnreadableError
from tokenworth.prices.observations import ContextThreshold, TimeWindow
from tokenworth.prices.sources import openrouter

FIXTURES = Path(__file__).parents[3] / "fixtures/prices/network"
AT = datetime(2026, 9, 28, tzinfo=UTC)


@pytest.fixture(scope="module")
def parsed():
    return openrouter.parse((FIXTURES / "openrouter_models.json").read_bytes(), AT)


def rows(parsed, model):
    return [row for row in parsed.observations if row.model == model]


def rates(row):
    return {meter: f"{rate:f}" for meter, rate in row.usd_per_million.items()}


def test_strings_per_token_become_exact_dollars_per_million(parsed):
    base = rows(parsed, "maker/long")[0]
    assert base.above is None
    assert rates(base) == {
        "input": "2",
        "output": "12",
        "cache_read": "0.2",
        "cache_write_5m": "2.5",
        "cache_write_1h": "4",
        "web_search": "10000",  # one cent a search
    }
    assert base.provenance.confidence == "reseller"
    assert base.provenance.licence is None


def test_a_long_prompt_override_changes_what_it_names_and_inherits_the_rest(parsed):
    _, long = rows(parsed, "maker/long")
    assert long.above == ContextThreshold(200_000)  # "strictly greater"
    assert rates(long) == {
        "input": "4",
        "output": "18",
        "cache_read": "0.4",
        "cache_write_5m": "2.5",
        "cache_write_1h": "4",
        "web_search": "10000",
    }


def test_clock_numbers_become_minutes_and_days_become_weekday_numbers(parsed):
    _, mornings, nights = rows(parsed, "maker/hours")
    assert mornings.windows == (TimeWindow(60, 630, (1, 5)),)
    assert rates(mornings) == {"input": "0.8", "output": "1.6"}
    assert nights.windows == (TimeWindow(960, 30),)  # wraps past midnight
    assert rates(nights) == {"input": "0.4", "output": "0.8"}


def test_overrides_that_apply_together_are_merged_in_their_order(parsed):
    found = {
        (row.above.tokens if row.above else 0, bool(row.windows)): rates(row) for row in rows(parsed, "maker/both")
    }
    assert found == {
        (0, False): {"input": "1", "output": "2"},
        (0, True): {"input": "1", "output": "1"},
        (100_000, False): {"input": "3", "output": "2"},
        (100_000, True): {"input": "3", "output": "1"},
        (300_000, False): {"input": "5", "output": "2"},
        (300_000, True): {"input": "5", "output": "1"},
    }


def test_only_free_variants_cost_nothing(parsed):
    assert rates(rows(parsed, "maker/model:free")[0]) == {"input": "0", "output": "0"}
    assert rows(parsed, "maker/trial") == []
    assert rows(parsed, "openrouter/auto") == []
    assert parsed.unusable == {"a router or a free trial, without a price of its own": 2}


def test_facts_carry_limits_and_dates(parsed):
    facts = next(one for one in parsed.models if one.model == "maker/long")
    assert (facts.context_tokens_max, facts.output_tokens_max) == (400_000, 64_000)
    assert (facts.released_on, facts.retires_on) == ("2026-06-01", "2027-01-15")


def test_each_host_is_a_seller_of_its_own():
    parsed = openrouter.parse_endpoints((FIXTURES / "openrouter_endpoints.json").read_bytes(), AT)
    assert {row.seller: rates(row) for row in parsed.observations} == {
        "openrouter/maker": {"input": "2", "output": "12"},
        "openrouter/host-a/fp8": {"input": "1.5", "output": "9"},
    }
    assert {row.model for row in parsed.observations} == {"maker/long"}


def test_unknown_fields_are_counted():
    payload = b'{"data": [{"id": "a/b", "pricing": {"prompt": "0.1", "completions": "0.2"}}, {"pricing": {}}]}'
    parsed = openrouter.parse(payload, AT)
    assert parsed.unknown_fields == {"completions": 1}
    assert parsed.unusable == {"a model without an id": 1}
    assert parsed.observations[0].usd_per_million == {"input": Decimal(100_000)}


def test_endpoints_without_a_model_or_tag_are_counted():
    parsed = openrouter.parse_endpoints(b'{"data": {"id": "a/b", "endpoints": [{"pricing": {}}]}}', AT)
    assert parsed.unusable == {"an endpoint without a model or a tag": 1}


@pytest.mark.parametrize("parse", [openrouter.parse, openrouter.parse_endpoints])
def test_what_is_not_json_is_refused(parse):
    with pytest.raises(DataUnreadableError):
        parse(b"<html>", AT)
