"""Raw usage objects as each API writes them come down to the same disjoint counts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tokenworth.errors import InvalidInputError
from tokenworth.prices.usages import FORMATS, read_usage

SAME_CALL = {"input": 86, "cache_read": 1920, "output": 300}
WAYS = {
    "openai_chat": {
        "prompt_tokens": 2006,
        "completion_tokens": 300,
        "total_tokens": 2306,
        "prompt_tokens_details": {"cached_tokens": 1920},
    },
    "openai_responses": {
        "input_tokens": 2006,
        "output_tokens": 300,
        "total_tokens": 2306,
        "input_tokens_details": {"cached_tokens": 1920},
    },
    "anthropic_messages": {
        "input_tokens": 86,
        "output_tokens": 300,
        "cache_read_input_tokens": 1920,
        "cache_creation_input_tokens": 0,
    },
    "gemini": {"promptTokenCount": 2006, "candidatesTokenCount": 300, "cachedContentTokenCount": 1920},
    "bedrock_converse": {"inputTokens": 86, "outputTokens": 300, "cacheReadInputTokens": 1920, "totalTokens": 2306},
    "otel": {
        "gen_ai.usage.input_tokens": 2006,
        "gen_ai.usage.output_tokens": 300,
        "gen_ai.usage.cache_read.input_tokens": 1920,
        "gen_ai.request.model": "gpt-4o",
    },
    "plain": {"input_tokens": 86, "cache_read_tokens": 1920, "output_tokens": 300},
}
MORE_WAYS = {
    "deepseek": {
        "prompt_tokens": 2006,
        "completion_tokens": 300,
        "prompt_cache_hit_tokens": 1920,
        "prompt_cache_miss_tokens": 86,
    },
    "moonshot": {"prompt_tokens": 2006, "completion_tokens": 300, "cached_tokens": 1920},
    "codex": {"input_tokens": 2006, "cached_input_tokens": 1920, "output_tokens": 300, "reasoning_output_tokens": 0},
    "gemini's python sdk": {
        "prompt_token_count": 2006,
        "candidates_token_count": 300,
        "cached_content_token_count": 1920,
        "cache_tokens_details": None,
    },
    "otel's older names": {
        "gen_ai.usage.prompt_tokens": 2006,
        "gen_ai.usage.completion_tokens": 300,
        "gen_ai.usage.cache_read_input_tokens": 1920,
    },
}


def test_every_format_has_an_example():
    assert WAYS.keys() == FORMATS.keys()


@pytest.mark.parametrize("way", WAYS)
def test_one_call_counts_the_same_in_every_format(way):
    told, guessed = read_usage(WAYS[way], way), read_usage(WAYS[way])
    assert told.units == guessed.units == SAME_CALL
    assert told.prompt_tokens == 2006


@pytest.mark.parametrize("way", MORE_WAYS)
def test_dialects_count_the_same(way):
    counts = read_usage(MORE_WAYS[way])
    assert {meter: units for meter, units in counts.units.items() if units} == SAME_CALL
    assert counts.prompt_tokens == 2006


def test_cache_writes_are_split_by_how_long_they_live():
    counts = read_usage(
        {
            "input_tokens": 120,
            "output_tokens": 900,
            "cache_creation_input_tokens": 5000,
            "cache_read_input_tokens": 40000,
            "cache_creation": {"ephemeral_5m_input_tokens": 2000, "ephemeral_1h_input_tokens": 3000},
        }
    )
    assert counts.units["cache_write_5m"] == 2000
    assert counts.units["cache_write_1h"] == 3000
    assert counts.prompt_tokens == 120 + 5000 + 40000


def test_writes_without_a_split_live_five_minutes():
    counts = read_usage({"input_tokens": 3, "cache_creation_input_tokens": 12304, "output_tokens": 550})
    assert counts.units["cache_write_5m"] == 12304
    assert "cache_write_1h" not in counts.units


def test_bedrock_says_which_writes_live_an_hour():
    counts = read_usage(
        {
            "inputTokens": 10,
            "outputTokens": 20,
            "cacheWriteInputTokens": 700,
            "cacheDetails": [{"ttl": "5m", "inputTokens": 300}, {"ttl": "1h", "inputTokens": 400}],
        }
    )
    assert (counts.units["cache_write_5m"], counts.units["cache_write_1h"]) == (300, 400)


def test_openai_cache_writes_are_inside_the_input():
    counts = read_usage(
        {
            "input_tokens": 10000,
            "input_tokens_details": {"cached_tokens": 6000, "cache_write_tokens": 2000},
            "output_tokens": 500,
        }
    )
    assert counts.units == {"input": 2000, "cache_read": 6000, "cache_write_5m": 2000, "output": 500}


def test_realtime_audio_is_told_from_text_also_where_it_is_cached():
    counts = read_usage(
        {
            "input_tokens": 132,
            "output_tokens": 121,
            "input_token_details": {
                "text_tokens": 79,
                "audio_tokens": 53,
                "cached_tokens": 64,
                "cached_tokens_details": {"text_tokens": 24, "audio_tokens": 40},
            },
            "output_token_details": {"text_tokens": 30, "audio_tokens": 91},
        }
    )
    assert counts.units == {
        "input": 55,
        "cache_read": 24,
        "cache_read_audio": 40,
        "input_audio": 13,
        "output": 30,
        "output_audio": 91,
    }


def test_gemini_tool_results_come_on_top_of_the_prompt_and_thoughts_on_top_of_candidates():
    counts = read_usage(
        {
            "promptTokenCount": 1000,
            "toolUsePromptTokenCount": 5000,
            "candidatesTokenCount": 200,
            "thoughtsTokenCount": 100,
        }
    )
    assert counts.units == {"input": 6000, "output": 200, "reasoning": 100}
    assert counts.prompt_tokens == 6000


def test_gemini_cached_audio_is_audio():
    counts = read_usage(
        {
            "promptTokenCount": 3000,
            "cachedContentTokenCount": 1500,
            "candidatesTokenCount": 1,
            "promptTokensDetails": [
                {"modality": "AUDIO", "tokenCount": 2000},
                {"modality": "TEXT", "tokenCount": 1000},
            ],
            "cacheTokensDetails": [{"modality": "AUDIO", "tokenCount": 1500}],
        }
    )
    assert counts.units == {"input": 1000, "input_audio": 500, "cache_read_audio": 1500, "output": 1}


def test_reasoning_is_inside_the_output_of_openai():
    counts = read_usage(
        {
            "input_tokens": 5,
            "output_tokens": 100,
            "output_tokens_details": {"reasoning_tokens": 60},
            "total_tokens": 105,
        }
    )
    assert counts.units == {"input": 5, "output": 40, "reasoning": 60}


def test_a_usage_object_says_how_it_was_run_and_what_it_was_billed():
    counts = read_usage({"prompt_tokens": 1, "completion_tokens": 1, "service_tier": "flex", "cost": 0.0026})
    assert counts.conditions == {"service_tier": "flex"}
    assert counts.reported_usd == Decimal("0.0026")


def test_two_fields_are_not_always_a_plain_call():
    assert read_usage({"input_tokens": 5, "cached_input_tokens": 3}).units == {"input": 2, "cache_read": 3, "output": 0}
    assert read_usage({"input_tokens": 5, "cache_read_input_tokens": 3}).prompt_tokens == 8


def test_fields_that_mean_nothing_to_a_price_are_ignored():
    counts = read_usage({"input_tokens": 1, "output_tokens": 2, "latency": {"p50": 3}, "id": "x", "iterations": None})
    assert counts.units == {"input": 1, "output": 2}


@pytest.mark.parametrize(
    "usage",
    [
        {},
        {"latency": 3},
        {"input_tokens": -1},
        {"input_tokens": 1.5},
        {"input_tokens": True},
        {"input_tokens": "1000"},
        {"input_tokens": 10**16},
        {"input_tokens": float("nan")},
        {"prompt_tokens": 10, "prompt_tokens_details": {"cached_tokens": 11}},
        {"prompt_tokens": 10, "prompt_tokens_details": 7},
        {"promptTokenCount": 1, "cachedContentTokenCount": 2},
        {"gen_ai.usage.input_tokens": 1, "gen_ai.usage.cache_read.input_tokens": 2},
    ],
    ids=str,
)
def test_what_is_no_usage_is_refused_with_what_to_send(usage):
    with pytest.raises(InvalidInputError, match=r"usage.*\. Send"):
        read_usage(usage)
