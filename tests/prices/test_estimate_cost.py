"""estimate_cost: exact and itemised, side by side, honest about what it does not know, short enough to read."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from pydantic import ValidationError

from tokenworth.errors import InvalidInputError

CALL = {"input_tokens": 1000, "cache_read_input_tokens": 120_000, "output_tokens": 1000}


async def test_the_answer_stands_alone_in_words_and_in_data(estimate):
    answer = await estimate(provider="anthropic", model="claude-haiku-5-5", usage=CALL)
    data, text = answer.data(), answer.text()
    assert data["usd"] == "0.009"
    assert data["long_context"] == "the whole request pays the price of prompts above 100,000 tokens"
    assert sum(Decimal(line["usd"]) for line in data["lines"]) == Decimal(data["usd"])
    assert text.startswith("$0.009: anthropic/claude-haiku-5-5")
    assert "4 days old" in text
    assert "genai_prices" in text
    assert len(text) < 3200
    json.dumps(data)


async def test_unpriced_is_null_with_the_reason_never_zero(estimate):
    answer = await estimate(provider="anthropic", model="claude-opus-9", usage=CALL)
    assert answer.data()["usd"] is None
    assert "no source prices" in answer.data()["unpriced_reason"]
    assert "anthropic/claude-opus-5" in answer.data()["nearest"]
    assert "Unpriced is not free" in answer.text()


async def test_every_line_is_units_times_its_rate(estimate):
    answer = await estimate(
        provider="anthropic",
        model="claude-opus-5-5",
        usage={**CALL, "server_tool_use": {"web_search_requests": 3}},
        context={"inference_geo": "us"},
    )
    for line in answer.lines:
        assert Decimal(line.units) * Decimal(line.usd_per_million) / 10**6 == Decimal(line.usd)
    searches = next(line for line in answer.lines if line.what == "web searches")
    assert searches.usd == "0.03"
    assert "inference_geo us: x1.1" in answer.rules


async def test_a_call_is_priced_as_of_its_own_time_and_says_what_comes(estimate):
    usage = {"promptTokenCount": 100_000, "candidatesTokenCount": 10_000}
    now = await estimate(provider="google", model="gemini-4-argon", usage=usage)
    later = await estimate(provider="google", model="gemini-4-argon", usage=usage, at="2026-12-02")
    assert (now.usd, later.usd) == ("0.3", "0.6")
    assert now.price_until == "2026-12-01"
    assert later.price_since == "2026-12-01"
    assert any("2026-12-01" in warning for warning in now.warnings)


async def test_a_promotion_that_has_lapsed_is_unconfirmed(estimate):
    usage = {"input_tokens": 100_000, "output_tokens": 10_000}
    during = await estimate(provider="openai", model="gpt-5.6-sol", usage=usage, at="2026-11-21T23:00:00Z")
    after = await estimate(provider="openai", model="gpt-5.6-sol", usage=usage, at="2026-11-22T00:00:00Z")
    assert during.usd == after.usd == "0.6"
    assert during.warnings == ["promotional price, stated to hold at least until 2026-11-21"]
    assert any(warning.startswith("unconfirmed") for warning in after.warnings)


async def test_a_call_before_the_release_and_a_model_about_to_stop_are_warned_of(estimate):
    early = await estimate(provider="anthropic", model="claude-opus-5-5", usage=CALL, at="2026-01-01")
    assert any("before the model's release" in warning for warning in early.warnings)
    late = await estimate(provider="anthropic", model="claude-sonnet-4-5", usage=CALL)
    assert any("stops working on 2026-11-30" in warning for warning in late.warnings)


async def test_what_the_response_reports_is_compared_with_the_list(estimate):
    usage = {"prompt_tokens": 1000, "completion_tokens": 1000, "cost": 0.5}
    answer = await estimate(provider="openrouter", model="openai/gpt-5.6-luna", usage=usage)
    assert any("reports $0.5" in warning for warning in answer.warnings)


async def test_in_full_the_answer_shows_what_other_sources_say(estimate):
    usage = {"prompt_tokens": 1000, "completion_tokens": 1000}
    short = await estimate(provider="openai", model="gpt-5.6-sol", usage=usage)
    full = await estimate(provider="openai", model="gpt-5.6-sol", usage=usage, detail="full")
    assert short.conflicts == []
    assert [(one.source, "$5 in" in one.stated) for one in full.conflicts] == [("portkey", True)]
    assert "before the price that is used" in full.text()


async def test_several_models_are_ranked_for_a_planned_task(estimate):
    answer = await estimate(
        models=["anthropic/claude-opus-5-5", "google/gemini-3.8-flash", "openai/gpt-6.1-sol", "openai/gpt-99"],
        task={"input_tokens": "20k", "output_tokens": 2000, "calls": 1000},
    )
    assert [(row.model, row.usd) for row in answer.compared] == [
        ("google/gemini-3.8-flash", "22.5"),
        ("openai/gpt-6.1-sol", "60"),
        ("anthropic/claude-opus-5-5", "120"),
        ("openai/gpt-99", None),
    ]
    assert answer.cheapest == "google/gemini-3.8-flash"
    assert answer.headline == (
        "google/gemini-3.8-flash is the cheapest of 4: $22.50, against $120 for anthropic/claude-opus-5-5."
    )


async def test_the_cheapest_is_the_cheapest_that_fits(estimate):
    asked = {
        "models": ["openai/gpt-4o-mini", "openai/gpt-6.1-sol", "anthropic/claude-opus-5-5"],
        "task": {"input_tokens": 20_000, "output_tokens": 2000, "calls": 1000},
    }
    answer = await estimate(**asked, min_context_tokens="500k", max_usd="$100")
    assert answer.cheapest == "openai/gpt-6.1-sol"
    assert [row.left_out for row in answer.compared] == [
        None,
        "takes too small a prompt",
        "over the limit of $100",
    ]
    none = await estimate(**asked, max_usd=1)
    assert none.data()["usd"] is None
    assert none.headline.startswith("None of 3 models fits the limits; the cheapest is openai/gpt-4o-mini")
    unknown = await estimate(models=["a", "b"], task=asked["task"])
    assert unknown.unpriced_reason == "no model has a known price"


async def test_calls_multiply_exactly(estimate):
    one = await estimate(model="gpt-5.6-luna", task={"input_tokens": 7, "output_tokens": 3})
    many = await estimate(model="gpt-5.6-luna", task={"input_tokens": 7, "output_tokens": 3, "calls": 999_999_999})
    assert Decimal(many.usd) == Decimal(one.usd) * 999_999_999
    assert many.text().startswith("$4,999.999995 for 999,999,999 calls")


async def test_usage_is_open_and_everything_else_is_not(estimate):
    answer = await estimate(model="gpt-4o", usage={"prompt_tokens": 1, "completion_tokens": 1, "brand_new": {"x": 1}})
    assert answer.usd == "0.0000125"
    with pytest.raises(ValidationError, match="colour"):
        await estimate(model="gpt-4o", usage={"prompt_tokens": 1}, colour="red")
    with pytest.raises(ValidationError, match="speeed"):
        await estimate(model="gpt-4o", usage={"prompt_tokens": 1}, context={"speeed": "fast"})


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        ({"model": "gpt-4o"}, "Send either usage"),
        ({"model": "gpt-4o", "usage": {"prompt_tokens": 1}, "task": {"input_tokens": 1}}, "Send either usage"),
        ({"usage": {"prompt_tokens": 1}}, "Send model"),
        ({"model": "gpt-4o", "usage": {"prompt_tokens": 1}, "at": "yesterday"}, "ISO 8601"),
        ({"model": "gpt-4o", "usage": {"prompt_tokens": 1}, "at": 7}, "at"),
        ({"model": "", "usage": {"prompt_tokens": 1}}, "model"),
        ({"models": ["m"] * 21, "usage": {"prompt_tokens": 1}}, "models"),
    ],
)
async def test_a_question_that_cannot_be_answered_says_what_to_send(estimate, request_, problem):
    with pytest.raises(ValidationError, match=problem):
        await estimate(**request_)


async def test_a_usage_object_without_counts_is_refused(estimate):
    with pytest.raises(InvalidInputError, match="no token count that we know"):
        await estimate(model="gpt-4o", usage={"total": 7})


async def test_a_time_without_a_zone_is_utc(estimate):
    usage = {"prompt_tokens": 10_000, "completion_tokens": 0}
    naive = await estimate(provider="deepseek", model="deepseek-flash", usage=usage, at="2026-11-24T02:00:00")
    aware = await estimate(provider="deepseek", model="deepseek-flash", usage=usage, at="2026-11-24T10:00:00+08:00")
    assert naive.usd == aware.usd == "0.003"


async def test_the_format_can_be_said(estimate):
    usage = {"input_tokens": 100, "cache_read_input_tokens": 60, "output_tokens": 0}
    apart = await estimate(model="claude-opus-5-5", usage=usage, usage_format="anthropic_messages")
    assert apart.usd == "0.000412"
    with pytest.raises(ValidationError, match="usage_format"):
        await estimate(model="claude-opus-5-5", usage=usage, usage_format="telex")
