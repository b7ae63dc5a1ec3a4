"""Tool family: what agents spend against budgets, how fast, and what is left."""

from __future__ import annotations

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
