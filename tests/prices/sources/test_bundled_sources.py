"""Each bundled source's payload, as it was recorded, becomes observations that say what the source says."""

from __future__ import annotations

import importlib.metadata
import json
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest
from genai_prices.data import providers

from tokenworth.errors import DataUnreadableError
from tokenworth.prices.observations import ContextThreshold, TimeWindow
from tokenworth.prices.packages import read_package
from tokenworth.prices.sources import genai_prices, litellm, metergraph, model_prices, models_dev, origin, portkey

RECORDED = Path(__file__).resolve().parents[3] / "fixtures" / "prices" / "recorded"
WHEN = datetime(2026, 11, 20, tzinfo=UTC)


def rows(parsed, seller, model, **fields):
    return [
        row
        for row in parsed.observations
        if (row.seller, row.model) == (seller, model)
        and all(getattr(row, name) == value for name, value in fields.items())
    ]


def one(parsed, seller, model, **fields):
    found = rows(parsed, seller, model, **fields)
    assert len(found) == 1, found
    return found[0]


def rate(row, meter):
    return row.usd_per_million[meter]


@pytest.fixture(scope="module")
def table():
    return litellm.parse((RECORDED / "litellm.json").read_bytes(), WHEN)


@pytest.fixture(scope="module")
def curated():
    return genai_prices.parse((RECORDED / "genai_prices.json").read_bytes(), WHEN)


def test_litellm_is_in_dollars_a_token(table):
    row = one(table, "openai", "gpt-4o", above=None, service_tier="standard", processing="online")
    assert rate(row, "input") == Decimal("2.5")
    assert rate(row, "output") == 10
    assert row.provenance.licence == "MIT"


def test_litellm_binary_noise_is_gone(table):
    row = one(table, "azure", "gpt-5.6-luna", region="us", above=None, service_tier="standard", processing="online")
    assert rate(row, "input") == Decimal("0.22")


def test_litellm_suffixes_are_modes_and_boundaries(table):
    row = one(table, "openai", "gpt-6.1-sol", service_tier="priority", above=ContextThreshold(272_000))
    assert rate(row, "input") == 8
    assert rate(row, "output") == 30
    batch = one(table, "openai", "gpt-6.1-sol", processing="batch", above=None)
    assert rate(batch, "cache_read") == Decimal("0.05")
    fast = one(table, "openai", "gpt-6.1-sol", service_tier="ultrafast", above=None)
    assert rate(fast, "output") == 60


def test_litellm_cache_writes_are_told_apart_by_their_life(table):
    row = one(table, "anthropic", "claude-opus-5-5", above=None, processing="online")
    assert (rate(row, "cache_write_5m"), rate(row, "cache_write_1h")) == (5, 8)


def test_litellm_multiples_are_uplifts(table):
    claude = one(table, "anthropic", "claude-opus-5-5", above=None, processing="online")
    assert claude.uplifts == {"inference_geo=us": Decimal("1.1"), "speed=fast": Decimal(2)}
    sol = one(table, "openai", "gpt-6.1-sol", above=None, service_tier="standard", processing="online")
    assert sol.uplifts["data_residency=eu"] == Decimal("1.1")


def test_litellm_zones_and_regions_leave_the_name(table):
    row = one(table, "azure", "gpt-5.6-luna", region="us", above=None, service_tier="standard", processing="online")
    assert row.deployment == "data_zone"


def test_litellm_off_peak_hours_are_windows(table):
    row = next(row for row in rows(table, "deepseek", "deepseek-flash") if row.windows)
    assert rate(row, "input") == Decimal("0.15")
    assert TimeWindow(240, 360, (1, 2, 3, 4, 5)) in row.windows
    assert TimeWindow(0, 0, (6, 7)) in row.windows


def test_litellm_aliases_belong_to_their_model(table):
    facts = next(facts for facts in table.models if facts.model == "gpt-6.1-sol")
    assert facts.aliases == ("gpt-sol-latest",)


def test_litellm_zero_means_unknown_and_commitments_are_no_token_price(table):
    assert not any(row.model.startswith("1-month") for row in table.observations)
    payload = json.dumps(
        {"x/free": {"litellm_provider": "x", "input_cost_per_token": 0.0, "output_cost_per_token": 0.0}}
    ).encode()
    assert litellm.parse(payload, WHEN).observations == ()
    assert litellm.parse(payload, WHEN).unusable == {"priced at zero or not at all": 1}


def test_a_field_that_litellm_renames_is_counted():
    payload = json.dumps(
        {"m": {"litellm_provider": "openai", "input_cost_per_token": 1e-6, "output_price_cost_each": 2e-6}}
    ).encode()
    assert litellm.parse(payload, WHEN).unknown_fields == {"output_price_cost_each": 1}


def test_genai_prices_dates_its_prices(curated):
    before, after = rows(curated, "openai", "gpt-5.6-sol", above=None, service_tier="standard", processing="online")
    assert (rate(before, "input"), before.starts_at, before.ends_at) == (5, None, datetime(2026, 8, 21, tzinfo=UTC))
    assert (rate(after, "input"), after.starts_at, after.ends_at) == (4, datetime(2026, 8, 21, tzinfo=UTC), None)


def test_genai_prices_writes_an_inclusive_boundary_as_one_less(curated):
    assert rows(curated, "x-ai", "grok-4.7", above=ContextThreshold(200_000, inclusive=True))


def test_genai_prices_hours_are_windows(curated):
    peak = [row for row in rows(curated, "deepseek", "deepseek-flash") if row.windows]
    assert [row.windows for row in peak] == [(TimeWindow(60, 240),), (TimeWindow(360, 600),)]
    assert {rate(row, "input") for row in peak} == {Decimal("0.3")}


def test_genai_prices_variants_follow_each_other(curated):
    batch = rows(curated, "google", "gemini-4-argon", processing="batch")
    rise = datetime(2026, 12, 1, tzinfo=UTC)
    assert [(rate(row, "input"), row.starts_at, row.ends_at) for row in batch] == [
        (2, rise, None),
        (1, datetime(2026, 10, 14, tzinfo=UTC), rise),
    ]


def test_genai_prices_patterns_are_no_names(curated):
    facts = next(facts for facts in curated.models if facts.model == "claude-opus-4-6")
    assert ("starts_with", "claude-opus-4-6") in facts.patterns
    assert facts.aliases == ()


def test_genai_prices_claude_under_google_is_sold_by_vertex(curated):
    assert rows(curated, "google-vertex", "claude-opus-5-5")
    assert not rows(curated, "google", "claude-opus-5-5")
    assert rows(curated, "google", "gemini-2.5-flash")
    assert not rows(curated, "google-vertex", "gemini-2.5-flash")


def test_genai_prices_hours_of_audio_are_seconds(curated):
    row = one(curated, "groq", "whisper-large-v3", processing="online")
    assert rate(row, "input_second") == (Decimal("0.111") * 10**6 / 3600).quantize(Decimal("1E-9"))


def test_models_dev_tiers_have_their_own_boundary_and_the_trap_is_left():
    parsed = models_dev.parse((RECORDED / "models_dev.json").read_bytes(), WHEN)
    row = one(parsed, "openai", "gpt-5.6-sol", above=ContextThreshold(272_000))
    assert rate(row, "input") == 8
    assert {row.above for row in rows(parsed, "openai", "gpt-5.6-sol")} == {None, ContextThreshold(272_000)}
    assert one(parsed, "openai", "gpt-5.6-sol", service_tier="priority").usd_per_million["output"] == 40


def test_models_dev_zero_is_a_plan_not_a_price():
    payload = json.dumps({"github-copilot": {"models": {"m": {"cost": {"input": 0, "output": 0}}}}}).encode()
    assert models_dev.parse(payload, WHEN).observations == ()


def test_portkey_is_in_cents():
    parsed = portkey.parse((RECORDED / "portkey_openai.json").read_bytes(), WHEN, seller="openai")
    row = one(parsed, "openai", "gpt-4o", processing="online", service_tier="standard", above=None)
    assert (rate(row, "input"), rate(row, "output")) == (Decimal("2.5"), 10)
    assert not rows(parsed, "openai", "default")


def test_model_prices_keeps_a_timeline_and_prices_the_peak():
    parsed = model_prices.parse((RECORDED / "model_prices.json").read_bytes(), WHEN)
    cut = datetime(2026, 8, 21, tzinfo=UTC)
    standard = rows(parsed, "openai", "gpt-5.6-sol", above=None, service_tier="standard", processing="online")
    assert [(rate(row, "output"), row.ends_at) for row in standard] == [(30, cut), (20, None)]
    assert {row.service_tier for row in rows(parsed, "openai", "gpt-5.6-sol")} == {"standard", "priority"}
    peak = next(row for row in rows(parsed, "deepseek", "deepseek-flash") if row.windows)
    assert rate(peak, "input") == Decimal("0.3")


def test_a_price_that_model_prices_took_back_within_days_never_held():
    parsed = model_prices.parse((RECORDED / "model_prices.json").read_bytes(), WHEN)
    standard = rows(parsed, "openai", "gpt-4", above=None, service_tier="standard", processing="online")
    assert [(rate(row, "input"), row.starts_at) for row in standard] == [(30, None)]


def test_metergraph_dates_its_prices_and_multiplies_long_prompts():
    parsed = metergraph.parse((RECORDED / "metergraph.yaml").read_bytes(), WHEN)
    coming = one(parsed, "google", "gemini-4-argon", starts_at=datetime(2026, 12, 1, tzinfo=UTC), processing="online")
    assert rate(coming, "input") == 4
    haiku = one(parsed, "anthropic", "claude-haiku-5-5", above=ContextThreshold(100_000))
    assert rate(haiku, "output") == Decimal("2.5")


@pytest.mark.parametrize("payload", [b"[[price]]\nseller = 1", b"not toml [", b"[[price]]\nx = 1"])
def test_facts_that_cannot_be_read_are_refused(payload):
    with pytest.raises(DataUnreadableError, match="origin prices"):
        origin.parse(payload, WHEN)


def test_the_shipped_facts_are_the_sellers_own_word():
    for row in origin.parse(origin.shipped(), WHEN).observations:
        assert row.provenance.confidence == "origin"
        assert row.provenance.url.startswith("https://")


def test_a_wheel_of_genai_prices_is_read_without_running_it(tmp_path):
    version = importlib.metadata.version("genai-prices")
    wheel = tmp_path / f"genai_prices-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("genai_prices/data.py", files("genai_prices").joinpath("data.py").read_text())
        archive.writestr(f"genai_prices-{version}.dist-info/METADATA", f"Name: genai-prices\nVersion: {version}\n")
    carried = read_package(wheel)
    parsed = genai_prices.parse(carried.payload, WHEN)
    assert (carried.source, carried.version) == ("genai_prices", version)
    assert len(parsed.models) == sum(len(provider.models) for provider in providers)
    assert parsed.unknown_fields == {}
