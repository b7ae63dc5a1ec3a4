"""What an offer with AI tokens is worth, what agents burn, and what leaving costs."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenworth.assumptions.explain_assumptions import explain_assumptions
    from tokenworth.burn.check_budget import check_budget
    from tokenworth.burn.record_usage import record_usage
    from tokenworth.burn.reserve_budget import reserve_budget
    from tokenworth.burn.set_budget import set_budget
    from tokenworth.burn.settle_reservation import settle_reservation
    from tokenworth.offers import compare_offers, value_offer
    from tokenworth.wiring import build_context

__all__ = [
    "__version__",
    "build_context",
    "check_budget",
    "compare_offers",
    "explain_assumptions",
    "record_usage",
    "reserve_budget",
    "set_budget",
    "settle_reservation",
    "value_offer",
]

__version__ = "0.1.0"

HOMES = {
    "build_context": "tokenworth.wiring",
    "check_budget": "tokenworth.burn.check_budget",
    "compare_offers": "tokenworth.offers",
    "explain_assumptions": "tokenworth.assumptions.explain_assumptions",
    "record_usage": "tokenworth.burn.record_usage",
    "reserve_budget": "tokenworth.burn.reserve_budget",
    "set_budget": "tokenworth.burn.set_budget",
    "settle_reservation": "tokenworth.burn.settle_reservation",
    "value_offer": "tokenworth.offers",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever lives under that name
    """Load a tool when it is first asked for: importing the package stays instant."""
    if name not in HOMES:
        raise AttributeError(f"module 'tokenworth' has no attribute {name!r}")
    return getattr(import_module(HOMES[name]), name)
