"""What one request cost: exact, itemised, or unpriced with the reason and the nearest known names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from tokenworth.prices.observations import ContextThreshold, Meter
from tokenworth.prices.rows import Row, Step, usd
from tokenworth.prices.usages.counts import Counts

if TYPE_CHECKING:
    from tokenworth.prices.finder import Found

__all__ = ["WORDS", "Cost", "CostLine", "Unpriced", "dollars_in_full", "plain"]

WORDS: Final[dict[Meter, str]] = {
    "input": "input tokens",
    "output": "output tokens",
    "cache_read": "cached input tokens",
    "cache_write_5m": "cache writes",
    "cache_write_1h": "one-hour cache writes",
    "cache_write_12h": "twelve-hour cache writes",
    "reasoning": "reasoning tokens",
    "input_audio": "audio input tokens",
    "output_audio": "audio output tokens",
    "cache_read_audio": "cached audio tokens",
    "cache_write_audio": "audio cache writes",
    "input_image": "image input tokens",
    "output_image": "image output tokens",
    "cache_read_image": "cached image tokens",
    "input_video": "video input tokens",
    "output_video": "video output tokens",
    "web_search": "web searches",
    "file_search": "file searches",
    "maps_search": "map searches",
    "request": "requests",
    "image": "images",
    "page": "pages",
    "input_second": "seconds of input",
    "output_second": "seconds of output",
    "input_character": "input characters",
    "output_character": "output characters",
}


@dataclass(frozen=True, slots=True)
class CostLine:
    """One meter's share of a cost.

    Attributes:
        usd_per_million: the exact rate that was applied, uplifts and discounts included.
        billed_as_usual: the model has no rate of its own for this meter; another's holds.
    """

    meter: Meter
    units: int
    usd_per_million: Decimal
    usd: Decimal
    billed_as_usual: bool


@dataclass(slots=True)
class Cost:
    """The exact cost of one request; amounts are only turned into decimals when they are asked for.

    Attributes:
        atto_usd: the total in 10^-18 USD.
        found: the model that the name was understood as, and how it was run.
        step: the rates that the size of the prompt led to.
    """

    atto_usd: int
    found: Found
    row: Row
    step: Step
    counts: Counts
    at: datetime

    @property
    def usd(self) -> Decimal:
        """The total, exact."""
        return usd(self.atto_usd)

    @property
    def above(self) -> ContextThreshold | None:
        """The long-context boundary that repriced the whole request, if one did."""
        return self.step.above

    @property
    def lines(self) -> list[CostLine]:
        """The total's parts, largest first."""
        atto = self.step.atto_usd
        lines = [
            CostLine(
                meter,
                units,
                usd(atto[meter] * 10**6),
                usd(units * atto[meter]),
                meter not in self.step.listed,
            )
            for meter, units in self.counts.units.items()
            if units
        ]
        return sorted(lines, key=lambda line: -line.usd)


@dataclass(frozen=True, slots=True)
class Unpriced:
    """No price: never zero, never a neighbour's.

    Attributes:
        reason: what is not known, for people.
        nearest: known names that the caller may have meant, as "seller/model".
    """

    reason: str
    nearest: tuple[str, ...] = ()


def dollars_in_full(amount: Decimal) -> str:
    """Every digit of an amount for people: "$25,000", "$0.20" with cents where there are any, "$0.000084"."""
    whole, point, behind = plain(amount).partition(".")
    return f"${int(whole):,}{point}{behind:0<2}" if point else f"${int(whole):,}"


def plain(amount: Decimal) -> str:
    """A decimal in full, without an exponent and without zeros at its end."""
    written = f"{amount:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written
