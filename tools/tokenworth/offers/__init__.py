"""Tool family: what an offer is worth, and which of several is worth most."""

from __future__ import annotations

from tokenworth.offers.compare_offers import compare_offers
from tokenworth.offers.models import CompareOffersRequest, OfferComparison, OfferValue, ValueOfferRequest
from tokenworth.offers.value_offer import value_offer

__all__ = [
    "CompareOffersRequest",
    "OfferComparison",
    "OfferValue",
    "ValueOfferRequest",
    "compare_offers",
    "value_offer",
]
