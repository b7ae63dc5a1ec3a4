"""How the price of what a grant names has moved: a model, a vendor's flagship, or a class of capability.

Each point is priced from the price list at its own date, so a path can be checked against the list point by point.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, cast

from anyio import to_thread

from tokenworth.context import Cost, PathPoint, Price, PriceChange, PricePath, UnitCosts
from tokenworth.prices.cost import Unpriced
from tokenworth.prices.observations import Meter
from tokenworth.prices.price_list import PriceList
from tokenworth.prices.priced import Priced
from tokenworth.prices.sheets import Sheet
from tokenworth.prices.unit_costs import unit_costs
from tokenworth.prices.usages import read_usage

__all__ = ["PricedPaths", "blended", "read_paths"]

# The usual mix in which list prices are compared: three tokens sent for one made, none of them cached.
SENT: Final = 3
MADE: Final = 1
# Meters that count something else than tokens.
NOT_TOKENS: Final[frozenset[Meter]] = frozenset(
    {
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
    }
)
ALTERNATIVES_MAX: Final = 12
METHOD: Final = "blended at 3 input to 1 output tokens, uncached, at list prices of each date"
DAYS_PER_YEAR: Final = 365.25


def blended(sheet: Sheet) -> Decimal | None:
    """USD per million tokens of the usual mix; None for models that are not sold by the token."""
    sent, made = sheet.base.get("input"), sheet.base.get("output")
    if sent is None:
        return None
    return sent if made is None else (SENT * sent + MADE * made) / (SENT + MADE)


class PricedPaths:
    """What other families ask of the price list: satisfies `context.PriceList` and `context.PriceSchedule`."""

    def __init__(self, prices: PriceList) -> None:
        self.prices = prices

    async def ready(self) -> None:
        """The list is read, and the paths' own file is small: at most one read of it, off the event loop."""
        await to_thread.run_sync(read_paths)

    def blended_usd_per_million(self, model: str, at: datetime) -> Price | None:
        """The price of a typical mix of a model's tokens at a moment; None is unpriced, never zero."""
        found = self.prices.find(None, model)
        if isinstance(found, Unpriced):
            return None
        sheet = found.sheet_at(at)
        rate = None if sheet is None else blended(sheet)
        if rate is None:
            return None
        return Price(rate, f"{found.name}, {METHOD}; {', '.join(found.line.sources)}", self.prices.snapshot.as_of)

    def cost_of_usage(self, model: str, usage: Mapping[str, Any], at: datetime, provider: str | None = None) -> Cost:
        """What a request cost at its time, exactly; no amount where it is unpriced.

        Raises:
            InvalidInputError: the usage object has no count that can be read.
        """
        counts = read_usage(usage)
        tokens = sum(units for meter, units in counts.units.items() if meter not in NOT_TOKENS)
        outcome = self.prices.cost_of(provider, model, counts, at)
        if isinstance(outcome, Unpriced):
            return Cost(None, tokens, model, outcome.reason)
        return Cost(outcome.usd, tokens, outcome.found.priced.name)

    def version(self) -> str:
        """Names the list: when its newest source was recorded."""
        return self.prices.snapshot.as_of.isoformat()

    def unit_costs(self, model: str, at_ms: int) -> UnitCosts | None:
        """What a model's units cost around a moment; None is unpriced."""
        return unit_costs(self.prices, model, at_ms)

    def alternatives(self, model: str, at: datetime) -> Sequence[str]:
        """What else the same seller sells by the token at that moment, cheapest first."""
        found = self.prices.find(None, model)
        if isinstance(found, Unpriced):
            return ()
        rates: dict[str, Decimal] = {}
        for key in self.prices.snapshot.models.get(found.seller, {}):
            other = self.prices.find(found.seller, key)
            sheet = None if isinstance(other, Unpriced) or other.key == found.key else other.sheet_at(at)
            rate = None if sheet is None else blended(sheet)
            if rate and not isinstance(other, Unpriced):
                rates[other.name] = rate
        return sorted(rates, key=lambda name: (rates[name], name))[:ALTERNATIVES_MAX]

    def coming_changes(self, model: str, after: datetime) -> Sequence[PriceChange] | None:
        """Announced changes of a model's usual mix, earliest first; None where the model is not known."""
        found = self.prices.find(None, model)
        if isinstance(found, Unpriced):
            return None
        changes: list[PriceChange] = []
        sheet = found.sheet_at(after)
        before = None if sheet is None else blended(sheet)
        for start, later in found.changes_after(after):
            rate = None if later is None else blended(later)
            if before and rate:
                source = ", ".join(found.line.sources)
                changes.append(PriceChange(model=found.name, at=start, change=rate / before - 1, source=source))
            before = rate
        return changes

    def retires_on(self, model: str) -> date | None:
        """The day on which calls to a model stop working, as announced; None when nobody has said one."""
        found = self.prices.find(None, model)
        return None if isinstance(found, Unpriced) else found.retires_on()

    def model_path(self, model: str, until: datetime) -> PricePath | None:
        """A model's own prices up to a moment, scheduled ones included when they start before it."""
        found = self.prices.find(None, model)
        if isinstance(found, Unpriced):
            return None
        points = [
            PathPoint(_first_day(found, start), found.name, rate)
            for start, sheet in found.spans
            if start <= until and sheet is not None and (rate := blended(sheet)) is not None
        ]
        return _path(found.name, "list prices of the model itself", points, until)

    def flagship_path(self, vendor: str, until: datetime) -> PricePath | None:
        """The prices of what a vendor sold as its flagship; None for a vendor whose line is not on file."""
        return self._listed("flagship", "vendor", vendor, until)

    def capability_path(self, name: str, until: datetime) -> PricePath | None:
        """The cheapest price of a capability class at each date; None for a class that is not on file."""
        return self._listed("class", "name", name, until)

    def capability_classes(self) -> tuple[str, ...]:
        """The classes that have a price index."""
        return tuple(str(entry["name"]) for entry in _file()["class"])

    def _listed(self, table: str, key: str, wanted: str, until: datetime) -> PricePath | None:
        for entry in _file()[table]:
            if wanted.strip().lower() in (entry[key], str(entry["name"]).lower()):
                points = [
                    point
                    for day, model in cast("list[list[str]]", entry["points"])
                    if (point := self._point(date.fromisoformat(day), model, until)) is not None
                ]
                bar = entry.get("bar", "the vendor's main line, by release date")
                return _path(entry["name"], f"{bar}; {entry['source']} ({entry['date']})", points, until)
        return None

    def _point(self, day: date, model: str, until: datetime) -> PathPoint | None:
        # Prices change during a day; its end is when the new one surely holds.
        moment = datetime.combine(day, time(23, 59), UTC)
        price = self.blended_usd_per_million(model, moment) if moment <= until else None
        return None if price is None else PathPoint(day, model, price.usd_per_million)


def _path(name: str, source: str, points: list[PathPoint], until: datetime) -> PricePath | None:
    if not points:
        return None
    first, last = points[0], points[-1]
    # The last price still holds at the end, so the change is spread over the whole time that was looked at.
    years = (until.date() - first.day).days / DAYS_PER_YEAR
    change = None
    if years >= 1 and first.usd_per_million and last.usd_per_million:
        change = math.exp(math.log(float(last.usd_per_million / first.usd_per_million)) / years) - 1
    return PricePath(name=name, method=METHOD, source=source, points=tuple(points), yearly_change=change)


def _first_day(found: Priced, start: datetime) -> date:
    known = found.released_on()
    return known if start.year == 1 and known is not None else start.date()


def read_paths() -> None:
    """Read the file of paths, which is otherwise read on first use, for callers that must not block later."""
    _file()


@lru_cache(maxsize=1)
def _file() -> dict[str, list[dict[str, Any]]]:
    text = files("tokenworth.prices.data").joinpath("paths.toml").read_text(encoding="utf-8")
    return cast("dict[str, list[dict[str, Any]]]", tomllib.loads(text))
