"""check_budget's pace from a real ledger: the end of the period, when it runs out, and what to do, in numbers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import bpe_openai
import pytest

import tokenworth
from tokenworth.budgets import Amount, BudgetChange, Period
from tokenworth.burn.models import CheckBudgetRequest, RecordUsageRequest, SetBudgetRequest


async def spend_hourly(context, clock, hours, usd):
    for hour in range(hours):
        clock.now += timedelta(minutes=30)
        usage = {"usd": usd(hour) if callable(usd) else usd}
        request = RecordUsageRequest(budget="me", usage=usage, key=f"{clock.now}")
        await tokenworth.record_usage(request, context)
        clock.now += timedelta(minutes=30)


async def limit(context, usd, **period):
    arguments = {"budget": "me", "limit_usd": usd, "period": period}
    await tokenworth.set_budget(SetBudgetRequest.model_validate(arguments), context)


async def check(context):
    return await tokenworth.check_budget(CheckBudgetRequest(), context)


async def test_a_steady_use_ends_where_arithmetic_says_and_fits(context, clock):
    await limit(context, 1_000, every="month", timezone="UTC")
    await spend_hourly(context, clock, 200, 1)
    pace = (await check(context)).pace
    # From the 16th at midnight 200 hours are gone; 160 of the 360 hours of the month's second half remain.
    assert pace.projected_end == pytest.approx(360, rel=0.01)
    assert pace.projected_low <= pace.projected_end <= pace.projected_high
    assert (pace.exhausted_p10, pace.exhausted_p50, pace.exhausted_p90) == (None, None, None)
    assert "200 hours of its own history" in pace.method


async def test_a_budget_that_runs_out_says_when_and_what_to_do_in_numbers(context, clock):
    await limit(context, 250, every="month", timezone="UTC")
    await spend_hourly(context, clock, 200, 1)
    seen = await check(context)
    # $50 are left at $1 an hour; 160 hours remain, so $110 are missing, or $7.50 a day is the pace that lasts.
    out = clock.now + timedelta(hours=50)
    assert abs(seen.pace.exhausted_p50 - out) < timedelta(hours=1)
    assert seen.pace.exhausted_p10 <= seen.pace.exhausted_p50
    assert seen.do_next.startswith("Slow down to $7.50 a day to last the period; or ask for $1")
    assert seen.do_next.endswith(" more.")
    assert "runs out P10" in seen.text()


async def test_less_than_a_day_of_history_is_said_and_foretells_nothing(context, clock):
    await limit(context, 1_000, every="month", timezone="UTC")
    await spend_hourly(context, clock, 5, 3)
    pace = (await check(context)).pace
    assert "too little history to forecast (" in pace.method
    assert (pace.projected_low, pace.exhausted_p10) == (None, None)


async def test_history_goes_on_across_the_start_of_a_period(context, clock):
    clock.now = datetime(2026, 5, 28, tzinfo=UTC)
    await limit(context, 1_000, every="month", timezone="UTC")
    await spend_hourly(context, clock, 4 * 24 + 6, 1)
    pace = (await check(context)).pace
    # Six hours into June a run rate has nothing to say; the days before do: 714 hours remain.
    assert pace.share_of_period_gone < 0.02
    assert pace.projected_end == pytest.approx(720, rel=0.02)


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25)])
async def test_a_day_on_which_the_clocks_change_is_as_long_as_it_is(context, clock, day, hours):
    start = datetime(*day, tzinfo=UTC) - timedelta(hours=1 if hours == 23 else 2)  # midnight in Berlin
    clock.now = start - timedelta(hours=96)
    await limit(context, 100, every="day", timezone="Europe/Berlin")
    await spend_hourly(context, clock, 98, 1)
    seen = await check(context)
    assert (seen.ends_at - seen.starts_at).total_seconds() == hours * 3_600
    assert seen.pace.projected_end == pytest.approx(hours, abs=1.5)


async def test_a_rolling_window_gives_back_what_it_lets_go_of(context, clock):
    ledger = await context.ledger.open()
    await ledger.set_budget(
        BudgetChange("me", "usd", 30 * 10**9, Period("rolling", window_s=24 * 3_600), may_raise=True)
    )
    await spend_hourly(context, clock, 72, 1)
    # $24 of $30 are in the window and each hour that comes takes one's place: it never runs out.
    assert (await check(context)).pace.exhausted_p50 is None


async def test_corrections_and_gaps_make_no_hour_negative(context, clock):
    await limit(context, 100, every="month", timezone="UTC")
    await spend_hourly(context, clock, 60, lambda hour: 1 if hour % 13 == 0 else 0)
    pace = (await check(context)).pace
    assert pace.projected_low >= 5


async def test_a_forecast_keeps_a_concise_answer_under_800_tokens(context, clock):
    encode = bpe_openai.get_encoding("o200k_base").encode
    await limit(context, 250, every="month", timezone="UTC")
    await spend_hourly(context, clock, 60, lambda hour: 4 if hour % 7 else 1)
    ledger = await context.ledger.open()
    for source in ("claude logs", "provider"):
        await ledger.observe("me", source, Amount(10**9, 5_000))
    planned = {"model": "opus", "input_tokens": 400_000, "output_tokens": 800_000}
    request = CheckBudgetRequest.model_validate({"planned": planned})
    seen = await tokenworth.check_budget(request, context)
    assert seen.pace.exhausted_p10 is not None
    assert len(encode(seen.text())) < 800
    assert len(encode(json.dumps(seen.data(), separators=(",", ":")))) < 800
