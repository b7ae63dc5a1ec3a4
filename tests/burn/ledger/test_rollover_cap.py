"""A cap on what rolls over: no more than that moves from one period to the next, whenever a charge comes in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tokenworth.budgets import NANO, Amount, BudgetChange, HoldRequest, Period
from tokenworth.errors import NotAllowedError

NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def capped(dollars=None, tokens=None):
    cap_nano_usd = None if dollars is None else dollars * NANO
    return Period("day", rolls_over=True, cap_nano_usd=cap_nano_usd, cap_tokens=tokens)


async def limit(book, dollars, cap, budget="me"):
    await book.set_budget(BudgetChange(budget, "usd", dollars * NANO, capped(cap), may_raise=True))


async def left(book, budget="me"):
    return (await book.state(budget)).left("usd") / NANO


async def hold(book, dollars, key):
    request = HoldRequest("me", Amount(dollars * NANO), key, str(dollars), expires_in_s=30 * 86_400)
    return await book.reserve(request)


async def test_no_more_than_the_cap_moves_to_the_next_period_however_many_were_idle(book, bench):
    await limit(book, 100, 50)
    await book.record("me", Amount(30 * NANO), "a", "a")
    await bench.set_clock(NOON + DAY)
    # 70 are left, 50 move.
    assert await left(book) == 150
    assert (await hold(book, 150, "all")).granted
    assert not (await hold(book, 1, "more")).granted
    await bench.set_clock(NOON + 2 * DAY)
    assert await left(book) == 100
    await bench.set_clock(NOON + 9 * DAY)
    assert await left(book) == 150
    assert (await hold(book, 150, "all again")).granted


async def test_less_than_the_cap_moves_whole_and_so_does_debt(book, bench):
    await limit(book, 100, 50)
    await book.record("me", Amount(80 * NANO), "a", "a")
    await bench.set_clock(NOON + DAY)
    assert await left(book) == 120
    await book.record("me", Amount(300 * NANO), "b", "b")
    await bench.set_clock(NOON + 2 * DAY)
    assert await left(book) == -80


async def test_a_late_charge_takes_first_what_the_cap_had_cut_off(book, bench):
    await limit(book, 100, 50)
    grant = await hold(book, 10, "a")
    await bench.set_clock(NOON + DAY)
    await book.record("me", Amount(5 * NANO), "b", "b")  # begins the day with 50 of the 90 that were left
    assert await left(book) == 145
    await book.settle(grant.hold, Amount(45 * NANO), "45")
    assert await left(book) == 145  # 55 were left, 50 of them moved
    await bench.set_clock(NOON)
    await book.record("me", Amount(20 * NANO), "c", "c")
    await bench.set_clock(NOON + DAY)
    assert await left(book) == 130  # 35 were left


async def test_what_is_given_back_late_fills_up_to_the_cap_and_no_further(book, bench):
    await limit(book, 100, 50)
    grant = await hold(book, 80, "a")
    await bench.set_clock(NOON + DAY)
    await book.record("me", Amount(NANO), "b", "b")
    assert await left(book) == 119
    await book.settle(grant.hold, Amount(0), "0")
    assert await left(book) == 149
    await bench.set_clock(NOON + 2 * DAY)
    assert await left(book) == 150


async def test_tokens_have_a_cap_of_their_own(book, bench):
    await book.set_budget(BudgetChange("me", "tokens", 1000, capped(tokens=300)))
    await book.record("me", Amount(None, 100), "a", "a")
    await bench.set_clock(NOON + DAY)
    assert (await book.state("me")).left("tokens") == 1300


async def test_a_cap_of_nothing_moves_debt_alone(book, bench):
    await limit(book, 100, 0)
    await bench.set_clock(NOON + DAY)
    assert await left(book) == 100
    await book.record("me", Amount(130 * NANO), "a", "a")
    await bench.set_clock(NOON + 2 * DAY)
    assert await left(book) == 70


async def test_a_new_cap_counts_from_the_next_period_on(book, bench):
    await limit(book, 100, 50)
    await bench.set_clock(NOON + DAY)
    await limit(book, 100, 20)
    assert await left(book) == 150
    await bench.set_clock(NOON + 2 * DAY)
    assert await left(book) == 120
    await limit(book, 100, None)
    await bench.set_clock(NOON + 3 * DAY)
    assert await left(book) == 220


async def test_a_clock_set_back_may_use_what_the_cap_cuts_off_and_nothing_twice(book, bench):
    await limit(book, 100, 50)
    await bench.set_clock(NOON + DAY)
    assert (await hold(book, 150, "all of it")).granted
    await bench.set_clock(NOON)
    # 50 of the first day's 100 moved on and are held there.
    assert not (await hold(book, 51, "a")).granted
    assert (await hold(book, 50, "b")).granted
    await bench.set_clock(NOON + DAY)
    assert await left(book) == 0


async def test_whoever_spends_cannot_lift_a_cap(book):
    await limit(book, 100, 50)
    for period in (capped(60), capped()):
        with pytest.raises(NotAllowedError):
            await book.set_budget(BudgetChange("me", period=period))


async def test_a_cap_is_there_when_the_ledger_opens_again(book, bench):
    await limit(book, 100, 50)
    await bench.set_clock(NOON + DAY)
    await book.record("me", Amount(NANO), "a", "a")
    again = await bench.open()
    assert (await again.state("me")).own.budget.period == capped(50)
    assert (await again.state("me")).own.balance.lost("usd") == 50 * NANO
    await again.close()
