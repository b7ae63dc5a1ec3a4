"""metergraph-core's `prices.yaml`: effective-dated prices a channel, each with the page it was read from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final, cast

import yaml

from tokenworth.errors import DataUnreadableError
from tokenworth.prices.observations import ContextThreshold, Meter, ModelFacts, Observation, Parsed, Provenance
from tokenworth.prices.sources.decoding import exact, record, records, text, usd_per_million, utc, whole_number

__all__ = ["NAME", "UPSTREAM_GROUP", "URL", "parse"]

NAME: Final = "metergraph"
UPSTREAM_GROUP: Final = "metergraph"
URL: Final = "https://github.com/metergraph/metergraph"
LICENCE: Final = "Apache-2.0"

METER_OF: Final[dict[str, Meter]] = {
    "input_per_mtok": "input",
    "output_per_mtok": "output",
    "cache_read_per_mtok": "cache_read",
    "cache_write_5m_per_mtok": "cache_write_5m",
    "cache_write_1h_per_mtok": "cache_write_1h",
}
BATCH_METER_OF: Final[dict[str, Meter]] = {
    "batch_input_per_mtok": "input",
    "batch_output_per_mtok": "output",
    "batch_cache_read_per_mtok": "cache_read",
}
NOT_RATES: Final = {
    "channel",
    "region",
    "effective_from",
    "effective_to",
    "rules",
    "source_url",
    "request_fee_per_1k_usd",
}
# Each channel: the seller, and which of a model's aliases are that seller's ids.
SELLER_OF: Final[dict[str, tuple[str, str]]] = {
    "openai-api": ("openai", "openai"),
    "anthropic-api": ("anthropic", "anthropic"),
    "google-api": ("google", "google"),
    "google-vertex-ai": ("vertex", "google"),
    "xai-api": ("xai", "x-ai"),
    "mistral-api": ("mistral", "mistral"),
    "deepseek-api": ("deepseek", "deepseek"),
    "meta-api": ("meta", "meta"),
    "minimax-api": ("minimax", "minimax"),
    "moonshot-api": ("moonshotai", "moonshot"),
    "zai-api": ("zai", "zai"),
    "alibaba-api": ("alibaba", "alibaba"),
    "perplexity-api": ("perplexity", "perplexity"),
    "aws-bedrock": ("bedrock", "bedrock"),
    "aws-bedrock-geo": ("bedrock", "bedrock"),
    "openrouter-api": ("openrouter", "openrouter"),
    "vercel-ai-gateway": ("vercel", "vercel"),
}


def parse(payload: bytes, retrieved_at: datetime) -> Parsed:
    """Every dated price of every channel that has an id for the model; off-peak discounts are left to the schedules.

    Args:
        payload: the YAML file: `models: [{canonical_id, aliases: [...], prices: [...]}]`.
        retrieved_at: when it was recorded, aware and in UTC.

    Raises:
        DataUnreadableError: not YAML.
    """
    provenance = Provenance(NAME, UPSTREAM_GROUP, URL, retrieved_at, LICENCE, "curated")
    try:
        content = cast("object", yaml.load(payload, Loader=_ExactLoader))  # noqa: S506 - a SafeLoader with exact numbers
    except yaml.YAMLError as error:
        raise DataUnreadableError("a price source answered with something that is not YAML") from error
    observations: list[Observation] = []
    models: list[ModelFacts] = []
    unknown: Counter[str] = Counter()
    for entry in records(record(content).get("models")):
        ids = _ids(entry)
        for price in records(entry.get("prices")):
            channel = text(price.get("channel")) or ""
            seller, _ = SELLER_OF.get(channel, (None, ""))
            unknown.update(name for name in price if name not in {*METER_OF, *BATCH_METER_OF, *NOT_RATES})
            for model in ids.get(channel, ()) if seller else ():
                observations += _rows(Observation(str(seller), model, {}, provenance), price)
        for channel, names in ids.items():
            seller, _ = SELLER_OF.get(channel, (None, ""))
            models += [ModelFacts(seller, model, NAME) for model in names if seller]
    return Parsed(tuple(observations), tuple(models), unknown)


def _ids(entry: Mapping[str, object]) -> dict[str, list[str]]:
    """The ids that each channel's own seller uses; a date-limited alias names another model at other times."""
    ids: dict[str, list[str]] = {}
    for alias in records(entry.get("aliases")):
        channel, name = text(alias.get("channel")) or "", text(alias.get("alias"))
        _, provider = SELLER_OF.get(channel, (None, ""))
        if name is None or alias.get("effective_to") is not None or alias.get("price_region") not in (None, "global"):
            continue
        makers_id = channel in {"vercel-ai-gateway", "openrouter-api"}
        if makers_id == ("/" in name) and (makers_id or alias.get("provider") == provider):
            ids.setdefault(channel, []).append(name)
    return ids


def _rows(row: Observation, price: Mapping[str, object]) -> Iterator[Observation]:
    region = text(price.get("region"))
    placed = replace(
        row,
        region=None if region == "global" else region,
        starts_at=_moment(price.get("effective_from")),
        ends_at=_moment(price.get("effective_to")),
    )
    if placed.seller == "bedrock" and placed.region is not None:
        return
    base = _rates(price, METER_OF)
    if not base:
        return
    yield replace(placed, usd_per_million=base)
    if batch := _rates(price, BATCH_METER_OF):
        yield replace(placed, usd_per_million=batch, processing="batch")
    rule = record(record(price.get("rules")).get("long_context"))
    threshold = whole_number(rule.get("threshold"))
    dearer_input, dearer_output = exact(rule.get("input_multiplier")), exact(rule.get("output_multiplier"))
    if threshold is not None and dearer_input is not None and dearer_output is not None:
        part: dict[Meter, Decimal] = {
            meter: rate * (dearer_output if meter == "output" else dearer_input) for meter, rate in base.items()
        }
        yield replace(placed, usd_per_million=part, above=ContextThreshold(threshold))


def _rates(price: Mapping[str, object], names: Mapping[str, Meter]) -> dict[Meter, Decimal]:
    return {
        meter: rate
        for name, meter in names.items()
        if (rate := usd_per_million(price.get(name), per=10**6)) is not None
    }


def _moment(value: object) -> datetime | None:
    return utc(value.isoformat() if isinstance(value, date) else value)


class _ExactLoader(yaml.CSafeLoader):
    """YAML's safe subset, with fractions as they are written."""


def _decimal(loader: yaml.CSafeLoader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(str(loader.construct_scalar(node)))


_ExactLoader.add_constructor("tag:yaml.org,2002:float", _decimal)
