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

from tokenworth.budgets import NANO, Amount, BudgetChange, Period
from tokenworth.burn.ledger.real_use import LedgerUse
from tokenworth.burn.ledger.tenancy import TenantLedgers
from tokenworth.wiring import build_context

FIXTURES = Path(__file__).parents[3] / "fixtures"
PEOPLE = ("ann", "bob")


class Opened:
    def __init__(self, book):
        self.book = book

    def is_there(self):
        return True

    async def open(self):
        return self.book

    async def close(self):
        await self.book.close()


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
    seen = await LedgerUse(Opened(book), "ann").use_seen(datetime(2026, 6, 18, 12, tzinfo=UTC))
    below = await LedgerUse(Opened(book), "team").use_seen(datetime(2026, 6, 18, 12, tzinfo=UTC))
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
        assert await LedgerUse(Opened(book), budget).use_seen(until) is None
    await book.close()


async def test_a_team_s_person_months_are_whole_ones_with_those_of_no_use(bench):
    book = await _filled(bench)
    use = LedgerUse(Opened(book), "ann")
    found = await use.person_months("team", datetime(2026, 6, 18, tzinfo=UTC))
    childless = await use.person_months("ann", datetime(2026, 6, 18, tzinfo=UTC))
    await book.close()
    # April and May; March is where it began and June is not over.
    assert sorted(found.usd) == [0, 0, 50, 300]
    assert childless is None


async def _charged(bench, book, budget, days):
    """Charges of whole dollars on some days of 2026, counted from 1 January."""
    for day, dollars in sorted(days.items()):
        await bench.set_clock(datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=day))
        await book.record(budget, Amount(dollars * NANO), f"{budget} {day}", "same")


def _on_day(day):
    return datetime(2026, 1, 1, 18, tzinfo=UTC) + timedelta(days=day)


async def test_a_budget_s_use_is_told_in_whole_spans_of_four_weeks_with_those_of_no_use(bench):
    book = await bench.open()
    await book.set_budget(BudgetChange("ann", "usd", 10**15))
    # 94 days are three spans, and ten days before them that belong to none.
    await _charged(bench, book, "ann", {0: 5, 11: 10, 37: 20, 39: 1, 93: 3})
    use = LedgerUse(Opened(book), "default")
    seen = await use.use_of("ann", _on_day(94))
    early = await use.use_of("ann", _on_day(7))
    before = await use.use_of("ann", datetime(2025, 1, 1, tzinfo=UTC))
    unknown = await use.use_of("nobody", _on_day(94))
    year = await use.use_of("ann", _on_day(800))
    await book.close()
    assert (seen.budget, seen.days) == ("ann", 95)
    assert [(span.usd, span.limited) for span in seen.weeks] == [(30, False), (1, False), (3, False)]
    assert (early.days, early.weeks) == (8, [])
    assert (before.days, before.weeks) == (0, [])
    assert unknown is None
    assert (year.days, len(year.weeks), sum(span.usd for span in year.weeks)) == (365, 13, 0)


MONTHLY = Period("month", "Europe/Berlin")


@pytest.mark.parametrize(
    ("period", "dollars", "charged", "limited"),
    [
        (Period("once"), 100, {0: 50, 30: 45}, [False, True, True]),
        (Period("once"), 100, {0: 50, 30: 30}, [False, False, False]),
        (MONTHLY, 100, {0: 1, 40: 95, 70: 10}, [False, True, True]),
        (MONTHLY, 100, {0: 1, 5: 20, 70: 20}, [False, False, False]),
        (Period("month", rolls_over=True), 100, {0: 10, 40: 150, 70: 20}, [False, False, False]),
        (Period("month", rolls_over=True), 100, {0: 10, 40: 185, 45: 1}, [False, True, True]),
        (Period("month", rolls_over=True, cap_nano_usd=50 * NANO), 100, {0: 10, 40: 140}, [False, True, True]),
        (Period("month", rolls_over=True, cap_nano_usd=50 * NANO), 100, {0: 10, 40: 130}, [False, False, False]),
        (Period("rolling", window_s=7 * 86_400), 100, {0: 80, 6: 15, 60: 60, 68: 60}, [True, False, False]),
        (Period("rolling", window_s=365 * 86_400), 100, {0: 80, 6: 15}, [True, True, True]),
        (Period("day"), 10, {0: 1, 30: 10}, [False, True, False]),
    ],
    ids=lambda value: None if isinstance(value, int) else str(value),
)
async def test_spans_in_which_a_limit_was_nearly_used_up_are_told_apart(bench, period, dollars, charged, limited):
    book = await bench.open()
    await book.set_budget(BudgetChange("ann", "usd", dollars * NANO, period=period))
    await _charged(bench, book, "ann", charged)
    seen = await LedgerUse(Opened(book), "ann").use_of("ann", _on_day(84))
    await book.close()
    assert [span.limited for span in seen.weeks] == limited


async def test_a_limit_above_and_one_in_tokens_are_limits_too(bench):
    book = await bench.open()
    await book.set_budget(BudgetChange("team", "usd", 100 * NANO))
    await book.set_budget(BudgetChange("ann", "tokens", 1_000, parent="team"))
    await book.set_budget(BudgetChange("bob", "tokens", 1_000))
    await _charged(bench, book, "ann", {0: 10, 40: 90})
    await bench.set_clock(datetime(2026, 1, 1, 12, tzinfo=UTC))
    await book.record("bob", Amount(NANO, 1_000), "all tokens", "same")
    use = LedgerUse(Opened(book), "default")
    ann, bob = await use.use_of("ann", _on_day(84)), await use.use_of("bob", _on_day(84))
    await book.close()
    assert [span.limited for span in ann.weeks] == [False, True, True]
    assert [span.limited for span in bob.weeks] == [True, True, True]


async def test_a_budget_of_nothing_is_always_limited(bench):
    book = await bench.open()
    for name, period in [("once", Period("once")), ("rolling", Period("rolling", window_s=86_400))]:
        await book.set_budget(BudgetChange(name, "usd", 0, period=period))
        await _charged(bench, book, name, {0: 1, 1: 1})
        seen = await LedgerUse(Opened(book), "default").use_of(name, _on_day(28))
        assert [span.limited for span in seen.weeks] == [True]
    await book.close()


async def test_a_tenant_sees_the_use_of_its_own_budgets_only(bench):
    book = await bench.open()
    await book.set_budget(BudgetChange("team", "usd", 10 * NANO))
    for tenant in ("a", "b"):
        await book.set_budget(BudgetChange(f"{tenant}/work", "usd", 10**15, parent="team"))
    await _charged(bench, book, "a/work", {1: 1, 5: 7})
    found = {
        (tenant, name): await LedgerUse(TenantLedgers(Opened(book), tenant), "work").use_of(name, _on_day(30))
        for tenant in ("a", "b")
        for name in ("work", "a/work", "team")
    }
    await book.close()
    assert found["a", "work"].weeks[0].usd == 7
    assert found["b", "work"].weeks == []
    assert {each for each, use in found.items() if use is not None} == {("a", "work"), ("b", "work")}


async def test_asking_makes_no_ledger(tmp_path):
    path = tmp_path / "ledger.sqlite3"
    context = build_context(ledger=str(path))
    assert await context.observed_use.use_seen(context.clock()) is None
    assert await context.staff_use.person_months("team", context.clock()) is None
    assert await context.use_history.use_of("default", context.clock()) is None
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
    # The fixture says what the person uses; the ledger's figure stands beside it.
    assert "budget ann shows 351 days, $31 a month; what you state about use goes before it" in with_use.stdout
    assert "budget ann" not in without.stdout


@pytest.mark.parametrize("command", ["value", "compare"])
def test_the_command_line_values_an_offer_by_a_budget_s_use(used, tmp_path, command):
    offer = tmp_path / "offer.yaml"
    offer.write_text("offer: {base: 180k, tokens: {per_month: 500}}\nperson: {state: TX}\n", encoding="utf-8")
    files = [str(offer)] * (1 if command == "value" else 2)
    found = _run(used, command, *files, "--draws", "1000", "--use-from-budget", "bob")
    assert found.returncode == 0, found.stderr
    answer = json.loads(found.stdout)
    # $20 on every tenth day are $730 a year, far below the $6,000 of the guess.
    (demand,) = [entry for entry in answer["assumptions"] if entry["name"] == "demand_usd_year"]
    assert demand["origin"] == "observed"
    assert demand["base"] == pytest.approx(730, rel=0.2)
    assert any("your budget bob: 351 days" in note for note in answer["notes"])
    refused = _run(used, command, *files, "--use-from-budget", "nobody")
    assert refused.returncode == 2
    assert "person.token_use_from_budget: no budget of yours has that id" in refused.stderr


def test_the_command_line_plans_a_programme_from_a_team_s_months(used):
    said = json.dumps({"groups": [{"name": "core", "headcount": 2, "per_month": 500, "use": {"ledger": "team"}}]})
    found = _run(used, "program", "-", "--draws", "300", stdin=said)
    assert found.returncode == 0, found.stderr
    assert "2 budgets below team" in found.stdout
    refused = _run(used, "program", "-", stdin=said.replace('"team"', '"ann"'))
    assert refused.returncode == 2
    assert "groups[0].use.ledger" in refused.stderr
