"""Prices worked out by hand from the sellers' pages, where calculators go wrong: each line shows its arithmetic."""

from __future__ import annotations

from decimal import Decimal

import pytest


def anthropic(sent, made, **more):
    return {"input_tokens": sent, "output_tokens": made, **more}


def chat(sent, made, **more):
    return {"prompt_tokens": sent, "completion_tokens": made, "total_tokens": sent + made, **more}


def responses(sent, made, **more):
    return {"input_tokens": sent, "output_tokens": made, "total_tokens": sent + made, **more}


def gemini(sent, made, **more):
    return {"promptTokenCount": sent, "candidatesTokenCount": made, **more}


def sum_of(*terms):
    """Units times USD per million, summed."""
    return sum((Decimal(units) * Decimal(rate) / 10**6 for units, rate in terms), Decimal(0))


NOON = "2026-11-24T12:00:00Z"
CASES = {
    # Long context reprices the whole request; each seller draws the line elsewhere.
    "opus 4.6 the day before its flat price": (
        ("anthropic", "claude-opus-4-6", anthropic(250_000, 1000), "2026-03-12T23:59:59Z", {}),
        sum_of((250_000, "10"), (1000, "37.5")),
    ),
    "opus 4.6 on the day of its flat price": (
        ("anthropic", "claude-opus-4-6", anthropic(250_000, 1000), "2026-03-13T00:00:00Z", {}),
        sum_of((250_000, "5"), (1000, "25")),
    ),
    "sonnet 4.5 beyond 200k while the beta ran": (
        ("anthropic", "claude-sonnet-4-5", anthropic(200_001, 1000), "2026-04-29T12:00:00Z", {}),
        sum_of((200_001, "6"), (1000, "22.5")),
    ),
    "sonnet 4.5 at exactly 200k while the beta ran": (
        ("anthropic", "claude-sonnet-4-5-20250929", anthropic(200_000, 1000), "2026-04-29T12:00:00Z", {}),
        sum_of((200_000, "3"), (1000, "15")),
    ),
    "haiku 5.5 one token over, in a batch": (
        ("anthropic", "claude-haiku-5-5", anthropic(100_001, 1000), NOON, {"processing": "batch"}),
        sum_of((100_001, "0.25"), (1000, "1.25")),
    ),
    "gpt-6.1-sol at exactly 272k": (
        ("openai", "gpt-6.1-sol", responses(272_000, 1000), NOON, {}),
        sum_of((272_000, "2"), (1000, "10")),
    ),
    "gpt-6.1-sol over 272k with priority": (
        ("openai", "gpt-6.1-sol", responses(272_001, 1000), NOON, {"service_tier": "priority"}),
        sum_of((272_001, "8"), (1000, "30")),
    ),
    "grok one token under its inclusive line": (
        ("xai", "grok-4.7", chat(199_999, 1000), NOON, {}),
        sum_of((199_999, "2"), (1000, "6")),
    ),
    "gemini 2.5 pro over 200k, most of it cached": (
        (
            "google",
            "gemini-2.5-pro",
            gemini(200_001, 1000, cachedContentTokenCount=150_000, thoughtsTokenCount=500),
            "2026-09-24T12:00:00Z",
            {},
        ),
        sum_of((50_001, "2.5"), (150_000, "0.25"), (1500, "15")),
    ),
    # Prices change at an instant.
    "sol before its cut": (
        ("openai", "gpt-5.6-sol", responses(100_000, 10_000), "2026-08-20T23:59:59Z", {}),
        sum_of((100_000, "5"), (10_000, "30")),
    ),
    "o3 before its cut": (
        ("openai", "o3", responses(100_000, 10_000), "2025-06-09T12:00:00Z", {}),
        sum_of((100_000, "10"), (10_000, "40")),
    ),
    "luna before its cut": (
        ("openai", "gpt-5.6-luna", responses(100_000, 10_000), "2026-07-29T12:00:00Z", {}),
        sum_of((100_000, "1"), (10_000, "6")),
    ),
    "gemini 3.8 flash in the last second of its introduction": (
        ("google", "gemini-3.8-flash", gemini(100_000, 1000), "2026-12-31T23:59:59Z", {}),
        sum_of((100_000, "0.75"), (1000, "3.75")),
    ),
    "gemini 3.8 flash in the first second of the year": (
        ("google", "gemini-3.8-flash", gemini(100_000, 1000), "2027-01-01T00:00:00Z", {}),
        sum_of((100_000, "1.5"), (1000, "7.5")),
    ),
    "argon in a batch after its rise": (
        ("google", "gemini-4-argon", gemini(100_000, 1000), "2026-12-02T00:00:00Z", {"processing": "batch"}),
        sum_of((100_000, "2"), (1000, "10")),
    ),
    "argon in a batch at its introduction": (
        (
            "google",
            "gemini-4-argon",
            gemini(100_000, 1000, cachedContentTokenCount=50_000),
            NOON,
            {"processing": "batch"},
        ),
        sum_of((50_000, "1"), (50_000, "0.05"), (1000, "5")),
    ),
    # Hours, weekdays, holidays.
    "deepseek at the end of the morning peak": (
        ("deepseek", "deepseek-flash", chat(10_000, 500), "2026-11-24T04:00:00Z", {}),
        sum_of((10_000, "0.15"), (500, "0.6")),
    ),
    "deepseek in the last second of the morning peak": (
        ("deepseek", "deepseek-flash", chat(10_000, 500), "2026-11-24T03:59:59Z", {}),
        sum_of((10_000, "0.3"), (500, "1.2")),
    ),
    "deepseek on China's national day, a Thursday": (
        ("deepseek", "deepseek-flash", chat(10_000, 500), "2026-10-01T02:00:00Z", {}),
        sum_of((10_000, "0.15"), (500, "0.6")),
    ),
    "deepseek's holiday ends at midnight in Beijing": (
        ("deepseek", "deepseek-flash", chat(10_000, 500), "2026-10-08T01:00:00Z", {}),
        sum_of((10_000, "0.3"), (500, "1.2")),
    ),
    "deepseek chat in the last minute of the 2025 discount": (
        ("deepseek", "deepseek-chat", chat(1_000_000, 0), "2025-06-15T00:29:59Z", {}),
        sum_of((1_000_000, "0.135")),
    ),
    "deepseek chat when the 2025 discount of the day has ended": (
        ("deepseek", "deepseek-chat", chat(1_000_000, 0), "2025-06-15T00:30:00Z", {}),
        sum_of((1_000_000, "0.27")),
    ),
    "deepseek reasoner at its printed discount": (
        ("deepseek", "deepseek-reasoner", chat(1_000_000, 1_000_000), "2025-06-15T17:00:00Z", {}),
        sum_of((1_000_000, "0.135"), (1_000_000, "0.55")),
    ),
    # Ways of running, together.
    "fast and kept in the US": (
        ("anthropic", "claude-opus-5-5", anthropic(1000, 500, speed="fast", inference_geo="us"), NOON, {}),
        sum_of((1000, "8.8"), (500, "44")),
    ),
    "the usage object says batch": (
        ("anthropic", "claude-opus-5-5", anthropic(1000, 500, service_tier="batch"), NOON, {}),
        sum_of((1000, "2"), (500, "10")),
    ),
    "searches cost the same in a batch kept in the US": (
        (
            "anthropic",
            "claude-opus-5-5",
            anthropic(1000, 500, server_tool_use={"web_search_requests": 7}),
            NOON,
            {"processing": "batch", "inference_geo": "us"},
        ),
        sum_of((1000, "2.2"), (500, "11")) + Decimal("0.07"),
    ),
    "one-hour writes in a batch": (
        (
            "anthropic",
            "claude-opus-5-5",
            anthropic(0, 0, cache_creation_input_tokens=1000, cache_creation={"ephemeral_1h_input_tokens": 1000}),
            NOON,
            {"processing": "batch"},
        ),
        sum_of((1000, "4")),
    ),
    "an older model pays nothing for EU residency": (
        ("openai", "gpt-4o", chat(20_000, 2000), NOON, {"data_residency": "eu"}),
        sum_of((20_000, "2.5"), (2000, "10")),
    ),
    "flex halves the cache too": (
        (
            "openai",
            "gpt-6.1-sol",
            responses(20_000, 2000, input_tokens_details={"cached_tokens": 10_000}),
            NOON,
            {"service_tier": "flex"},
        ),
        sum_of((10_000, "1"), (10_000, "0.05"), (2000, "5")),
    ),
    # Other sellers of the same models.
    "bedrock in the EU": (
        (
            "bedrock",
            "eu.anthropic.claude-opus-5-5",
            {"inputTokens": 1000, "outputTokens": 500, "cacheReadInputTokens": 2000, "totalTokens": 3500},
            NOON,
            {},
        ),
        sum_of((1000, "4.4"), (500, "22"), (2000, "0.22")),
    ),
    "bedrock anywhere": (
        ("aws", "global.anthropic.claude-opus-5-5", anthropic(1000, 500), NOON, {}),
        sum_of((1000, "4"), (500, "20")),
    ),
    "vertex in one region": (
        ("google-vertex", "claude-opus-5-5@default", anthropic(1000, 500), NOON, {"region": "us-east5"}),
        sum_of((1000, "4.4"), (500, "22")),
    ),
    "azure anywhere": (
        ("azure", "gpt-5.6-luna", chat(100_000, 2000), NOON, {"deployment": "global"}),
        sum_of((100_000, "0.2"), (2000, "1.2")),
    ),
    # Not only text.
    "audio in a gemini batch": (
        (
            "google",
            "gemini-2.5-flash",
            gemini(
                3000,
                200,
                promptTokensDetails=[
                    {"modality": "TEXT", "tokenCount": 1000},
                    {"modality": "AUDIO", "tokenCount": 2000},
                ],
            ),
            NOON,
            {"processing": "batch"},
        ),
        sum_of((1000, "0.15"), (2000, "0.5"), (200, "1.25")),
    ),
    "an embedding": (
        ("openai", "text-embedding-3-small", {"prompt_tokens": 1000, "total_tokens": 1000}, NOON, {}),
        sum_of((1000, "0.02")),
    ),
    "half a minute of whisper": (
        ("openai", "whisper-1", {"type": "duration", "seconds": 30}, NOON, {}),
        Decimal("0.003"),
    ),
    "grok counts reasoning outside the completion": (
        (
            "xai",
            "grok-4.7",
            {
                "prompt_tokens": 100,
                "completion_tokens": 10,
                "total_tokens": 160,
                "completion_tokens_details": {"reasoning_tokens": 50},
            },
            NOON,
            {},
        ),
        sum_of((100, "2"), (60, "6")),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_it_costs_what_the_sellers_page_says(name, usd):
    (provider, model, usage, at, context), expected = CASES[name]
    assert Decimal(usd(provider, model, usage, at, **context)) == expected


UNPRICED = {
    "a version that does not exist": ("anthropic", "claude-opus-9", {}),
    "a real model cut short": ("openai", "gpt-5.6-so", {}),
    "a date that the model never had": ("openai", "gpt-4o-2024-12-25", {}),
    "a batch of a model without batches": ("bedrock", "us.anthropic.claude-opus-5-5", {"processing": "batch"}),
    "a tier that nobody sells": ("openai", "gpt-4o", {"service_tier": "ludicrous"}),
    "fast mode of a model without one": ("anthropic", "claude-haiku-5-5", {"speed": "fast"}),
    "a geography without a price": ("anthropic", "claude-opus-5-5", {"inference_geo": "mars"}),
    "a name that was retired": ("deepseek", "deepseek-chat", {}),
    "another seller's model": ("anthropic", "gpt-4o", {}),
    "a seller nobody knows": ("acme", "gpt-4o", {}),
    "reserved capacity": ("azure", "gpt-5.6-luna", {"deployment": "provisioned"}),
}


@pytest.mark.parametrize("name", UNPRICED)
def test_what_nobody_prices_stays_unpriced(name, usd):
    provider, model, context = UNPRICED[name]
    assert usd(provider, model, {"input_tokens": 1000, "output_tokens": 10}, **context) is None


def test_a_meter_without_a_price_leaves_the_whole_call_unpriced(usd):
    usage = {"input_tokens": 1000, "output_tokens": 10, "server_tool_use": {"web_search_requests": 1}}
    assert usd("anthropic", "claude-opus-4-20250514", {**usage, "server_tool_use": None}) is not None
    assert usd("groq", "llama-3.3-70b-versatile", usage) is None


def test_a_total_is_exact_at_any_size(usd):
    count = 999_999_999_999_999
    assert Decimal(usd("openai", "gpt-5.6-luna", {"prompt_tokens": 3, "completion_tokens": count})) == sum_of(
        (3, "0.2"), (count, "1.2")
    )
