"""genai-prices v2 data: a curated table with start dates, tiers, hours and variants, in USD per million tokens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, time
from decimal import Decimal
from typing import Final, cast

from tokenworth.prices.observations import (
    ContextThreshold,
    Meter,
    ModelFacts,
    Observation,
    Parsed,
    Provenance,
    TimeWindow,
)
from tokenworth.prices.sources.decoding import (
    decode,
    exact,
    record,
    records,
    text,
    usd_per_million,
    utc,
    whole_number,
)

__all__ = ["NAME", "UPSTREAM_GROUP", "URL", "parse"]

NAME: Final = "genai_prices"
UPSTREAM_GROUP: Final = "genai-prices"
URL: Final = "https://raw.githubusercontent.com/pydantic/genai-prices/refs/heads/main/prices/new_data/v2/data.json"
LICENCE: Final = "MIT"

MILLION: Final = Decimal(10) ** 6
THOUSAND: Final = Decimal(10) ** 3
SECONDS_PER_HOUR: Final = Decimal(3600)
# Price key: our meter, and how many of its units the price buys.
METER_OF: Final[dict[str, tuple[Meter, Decimal]]] = {
    "input_mtok": ("input", MILLION),
    "output_mtok": ("output", MILLION),
    "cache_read_mtok": ("cache_read", MILLION),
    "cache_write_mtok": ("cache_write_5m", MILLION),
    "cache_write_5m_mtok": ("cache_write_5m", MILLION),
    "cache_write_1h_mtok": ("cache_write_1h", MILLION),
    "output_reasoning_mtok": ("reasoning", MILLION),
    "input_audio_mtok": ("input_audio", MILLION),
    "output_audio_mtok": ("output_audio", MILLION),
    "cache_audio_read_mtok": ("cache_read_audio", MILLION),
    "cache_audio_write_mtok": ("cache_write_audio", MILLION),
    "input_image_mtok": ("input_image", MILLION),
    "output_image_mtok": ("output_image", MILLION),
    "cache_image_read_mtok": ("cache_read_image", MILLION),
    "input_video_mtok": ("input_video", MILLION),
    "output_video_mtok": ("output_video", MILLION),
    "web_searches_kcount": ("web_search", THOUSAND),
    "storage_searches_kcount": ("file_search", THOUSAND),
    "requests_kcount": ("request", THOUSAND),
    "input_document_kpages": ("page", THOUSAND),
    "input_mchars": ("input_character", MILLION),
    "input_audio_hours": ("input_second", SECONDS_PER_HOUR),
    "audio_hours": ("input_second", SECONDS_PER_HOUR),
}
# Known, and nothing that a usage object of ours counts.
NOT_METERED: Final = {"input_annotated_document_kpages", "output_citation_mtok", "input_text_messages_kcount"}
VERTEX: Final = "google-vertex"
CONSTRAINTS: Final = {"start_date", "start_time", "end_time"}


def parse(payload: bytes, retrieved_at: datetime) -> Parsed:
    """Every provider's models: base, dated, hourly, tiered and variant prices.

    Args:
        payload: the v2 file: a list of providers, or an object that holds one under "providers".
        retrieved_at: when it was recorded, aware and in UTC.

    Raises:
        DataUnreadableError: not JSON.
    """
    provenance = Provenance(NAME, UPSTREAM_GROUP, URL, retrieved_at, LICENCE, "curated")
    content = decode(payload)
    providers = record(content).get("providers", content)
    observations: list[Observation] = []
    models: list[ModelFacts] = []
    unknown: Counter[str] = Counter()
    for provider in records(providers):
        seller = text(provider.get("id"))
        for entry in records(provider.get("models")):
            model = text(entry.get("id"))
            if seller is None or model is None:
                unknown["model without an id"] += 1
                continue
            # The file puts what Vertex sells of other makers under Google; the Gemini API sells none of it.
            sold_by = VERTEX if seller == "google" and model.startswith("claude") else seller
            row = Observation(sold_by, model, {}, provenance)
            observations += _standard_rows(row, entry.get("prices"), unknown)
            observations += _variant_rows(row, entry.get("price_variants"), unknown)
            models.append(_facts(sold_by, model, entry))
    return Parsed(tuple(observations), tuple(models), unknown)


def _standard_rows(row: Observation, prices: object, unknown: Counter[str]) -> Iterator[Observation]:
    """The list is tried last to first: a dated entry ends the one before it, an hourly one lies over it."""
    if flat := record(prices):
        yield from _tiered(row, flat, unknown)
        return
    entries = list(records(prices))
    starts = [utc(record(entry.get("constraint")).get("start_date")) for entry in entries]
    for index, entry in enumerate(entries):
        constraint = record(entry.get("constraint"))
        unknown.update(key for key in constraint if key not in CONSTRAINTS)
        window = _window(constraint)
        later = [start for start in starts[index + 1 :] if start is not None]
        dated = replace(
            row,
            starts_at=starts[index],
            ends_at=later[0] if later else None,
            windows=() if window is None else (window,),
        )
        yield from _tiered(dated, record(entry.get("prices")), unknown)


def _variant_rows(row: Observation, variants: object, unknown: Counter[str]) -> Iterator[Observation]:
    """The first active variant wins a key, so of two with the same condition the later start is listed first."""
    ends: dict[tuple[str, str], datetime | None] = {}
    for variant in records(variants):
        when = record(variant.get("when"))
        mode = _mode(row, when)
        if mode is None:
            unknown.update(
                f"when.{key}" for key in when if key not in {"route", "search_type", "service_tier", "speed"}
            )
            continue
        key = (mode.service_tier, mode.processing)
        starts_at = utc(record(variant.get("constraint")).get("start_date"))
        dated = replace(mode, starts_at=starts_at, ends_at=ends.get(key))
        ends[key] = starts_at
        yield from _tiered(dated, record(variant.get("prices")), unknown)


def _mode(row: Observation, when: Mapping[str, object]) -> Observation | None:
    """The row under a request's condition; None for the default tier and for conditions that are no mode."""
    if len(when) != 1:
        return None
    match next(iter(when.items())):
        case ("processing", "batch"):
            return replace(row, processing="batch")
        case ("service_tier" | "speed", str(tier)) if tier not in {"default", "standard"}:
            return replace(row, service_tier=tier)
        case _:
            return None


def _tiered(row: Observation, prices: Mapping[str, object], unknown: Counter[str]) -> Iterator[Observation]:
    base: dict[Meter, Decimal] = {}
    above: dict[int, dict[Meter, Decimal]] = {}
    for key, value in prices.items():
        if key not in METER_OF:
            unknown.update(() if key in NOT_METERED else (key,))
            continue
        meter, per = METER_OF[key]
        if (rate := usd_per_million(record(value).get("base", value), per=per)) is not None:
            base[meter] = rate
        for tier in records(record(value).get("tiers")):
            start, dearer = exact(tier.get("start")), usd_per_million(tier.get("price"), per=per)
            if start is not None and dearer is not None:
                above.setdefault(int(start), {})[meter] = dearer
    if base:
        yield replace(row, usd_per_million=base)
    for tokens, rates in sorted(above.items()):
        # "From 200,000 on" can only be written here as "above 199,999".
        from_here = tokens % 1000 == 999
        threshold = ContextThreshold(tokens + 1, inclusive=True) if from_here else ContextThreshold(tokens)
        yield replace(row, usd_per_million=rates, above=threshold)


def _window(constraint: Mapping[str, object]) -> TimeWindow | None:
    start, end = constraint.get("start_time"), constraint.get("end_time")
    if not isinstance(start, str) or not isinstance(end, str):
        return None
    return TimeWindow(_minute(start), _minute(end))


def _minute(clock: str) -> int:
    moment = time.fromisoformat(clock)
    return moment.hour * 60 + moment.minute


def _facts(seller: str, model: str, entry: Mapping[str, object]) -> ModelFacts:
    clauses = list(_clauses(entry.get("match")))
    return ModelFacts(
        seller,
        model,
        NAME,
        name=text(entry.get("name")),
        context_tokens_max=whole_number(entry.get("context_window")),
        status="deprecated" if entry.get("deprecated") is True else None,
        aliases=tuple(name for kind, name in clauses if kind == "equals" and name != model),
        patterns=tuple((kind, name) for kind, name in clauses if kind != "equals"),
    )


def _clauses(match: object) -> Iterator[tuple[str, str]]:
    """The alternatives of a match expression; a conjunction is no name and is left out."""
    for kind, operand in record(match).items():
        if kind == "or":
            for one in cast("list[object]", operand) if isinstance(operand, list) else []:
                yield from _clauses(one)
        elif kind != "and" and isinstance(operand, str):
            yield kind, operand
