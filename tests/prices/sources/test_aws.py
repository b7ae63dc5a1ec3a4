"""The two AWS offers, their units, regions and scopes, against payloads in the documented shape."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tokenworth.prices.sources import aws

FIXTURES = Path(__file__).parents[3] / "fixtures/prices/network"
AT = datetime(2026, 9, 28, tzinfo=UTC)


@pytest.fixture(scope="module")
def parsed():
    return aws.parse([(FIXTURES / f"aws_{name}.json").read_bytes() for name in ("bedrock", "foundation_models")], AT)


def found(parsed, model):
    return {
        (row.region, row.deployment, row.service_tier, row.processing): {
            meter: f"{rate:f}" for meter, rate in row.usd_per_million.items()
        }
        for row in parsed.observations
        if row.model == model
    }


def test_prices_per_thousand_tokens_become_prices_per_million(parsed):
    assert found(parsed, "Nova Pro") == {
        ("us-east-1", "regional", "standard", "online"): {"input": "0.8", "output": "3.2", "cache_read": "0.2"},
        ("us-east-1", "regional", "standard", "batch"): {"input": "0.4"},
        ("us-east-1", "regional", "priority", "online"): {"input": "1.4"},
        ("eu-central-1", "regional", "standard", "online"): {"input": "0.92"},
    }


def test_marketplace_units_are_millions_and_global_has_no_region(parsed):
    assert found(parsed, "Claude Example 5") == {
        (None, "global", "standard", "online"): {
            "input": "3",
            "output": "15",
            "cache_write_5m": "3.75",
            "cache_write_1h": "6",
            "cache_read": "0.3",
        },
        ("us-east-1", "regional", "standard", "online"): {"input": "3.3", "output": "16.5"},
        ("us-east-1", "regional", "standard", "batch"): {"input": "1.65"},
    }


def test_a_price_per_million_stays_what_it_is(parsed):
    assert found(parsed, "gpt-oss-120b") == {("us-east-1", "regional", "standard", "online"): {"input": "0.15"}}


def test_speech_is_a_meter_of_its_own(parsed):
    assert found(parsed, "Nova Sonic") == {("us-east-1", "regional", "standard", "online"): {"input_audio": "3.4"}}


def test_rates_start_when_the_list_says(parsed):
    assert {row.starts_at for row in parsed.observations} == {datetime(2026, 6, 1, tzinfo=UTC)}
    assert {row.provenance.confidence for row in parsed.observations} == {"origin"}


def test_everything_else_is_counted_with_its_reason(parsed):
    assert parsed.unusable == {
        "not a call to a model on demand": 2,
        "not billed by the token": 2,
        "a long-context rate without its boundary": 1,
        "no price in USD": 1,
    }
