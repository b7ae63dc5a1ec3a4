"""Budgets at moments of our choosing: what a forecast or a page makes of a month of charges."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import tokenworth
from tokenworth.budgets import NANO, Amount, BudgetChange, HoldRequest, Period
from tokenworth.burn.ledger.book import Book
from tokenworth.burn.ledger.sqlite_store import SqliteStore
from tokenworth.burn.models import CheckBudgetRequest
from tokenworth.context import Caller
from tokenworth.wiring import build_context

BEGINNING = datetime(2026, 6, 3, tzinfo=UTC)
DAYTIME = range(8, 18)


@dataclass
class Month:
    """A budget of a month and what was charged to it: so much in every hour of the day and nothing by night."""

    limit_usd: float
    hours: int = 300
    usd_an_hour: float = 2.0
    models: tuple[str | None, ...] = ("claude-opus-5-5", None)
    holds: int = 0
    name: str = "team"
    begins: datetime = BEGINNING


class Opened:
    """A ledger that a test opened."""

    def __init__(self, book):
        self.book = book

    async def open(self):
        return self.book

    async def close(self):
        await self.book.close()


async def checked(folder, month):
    """The full answer of check_budget after the last hour, and that moment."""
    now = month.begins
    book = Book(SqliteStore(folder / "ledger.sqlite3", clock_ms=lambda: int(now.timestamp()) * 1000))
    limit = round(month.limit_usd * NANO)
    await book.set_budget(BudgetChange(month.name, "usd", limit, Period("month", "UTC")))
    cost = round(month.usd_an_hour * NANO)
    for hour in range(month.hours):
        now = month.begins + timedelta(hours=hour)
        if now.hour in DAYTIME:
            model = month.models[hour % len(month.models)]
            await book.record(month.name, Amount(cost, 1_000), str(hour), str(hour), model)
    for hold in range(month.holds):
        await book.reserve(HoldRequest(month.name, Amount(2 * cost, 2_000), f"hold {hold}", f"hold {hold}"))
    context = replace(build_context(), ledger=Opened(book), clock=lambda: now, caller=Caller(month.name))
    answer = await tokenworth.check_budget(CheckBudgetRequest(detail="full"), context)
    await book.close()
    return answer.data(), now
