"""OpenAI Chat and Responses, and the APIs shaped like them: totals include what is cached, written and reasoned."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from tokenworth.prices.observations import Meter
from tokenworth.prices.usages.counts import NOTHING, Counts, member, parts_of, whole

__all__ = ["read_chat", "read_responses"]


def read_chat(usage: Mapping[str, Any]) -> Counts:
    """Counts of a Chat Completions usage object, also as DeepSeek, xAI, Mistral, Groq, Azure and OpenRouter write it.

    Raises:
        InvalidInputError: a count that is none, or parts that are more than their total.
    """
    sent, made = whole(usage, "prompt_tokens"), whole(usage, "completion_tokens")
    details = member(usage, "prompt_tokens_details") if "prompt_tokens_details" in usage else NOTHING
    outgoing = member(usage, "completion_tokens_details") if "completion_tokens_details" in usage else NOTHING
    cached = max(
        whole(details, "cached_tokens"),
        whole(usage, "prompt_cache_hit_tokens"),
        whole(usage, "cached_tokens"),
    )
    reasoned = whole(outgoing, "reasoning_tokens")
    notes: tuple[str, ...] = ()
    if reasoned and whole(usage, "total_tokens") == sent + made + reasoned:
        # xAI counts reasoning outside the completion; only the total tells.
        made += reasoned
        notes = ("reasoning tokens are counted outside the completion",)
    units = _sent(sent, cached, details, "prompt_tokens")
    _made(units, made, outgoing, "completion_tokens")
    _searches(units, usage)
    return Counts(units, sent, reported_usd=_reported(usage), notes=notes)


def read_responses(usage: Mapping[str, Any]) -> Counts:
    """Counts of a Responses usage object, of the realtime and image APIs, and of Codex logs.

    Raises:
        InvalidInputError: a count that is none, or parts that are more than their total.
    """
    sent, made = whole(usage, "input_tokens"), whole(usage, "output_tokens")
    details = _either(usage, "input_tokens_details", "input_token_details")
    outgoing = _either(usage, "output_tokens_details", "output_token_details")
    cached = max(whole(details, "cached_tokens"), whole(usage, "cached_input_tokens"))
    units = _sent(sent, cached, details, "input_tokens")
    _made(units, made, outgoing, "output_tokens")
    _searches(units, usage)
    return Counts(units, sent, reported_usd=_reported(usage))


def _either(usage: Mapping[str, Any], name: str, other: str) -> Mapping[str, Any]:
    return member(usage, name) if usage.get(name) is not None else member(usage, other)


def _sent(total: int, cached: int, details: Mapping[str, Any], name: str) -> dict[Meter, int]:
    if not details and not cached:
        return {"input": total}
    written, audio = whole(details, "cache_write_tokens"), whole(details, "audio_tokens")
    image, video = whole(details, "image_tokens"), whole(details, "video_tokens")
    split = member(details, "cached_tokens_details")
    cached_audio, cached_image = whole(split, "audio_tokens"), whole(split, "image_tokens")
    # A detail counts a kind of token whether cached or not; what is cached of it is told apart, or was text.
    fresh_audio = parts_of(audio, min(cached_audio, audio), f"{name}_details")
    fresh_image = parts_of(image, min(cached_image, image), f"{name}_details")
    units: dict[Meter, int] = {
        "input": parts_of(total, cached + written + fresh_audio + fresh_image + video, f"{name}_details")
    }
    _put(units, "cache_read", parts_of(cached, cached_audio + cached_image, f"{name}_details"))
    _put(units, "cache_read_audio", cached_audio)
    _put(units, "cache_read_image", cached_image)
    _put(units, "cache_write_5m", written)
    _put(units, "input_audio", fresh_audio)
    _put(units, "input_image", fresh_image)
    _put(units, "input_video", video)
    return units


def _made(units: dict[Meter, int], total: int, details: Mapping[str, Any], name: str) -> None:
    if not details:
        units["output"] = total
        return
    reasoned, audio, image = (
        whole(details, "reasoning_tokens"),
        whole(details, "audio_tokens"),
        whole(details, "image_tokens"),
    )
    units["output"] = parts_of(total, reasoned + audio + image, f"{name}_details")
    _put(units, "reasoning", reasoned)
    _put(units, "output_audio", audio)
    _put(units, "output_image", image)


def _searches(units: dict[Meter, int], usage: Mapping[str, Any]) -> None:
    """Counts that OpenAI bills by the call and that callers add themselves; OpenRouter and Anthropic nest theirs."""
    if "server_tool_use" in usage:
        _put(units, "web_search", whole(member(usage, "server_tool_use"), "web_search_requests"))
    for key in ("web_search_requests", "web_search_calls", "num_search_queries"):
        if key in usage:
            _put(units, "web_search", whole(usage, key))
    if "file_search_calls" in usage:
        _put(units, "file_search", whole(usage, "file_search_calls"))
    if "seconds" in usage:
        _put(units, "input_second", whole(usage, "seconds"))


def _reported(usage: Mapping[str, Any]) -> Decimal | None:
    cost = usage.get("cost")
    if isinstance(cost, bool) or not isinstance(cost, int | float | str | Decimal):
        return None
    try:
        amount = Decimal(repr(cost)) if isinstance(cost, float) else Decimal(cost)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount >= 0 else None


def _put(units: dict[Meter, int], meter: Meter, count: int) -> None:
    if count:
        units[meter] = count
