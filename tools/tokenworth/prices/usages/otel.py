"""OpenTelemetry GenAI attributes: the input includes what was read from and written to a cache."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tokenworth.prices.observations import Meter
from tokenworth.prices.usages.counts import Counts, parts_of, whole

__all__ = ["PREFIX", "read"]

PREFIX: Final = "gen_ai.usage."


def read(usage: Mapping[str, Any]) -> Counts:
    """Counts of `gen_ai.usage.*` span attributes, with the older names `prompt_tokens` and `completion_tokens`.

    Source: https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/

    Raises:
        InvalidInputError: a count that is none, or parts that are more than their total.
    """
    named = {key.removeprefix(PREFIX): value for key, value in usage.items() if key.startswith(PREFIX)}
    sent = whole(named, "input_tokens") or whole(named, "prompt_tokens")
    made = whole(named, "output_tokens") or whole(named, "completion_tokens")
    cached = max(whole(named, "cache_read.input_tokens"), whole(named, "cache_read_input_tokens"))
    written = max(whole(named, "cache_creation.input_tokens"), whole(named, "cache_creation_input_tokens"))
    reasoned = max(whole(named, "reasoning.output_tokens"), whole(named, "reasoning_tokens"))
    units: dict[Meter, int] = {
        "input": parts_of(sent, cached + written, "gen_ai.usage.input_tokens"),
        "output": parts_of(made, reasoned, "gen_ai.usage.output_tokens"),
    }
    rarer: dict[Meter, int] = {"cache_read": cached, "cache_write_5m": written, "reasoning": reasoned}
    units |= {meter: count for meter, count in rarer.items() if count}
    return Counts(units, sent)
