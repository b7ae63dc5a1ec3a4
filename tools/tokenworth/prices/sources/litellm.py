"""LiteLLM's model table: the widest one, undated, in USD per token as binary floats, with a suffix for every mode."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple, cast

from tokenworth.prices.observations import (
    ContextThreshold,
    Meter,
    ModelFacts,
    Observation,
    Parsed,
    Processing,
    Provenance,
    TimeWindow,
)
from tokenworth.prices.sources.decoding import (
    decode,
    exact,
    items,
    record,
    records,
    text,
    usd_per_million,
    whole_number,
)

__all__ = ["NAME", "UPSTREAM_GROUP", "URL", "parse"]

NAME: Final = "litellm"
UPSTREAM_GROUP: Final = "litellm"
URL: Final = "https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json"
LICENCE: Final = "MIT"

METER_OF: Final[dict[str, Meter]] = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cache_read",
    "cache_creation_input_token_cost": "cache_write_5m",
    "cache_creation_input_token_cost_above_1hr": "cache_write_1h",
    "cache_creation_input_token_cost_above_12hr": "cache_write_12h",
    "output_cost_per_reasoning_token": "reasoning",
    "input_cost_per_audio_token": "input_audio",
    "output_cost_per_audio_token": "output_audio",
    "cache_read_input_audio_token_cost": "cache_read_audio",
    "cache_creation_input_audio_token_cost": "cache_write_audio",
    "input_cost_per_image_token": "input_image",
    "output_cost_per_image_token": "output_image",
    "cache_read_input_image_token_cost": "cache_read_image",
    "input_cost_per_video_token": "input_video",
    "output_cost_per_video_token": "output_video",
    "google_maps_grounding_cost_per_query": "maps_search",
    "input_cost_per_query": "request",
    "input_cost_per_request": "request",
    "output_cost_per_image": "image",
    "ocr_cost_per_page": "page",
    "input_cost_per_second": "input_second",
    "output_cost_per_second": "output_second",
    "input_cost_per_character": "input_character",
    "output_cost_per_character": "output_character",
}
MODE_OF: Final[dict[str, tuple[str, Processing]]] = {
    "batches": ("standard", "batch"),
    "flex": ("flex", "online"),
    "priority": ("priority", "online"),
    "fast": ("fast", "online"),
    "ultrafast": ("ultrafast", "online"),
}
FIELD: Final = re.compile(
    r"(?P<base>.*?(?:_cost|_cost_per_[a-z_]*?|_cost_above_1hr|_cost_above_12hr))"
    r"(?:_above_(?P<thousands>[0-9]+)k_tokens)?"
    r"(?:_(?P<mode>batches|flex|priority|fast|ultrafast))?"
)
SEARCH: Final = "search_context_cost_per_query"
UPLIFT_OF: Final = {
    "regional_processing_uplift_multiplier_eu": "data_residency=eu",
    "regional_processing_uplift_multiplier_us": "data_residency=us",
    "fedramp_uplift_multiplier": "compliance=fedramp",
    "regional_endpoint_uplift_multiplier": "endpoint=regional",
}
ENTRY_UPLIFT_OF: Final = {"us": "inference_geo=us", "fast": "speed=fast"}
# Priced in a way no usage object of ours counts (by resolution, by size, by unit of another product).
NOT_METERED: Final = re.compile(
    r"_dbu_|_per_pixel|_per_image_|_per_video|_per_audio_per|_per_second_|_per_1k|per_gb|per_session|guardrail|annotation"
    r"|credit|citation|text_message|_interval|_balanced|_decisions|cache_hit|explicit_|characters?_above|per_image$|^ocr_"
)
KIND_OF: Final = {
    "responses": "chat",
    "completion": "chat",
    "image_generation": "image",
    "image_edit": "image",
    "video_generation": "video",
    "audio_transcription": "audio",
    "audio_speech": "audio",
    "realtime": "audio",
    "ocr": "other",
}
REGION: Final = re.compile(r"(?:us|eu|ap|ca|sa|me|af|il|mx)-(?:gov-)?[a-z]+-[0-9]")
AZURE_GEOGRAPHIES: Final = {"us", "eu", "us-gov"}
WHOLE_DAY: Final = (0, 0)


class _Key(NamedTuple):
    seller: str
    model: str
    region: str | None
    deployment: str | None


def parse(payload: bytes, retrieved_at: datetime) -> Parsed:
    """Every priced entry; entries priced at zero for input and output are left out, because zero means "unknown" here.

    Args:
        payload: `{id: {field: value}}`, the id prefixed with the provider for most providers.
        retrieved_at: when it was recorded, aware and in UTC.

    Raises:
        DataUnreadableError: not JSON.
    """
    provenance = Provenance(NAME, UPSTREAM_GROUP, URL, retrieved_at, LICENCE, "curated")
    table = {name: entry for name, entry in items(decode(payload)) if name != "sample_spec"}
    observations: list[Observation] = []
    models: list[ModelFacts] = []
    unknown: Counter[str] = Counter()
    unusable: Counter[str] = Counter()
    aliases: dict[str, list[str]] = {}
    for name, entry in table.items():
        if target := text(entry.get("alias_of")):
            aliases.setdefault(target, []).append(name)
    for name, entry in table.items():
        provider = text(entry.get("litellm_provider"))
        if provider is None:
            continue
        key = _key(name, provider)
        if key is None:
            unusable["sold as a commitment or by picture size"] += 1
            continue
        rows = list(_rows(key, entry, provenance, unknown))
        unusable.update(() if rows else ("priced at zero or not at all",))
        observations += rows
        models.append(_facts(key, entry, [_bare(alias, provider) for alias in aliases.get(name, ())]))
    return Parsed(tuple(observations), tuple(models), unknown, unusable)


def _key(name: str, provider: str) -> _Key | None:
    """What the id says besides the model: Azure's zones, Bedrock's regions; None for commitments and picture sizes."""
    if "-commitment/" in name or "-x-" in name or name.startswith(("low/", "medium/", "high/", "standard/", "hd/")):
        return None
    model, region, deployment = _bare(name, provider), None, None
    head, _, rest = model.partition("/")
    if provider == "azure" and rest:
        if head in AZURE_GEOGRAPHIES:
            model, region, deployment = rest, head, "data_zone"
        elif head in {"global", "global-standard"}:
            model, deployment = rest, "global"
    elif REGION.fullmatch(head) and rest:
        model, region = rest, head
    return _Key(provider, model, region, deployment)


def _bare(name: str, provider: str) -> str:
    head, slash, rest = name.partition("/")
    families = {provider, provider.split("-", 1)[0], "bedrock", "openai"}
    if provider in {"bedrock_converse", "bedrock_mantle"}:
        families |= {"bedrock", "bedrock_mantle"}
    return rest if slash and head in families else name


def _rows(
    key: _Key, entry: Mapping[str, object], provenance: Provenance, unknown: Counter[str]
) -> Iterator[Observation]:
    rates: dict[tuple[str | None, int | None], dict[Meter, Decimal]] = {}
    for name, value in entry.items():
        found = FIELD.fullmatch(name)
        if found is None or found["base"] not in METER_OF:
            if _price_like(name) and name != SEARCH and not NOT_METERED.search(name):
                unknown[name] += 1
            continue
        if rate := usd_per_million(value):
            place = (found["mode"], int(found["thousands"]) * 1000 if found["thousands"] else None)
            rates.setdefault(place, {})[METER_OF[found["base"]]] = rate
    searches = record(entry.get(SEARCH))
    base = rates.get((None, None), {})
    if search := usd_per_million(searches.get("search_context_size_medium")):
        base["web_search"] = search
    if not base.keys() - {"web_search", "maps_search"}:
        return
    row = Observation(
        key.seller,
        key.model,
        base,
        provenance,
        uplifts=dict(_uplifts(entry)),
        region=key.region,
        deployment=key.deployment,
    )
    yield row
    for (mode, above), part in rates.items():
        if (mode, above) != (None, None):
            service_tier, processing = MODE_OF[mode] if mode else ("standard", "online")
            yield replace(
                row,
                usd_per_million=part,
                uplifts={},
                service_tier=service_tier,
                processing=processing,
                above=None if above is None else ContextThreshold(above),
            )
    yield from _off_peak(row, record(entry.get("off_peak_pricing")))


def _off_peak(row: Observation, pricing: Mapping[str, object]) -> Iterator[Observation]:
    rates = {
        METER_OF[name]: rate
        for name, value in pricing.items()
        if name in METER_OF and (rate := usd_per_million(value)) is not None
    }
    windows: list[TimeWindow] = []
    for window in records(pricing.get("windows")):
        hours = window.get("hours_utc")
        days = tuple(int(day) for day in cast("list[int]", window.get("weekdays") or range(1, 8)))
        for span in cast("list[str]", hours if isinstance(hours, list) else [hours]):
            start, _, end = span.partition("-")
            windows.append(TimeWindow(_minute(start), _minute(end), days))
    if rates and windows:
        yield replace(row, usd_per_million=rates, uplifts={}, windows=tuple(windows))


def _minute(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def _uplifts(entry: Mapping[str, object]) -> Iterator[tuple[str, Decimal]]:
    for name, condition in UPLIFT_OF.items():
        if (multiple := exact(entry.get(name))) is not None:
            yield condition, multiple
    for name, value in record(entry.get("provider_specific_entry")).items():
        if name in ENTRY_UPLIFT_OF and (multiple := exact(value)) is not None:
            yield ENTRY_UPLIFT_OF[name], multiple


def _price_like(name: str) -> bool:
    return "cost" in name or (name.endswith("_multiplier") and name not in UPLIFT_OF)


def _facts(key: _Key, entry: Mapping[str, object], aliases: list[str]) -> ModelFacts:
    mode = text(entry.get("mode"))
    return ModelFacts(
        key.seller,
        key.model,
        NAME,
        kind=None if mode is None else KIND_OF.get(mode, mode),
        context_tokens_max=whole_number(entry.get("max_input_tokens")),
        output_tokens_max=whole_number(entry.get("max_output_tokens")),
        retires_on=text(entry.get("deprecation_date")),
        successor=text(entry.get("successor_model")),
        aliases=tuple(aliases),
    )
