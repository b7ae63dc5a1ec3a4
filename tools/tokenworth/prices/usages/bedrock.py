"""Amazon Bedrock Converse: `inputTokens` excludes cache reads and writes, which are counted beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tokenworth.prices.observations import Meter
from tokenworth.prices.usages.counts import Counts, entries, whole

__all__ = ["read"]


def read(usage: Mapping[str, Any]) -> Counts:
    """Counts of a Converse usage object, also of the headers of InvokeModel.

    Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html

    Raises:
        InvalidInputError: a count that is none.
    """
    sent, made = whole(usage, "inputTokens"), whole(usage, "outputTokens")
    cached = max(whole(usage, "cacheReadInputTokens"), whole(usage, "cacheReadInputTokenCount"))
    written = max(whole(usage, "cacheWriteInputTokens"), whole(usage, "cacheWriteInputTokenCount"))
    hour = _long_lived(usage.get("cacheDetails"))
    units: dict[Meter, int] = {"input": sent, "output": made}
    if cached:
        units["cache_read"] = cached
    if written > hour:
        units["cache_write_5m"] = written - hour
    if hour:
        units["cache_write_1h"] = hour
    return Counts(units, sent + cached + max(written, hour))


def _long_lived(details: object) -> int:
    return sum(whole(entry, "inputTokens") for entry in entries(details) if entry.get("ttl") == "1h")
