"""The price list as other families see it, read when somebody first asks: starting up imports nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from tokenworth.user_folders import cache_folder

if TYPE_CHECKING:
    from tokenworth.context import Cost, Price, PriceChange, PricePath, UnitCosts
    from tokenworth.prices.price_list import PriceList
    from tokenworth.prices.price_paths import PricedPaths

__all__ = ["MERGED", "PricesOnFirstUse", "local_prices", "prices_folder_in_use"]

MERGED: Final = "prices.json"
"""The file in the folder of refreshed prices that a refresh lays over the shipped one."""


class PricesOnFirstUse:
    """Satisfies `context.PriceList`, `context.UnitPrices` and `context.PriceSchedule`.

    Args:
        folder: says where refreshed prices are kept; the shipped snapshot is used where they are older or absent.
    """

    def __init__(self, folder: Callable[[], Path]) -> None:
        self._folder = folder
        self._opened: PricedPaths | None = None
        self._opening = Lock()

    async def ready(self) -> None:
        """Read the list now, off the event loop; at once when it has been read."""
        if self._opened is None:
            from anyio import to_thread  # noqa: PLC0415 - the command line waits for nobody

            await to_thread.run_sync(self._open)

    @property
    def prices(self) -> PriceList:
        """The list itself."""
        return self._open().prices

    def cost_of_usage(self, model: str, usage: Mapping[str, Any], at: datetime, provider: str | None = None) -> Cost:
        """What a request cost at its time."""
        return self._open().cost_of_usage(model, usage, at, provider)

    def version(self) -> str:
        """Names the list by the files that it is read from, without reading them."""
        files = (Path(__file__).with_name("data") / "snapshot.json", self._folder() / MERGED)
        return " ".join(_stamp(file) for file in files)

    def unit_costs(self, model: str, at_ms: int) -> UnitCosts | None:
        """What a model's units cost around a moment."""
        return self._open().unit_costs(model, at_ms)

    def alternatives(self, model: str, at: datetime) -> Sequence[str]:
        """What else the same seller sells."""
        return self._open().alternatives(model, at)

    def coming_changes(self, model: str, after: datetime) -> Sequence[PriceChange] | None:
        """Announced changes of a model's price."""
        return self._open().coming_changes(model, after)

    def blended_usd_per_million(self, model: str, at: datetime) -> Price | None:
        """The price of a typical mix of a model's tokens."""
        return self._open().blended_usd_per_million(model, at)

    def retires_on(self, model: str) -> date | None:
        """The day on which calls to a model stop working."""
        return self._open().retires_on(model)

    def model_path(self, model: str, until: datetime) -> PricePath | None:
        """A model's own prices."""
        return self._open().model_path(model, until)

    def flagship_path(self, vendor: str, until: datetime) -> PricePath | None:
        """The prices of a vendor's flagship."""
        return self._open().flagship_path(vendor, until)

    def capability_path(self, name: str, until: datetime) -> PricePath | None:
        """The cheapest price of a capability class."""
        return self._open().capability_path(name, until)

    def _open(self) -> PricedPaths:
        # Two first uses may meet, in threads of two event loops as well: one reads, both get the same list.
        with self._opening:
            if self._opened is None:
                self._opened = _opened(self._folder())
            return self._opened


def _stamp(file: Path) -> str:
    """Changes when a file does."""
    try:
        found = file.stat()
    except OSError:
        return "-"
    return f"{found.st_size}:{found.st_mtime_ns}"


def _opened(folder: Path) -> PricedPaths:
    from tokenworth.prices.price_list import PriceList, read_data, shipped_prices  # noqa: PLC0415 - loads on first use
    from tokenworth.prices.price_paths import PricedPaths, read_paths  # noqa: PLC0415 - same
    from tokenworth.prices.snapshot import current_snapshot  # noqa: PLC0415 - same

    read_data()
    read_paths()
    shipped = shipped_prices()
    current = current_snapshot(folder, shipped.snapshot)
    return PricedPaths(shipped if current is shipped.snapshot else PriceList(current))


def local_prices(folder: Path | None = None) -> PricesOnFirstUse:
    """The price list of this machine: what was refreshed, or else what came with this version; nothing is fetched.

    Args:
        folder: where refreshed prices are kept; a folder in the user's cache when not given.
    """
    return PricesOnFirstUse(partial(prices_folder_in_use, folder))


def prices_folder_in_use(chosen: Path | None) -> Path:
    """Where refreshed prices are kept: the folder that was chosen, or one in this user's cache."""
    if chosen is not None:
        return chosen.expanduser()
    return cache_folder() / "prices"
