"""What a price source says, one row per price: the shape that every source's `parse` yields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal, get_args

__all__ = [
    "METERS",
    "Confidence",
    "ContextThreshold",
    "Meter",
    "ModelFacts",
    "Observation",
    "Parsed",
    "Processing",
    "Provenance",
    "TimeWindow",
]

Meter = Literal[
    "input",
    "output",
    "cache_read",
    "cache_write_5m",
    "cache_write_1h",
    "cache_write_12h",
    "reasoning",
    "input_audio",
    "output_audio",
    "cache_read_audio",
    "cache_write_audio",
    "input_image",
    "output_image",
    "cache_read_image",
    "input_video",
    "output_video",
    "web_search",
    "file_search",
    "maps_search",
    "request",
    "image",
    "page",
    "input_second",
    "output_second",
    "input_character",
    "output_character",
]
METERS: Final[tuple[Meter, ...]] = get_args(Meter)
Processing = Literal["online", "batch"]
Confidence = Literal["origin", "curated", "reseller", "derived"]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who says a price.

    Attributes:
        source: our name of the source, the module's own ("litellm", "models_dev").
        upstream_group: sources that copy one another share a group and count as one voice ("models.dev").
        url: where a person can read it.
        retrieved_at: when the payload was recorded, aware and in UTC.
        licence: SPDX identifier, or None when the source states none (then nothing of it may be bundled).
        confidence: "origin" is the seller's own price list; "curated" a maintained list with references;
            "reseller" another shop's price; "derived" worked out from other prices by a stated rule.
    """

    source: str
    upstream_group: str
    url: str
    retrieved_at: datetime
    licence: str | None
    confidence: Confidence


@dataclass(frozen=True, slots=True, order=True)
class ContextThreshold:
    """The prompt size beyond which these rates hold for the whole request.

    Attributes:
        tokens: the boundary, in tokens of the whole prompt, cached ones included.
        inclusive: True when exactly `tokens` already pays these rates (">= 200k").
    """

    tokens: int
    inclusive: bool = False


@dataclass(frozen=True, slots=True, order=True)
class TimeWindow:
    """Hours of the UTC day in which these rates hold.

    Attributes:
        from_minute, to_minute: minutes since 00:00 UTC, half open; to <= from wraps past midnight (and 0 to 0
            is the whole day). A window that wraps belongs to the weekday on which it starts.
        weekdays: ISO numbers, Monday is 1.
    """

    from_minute: int
    to_minute: int
    weekdays: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)


@dataclass(frozen=True, slots=True)
class Observation:
    """One source's rates for one combination of everything a price is keyed on.

    A field left at its default means the source does not distinguish; it never means "unknown". A rate the source
    leaves out is absent from `usd_per_million`, and a zero that stands for "absent", "plan" or "self-hosted" in
    that source must be left out by its `parse`. A zero that is in the mapping is a real price of nothing. A row for
    a threshold, a tier, a mode or a window may leave meters out: then the standard row's rates hold for them.

    Attributes:
        seller: who bills, as the source writes it ("vertex_ai-anthropic_models", "amazon-bedrock", "openai").
        model: the id as the source writes it, less what the other fields carry (region, tier, mode).
        usd_per_million: exact USD per million of each meter's unit (tokens; or requests, images, seconds,
            characters): $10 per 1,000 web searches is 10000.
        uplifts: multiples on every rate of this row under a condition, keyed "context key=value"
            ("speed=fast", "inference_geo=us", "data_residency=eu", "deployment=data_zone").
        region: a geography or cloud region that the price is limited to ("us", "eu", "eastus2").
        deployment: "global", "data_zone", "regional", "provisioned", when the source tells them apart.
        service_tier: "standard", "flex", "priority", "fast" and whatever else a seller sells.
        above: None for the base rates.
        windows: the hours these rates hold; empty for always.
        starts_at, ends_at: effective interval, half open, aware and in UTC; None for unbounded or unsaid.
        promotion: a stated temporary price.
        note: the source's own remark, a few words, for people.
    """

    seller: str
    model: str
    usd_per_million: Mapping[Meter, Decimal]
    provenance: Provenance
    uplifts: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])
    region: str | None = None
    deployment: str | None = None
    service_tier: str = "standard"
    processing: Processing = "online"
    above: ContextThreshold | None = None
    windows: tuple[TimeWindow, ...] = ()
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    promotion: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a source says about a model besides its price; None where it says nothing.

    Attributes:
        context_tokens_max: the largest prompt it takes.
        released_on, retires_on: ISO dates; `retires_on` is when calls stop working.
        aliases: other names that the source gives the same model, as exact ids.
        patterns: (kind, text) pairs such as ("starts_with", "claude-opus-4-6") by which the source recognises the
            model. Never used to price a name: only to tie ids that another source lists exactly to one history.
        kind: "chat", "embedding", "image", "audio", "video", "rerank", "moderation", "search" or "other".
        status: "deprecated" (sold, but not for new work) or "removed" (no longer sold).
    """

    seller: str
    model: str
    source: str
    name: str | None = None
    family: str | None = None
    kind: str | None = None
    context_tokens_max: int | None = None
    output_tokens_max: int | None = None
    released_on: str | None = None
    retires_on: str | None = None
    successor: str | None = None
    status: str | None = None
    aliases: tuple[str, ...] = ()
    patterns: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Parsed:
    """All that one payload says.

    Attributes:
        unknown_fields: price-like fields that `parse` does not know, with how often each was seen; they are
            ignored, counted and reported, because a renamed field looks exactly like this.
        unusable: records that could not be read, by reason.
    """

    observations: tuple[Observation, ...]
    models: tuple[ModelFacts, ...] = ()
    unknown_fields: Mapping[str, int] = field(default_factory=dict[str, int])
    unusable: Mapping[str, int] = field(default_factory=dict[str, int])
