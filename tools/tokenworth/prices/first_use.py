"""The price list as other families see it, read when somebody first asks: starting up imports nothing of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenworth.context import Cost, Price, PriceChange, PricePath
    from tokenworth.prices.price_list import PriceList
    from tokenworth.prices.price_paths import PricedPaths

__all__ = ["PricesOnFirstUse"]


class PricesOnFirstUse:
    """Satisfies `context.PriceList` and `context.PriceSchedule`.

    Args:
        folder: where refreshed prices are kept; the shipped snapshot is used where they are older or absent.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def paths(self) -> PricedPaths:
        """The paths over the price list."""
        from tokenworth.prices.price_paths import PricedPaths  # noqa: PLC0415 - the point of this class

        return PricedPaths(self.prices)

    @cached_property
    def prices(self) -> PriceList:
        """The list itself: reads one file, or two."""
        from tokenworth.prices.merged import current_snapshot  # noqa: PLC0415 - the point of this class
        from tokenworth.prices.price_list import PriceList, shipped_prices  # noqa: PLC0415 - same

        shipped = shipped_prices()
        current = current_snapshot(self.folder)
        return shipped if current.as_of <= shipped.snapshot.as_of else PriceList(current)

    def cost_of_usage(self, model: str, usage: Mapping[str, Any], at: datetime, provider: str | None = None) -> Cost:
        """What a request cost at its time."""
        return self.paths.cost_of_usage(model, usage, at, provider)

    def alternatives(self, model: str, at: datetime) -> Sequence[str]:
        """What else the same seller sells."""
        return self.paths.alternatives(model, at)

    def coming_changes(self, model: str, after: datetime) -> Sequence[PriceChange] | None:
        """Announced changes of a model's price."""
        return self.paths.coming_changes(model, after)

    def blended_usd_per_million(self, model: str, at: datetime) -> Price | None:
        """The price of a typical mix of a model's tokens."""
        return self.paths.blended_usd_per_million(model, at)

    def retires_on(self, model: str) -> date | None:
        """The day on which calls to a model stop working."""
        return self.paths.retires_on(model)

    def model_path(self, model: str, until: datetime) -> PricePath | None:
        """A model's own prices."""
        return self.paths.model_path(model, until)

    def flagship_path(self, vendor: str, until: datetime) -> PricePath | None:
        """The prices of a vendor's flagship."""
        return self.paths.flagship_path(vendor, until)

    def capability_path(self, name: str, until: datetime) -> PricePath | None:
        """The cheapest price of a capability class."""
        return self.paths.capability_path(name, until)
