"""Azure's meter names, units, intervals and regions, against recorded rows."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tokenworth.errors import DataUnreadableError
from tokenworth.prices.observations import ContextThreshold
from tokenworth.prices.sources import azure

FIXTURES = Path(__file__).parents[3] / "fixtures/prices/network"
AT = datetime(2026, 9, 28, tzinfo=UTC)


def rates(row):
    return {meter: f"{rate:f}" for meter, rate in row.usd_per_million.items()}


@pytest.fixture(scope="module")
def parsed():
    return azure.parse([(FIXTURES / name).read_bytes() for name in ("azure_1.json", "azure_2.json")], AT)


def item(meter_name, price=1.0, unit="1M", **fields):
    return {
        "currencyCode": "USD",
        "retailPrice": price,
        "armRegionName": "eastus",
        "effectiveStartDate": "2026-01-01T00:00:00Z",
        "meterName": meter_name,
        "productName": "Azure OpenAI",
        "unitOfMeasure": unit,
    } | fields


def parse(*items):
    return azure.parse([json.dumps({"Items": list(items)}).encode()], AT)


def test_units_of_a_thousand_and_of_a_million_are_told_apart(parsed):
    # Recorded: "4.3 Inp Glbl Tokens" at 0.00125 a 1K, "5.4 mini Inp Gl 1M Tokens" at 0.75 a 1M.
    found = {
        (row.model, row.deployment): rates(row)
        for row in parsed.observations
        if row.model in ("grok-4.3", "gpt-5.4-mini") and row.deployment == "global" and row.above is None
    }
    assert found["grok-4.3", "global"] == {"input": "1.25", "output": "2.5", "cache_read": "0.2"}
    assert found["gpt-5.4-mini", "global"] == {"input": "0.75", "output": "4.5", "cache_read": "0.075"}


def test_a_data_zone_costs_a_tenth_more_than_the_global_deployment(parsed):
    found = {row.deployment: row.usd_per_million for row in parsed.observations if row.model == "cohere-command-a"}
    assert all(found["data_zone"][meter] == found["global"][meter] * 11 / 10 for meter in ("input", "output"))


def test_a_region_is_named_only_where_regions_differ(parsed):
    zones = [row for row in parsed.observations if row.model == "gpt-5.4" and row.deployment == "data_zone"]
    standard = {
        row.region: rates(row)["input"] for row in zones if row.above is None and row.service_tier == "standard"
    }
    assert standard == {"eastus2": "2.75", "koreacentral": "3"}
    everywhere = [row for row in parsed.observations if row.model == "gpt-5.4" and row.deployment == "global"]
    assert {row.region for row in everywhere} == {None}


def test_long_context_has_its_makers_boundary(parsed):
    boundaries = {row.model: row.above for row in parsed.observations if row.above is not None}
    assert boundaries["gpt-5.4"] == ContextThreshold(272_000)
    assert boundaries["grok-4.3"] == ContextThreshold(200_000, inclusive=True)


def test_text_audio_and_picture_tokens_are_different_meters(parsed):
    [row] = [r for r in parsed.observations if r.model == "gpt-image-1.5" and r.deployment == "global"]
    assert rates(row) == {"input": "5", "output": "10", "input_image": "8", "output_image": "32"}
    [row] = [r for r in parsed.observations if r.model == "gpt-4o-mini-transcribe" and r.deployment == "global"]
    assert rates(row) == {"input_audio": "3"}


def test_a_row_holds_until_the_next_of_its_kind(parsed):
    first, second = [r for r in parsed.observations if r.model == "deepseek-v4-flash" and r.deployment == "global"]
    july = datetime(2026, 7, 1, tzinfo=UTC)
    assert (first.ends_at, second.starts_at, second.ends_at) == (july, july, None)
    assert rates(first) == {"input": "0.19", "output": "0.51"}
    assert rates(second) == {"input": "0.19", "output": "0.51", "cache_read": "0.028"}


def test_a_later_price_replaces_an_earlier_one_whatever_their_order():
    late = item("5.9 Inp Gl 1M Tokens", 2.0, effectiveStartDate="2026-06-01T00:00:00Z")
    early = item("5.9 Inp Gl 1M Tokens", 3.0, effectiveStartDate="2026-02-01T00:00:00Z")
    first, second = parse(late, early).observations
    assert (rates(first), rates(second)) == ({"input": "3"}, {"input": "2"})
    assert first.ends_at == second.starts_at == datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("meter_name", "product", "model", "said"),
    [
        ("GPT 5 Mini cchd Inpt DZone 1M Tokens", "Azure OpenAI GPT5", "gpt-5-mini", ("data_zone", "cache_read")),
        (
            "5.6 luna LongCo Cd Wr Std DZ 1M Tokens",
            "Azure OpenAI GPT5",
            "gpt-5.6-luna",
            ("data_zone", "cache_write_5m"),
        ),
        ("GPT 5 Nano BatchOutp glbl Tokens", "Azure OpenAI GPT5", "gpt-5-nano", ("global", "output")),
        ("V4 Flash Inp DZ Tokens", "Azure Deepseek Models", "deepseek-v4-flash", ("data_zone", "input")),
        ("DeepSeekV3.2 Outp Data Zone Tokens", "Azure Deepseek Models", "deepseek-v3.2", ("data_zone", "output")),
        ("text embedding 3 large DZ Tokens", "Azure OpenAI", "text-embedding-3-large", ("data_zone", "input")),
        ("Image 2 txt inp DZ 1M Tokens", "Azure OpenAI Media", "gpt-image-2", ("data_zone", "input")),
        ("gpt 4.1 nano Outp", "Azure OpenAI", "gpt-4.1-nano", (None, "output")),
    ],
)
def test_every_way_of_writing_a_meter_is_read(meter_name, product, model, said):
    [row] = parse(item(meter_name, productName=product)).observations
    assert row.model == model
    assert (row.deployment, *row.usd_per_million) == said


def test_modes_and_tiers_are_read():
    batch, priority = parse(item("5 Batch inp Gl 1M Tokens"), item("5 pp inp Gl 1M Tokens")).observations
    assert (batch.processing, batch.service_tier) == ("batch", "standard")
    assert (priority.processing, priority.service_tier) == ("online", "priority")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (item("gpt-4o-FT-inp-glbl Tokens"), "training, hosting or reserved capacity"),
        (item("o4-mini-ft hosting global Unit", unit="1 Hour"), "training, hosting or reserved capacity"),
        (item("Provisioned Throughput - Overage Unit", unit="1/Hour"), "training, hosting or reserved capacity"),
        (item("Speech-Text to Speech-global Characters"), "not billed by the token"),
        (item("Sora 1080p Video", unit="1 Second"), "not billed by the token"),
        (item("5 inp Gl 1M Tokens", price=0), "no price"),
        (item("5 inp Gl 1M Tokens", currencyCode="EUR"), "not a model's price in USD with a date"),
        (item("5 inp Gl 1M Tokens", effectiveStartDate=None), "not a model's price in USD with a date"),
        (item("D2s v3", productName="Virtual Machines"), "not a model's price in USD with a date"),
        (item("V9 LongCo Inp Gl", productName="Azure Kimi"), "a long-context rate without a known boundary"),
    ],
)
def test_what_is_not_a_token_price_is_counted_with_its_reason(row, reason):
    parsed = parse(row)
    assert parsed.observations == ()
    assert parsed.unusable == {reason: 1}


def test_what_is_not_json_is_refused():
    with pytest.raises(DataUnreadableError):
        azure.parse([b'{"Items": ['], AT)
