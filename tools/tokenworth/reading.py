"""How an offer is read: its amounts as USD, over four years."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tokenworth.money import Money
from tokenworth.terms import Offer

__all__ = ["HORIZON_YEARS", "Dollars"]

HORIZON_YEARS: Final = 4


@dataclass(frozen=True, slots=True)
class Dollars:
    """Reads the offer's amounts as USD: exact until here, a float from here on."""

    offer: Offer

    def __call__(self, amount: Money | None) -> float:
        """The amount in USD; 0 where there is none."""
        if amount is None:
            return 0.0
        rate = self.offer.fx.number if self.offer.fx is not None else 1
        return float(amount.number * rate)
