"""Anthropic Messages: `input_tokens` excludes cache reads and writes, and writes are split by how long they live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tokenworth.prices.observations import Meter
from tokenworth.prices.usages.counts import NOTHING, Counts, member, whole

__all__ = ["read"]


def read(usage: Mapping[str, Any]) -> Counts:
    """Counts of a Messages usage object: https://platform.claude.com/docs/en/api/messages

    Raises:
        InvalidInputError: a count that is none.
    """
    sent, made = whole(usage, "input_tokens"), whole(usage, "output_tokens")
    units: dict[Meter, int] = {"input": sent, "output": made}
    if len(usage) == 2 and "output_tokens" in usage:
        return Counts(units, sent)
    prompt = sent
    if cached := whole(usage, "cache_read_input_tokens"):
        units["cache_read"] = cached
        prompt += cached
    written = whole(usage, "cache_creation_input_tokens")
    split = member(usage, "cache_creation") if "cache_creation" in usage else NOTHING
    hour = whole(split, "ephemeral_1h_input_tokens")
    five = whole(split, "ephemeral_5m_input_tokens")
    # Without a split all writes live five minutes; a split that is larger than the total is the newer figure.
    five += max(written - hour - five, 0)
    if five:
        units["cache_write_5m"] = five
    if hour:
        units["cache_write_1h"] = hour
    if "server_tool_use" in usage and (searches := whole(member(usage, "server_tool_use"), "web_search_requests")):
        units["web_search"] = searches
    return Counts(units, prompt + five + hour)
