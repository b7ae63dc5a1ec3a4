"""Azure retail prices: Microsoft's own list, dated, one row a meter and region; a meter's name is all there is to read.

A row says what it prices in words such as "GPT 5 Mini cchd Inpt DZone 1M Tokens" and by what it bills in a unit such as
"1M" or "1K". Rows that later ones replace stay in the list, so a row holds until the next one of its kind starts.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from tokenworth.prices.observations import (
    ContextThreshold,
    Meter,
    Observation,
    Parsed,
    Processing,
    Provenance,
)
from tokenworth.prices.sources.decoding import decode, record, records, text, usd_per_million, utc

__all__ = ["NAME", "PRODUCTS", "UPSTREAM_GROUP", "URL", "parse"]

NAME: Final = "azure"
UPSTREAM_GROUP: Final = "azure"
URL: Final = "https://prices.azure.com/api/retail/prices"
# The API states no licence for its data: it is read at run time and not bundled from here.
LICENCE: Final = None

# What the list calls the products with models in them, and what their meters leave out of a model's name.
PRODUCTS: Final = {
    "Azure OpenAI": "gpt",
    "Cohere Models": "cohere",
    "Azure Deepseek Models": "deepseek",
    "Azure Fireworks Models": "fw",
    "Azure Grok Models": "grok",
    "Azure Kimi": "kimi",
    "Azure Llama Models": "llama",
    "Azure Mistral Models": "mistral",
}
PER_UNIT: Final = {"1K": 10**3, "1M": 10**6}

# What a word of a meter's name says; a word that is not here is part of the model's name.
MEANING: Final[dict[str, tuple[str, str]]] = {
    **dict.fromkeys(("inp", "inpt", "input", "in"), ("direction", "input")),
    **dict.fromkeys(("opt", "outp", "outpt", "out", "output"), ("direction", "output")),
    **dict.fromkeys(("cchd", "ccchd", "cd", "cached", "cach", "cache", "ch"), ("cached", "yes")),
    **dict.fromkeys(("wr", "wrt", "write"), ("written", "yes")),
    **dict.fromkeys(("glbl", "glb", "global", "gl"), ("deployment", "global")),
    **dict.fromkeys(("dz", "dzn", "dzone", "datazone"), ("deployment", "data_zone")),
    **dict.fromkeys(("regnl", "rgnl", "regn", "regional", "rg"), ("deployment", "regional")),
    **dict.fromkeys(("aud", "audio"), ("modality", "audio")),
    **dict.fromkeys(("img", "image"), ("modality", "image")),
    **dict.fromkeys(("txt", "text"), ("modality", "text")),
    **dict.fromkeys(("tokens", "token", "1m", "1k", "std", "standard", "shortco", "unit", "units"), ("noise", "")),
    "batch": ("processing", "batch"),
    "pp": ("service_tier", "priority"),
    "flex": ("service_tier", "flex"),
    "longco": ("context", "long"),
}
# Training, hosting and fine-tuned models are other goods than a call to a model that everybody can call.
OTHER_GOODS: Final = {
    *("ft", "ftregnl", "rft", "fine", "trng", "training", "grader"),
    *("hosting", "hstng", "provisioned", "ptu"),
}
JOINED: Final = (
    ("data zone", "datazone"),
    ("long co", "longco"),
    ("short co", "shortco"),
    ("deep seek", "deepseek"),
    ("mini max", "minimax"),
)
WORDS: Final = re.compile(r"[\s\-_/]+")
CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
# The list marks a long-context rate without its boundary; these are the model makers' own.
LONG_CONTEXT: Final = {"gpt": ContextThreshold(272_000), "grok": ContextThreshold(200_000, inclusive=True)}

METER_OF: Final[dict[tuple[str, str, str], Meter]] = {
    ("input", "", "text"): "input",
    ("output", "", "text"): "output",
    ("input", "read", "text"): "cache_read",
    ("input", "write", "text"): "cache_write_5m",
    ("input", "", "audio"): "input_audio",
    ("output", "", "audio"): "output_audio",
    ("input", "read", "audio"): "cache_read_audio",
    ("input", "", "image"): "input_image",
    ("output", "", "image"): "output_image",
    ("input", "read", "image"): "cache_read_image",
}


@dataclass(frozen=True, slots=True)
class _Kind:
    """What one meter's price is keyed on, besides the region."""

    model: str
    deployment: str | None
    service_tier: str
    processing: Processing
    above: ContextThreshold | None


class _Interval(NamedTuple):
    starts_at: datetime
    ends_at: datetime | None
    rates: dict[Meter, Decimal]


_Words = dict[str, str]
_Series = dict[Meter, list[tuple[datetime, Decimal]]]


def parse(payloads: Iterable[bytes], retrieved_at: datetime) -> Parsed:
    """The rates of every model, with the dates between which they hold; one row for all regions that pay the same.

    Args:
        payloads: every page: `{"Items": [{"meterName", "productName", "unitOfMeasure", "retailPrice", ...}]}`.
        retrieved_at: when the oldest page was recorded, aware and in UTC.

    Raises:
        DataUnreadableError: a page is not JSON.
    """
    provenance = Provenance(NAME, UPSTREAM_GROUP, URL, retrieved_at, LICENCE, "origin")
    unusable: Counter[str] = Counter()
    by_kind: defaultdict[_Kind, defaultdict[str, _Series]] = defaultdict(lambda: defaultdict(dict))
    for payload in payloads:
        for item in records(record(decode(payload)).get("Items")):
            reason = _take(item, by_kind)
            unusable.update([reason] if reason else [])
    observations = [row for kind, regions in by_kind.items() for row in _rows(kind, regions, provenance)]
    return Parsed(tuple(observations), (), {}, unusable)


def _take(item: Mapping[str, object], by_kind: Mapping[_Kind, Mapping[str, _Series]]) -> str | None:
    """Add one row of the list, or say why it cannot be used."""
    product, meter_name = text(item.get("productName")) or "", text(item.get("meterName")) or ""
    maker = next((maker for start, maker in PRODUCTS.items() if product.startswith(start)), None)
    unit, starts_at = text(item.get("unitOfMeasure")), utc(item.get("effectiveStartDate"))
    if maker is None or starts_at is None or item.get("currencyCode", "USD") != "USD":
        return "not a model's price in USD with a date"
    words = _words(meter_name, maker)
    if words is None:
        return "training, hosting or reserved capacity"
    per, meter = PER_UNIT.get(unit or ""), _meter(words)
    if per is None or meter is None or not words["name"]:
        return "not billed by the token"
    rate = usd_per_million(item.get("retailPrice"), per=per)
    if not rate:
        return "no price"
    above = LONG_CONTEXT.get(maker) if "context" in words else None
    if "context" in words and above is None:
        return "a long-context rate without a known boundary"
    kind = _Kind(
        _model(words["name"], maker),
        words.get("deployment"),
        words.get("service_tier", "standard"),
        "batch" if "processing" in words else "online",
        above,
    )
    region = text(item.get("armRegionName")) or ""
    by_kind[kind][region].setdefault(meter, []).append((starts_at, rate))
    return None


def _words(meter_name: str, maker: str) -> _Words | None:
    """What a meter's name says, by kind of word; None for goods that are not calls to a model."""
    spaced = CAMEL.sub(" ", meter_name).lower()
    for apart, joined in JOINED:
        spaced = spaced.replace(apart, joined)
    words = [word for word in WORDS.split(spaced) if word]
    if OTHER_GOODS & set(words):
        return None
    name: list[str] = []
    said: _Words = {}
    for word in words:
        kind, value = MEANING.get(word, ("name", word))
        if maker == "grok" and word == "l":
            kind, value = "context", "long"
        if kind == "name" or (kind == "modality" and name in ([], ["gpt"])):  # "gpt aud mini" is a model
            name.append(value)
        else:
            said[kind] = value
    said.setdefault("modality", next((value for value in name if value in ("audio", "image")), "text"))
    if "cached" in said or "written" in said or any(word.startswith("embed") for word in name):
        said.setdefault("direction", "input")
    return said | {"name": "-".join(name)}


def _meter(words: _Words) -> Meter | None:
    cache = "write" if "written" in words else "read" if "cached" in words else ""
    return METER_OF.get((words.get("direction", ""), cache, words["modality"]))


def _model(name: str, maker: str) -> str:
    """The model's id: "5.4 mini" is "gpt-5.4-mini" among OpenAI's, "V4 Flash" "deepseek-v4-flash" among DeepSeek's."""
    bare = name.removeprefix("az-")
    if maker == "gpt":
        bare = re.sub(r"^gpt-?(?=[0-9])", "", bare)
        return f"gpt-{bare}" if bare[:1].isdigit() or bare.startswith("image") else bare
    return bare if bare.startswith(maker) else f"{maker}-{bare}"


def _rows(kind: _Kind, regions: Mapping[str, _Series], provenance: Provenance) -> Iterator[Observation]:
    """One observation for each interval and each set of rates, with a region only where regions differ now."""
    timelines: dict[str | None, list[_Interval]] = {
        region or None: list(_timeline(regions[region])) for region in regions
    }
    if len({tuple(timeline[-1].rates.items()) for timeline in timelines.values()}) == 1:
        # They differ only in when the model arrived: the longest history stands for all.
        timelines = {
            None: max(timelines.values(), key=lambda timeline: (len(timeline), -timeline[0].starts_at.timestamp()))
        }
    for region, timeline in timelines.items():
        row = Observation(
            NAME,
            kind.model,
            {},
            provenance,
            region=region,
            deployment=kind.deployment,
            service_tier=kind.service_tier,
            processing=kind.processing,
            above=kind.above,
        )
        for interval in timeline:
            yield replace(row, usd_per_million=interval.rates, starts_at=interval.starts_at, ends_at=interval.ends_at)


def _timeline(series: _Series) -> Iterator[_Interval]:
    """The rates in force from each date on which any of them changes, until the next."""
    for steps in series.values():
        steps.sort()
    starts = sorted({start for steps in series.values() for start, _ in steps})
    for number, start in enumerate(starts):
        rates: dict[Meter, Decimal] = {}
        for meter in sorted(series):
            if reached := bisect_right(series[meter], start, key=lambda step: step[0]):
                rates[meter] = series[meter][reached - 1][1]
        yield _Interval(start, starts[number + 1] if number + 1 < len(starts) else None, rates)
