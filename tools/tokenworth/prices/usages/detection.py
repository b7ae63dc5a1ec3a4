"""Tells which API a usage object comes from by the fields that it has, and reads it."""

from __future__ import annotations

from collections.abc import Callable, KeysView, Mapping
from typing import Any, Final

from tokenworth.errors import InvalidInputError
from tokenworth.prices.usages import anthropic, bedrock, gemini, openai, otel, plain
from tokenworth.prices.usages.counts import Counts

__all__ = ["FORMATS", "read_usage"]

FORMATS: Final[dict[str, Callable[[Mapping[str, Any]], Counts]]] = {
    "anthropic_messages": anthropic.read,
    "openai_chat": openai.read_chat,
    "openai_responses": openai.read_responses,
    "gemini": gemini.read,
    "bedrock_converse": bedrock.read,
    "otel": otel.read,
    "plain": plain.read,
}
# Any of these beside `input_tokens` says whose meaning of it holds.
ANTHROPIC: Final = frozenset({"cache_creation_input_tokens", "cache_read_input_tokens", "cache_creation"})
RESPONSES: Final = frozenset(
    {
        "input_tokens_details",
        "input_token_details",
        "output_tokens_details",
        "output_token_details",
        "cached_input_tokens",
        "total_tokens",
    }
)
CONDITIONS: Final = frozenset(
    {"speed", "inference_geo", "service_tier", "processing", "data_residency", "deployment", "endpoint"}
)


def read_usage(usage: Mapping[str, Any], usage_format: str | None = None) -> Counts:
    """The counts in a raw usage object.

    Args:
        usage: as the API returned it or a log kept it; fields that mean nothing to a price are ignored.
        usage_format: one of `FORMATS`, when the caller knows; otherwise it is told by the fields.

    Raises:
        InvalidInputError: no count that any API writes, or one that is no count.
    """
    read = FORMATS[usage_format] if usage_format is not None else _reader(usage)
    counts = read(usage)
    if not usage.keys().isdisjoint(CONDITIONS):
        said = {key: str(usage[key]) for key in sorted(CONDITIONS) if isinstance(usage.get(key), str)}
        counts.conditions = {**counts.conditions, **said}
    return counts


def _reader(usage: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], Counts]:
    keys = usage.keys()
    if "input_tokens" in keys:
        return _by_company(keys)
    if "prompt_tokens" in keys or "completion_tokens" in keys:
        return openai.read_chat
    if not keys.isdisjoint(
        {"promptTokenCount", "candidatesTokenCount", "prompt_token_count", "candidates_token_count"}
    ):
        return gemini.read
    if "inputTokens" in keys or "outputTokens" in keys:
        return bedrock.read
    return _rarer(usage)


def _by_company(keys: KeysView[str]) -> Callable[[Mapping[str, Any]], Counts]:
    """`input_tokens` means three things: the fields beside it tell which; alone it means the same in all."""
    if (len(keys) == 2 and "output_tokens" in keys) or not keys.isdisjoint(ANTHROPIC):
        return anthropic.read
    if not keys.isdisjoint(RESPONSES):
        return openai.read_responses
    others = keys - {"input_tokens", "output_tokens"}
    return plain.read if any(key in plain.METER_OF for key in others) else anthropic.read


def _rarer(usage: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], Counts]:
    if any(key.startswith(otel.PREFIX) for key in usage):
        return otel.read
    if usage.get("type") == "duration" and "seconds" in usage:
        return openai.read_chat
    if not usage.keys().isdisjoint(plain.METER_OF):
        return plain.read
    raise InvalidInputError(
        "usage",
        "no token count that we know",
        'Send the usage object of an API response, or counts such as {"input_tokens": 1000, "output_tokens": 200}',
    )
