"""What a call to a model costs: a reconciled, dated price list and the exact cost of any usage.

Names are imported when first used, so that importing the package costs next to nothing. The tools are in their own
modules: `estimate_cost.estimate_cost` and `find_prices.find_prices`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tokenworth.prices.price_list import PriceList, shipped_prices
    from tokenworth.prices.price_paths import PricedPaths

__all__ = ["PriceList", "PricedPaths", "shipped_prices"]

HOME_OF: Final = {"PriceList": "price_list", "PricedPaths": "price_paths", "shipped_prices": "price_list"}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - what a name stands for is known to the type checker above
    home = HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
