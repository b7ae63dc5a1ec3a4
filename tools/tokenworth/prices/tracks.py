"""One source's view of one model over time: its observations lined up as spans, a mode each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from tokenworth.prices.observations import ContextThreshold, Meter, Observation, Provenance
from tokenworth.prices.sellers import seller_named
from tokenworth.prices.sheets import STANDARD, Mode, mode_name

__all__ = ["FALLBACKS", "Key", "Span", "Track", "line_up"]

# Seller, and the model's id in lower case, led by the place when the price is limited to one ("us/gpt-5.6-luna").
Key = tuple[str, str]
# Rates by the boundary above which they hold; None is the base.
Steps = dict[ContextThreshold | None, dict[Meter, Decimal]]
# Sellers whose boundary itself pays the higher rate ("prompts of 200k tokens or more").
INCLUSIVE_SELLERS: Final = {"xai"}
# What a meter without a rate of its own is billed as.
FALLBACKS: Final[dict[Meter, Meter]] = {
    "reasoning": "output",
    "input_audio": "input",
    "input_image": "input",
    "input_video": "input",
    "output_audio": "output",
    "output_image": "output",
    "output_video": "output",
    "cache_read_audio": "cache_read",
    "cache_read_image": "cache_read",
    "cache_write_audio": "cache_write_5m",
    "cache_write_1h": "cache_write_5m",
    "cache_write_12h": "cache_write_5m",
    "cache_read": "input",
    "cache_write_5m": "input",
}


@dataclass(slots=True)
class Span:
    """What a source says holds from `starts_at` until `ends_at` (half open; None for unbounded)."""

    starts_at: datetime | None
    ends_at: datetime | None
    steps: Steps = field(default_factory=Steps)

    @property
    def base(self) -> dict[Meter, Decimal]:
        """The rates of a short prompt."""
        return self.steps.get(None, {})

    def holds_at(self, moment: datetime) -> bool:
        """Whether the span covers the moment."""
        started = self.starts_at is None or self.starts_at <= moment
        return started and (self.ends_at is None or moment < self.ends_at)


@dataclass(slots=True)
class Track:
    """All spans of one source for one model.

    Attributes:
        written: the id with the source's capitals.
        tied: the source does not list this id: the history is another spelling's, and has no voice of its own.
    """

    provenance: Provenance
    written: str
    tied: bool = False
    spans: dict[Mode, list[Span]] = field(default_factory=dict[Mode, list[Span]])
    uplifts: dict[str, Decimal] = field(default_factory=dict[str, Decimal])

    def at(self, mode: Mode, moment: datetime) -> Span | None:
        """The span of the mode that covers a moment; of two, the one that started later."""
        covering = [span for span in self.spans.get(mode, ()) if span.holds_at(moment) and span.base]
        return max(
            covering, key=lambda span: span.starts_at or datetime.min.replace(tzinfo=moment.tzinfo), default=None
        )

    def standard(self) -> list[Span]:
        """The standard spans in order of time."""
        first = datetime.min.replace(tzinfo=self.provenance.retrieved_at.tzinfo)
        spans = [span for span in self.spans.get(STANDARD, ()) if span.base]
        return sorted(spans, key=lambda span: span.starts_at or first)


def line_up(observations: Iterable[Observation]) -> dict[Key, dict[str, Track]]:
    """The observations of all sources by model, then by source.

    Where a source lists hours, the dearer rates are kept: the schedules say when less is charged.
    """
    models: dict[Key, dict[str, Track]] = {}
    for row in observations:
        track = models.setdefault(_key(row), {}).get(row.provenance.source)
        if track is None:
            track = models[_key(row)][row.provenance.source] = Track(row.provenance, row.model)
        track.uplifts.update(row.uplifts)
        spans = track.spans.setdefault(mode_name(row.service_tier, row.processing), [])
        span = next((one for one in spans if (one.starts_at, one.ends_at) == (row.starts_at, row.ends_at)), None)
        if span is None:
            span = Span(row.starts_at, row.ends_at)
            spans.append(span)
        _lay(span, _boundary(row), dict(row.usd_per_million))
    return models


def _key(row: Observation) -> Key:
    place = row.region or ("global" if row.deployment == "global" else None)
    model = row.model.lower()
    return seller_named(row.seller), f"{place}/{model}" if place else model


def _boundary(row: Observation) -> ContextThreshold | None:
    if row.above is not None and seller_named(row.seller) in INCLUSIVE_SELLERS:
        return ContextThreshold(row.above.tokens, inclusive=True)
    return row.above


def _lay(span: Span, above: ContextThreshold | None, rates: dict[Meter, Decimal]) -> None:
    known = span.steps.get(above)
    if known is None or rates.get("input", Decimal(0)) > known.get("input", Decimal(0)):
        span.steps[above] = {**(known or {}), **rates}
    else:
        span.steps[above] = {**rates, **known}
