"""What the ledger saw people use, as lock-in and programmes ask for it, on both stores and from the command line."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tokenworth.budgets import NANO, Amount, BudgetChange
from tokenworth.burn.ledger.real_use import LedgerUse
from tokenworth.wiring import build_context

FIXTURES = Path(__file__).parents[3] / "fixtures"
PEOPLE = ("ann", "bob")


class Opened:
    def __init__(self, book):
        self.book = book

    async def open(self):
        return self.book

    async def close(self):
        await self.book.close()


def there():
    return True


async def _filled(bench):
    """Team and two people: ann $100 in March and $300 in May, bob $50 in April, $7 each in June so far."""
    book = await bench.open()
    await book.set_budget(BudgetChange("team", "usd", 10**15))
    for person in PEOPLE:
        await book.set_budget(BudgetChange(person, "usd", 10**15, parent="team"))
    for month, person, dollars in [(3, "ann", 100), (4, "bob", 50), (5, "ann", 300), (6, "ann", 7), (6, "bob", 7)]:
        await bench.set_clock(datetime(2026, month, 10, 12, tzinfo=UTC))
        await book.record(person, Amount(dollars * NANO), f"{person} {month}", "same")
    return book


async def test_a_person_s_use_is_what_the_budget_was_charged_over_the_days_since_its_first_charge(bench):
    book = await _filled(bench)
    seen = await LedgerUse(Opened(book), "ann", there).use_seen(datetime(2026, 6, 18, 12, tzinfo=UTC))
    below = await LedgerUse(Opened(book), "team", there).use_seen(datetime(2026, 6, 18, 12, tzinfo=UTC))
    await book.close()
    # $407 since 10 March, which is 100 days and half a one before.
    assert sum(seen.usd.values()) == 407
    assert seen.days in (100, 101)
    assert seen.usd_per_year == Decimal(407) * 365 / seen.days
    assert sum(below.usd.values()) == 464


async def test_under_four_weeks_of_use_and_no_use_at_all_say_nothing(bench):
    book = await _filled(bench)
    for budget, until in [
        ("ann", datetime(2026, 4, 5, tzinfo=UTC)),
        ("ann", datetime(2026, 1, 1, tzinfo=UTC)),
        ("nobody", datetime(2026, 6, 18, tzinfo=UTC)),
    ]:
        assert await LedgerUse(Opened(book), budget, there).use_seen(until) is None
    await book.close()


async def test_a_team_s_person_months_are_whole_ones_with_those_of_no_use(bench):
    book = await _filled(bench)
    use = LedgerUse(Opened(book), "ann", there)
    found = await use.person_months("team", datetime(2026, 6, 18, tzinfo=UTC))
    childless = await use.person_months("ann", datetime(2026, 6, 18, tzinfo=UTC))
    await book.close()
    # April and May; March is where it began and June is not over.
    assert sorted(found.usd) == [0, 0, 50, 300]
    assert childless is None


async def test_asking_makes_no_ledger(tmp_path):
    path = tmp_path / "ledger.sqlite3"
    context = build_context(ledger=str(path))
    assert await context.observed_use.use_seen(context.clock()) is None
    assert await context.staff_use.person_months("team", context.clock()) is None
    assert list(tmp_path.iterdir()) == []


def _run(ledger, *arguments, stdin=None):
    command = [sys.executable, "-m", "tokenworth_mcp", *arguments, "--format", "json", "--detail", "full"]
    environment = {**os.environ, "TOKENWORTH_LEDGER": str(ledger), "TOKENWORTH_BUDGET": "ann"}
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, env=environment)


@pytest.fixture
def used(tmp_path):
    """A ledger of a year in which ann was charged $10 and bob $20 on every tenth day."""
    path = tmp_path / "ledger.sqlite3"

    async def made():
        context = build_context(ledger=str(path))
        book = await context.ledger.open()
        await book.set_budget(BudgetChange("team", "usd", 10**15))
        for person in PEOPLE:
            await book.set_budget(BudgetChange(person, "usd", 10**15, parent="team"))
        await book.close()

    asyncio.run(made())
    now = datetime.now(UTC)
    connection = sqlite3.connect(path)
    with connection:
        for day in range(0, 360, 10):
            slot = int((now - timedelta(days=day, hours=1)).timestamp()) // 60 * 60_000
            rows = [("ann", slot, 10 * NANO, 0), ("bob", slot, 20 * NANO, 0)]
            connection.executemany("INSERT INTO spends VALUES (?, ?, ?, ?)", rows)
    connection.close()
    return path


def test_the_command_line_takes_a_person_s_use_from_the_ledger(used, tmp_path):
    fixture = str(FIXTURES / "lock_in" / "engineer-before-a-cliff.yaml")
    with_use = _run(used, "lock-in", fixture, "--draws", "1000")
    without = _run(tmp_path / "none.sqlite3", "lock-in", fixture, "--draws", "1000")
    assert with_use.returncode == 0, with_use.stderr
    assert "the ledger, budget ann, 351 days" in with_use.stdout
    assert "the ledger" not in without.stdout


def test_the_command_line_plans_a_programme_from_a_team_s_months(used):
    said = json.dumps({"groups": [{"name": "core", "headcount": 2, "per_month": 500, "use": {"ledger": "team"}}]})
    found = _run(used, "program", "-", "--draws", "300", stdin=said)
    assert found.returncode == 0, found.stderr
    assert "2 budgets below team" in found.stdout
    refused = _run(used, "program", "-", stdin=said.replace('"team"', '"ann"'))
    assert refused.returncode == 2
    assert "groups[0].use.ledger" in refused.stderr
