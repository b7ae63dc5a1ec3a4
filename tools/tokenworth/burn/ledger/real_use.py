"""What a ledger saw people really use, for whoever would otherwise guess: one person's pace, and a team's months.

Only what was charged counts: settled, recorded, or kept when a hold expired. The ledger keeps no names of providers
or models, so what it saw has neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Final

from tokenworth.budgets import BudgetUse, WeeksUsed, usd
from tokenworth.burn.ledger.limits_met import limits_met
from tokenworth.context import Ledger, LedgerSource, PersonMonths, UseSeen
from tokenworth.errors import InvalidInputError, LedgerError

__all__ = ["LedgerUse"]

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000
YEAR_MS: Final = 365 * DAY_MS
# Under four weeks a pace for a year says more about those weeks than about the year.
DAYS_MIN: Final = 28
# Spans of whole weeks, each with as many weekends as any other.
SPAN_MS: Final = 28 * DAY_MS


class LedgerUse:
    """`context.ObservedUse`, `context.UseHistory` and `context.StaffUse` over the budgets of a ledger."""

    def __init__(self, ledger: LedgerSource, budget: str) -> None:
        """Nothing is opened yet, and asking what was used makes no ledger.

        Args:
            ledger: where budgets are kept.
            budget: the caller's own.
        """
        self._ledger = ledger
        self._budget = budget

    async def use_seen(self, until: datetime) -> UseSeen | None:
        """What the caller's own budget was charged in the year up to a moment; None for under four weeks of it."""
        until_ms = _ms(until)
        charged = await self._charged(self._budget, until_ms)
        if not charged:
            return None
        days = -(-(until_ms - charged[0][0]) // DAY_MS)
        total = usd(sum(nano for _, nano in charged))
        if days < DAYS_MIN or total <= 0:
            return None
        return UseSeen({("", ""): total}, days, f"the ledger, budget {self._budget}")

    async def use_of(self, budget: str, until: datetime) -> BudgetUse | None:
        """What one budget was charged up to a moment, in whole spans of four weeks of the year before it.

        In a span a limit was met when the budget, or one above it, had nearly nothing left at some moment of it.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        if not self._ledger.is_there():
            return None
        ledger = await self._ledger.open()
        try:
            chain = [level.budget for level in (await ledger.state(budget)).chain]
        except InvalidInputError:
            return None
        until_ms = _ms(until)
        charged = await _hours(ledger, budget, until_ms)
        first_ms = charged[0][0] if charged else until_ms
        count = min((until_ms - first_ms) // SPAN_MS, YEAR_MS // SPAN_MS)
        edges = [until_ms - (count - place) * SPAN_MS for place in range(count + 1)]
        met = limits_met(chain[0], charged)
        for above in chain[1:]:  # of what is above a tenant's own, nothing is told
            met += limits_met(above, await _hours(ledger, above.id, until_ms))
        weeks = [
            WeeksUsed(
                usd(sum(nano for at_ms, nano, _ in charged if start <= at_ms < end)),
                limited=any(since < end and until > start for since, until in met),
            )
            for start, end in pairwise(edges)
        ]
        return BudgetUse(budget, min(-(-(until_ms - first_ms) // DAY_MS), YEAR_MS // DAY_MS), weeks)

    async def person_months(self, team: str, until: datetime) -> PersonMonths | None:
        """What each budget right below a team's was charged in each whole calendar month (UTC) since the team's first.

        A month in which a person used nothing is one of 0. None where nobody is below the team, or no month is whole.
        """
        until_ms = _ms(until)
        by_person = [
            _by_month(charged)
            for person in await self._below(team)
            if (charged := await self._charged(person, until_ms))
        ]
        this_month = (until.year, until.month)
        begun = min((month for months in by_person for month in months), default=this_month)
        # The first month is whole only by chance, and the present one is not over.
        months = [month for month in _months_between(begun, this_month) if month != begun]
        if not months:
            return None
        amounts = [person.get(month, Decimal(0)) for person in by_person for month in months]
        return PersonMonths(amounts, f"the ledger, {len(by_person)} budgets below {team} over {len(months)} months")

    async def _below(self, team: str) -> list[str]:
        ledger = await self._opened()
        if ledger is None:
            return []
        names = await ledger.budgets()
        parents = {name: (await ledger.state(name)).own.budget.parent for name in names}
        return [name for name in names if parents[name] == team]

    async def _charged(self, budget: str, until_ms: int) -> list[tuple[int, int]]:
        """When and how much, nano-USD by days, oldest first; empty where there is no such budget."""
        ledger = await self._opened()
        if ledger is None:
            return []
        try:
            found = await ledger.spends(budget, until_ms - YEAR_MS, DAY_MS)
        except (InvalidInputError, LedgerError):
            return []  # a guess serves where the ledger cannot
        return [(at_ms, nano) for at_ms, nano, _ in found if at_ms <= until_ms]

    async def _opened(self) -> Ledger | None:
        if not self._ledger.is_there():
            return None
        try:
            return await self._ledger.open()
        except LedgerError:
            return None


async def _hours(ledger: Ledger, budget: str, until_ms: int) -> list[tuple[int, int, int]]:
    """All that a budget was ever charged up to a moment, by hours, oldest first."""
    return [row for row in await ledger.spends(budget, 0, HOUR_MS) if row[0] <= until_ms]


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _by_month(charged: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Decimal]:
    months: dict[tuple[int, int], Decimal] = {}
    for at_ms, nano in charged:
        day = datetime.fromtimestamp(at_ms / 1000, UTC)
        months[day.year, day.month] = months.get((day.year, day.month), Decimal(0)) + usd(nano)
    return months


def _months_between(first: tuple[int, int], end: tuple[int, int]) -> list[tuple[int, int]]:
    """Months from one up to another, which is not one of them."""
    count = (end[0] - first[0]) * 12 + end[1] - first[1]
    return [(first[0] + (first[1] - 1 + place) // 12, (first[1] - 1 + place) % 12 + 1) for place in range(count)]
