"""AWS price list: Amazon's own Bedrock prices, one product a rate and region, dated; two offers with different units.

`AmazonBedrock` holds Amazon's and open models, named by the attribute `model`, per 1K or 1M tokens.
`AmazonBedrockFoundationModels` holds models sold through the marketplace (Claude, Cohere), named by `servicename`, in
"Units" that the description says are a million tokens.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from tokenworth.prices.observations import Meter, Observation, Parsed, Processing, Provenance
from tokenworth.prices.sources.decoding import decode, items, record, text, usd_per_million, utc

__all__ = ["NAME", "OFFERS", "UPSTREAM_GROUP", "URL", "parse"]

NAME: Final = "aws"
UPSTREAM_GROUP: Final = "aws"
SELLER: Final = "amazon-bedrock"
OFFERS: Final = ("AmazonBedrock", "AmazonBedrockFoundationModels")
URL: Final = "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/{offer}/current/index.json"
# The file states no licence: it is read at run time and never bundled.
LICENCE: Final = None

PER_UNIT: Final = {"1k tokens": 10**3, "1m tokens": 10**6}
EDITION: Final = re.compile(r"\s*\(Amazon Bedrock Edition\)$", re.IGNORECASE)
# What is not a call to a model that everybody can call, or is billed by something other than tokens.
OTHER_GOODS: Final = re.compile(r"reserved|provisioned|custom|storage|guardrail|training|\brft\b", re.IGNORECASE)
LONG_CONTEXT: Final = re.compile(r"long[ -]?(?:context|ctx)", re.IGNORECASE)
CACHE_READ: Final = re.compile(r"cache[ -_]?read", re.IGNORECASE)
CACHE_WRITE: Final = re.compile(r"cache[ -_]?write", re.IGNORECASE)
ONE_HOUR: Final = re.compile(r"\b1 ?h(?:our)?\b|1hr", re.IGNORECASE)
INPUT: Final = re.compile(r"input", re.IGNORECASE)
OUTPUT: Final = re.compile(r"output|response", re.IGNORECASE)
AUDIO: Final = re.compile(r"speech|audio", re.IGNORECASE)
IMAGE: Final = re.compile(r"image|video", re.IGNORECASE)
SERVICE_TIER: Final = (
    ("priority", re.compile(r"priority", re.IGNORECASE)),
    ("flex", re.compile(r"flex", re.IGNORECASE)),
    ("latency-optimized", re.compile(r"latency[ -]?optimi[sz]ed", re.IGNORECASE)),
)
BATCH: Final = re.compile(r"batch", re.IGNORECASE)
GLOBAL: Final = re.compile(r"global", re.IGNORECASE)
GEOGRAPHY: Final = re.compile(r"cross-region-geo|regional cris", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Kind:
    """What one rate is keyed on."""

    model: str
    region: str | None
    deployment: str
    service_tier: str
    processing: Processing
    starts_at: datetime | None


def parse(payloads: Iterable[bytes], retrieved_at: datetime) -> Parsed:
    """The on-demand token rates of every model in every region.

    Models keep the name that the list gives them ("Nova Pro", "Claude Opus 4.6"): it has no model ids. Rates of
    cross-region inference everywhere have no region and the deployment "global"; those within a geography have the
    deployment "data_zone".

    Args:
        payloads: each offer's index: `{"products": {sku: ...}, "terms": {"OnDemand": {sku: ...}}}`.
        retrieved_at: when the older was recorded, aware and in UTC.

    Raises:
        DataUnreadableError: one is not JSON.
    """
    provenance = Provenance(NAME, UPSTREAM_GROUP, URL.format(offer=OFFERS[0]), retrieved_at, LICENCE, "origin")
    unusable: Counter[str] = Counter()
    by_kind: defaultdict[_Kind, dict[Meter, Decimal]] = defaultdict(dict)
    for payload in payloads:
        content = record(decode(payload))
        terms = record(record(content.get("terms")).get("OnDemand"))
        for sku, product in items(content.get("products")):
            for starts_at, dimension in _dimensions(record(terms.get(sku))):
                reason = _take(record(product.get("attributes")), dimension, starts_at, by_kind)
                unusable.update([reason] if reason else [])
    observations = tuple(
        Observation(
            SELLER,
            kind.model,
            rates,
            provenance,
            region=kind.region,
            deployment=kind.deployment,
            service_tier=kind.service_tier,
            processing=kind.processing,
            starts_at=kind.starts_at,
        )
        for kind, rates in by_kind.items()
    )
    return Parsed(observations, (), {}, unusable)


def _dimensions(terms: Mapping[str, object]) -> Iterator[tuple[datetime | None, Mapping[str, object]]]:
    for _, term in items(terms):
        for _, dimension in items(term.get("priceDimensions")):
            yield utc(term.get("effectiveDate")), dimension


def _take(
    attributes: Mapping[str, object],
    dimension: Mapping[str, object],
    starts_at: datetime | None,
    by_kind: Mapping[_Kind, dict[Meter, Decimal]],
) -> str | None:
    """Add one rate, or say why it cannot be used."""
    description = (text(dimension.get("description")) or "").rpartition("|")[2]
    usage, inference = text(attributes.get("usagetype")) or "", text(attributes.get("inferenceType")) or ""
    words = f"{usage} {inference} {description}"
    model = text(attributes.get("model")) or text(attributes.get("titanModel")) or text(attributes.get("servicename"))
    if model is None or model == "Amazon Bedrock" or OTHER_GOODS.search(words):
        return "not a call to a model on demand"
    per, meter = _per(text(dimension.get("unit")) or "", description), _meter(words)
    if per is None or meter is None:
        return "not billed by the token"
    if LONG_CONTEXT.search(words):
        return "a long-context rate without its boundary"
    rate = usd_per_million(record(dimension.get("pricePerUnit")).get("USD"), per=per)
    if not rate:
        return "no price in USD"
    deployment = "global" if GLOBAL.search(words) else "data_zone" if GEOGRAPHY.search(words) else "regional"
    kind = _Kind(
        EDITION.sub("", model),
        None if deployment == "global" else text(attributes.get("regionCode")),
        deployment,
        _service_tier(words, text(attributes.get("service_tier"))),
        "batch" if BATCH.search(words) else "online",
        starts_at,
    )
    by_kind[kind][meter] = rate
    return None


def _per(unit: str, description: str) -> int | None:
    """How many tokens the price buys; the marketplace's "Units" say it in the description."""
    lowered = description.lower()
    if unit.lower() == "units" and "million" in lowered and "token" in lowered:
        return 10**6
    return PER_UNIT.get(unit.lower())


def _meter(words: str) -> Meter | None:
    if CACHE_READ.search(words):
        return "cache_read"
    if CACHE_WRITE.search(words):
        return "cache_write_1h" if ONE_HOUR.search(words) else "cache_write_5m"
    if IMAGE.search(words):
        return None
    outgoing = OUTPUT.search(words) is not None
    if not outgoing and not INPUT.search(words):
        return None
    if AUDIO.search(words):
        return "output_audio" if outgoing else "input_audio"
    return "output" if outgoing else "input"


def _service_tier(words: str, attribute: str | None) -> str:
    for tier, pattern in SERVICE_TIER:
        if attribute == tier or pattern.search(words):
            return tier
    return "standard"
