"""What a ledger promises, on either store: the same tests, the same answers."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tokenworth.budgets import NANO, Amount, BudgetChange, HoldRequest, Period
from tokenworth.errors import InvalidInputError, NotAllowedError

NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)
CENT = NANO // 100


def usd(cents):
    return Amount(nano_usd=cents * CENT)


def hold(budget, amount, key, **terms):
    return HoldRequest(budget, amount, key, f"{budget} {amount}", **terms)


async def limit(book, budget, cents=None, *, tokens=None, may_raise=False, **place):
    unit, value = ("usd", cents * CENT) if tokens is None else ("tokens", tokens)
    return await book.set_budget(BudgetChange(budget, unit, value, may_raise=may_raise, **place))


async def figures(book, budget):
    own = (await book.state(budget)).own.balance
    return own.spent_nano_usd // CENT, own.held_nano_usd // CENT


async def test_a_hold_is_granted_up_to_the_limit_and_not_a_nano_dollar_beyond(book):
    await limit(book, "me", 100)
    assert (await book.reserve(hold("me", usd(60), "a"))).granted
    refused = await book.reserve(hold("me", Amount(nano_usd=40 * CENT + 1), "b"))
    assert (refused.granted, refused.hold, refused.left.nano_usd) == (False, None, 40 * CENT)
    assert (refused.refusal.budget, refused.refusal.reason) == ("me", "limit")
    granted = await book.reserve(hold("me", usd(40), "c"))
    assert (granted.granted, granted.left.nano_usd) == (True, 0)


async def test_settling_charges_the_actual_and_gives_the_rest_back(book):
    await limit(book, "me", 100)
    grant = await book.reserve(hold("me", usd(60), "a"))
    settled = await book.settle(grant.hold, usd(25), "25")
    assert (settled.charged.nano_usd, settled.left.nano_usd, settled.late) == (25 * CENT, 75 * CENT, False)
    assert await figures(book, "me") == (25, 0)


async def test_settling_at_nothing_is_a_release(book):
    await limit(book, "me", 100)
    grant = await book.reserve(hold("me", Amount(60 * CENT, 500), "a"))
    released = await book.settle(grant.hold, usd(0), "0")
    assert (released.charged, released.left.nano_usd) == (Amount(0, 0), 100 * CENT)
    assert await figures(book, "me") == (0, 0)


async def test_more_than_was_held_is_charged_and_the_debt_blocks_the_next_hold(book):
    await limit(book, "me", 100)
    grant = await book.reserve(hold("me", usd(90), "a"))
    settled = await book.settle(grant.hold, usd(130), "130")
    assert (settled.charged.nano_usd, settled.over_hold.nano_usd) == (130 * CENT, 40 * CENT)
    assert settled.left.nano_usd == -30 * CENT
    assert not (await book.reserve(hold("me", usd(0), "b"))).granted
    await limit(book, "me", 200, may_raise=True)
    assert (await book.reserve(hold("me", usd(70), "c"))).granted


async def test_a_key_gets_the_same_answer_for_ever_and_another_request_with_it_is_an_error(book):
    await limit(book, "me", 100)
    first = await book.reserve(hold("me", usd(60), "a"))
    denied = await book.reserve(hold("me", usd(60), "b"))
    await book.settle(first.hold, usd(0), "0")
    assert await book.reserve(hold("me", usd(60), "a")) == first
    assert await book.reserve(hold("me", usd(60), "b")) == denied
    with pytest.raises(InvalidInputError, match="key: already came with another request"):
        await book.reserve(hold("me", usd(61), "a"))
    with pytest.raises(InvalidInputError, match="key: already came with another request"):
        await book.record("me", usd(60), "a", "record")
    assert await figures(book, "me") == (0, 0)


async def test_the_same_key_sent_many_times_at_once_holds_once(book):
    await limit(book, "me", 100)
    grants = await asyncio.gather(*(book.reserve(hold("me", usd(40), "a")) for _ in range(20)))
    assert {grant.hold for grant in grants} == {grants[0].hold}
    assert await figures(book, "me") == (0, 40)


async def test_a_hold_is_settled_once_and_the_same_settling_again_gets_the_same_answer(book):
    await limit(book, "me", 100)
    grant = await book.reserve(hold("me", usd(60), "a"))
    first = await book.settle(grant.hold, usd(10), "10")
    await book.record("me", usd(5), "r", "5")
    assert await book.settle(grant.hold, usd(10), "10") == first
    with pytest.raises(InvalidInputError, match="already settled"):
        await book.settle(grant.hold, usd(11), "11")
    assert await figures(book, "me") == (15, 0)


@pytest.mark.parametrize("name", ["h_" + "0a" * 15, "h_", "nonsense", "h_" + "0A" * 15, "x" * 100])
async def test_what_names_no_hold_is_refused(book, name):
    with pytest.raises(InvalidInputError, match="hold: "):
        await book.settle(name, usd(1), "1")


async def test_a_refused_hold_cannot_be_settled(book, bench):
    await limit(book, "me", 10)
    refused = await book.reserve(hold("me", usd(60), "a"))
    assert refused.hold is None
    assert await figures(book, "me") == (0, 0)


async def test_a_record_is_charged_once_whatever_the_limit_says(book):
    await limit(book, "me", 10)
    first = await book.record("me", usd(25), "r", "25")
    assert await book.record("me", usd(25), "r", "25") == first
    assert (first.charged.nano_usd, first.left.nano_usd) == (25 * CENT, -15 * CENT)
    assert await figures(book, "me") == (25, 0)


async def test_a_hold_counts_on_every_budget_above_and_the_tightest_decides(book):
    await limit(book, "org", 1000)
    await limit(book, "team", 50, parent="org")
    await limit(book, "me", 100, parent="team")
    grant = await book.reserve(hold("me", usd(30), "a"))
    assert grant.left.nano_usd == 20 * CENT
    refused = await book.reserve(hold("me", usd(21), "b"))
    assert (refused.granted, refused.refusal.budget) == (False, "team")
    assert [await figures(book, name) for name in ("me", "team", "org")] == [(0, 30)] * 3
    await book.settle(grant.hold, usd(12), "12")
    assert [await figures(book, name) for name in ("me", "team", "org")] == [(12, 0)] * 3


async def test_a_limit_in_tokens_holds_tokens_and_both_units_are_counted(book):
    await limit(book, "me", tokens=1000)
    grant = await book.reserve(hold("me", Amount(5 * CENT, 800), "a"))
    assert (grant.granted, grant.left.tokens, grant.left.nano_usd) == (True, 200, None)
    assert not (await book.reserve(hold("me", Amount(CENT, 201), "b"))).granted
    settled = await book.settle(grant.hold, Amount(tokens=600), "600")
    assert settled.charged == Amount(5 * CENT, 600)


async def test_an_unknown_price_is_refused_by_a_usd_limit_and_held_by_a_token_limit(book):
    await limit(book, "dollars", 100)
    await limit(book, "tokens", tokens=1000)
    refused = await book.reserve(hold("dollars", Amount(tokens=10), "a"))
    assert (refused.granted, refused.refusal.reason) == (False, "unpriced")
    assert (await book.reserve(hold("tokens", Amount(tokens=10), "b"))).granted
    uncounted = await book.reserve(hold("tokens", usd(1), "c"))
    assert (uncounted.granted, uncounted.refusal.reason) == (False, "uncounted")


async def test_a_use_without_a_price_is_kept_apart_and_never_counted_as_zero_dollars(book):
    await limit(book, "me", 100)
    grant = await book.reserve(hold("me", usd(40), "a"))
    settled = await book.settle(grant.hold, Amount(tokens=700), "700")
    assert settled.charged == Amount(40 * CENT, 700)  # as held: the worst case that was known
    await book.record("me", Amount(tokens=300), "r", "300")
    balance = (await book.state("me")).own.balance
    assert (balance.spent_nano_usd, balance.spent_tokens, balance.unpriced_tokens) == (40 * CENT, 1000, 300)


async def test_both_limits_of_a_budget_bind(book):
    await limit(book, "me", 100)
    await limit(book, "me", tokens=1000)
    assert not (await book.reserve(hold("me", Amount(CENT, 1001), "a"))).granted
    assert not (await book.reserve(hold("me", Amount(101 * CENT, 1), "b"))).granted
    assert (await book.reserve(hold("me", Amount(100 * CENT, 1000), "c"))).granted


async def test_a_hold_that_expires_is_charged_by_default(book, bench):
    await limit(book, "me", 100)
    await book.reserve(hold("me", usd(60), "a", expires_in_s=600))
    await bench.set_clock(NOON + timedelta(seconds=599))
    assert await figures(book, "me") == (0, 60)
    await bench.set_clock(NOON + timedelta(seconds=600))
    assert await figures(book, "me") == (60, 0)


async def test_a_hold_that_expires_is_given_back_when_it_was_asked_so(book, bench):
    await limit(book, "me", 100)
    await book.reserve(hold("me", usd(60), "a", expires_in_s=600, on_expiry="release"))
    assert not (await book.reserve(hold("me", usd(60), "b"))).granted
    await bench.set_clock(NOON + timedelta(seconds=600))
    assert (await book.reserve(hold("me", usd(100), "c"))).granted


@pytest.mark.parametrize("on_expiry", ["charge", "release"])
async def test_a_late_settling_replaces_what_expiry_charged_and_works_once_too(book, bench, on_expiry):
    await limit(book, "me", 100)
    grant = await book.reserve(hold("me", usd(60), "a", expires_in_s=600, on_expiry=on_expiry))
    await bench.set_clock(NOON + timedelta(hours=5))
    late = await book.settle(grant.hold, usd(20), "20")
    assert (late.late, late.left.nano_usd) == (True, 80 * CENT)
    assert await book.settle(grant.hold, usd(20), "20") == late
    with pytest.raises(InvalidInputError, match="already settled"):
        await book.settle(grant.hold, usd(21), "21")
    assert await figures(book, "me") == (20, 0)


async def test_a_calendar_budget_starts_anew_at_midnight_of_its_zone(book, bench):
    await limit(book, "me", 100, period=Period("day", "America/New_York"))
    await book.record("me", usd(100), "r", "r")
    await bench.set_clock(datetime(2026, 5, 21, 3, 59, tzinfo=UTC))
    assert not (await book.reserve(hold("me", usd(1), "a"))).granted
    await bench.set_clock(datetime(2026, 5, 21, 4, 0, tzinfo=UTC))
    assert (await book.reserve(hold("me", usd(100), "b"))).granted


async def test_a_settling_counts_in_the_period_of_its_hold(book, bench):
    await limit(book, "me", 100, period=Period("day", "UTC"))
    grant = await book.reserve(hold("me", usd(60), "a", expires_in_s=86_400))
    await bench.set_clock(NOON + timedelta(hours=13))
    settled = await book.settle(grant.hold, usd(90), "90")
    assert settled.left.nano_usd == 100 * CENT
    assert await figures(book, "me") == (0, 0)
    await bench.set_clock(NOON + timedelta(hours=11))
    assert await figures(book, "me") == (90, 0)


async def test_what_is_unused_rolls_over_when_asked_and_is_lost_when_not(book, bench):
    await limit(book, "keeps", 100, period=Period("day", "UTC", None, rolls_over=True))
    await limit(book, "loses", 100, period=Period("day", "UTC"))
    for name in ("keeps", "loses"):
        await book.record(name, usd(30), f"{name} 1", "30")
    await bench.set_clock(NOON + timedelta(days=3))
    # Three new days of 100 on top of the 70 that the first one left.
    assert (await book.state("keeps")).left("usd") == 370 * CENT
    assert (await book.state("loses")).left("usd") == 100 * CENT
    assert (await book.reserve(hold("keeps", usd(370), "a"))).granted
    assert not (await book.reserve(hold("loses", usd(101), "b"))).granted


async def test_debt_rolls_over_too_and_a_late_settling_corrects_what_was_carried(book, bench):
    await limit(book, "me", 100, period=Period("day", "UTC", None, rolls_over=True))
    grant = await book.reserve(hold("me", usd(100), "a", expires_in_s=7 * 86_400))
    await bench.set_clock(NOON + timedelta(days=1))
    assert (await book.state("me")).left("usd") == 100 * CENT
    await book.record("me", usd(10), "r", "10")
    await book.settle(grant.hold, usd(160), "160")
    assert (await book.state("me")).left("usd") == 30 * CENT
    await bench.set_clock(NOON + timedelta(days=2))
    assert (await book.state("me")).left("usd") == 130 * CENT


async def test_a_rolling_window_forgets_after_its_length_and_at_most_a_sixtieth_more(book, bench):
    await limit(book, "me", 100, period=Period("rolling", "UTC", 3600))
    await book.record("me", usd(100), "r", "r")
    await bench.set_clock(NOON + timedelta(minutes=60))
    assert not (await book.reserve(hold("me", usd(1), "a"))).granted
    await bench.set_clock(NOON + timedelta(minutes=61))
    assert (await book.reserve(hold("me", usd(100), "b"))).granted


async def test_a_clock_set_back_gives_no_period_twice(book, bench):
    await limit(book, "me", 100, period=Period("day", "UTC"))
    await book.record("me", usd(100), "r", "r")
    await bench.set_clock(NOON + timedelta(days=1))
    await book.record("me", usd(100), "s", "s")
    await bench.set_clock(NOON)
    assert not (await book.reserve(hold("me", usd(1), "a"))).granted
    await bench.set_clock(NOON + timedelta(days=1))
    assert not (await book.reserve(hold("me", usd(1), "b"))).granted


async def test_a_clock_set_back_lets_a_budget_that_rolls_over_spend_nothing_twice(book, bench):
    await bench.set_clock(NOON + timedelta(days=2))
    await limit(book, "me", 100, period=Period("day", "UTC", None, rolls_over=True))
    assert (await book.reserve(hold("me", usd(100), "a"))).granted
    await bench.set_clock(NOON)
    assert not (await book.reserve(hold("me", usd(1), "b"))).granted


async def test_whoever_spends_may_create_and_lower_and_never_raise_remove_or_move(book):
    await limit(book, "team", 500)
    await limit(book, "me", 100, parent="team", period=Period("day"))
    assert (await limit(book, "me", 80))[0].limit_nano_usd == 80 * CENT
    for change in (
        BudgetChange("me", "usd", 81 * CENT),
        BudgetChange("me", "usd", None),
        BudgetChange("me", period=Period("once")),
        BudgetChange("me", parent="other"),
        BudgetChange("free", "usd", None),
    ):
        with pytest.raises(NotAllowedError):
            await book.set_budget(change)
    await limit(book, "me", tokens=5000)
    with pytest.raises(NotAllowedError):
        await limit(book, "me", tokens=5001)
    assert (await book.state("me")).own.budget.limit_nano_usd == 80 * CENT


async def test_an_owner_may_raise_remove_and_move(book):
    await limit(book, "team", 500)
    await limit(book, "me", 100)
    await limit(book, "me", 300, may_raise=True, parent="team", period=Period("week"))
    budget, _ = await book.set_budget(BudgetChange("me", "usd", None, may_raise=True))
    assert (budget.limit_nano_usd, budget.parent, budget.period.kind) == (None, "team", "week")


async def test_budgets_cannot_lie_above_themselves_or_below_nothing(book):
    await limit(book, "a", 1)
    await limit(book, "b", 1, parent="a")
    with pytest.raises(InvalidInputError, match="below the budget itself"):
        await limit(book, "a", 1, parent="b", may_raise=True)
    with pytest.raises(InvalidInputError, match="parent: no budget has that id"):
        await limit(book, "c", 1, parent="nobody")
    with pytest.raises(InvalidInputError, match="no time zone has that name"):
        await limit(book, "d", 1, period=Period("day", "Mars/Olympus"))
    with pytest.raises(InvalidInputError, match="no limit was sent"):
        await book.set_budget(BudgetChange("e"))
    assert list(await book.budgets()) == ["a", "b"]


async def test_unknown_budgets_are_refused(book):
    for call in (book.reserve(hold("nobody", usd(1), "a")), book.record("nobody", usd(1), "b", "1")):
        with pytest.raises(InvalidInputError, match="budget: no budget has that id"):
            await call
    with pytest.raises(InvalidInputError, match="budget: no budget has that id"):
        await book.state("nobody")


async def test_what_is_observed_stands_beside_what_was_spent_and_is_replaced_not_added(book):
    await limit(book, "me", 100)
    await book.record("me", usd(30), "r", "30")
    await book.observe("me", "claude logs", Amount(40 * CENT, 900))
    await book.observe("me", "claude logs", Amount(45 * CENT, 1000))
    await book.observe("me", "provider", Amount(44 * CENT))
    state = await book.state("me")
    assert state.own.observed == {"claude logs": Amount(45 * CENT, 1000), "provider": Amount(44 * CENT)}
    assert state.left("usd") == 70 * CENT


async def test_two_open_ledgers_see_each_other_s_changes_at_once(book, bench):
    other = await bench.open()
    await limit(book, "me", 100)
    grant = await other.reserve(hold("me", usd(60), "a"))
    assert not (await book.reserve(hold("me", usd(60), "b"))).granted
    await limit(other, "me", 70)
    assert not (await book.reserve(hold("me", usd(20), "c"))).granted
    await book.settle(grant.hold, usd(0), "0")
    assert (await other.reserve(hold("me", usd(70), "d"))).granted
    await other.close()


async def test_holds_that_come_together_never_pass_the_limit(book):
    await limit(book, "me", 100)
    grants = await asyncio.gather(*(book.reserve(hold("me", usd(10), f"k{n}")) for n in range(50)))
    assert sum(grant.granted for grant in grants) == 10
    assert await figures(book, "me") == (0, 100)


async def test_one_bad_operation_in_a_batch_leaves_the_others_alone(book):
    await limit(book, "me", 1000)
    answers = await asyncio.gather(
        *(book.reserve(hold("me" if n % 3 else "nobody", usd(1), f"k{n}")) for n in range(30)), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, InvalidInputError)]
    assert len(refused) == 10
    assert await figures(book, "me") == (0, 20)


async def test_a_late_settling_after_a_release_is_charged_even_where_others_hold_what_was_given_back(book, bench):
    await limit(book, "me", 100)
    grant = await book.reserve(hold("me", usd(60), "a", expires_in_s=600, on_expiry="release"))
    await bench.set_clock(NOON + timedelta(seconds=600))
    assert (await book.reserve(hold("me", usd(100), "b"))).granted
    late = await book.settle(grant.hold, usd(60), "60")
    assert (late.late, late.left.nano_usd) == (True, -60 * CENT)
    assert not (await book.reserve(hold("me", usd(0), "c"))).granted


async def test_spending_over_time_adds_up_to_what_was_charged(book, bench):
    await limit(book, "me", 1000, period=Period("month"))
    for hour in range(4):
        await bench.set_clock(NOON + timedelta(hours=hour, minutes=hour))
        await book.record("me", usd(10 + hour), f"r{hour}", "r")
    hourly = await book.spends("me", int(NOON.timestamp()) * 1000, 3_600_000)
    assert [(at // 3_600_000 - hourly[0][0] // 3_600_000, nano // CENT) for at, nano, _ in hourly] == [
        (0, 10),
        (1, 11),
        (2, 12),
        (3, 13),
    ]
