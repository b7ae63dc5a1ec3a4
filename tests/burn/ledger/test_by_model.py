"""What a ledger keeps of models: what names one, on the budget and all above it, in the period that it counts in."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tokenworth.budgets import NANO, Amount, BudgetChange, HoldRequest, Period
from tokenworth.burn.ledger.tenancy import TenantLedger

NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)


async def limit(book, budget, dollars=100, period=None, parent=None):
    await book.set_budget(BudgetChange(budget, "usd", dollars * NANO, period, parent))


def planned(budget, dollars, key, model="opus", **terms):
    return HoldRequest(budget, Amount(dollars * NANO, 1000), key, f"{budget} {dollars} {model}", model=model, **terms)


async def by_model(book, budget):
    found = (await book.state(budget)).by_model
    return {model: (nano / NANO, tokens) for model, nano, tokens in found if nano or tokens}


async def test_use_that_names_a_model_is_kept_by_model_on_the_budget_and_all_above(book):
    await limit(book, "team")
    await limit(book, "me", parent="team")
    await book.record("me", Amount(2 * NANO, 20), "a", "a", "opus")
    await book.record("me", Amount(3 * NANO, 30), "b", "b", "haiku")
    await book.record("me", Amount(5 * NANO, 50), "c", "c")
    await book.record("team", Amount(NANO, 10), "d", "d", "opus")
    assert await by_model(book, "me") == {"opus": (2, 20), "haiku": (3, 30)}
    assert await by_model(book, "team") == {"opus": (3, 30), "haiku": (3, 30)}


async def test_a_key_that_comes_again_counts_once_for_its_model(book):
    await limit(book, "me")
    for _ in range(3):
        await book.record("me", Amount(2 * NANO, 20), "a", "a", "opus")
    assert await by_model(book, "me") == {"opus": (2, 20)}


@pytest.mark.parametrize(("used", "found"), [(None, "opus"), ("haiku", "haiku")])
async def test_a_planned_hold_settles_on_its_own_model_unless_another_was_used(book, used, found):
    await limit(book, "me")
    grant = await book.reserve(planned("me", 10, "a"))
    assert await by_model(book, "me") == {}
    for _ in range(2):
        await book.settle(grant.hold, Amount(4 * NANO, 300), "4", model=used)
    assert await by_model(book, "me") == {found: (4, 300)}


async def test_a_planned_hold_is_charged_to_its_model_on_expiry_and_a_late_settling_moves_it(book, bench):
    await limit(book, "me")
    grant = await book.reserve(planned("me", 10, "a", expires_in_s=600))
    await bench.set_clock(NOON + timedelta(minutes=11))
    assert await by_model(book, "me") == {"opus": (10, 1000)}
    await book.settle(grant.hold, Amount(4 * NANO, 300), "4", model="haiku")
    assert await by_model(book, "me") == {"haiku": (4, 300)}


async def test_a_released_hold_leaves_nothing_on_its_model(book):
    await limit(book, "me")
    grant = await book.reserve(planned("me", 10, "a"))
    await book.settle(grant.hold, Amount(0, 0), "0")
    assert await by_model(book, "me") == {}


async def test_models_count_in_the_present_period_and_in_that_of_their_hold(book, bench):
    await limit(book, "me", period=Period("day", "UTC"))
    grant = await book.reserve(planned("me", 10, "a", expires_in_s=7 * 86_400))
    await bench.set_clock(NOON + timedelta(days=1))
    await book.settle(grant.hold, Amount(4 * NANO, 300), "4")
    await book.record("me", Amount(NANO, 10), "b", "b", "haiku")
    assert await by_model(book, "me") == {"haiku": (1, 10)}
    await bench.set_clock(NOON)
    assert await by_model(book, "me") == {"opus": (4, 300)}


async def test_a_rolling_window_forgets_models_with_what_they_used(book, bench):
    await limit(book, "me", period=Period("rolling", "UTC", 3600))
    await book.record("me", Amount(NANO, 10), "a", "a", "opus")
    await bench.set_clock(NOON + timedelta(minutes=30))
    await book.record("me", Amount(NANO, 10), "b", "b", "opus")
    assert await by_model(book, "me") == {"opus": (2, 20)}
    await bench.set_clock(NOON + timedelta(minutes=61))
    assert await by_model(book, "me") == {"opus": (1, 10)}


async def test_two_open_ledgers_add_to_the_same_models(book, bench):
    other = await bench.open()
    await limit(book, "me")
    await asyncio.gather(
        *(
            ledger.record("me", Amount(NANO, 1), f"{ledger is book} {each}", "1", "opus")
            for ledger in (book, other)
            for each in range(20)
        )
    )
    assert await by_model(book, "me") == await by_model(other, "me") == {"opus": (40, 40)}
    await other.close()


async def test_planned_holds_are_remembered_with_what_they_came_to_the_latest_first(book, bench):
    await limit(book, "team")
    await limit(book, "me", parent="team")
    for minute, (model, charged) in enumerate([("opus", 1), ("haiku", 2), ("opus", 3), ("opus", 0)]):
        await bench.set_clock(NOON + timedelta(minutes=minute))
        grant = await book.reserve(planned("me", 10, f"a{minute}", model))
        await book.settle(grant.hold, Amount(charged * NANO, charged), "it")
    unplanned = await book.reserve(HoldRequest("me", Amount(NANO), "b", "b"))
    await book.settle(unplanned.hold, Amount(NANO), "1", model="opus")
    await book.reserve(planned("me", 10, "c"))
    # What was released, was not planned, or is still held says nothing of what a planned call comes to.
    held = 10 * NANO
    seen = [("opus", held, 3 * NANO), ("haiku", held, 2 * NANO), ("opus", held, NANO)]
    assert [tuple(each) for each in await book.planned_holds("me", 100)] == seen
    assert [tuple(each) for each in await book.planned_holds("me", 2)] == seen[:2]
    assert await book.planned_holds("team", 100) == []


async def test_a_tenant_sees_its_own_models_and_what_its_own_planned_holds_came_to(book):
    one, two = TenantLedger(book, "one"), TenantLedger(book, "two")
    for tenant, model in ((one, "opus"), (two, "haiku")):
        await limit(tenant, "me")
        grant = await tenant.reserve(planned("me", 10, "a", model))
        await tenant.settle(grant.hold, Amount(2 * NANO, 20), "2")
        await tenant.record("me", Amount(NANO, 10), "b", "b", model)
    assert await by_model(one, "me") == {"opus": (3, 30)}
    assert await by_model(two, "me") == {"haiku": (3, 30)}
    assert [tuple(each) for each in await two.planned_holds("me", 9)] == [("haiku", 10 * NANO, 2 * NANO)]
