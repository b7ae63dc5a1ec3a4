"""Tool family: what agents spend against budgets, how fast, and what is left.

Names are imported when first used, so that reading logs loads nothing of the tools.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tokenworth.burn.check_budget import check_budget
    from tokenworth.burn.models import (
        BudgetChecked,
        BudgetReserved,
        BudgetSet,
        CheckBudgetRequest,
        RecordUsageRequest,
        ReservationSettled,
        ReserveBudgetRequest,
        SetBudgetRequest,
        SettleReservationRequest,
        UsageRecorded,
    )
    from tokenworth.burn.record_usage import record_usage
    from tokenworth.burn.reserve_budget import reserve_budget
    from tokenworth.burn.set_budget import set_budget
    from tokenworth.burn.settle_reservation import settle_reservation

__all__ = [
    "BudgetChecked",
    "BudgetReserved",
    "BudgetSet",
    "CheckBudgetRequest",
    "RecordUsageRequest",
    "ReservationSettled",
    "ReserveBudgetRequest",
    "SetBudgetRequest",
    "SettleReservationRequest",
    "UsageRecorded",
    "check_budget",
    "record_usage",
    "reserve_budget",
    "set_budget",
    "settle_reservation",
]

HOME_OF: Final = {
    "check_budget": "check_budget",
    "record_usage": "record_usage",
    "reserve_budget": "reserve_budget",
    "set_budget": "set_budget",
    "settle_reservation": "settle_reservation",
}
"""Where a tool's function is; everything else that the package offers is in `models`."""


def __getattr__(name: str) -> Any:  # noqa: ANN401 - what a name stands for is known to the type checker above
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{HOME_OF.get(name, 'models')}"), name)
