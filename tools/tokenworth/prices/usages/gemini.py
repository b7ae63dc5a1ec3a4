"""Gemini `usageMetadata`: the prompt includes what is cached, candidates exclude thoughts, tool results come on top."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from tokenworth.prices.observations import Meter
from tokenworth.prices.usages.counts import Counts, entries, parts_of, whole

__all__ = ["read"]

SENT_AS: Final[dict[str, Meter]] = {"AUDIO": "input_audio", "IMAGE": "input_image", "VIDEO": "input_video"}
CACHED_AS: Final[dict[str, Meter]] = {"AUDIO": "cache_read_audio", "IMAGE": "cache_read_image"}
MADE_AS: Final[dict[str, Meter]] = {"AUDIO": "output_audio", "IMAGE": "output_image", "VIDEO": "output_video"}
# What the object calls the way a request was served.
TRAFFIC: Final = {"ON_DEMAND_PRIORITY": "priority", "ON_DEMAND_FLEX": "flex", "PROVISIONED_THROUGHPUT": "provisioned"}


def read(usage: Mapping[str, Any]) -> Counts:
    """Counts of a `usageMetadata` object, in the wire's camel case or the SDK's snake case.

    Source: https://ai.google.dev/api/generate-content#UsageMetadata

    Raises:
        InvalidInputError: a count that is none, or parts that are more than their total.
    """
    if "promptTokenCount" not in usage and "candidatesTokenCount" not in usage:
        usage = {_camel(key): value for key, value in usage.items()}
    sent, cached = whole(usage, "promptTokenCount"), whole(usage, "cachedContentTokenCount")
    tools = whole(usage, "toolUsePromptTokenCount")
    units: dict[Meter, int] = {}
    by_kind = _by_kind(usage, "promptTokensDetails")
    cached_by_kind = _by_kind(usage, "cacheTokensDetails")
    apart = 0
    for kind, meter in SENT_AS.items():
        fresh = max(by_kind.get(kind, 0) - cached_by_kind.get(kind, 0), 0)
        apart += fresh
        _put(units, meter, fresh)
    cached_apart = 0
    for kind, meter in CACHED_AS.items():
        cached_apart += cached_by_kind.get(kind, 0)
        _put(units, meter, cached_by_kind.get(kind, 0))
    units["input"] = parts_of(sent, cached + apart, "promptTokensDetails") + tools
    _put(units, "cache_read", parts_of(cached, cached_apart, "cacheTokensDetails"))
    made, made_by_kind = whole(usage, "candidatesTokenCount"), _by_kind(usage, "candidatesTokensDetails")
    for kind, meter in MADE_AS.items():
        _put(units, meter, made_by_kind.get(kind, 0))
    made_apart = sum(made_by_kind.get(kind, 0) for kind in MADE_AS)
    units["output"] = parts_of(made, made_apart, "candidatesTokensDetails")
    _put(units, "reasoning", whole(usage, "thoughtsTokenCount"))
    for key in ("webSearchQueries", "webSearchRequests"):
        if isinstance(usage.get(key), int):
            _put(units, "web_search", whole(usage, key))
    served = TRAFFIC.get(str(usage.get("trafficType", "")))
    return Counts(units, sent + tools, {} if served is None else {"service_tier": served})


def _by_kind(usage: Mapping[str, Any], key: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for entry in entries(usage.get(key)):
        detail = {_camel(str(name)): value for name, value in entry.items()}
        kind = str(detail.get("modality", "TEXT")).rpartition(".")[2].upper()
        counts[kind] = counts.get(kind, 0) + whole(detail, "tokenCount")
    return counts


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)


def _put(units: dict[Meter, int], meter: Meter, count: int) -> None:
    if count:
        units[meter] = count
