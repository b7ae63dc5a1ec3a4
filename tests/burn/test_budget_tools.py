"""The five budget tools end to end: requests as callers send them, answers as they read them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import bpe_openai
import pytest
from pydantic import ValidationError

import tokenworth
from tokenworth.budgets import NANO, Amount
from tokenworth.burn import models
from tokenworth.errors import InvalidInputError, LedgerUnusableError, NotAllowedError, NotPricedError

MONTH = {"every": "month", "timezone": "UTC"}


async def ask(tool, context, **arguments):
    name = "".join(part.title() for part in tool.split("_"))
    request = getattr(models, f"{name}Request").model_validate(arguments)
    return await getattr(tokenworth, tool)(request, context)


async def test_an_agent_holds_works_settles_and_sees_what_is_left(context):
    made = await ask("set_budget", context, budget="me", limit_usd="$1", period=MONTH)
    assert (made.created, made.limit_usd, made.left_usd) == (True, 1, 1)
    grant = await ask("reserve_budget", context, budget="me", usd=0.25, key="a")
    assert (grant.granted, grant.left_usd) == (True, Decimal("0.75"))
    settled = await ask("settle_reservation", context, hold=grant.hold, usd="0.10")
    assert (settled.charged_usd, settled.left_usd) == (Decimal("0.1"), Decimal("0.9"))
    await ask("record_usage", context, budget="me", usage={"usd": 0.4}, key="b")
    seen = await ask("check_budget", context)
    assert (seen.spent_usd, seen.held_usd, seen.left_usd) == (Decimal("0.5"), 0, Decimal("0.5"))
    # Half of June is gone and half is spent: the even pace, and exactly the limit at the end.
    assert (seen.pace.pace_ratio, seen.pace.projected_end, seen.pace.share_of_period_gone) == (1, 1, 0.5)


async def test_both_channels_name_the_hold_and_what_is_left(context):
    await ask("set_budget", context, budget="me", limit_usd=1)
    grant = await ask("reserve_budget", context, budget="me", usd=0.25, key="a")
    for channel in (grant.text(), str(grant.data())):
        assert grant.hold in channel
        assert "0.75" in channel


async def test_a_planned_call_is_held_at_its_worst(context):
    await ask("set_budget", context, budget="me", limit_usd=10)
    planned = {"model": "opus", "input_tokens": 100_000, "output_tokens": 8_000, "calls": 2}
    grant = await ask("reserve_budget", context, budget="me", planned=planned, key="a")
    # 2 x (100,000 written to a cache at $6.25 + 8,000 made at $25 a million)
    assert (grant.held_usd, grant.held_tokens) == (Decimal("1.65"), 216_000)
    long = {"model": "opus", "input_tokens": 400_000}
    assert (await ask("reserve_budget", context, budget="me", planned=long, key="b")).held_usd == 5


async def test_usage_settles_at_its_price_and_an_unpriced_model_at_what_was_held(context):
    await ask("set_budget", context, budget="me", limit_usd=10)
    grants = [await ask("reserve_budget", context, budget="me", usd=1, key=key) for key in "abc"]
    usage = {"model": "opus", "input_tokens": 20_000, "output_tokens": 1_000}
    assert (await ask("settle_reservation", context, hold=grants[0].hold, usage=usage)).charged_usd == Decimal("0.125")
    response = {"id": "msg", "model": "haiku", "usage": {"input_tokens": 1_000, "output_tokens": 1_000}}
    assert (await ask("settle_reservation", context, hold=grants[1].hold, usage=response)).charged_usd == Decimal(
        "0.006"
    )
    unknown = {"model": "nobody-knows", "input_tokens": 5}
    settled = await ask("settle_reservation", context, hold=grants[2].hold, usage=unknown)
    assert settled.charged_usd == 1
    assert "no model has that name" in settled.text()


async def test_a_model_without_a_price_is_refused_by_dollars_and_held_in_tokens(context):
    await ask("set_budget", context, budget="dollars", limit_usd=10)
    await ask("set_budget", context, budget="tokens", limit_tokens="1M")
    planned = {"model": "nobody-knows", "input_tokens": 1_000}
    refused = await ask("reserve_budget", context, budget="dollars", planned=planned, key="a")
    assert (refused.granted, refused.hold) == (False, None)
    assert "no price" in refused.headline
    granted = await ask("reserve_budget", context, budget="tokens", planned=planned, key="b")
    assert (granted.granted, granted.left_tokens, granted.left_usd) == (True, 999_000, None)


async def test_a_refusal_names_the_budget_whose_limit_it_was(context):
    await ask("set_budget", context, budget="team", limit_usd=0.5)
    await ask("set_budget", context, budget="me", limit_usd=10, parent="team")
    refused = await ask("reserve_budget", context, budget="me", usd=0.6, key="a")
    assert (refused.refused_by, refused.left_usd) == ("team", Decimal("0.5"))
    assert refused.headline == "Not granted, nothing is held: the limit of team leaves $0.50."


@pytest.mark.parametrize(
    "change",
    [
        {"limit_usd": 101},
        {"limit_usd": "none"},
        {"period": "day"},
        {"limit_usd": 5, "period": "day"},
        {"parent": "big"},
    ],
)
async def test_an_agent_cannot_raise_its_own_limit_by_any_field(context, owner, change):
    await ask("set_budget", owner, budget="big", limit_usd=1_000)
    await ask("set_budget", owner, budget="me", limit_usd=100, period=MONTH)
    with pytest.raises(NotAllowedError, match="tokenworth budget set"):
        await ask("set_budget", context, budget="me", **change)
    assert (await ask("check_budget", context)).left_usd == 100
    await ask("set_budget", owner, budget="me", **change)


async def test_setting_the_same_again_changes_nothing_and_lowering_takes_effect_at_once(context):
    await ask("set_budget", context, budget="me", limit_usd=100, period=MONTH)
    again = await ask("set_budget", context, budget="me", limit_usd=100, period=MONTH)
    assert (again.created, again.left_usd) == (False, 100)
    lower = await ask("set_budget", context, budget="me", limit_usd=20)
    assert (lower.left_usd, lower.period) == (20, "month in UTC")


async def test_what_rolls_over_stops_at_its_cap(context, clock):
    period = {**MONTH, "unused": "rolls_over", "rollover_cap_usd": "$30"}
    made = await ask("set_budget", context, budget="me", limit_usd=100, period=period)
    assert made.period == "month in UTC, unused rolls over up to $30.00"
    assert (await ask("set_budget", context, budget="me", limit_usd=100, period=period)).created is False
    clock.now += timedelta(days=30)
    seen = await ask("check_budget", context)
    assert (seen.carried_usd, seen.left_usd) == (30, 130)


async def test_0_10_and_the_text_of_it_are_one_request_and_another_amount_is_an_error(context):
    await ask("set_budget", context, budget="me", limit_usd=1)
    first = await ask("reserve_budget", context, budget="me", usd=0.1, key="a")
    assert await ask("reserve_budget", context, budget="me", usd="$0.10", key="a") == first
    with pytest.raises(InvalidInputError, match="already came with another request"):
        await ask("reserve_budget", context, budget="me", usd=0.2, key="a")


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("reserve_budget", {"budget": "me", "usd": -1, "key": "a"}),
        ("reserve_budget", {"budget": "me", "tokens": -1, "key": "a"}),
        ("reserve_budget", {"budget": "me", "key": "a"}),
        ("reserve_budget", {"budget": "me", "usd": 1, "planned": {"model": "opus"}, "key": "a"}),
        ("reserve_budget", {"budget": "me", "usd": "€1", "key": "a"}),
        ("reserve_budget", {"budget": "me", "usd": 1}),
        ("reserve_budget", {"budget": "me", "usd": 1, "key": ""}),
        ("settle_reservation", {"hold": "h", "usd": -0.01}),
        ("settle_reservation", {"hold": "h"}),
        ("settle_reservation", {"hold": "h", "usd": 1, "usage": {"usd": 1}}),
        ("record_usage", {"budget": "me", "usage": {}, "key": "a"}),
        ("set_budget", {"budget": "me", "limit_usd": -5}),
        ("set_budget", {"budget": "me", "limit_usd": 5, "limit_tokens": 5}),
        ("set_budget", {"budget": "me", "limit_usd": 5, "period": "fortnight"}),
        ("set_budget", {"budget": "me", "limit_usd": 5, "period": {"every": "once", "unused": "rolls_over"}}),
        ("set_budget", {"budget": "me", "limit_usd": 5, "period": {"every": "day", "rollover_cap_usd": 5}}),
        (
            "set_budget",
            {"budget": "me", "limit_usd": 5, "period": {**MONTH, "unused": "rolls_over", "rollover_cap_usd": -1}},
        ),
        ("set_budget", {"budget": "../me", "limit_usd": 5}),
        ("check_budget", {"budgets": "me"}),
    ],
)
def test_negative_missing_double_and_unknown_arguments_are_refused(tool, arguments):
    name = "".join(part.title() for part in tool.split("_"))
    with pytest.raises(ValidationError):
        getattr(models, f"{name}Request").model_validate(arguments)


@pytest.mark.parametrize("usage", [{"usd": -1}, {"usd": "lots"}, {"input_tokens": 5}, {"model": 7, "input_tokens": 5}])
async def test_a_usage_that_says_no_amount_is_refused_with_what_to_send(context, usage):
    await ask("set_budget", context, budget="me", limit_usd=1)
    with pytest.raises(InvalidInputError, match=r"usage.*Send the usage object"):
        await ask("record_usage", context, budget="me", usage=usage, key="a")


async def test_without_a_price_list_amounts_still_work_and_usage_says_what_to_send(context):
    bare = replace(context, prices=None)
    await ask("set_budget", bare, budget="me", limit_usd=1)
    with pytest.raises(NotPricedError, match="no price list"):
        await ask("record_usage", bare, budget="me", usage={"model": "opus", "input_tokens": 5}, key="a")
    assert (await ask("record_usage", bare, budget="me", usage={"usd": "0.10"}, key="a")).left_usd == Decimal("0.9")


async def test_without_a_ledger_the_answer_says_how_to_have_one(context):
    with pytest.raises(LedgerUnusableError, match="TOKENWORTH_LEDGER"):
        await ask("check_budget", replace(context, ledger=None))


async def test_a_budget_that_is_not_there_is_an_error_that_shows_how_to_make_it(context):
    with pytest.raises(InvalidInputError, match="Create it first with set_budget"):
        await ask("check_budget", context)


@pytest.mark.parametrize(
    ("limit", "answer", "condition", "cheapest"),
    [
        # 40,000 sent at $6.25 a million is $0.25; each 1,000 made is $0.025; haiku takes a fifth of all that.
        (0.45, "fits", None, None),
        (0.40, "only_if", "the output stays within 6,000 tokens a call, or on haiku, at most $0.09", "haiku"),
        (0.20, "only_if", "on haiku, at most $0.09", "haiku"),
        (0.05, "does_not_fit", None, None),
    ],
)
async def test_a_planned_call_fits_does_not_or_only_if(context, limit, answer, condition, cheapest):
    await ask("set_budget", context, budget="me", limit_usd=limit)
    planned = {"model": "opus", "input_tokens": 40_000, "output_tokens": 8_000}
    seen = await ask("check_budget", context, planned=planned)
    assert (seen.planned.answer, seen.planned.worst_usd) == (answer, Decimal("0.45"))
    assert seen.planned.cheapest_that_fits == cheapest
    if condition is not None:
        assert seen.planned.condition == condition


async def test_burning_thirty_times_too_fast_raises_every_alert_and_a_steady_pace_none(context, clock):
    await ask("set_budget", context, budget="me", limit_usd=720, period=MONTH)
    # A dollar an hour is the even pace of $720 over 30 days.
    for hour in range(72):
        clock.now += timedelta(hours=1)
        await ask("record_usage", context, budget="me", usage={"usd": "0.4"}, key=f"slow {hour}")
    assert (await ask("check_budget", context)).alerts == []
    for minute in range(12):
        clock.now += timedelta(minutes=5)
        await ask("record_usage", context, budget="me", usage={"usd": "3"}, key=f"fast {minute}")
    alerts = (await ask("check_budget", context)).alerts
    assert [(alert.severity, alert.threshold) for alert in alerts] == [("page", 14.4), ("page", 6)]
    assert alerts[0].burn_rate == pytest.approx(36, rel=0.1)
    assert (alerts[0].long_window, alerts[0].short_window) == ("1 h", "5 min")


async def test_alert_windows_are_rescaled_to_the_budget_s_own_period(context):
    await ask("set_budget", context, budget="me", limit_usd=100, period="day")
    await ask("record_usage", context, budget="me", usage={"usd": 50}, key="a")
    alerts = (await ask("check_budget", context)).alerts
    assert [(alert.long_window, alert.short_window) for alert in alerts] == [
        ("2 min", "10 s"),
        ("12 min", "1 min"),
        ("144 min", "12 min"),
    ]
    await ask("set_budget", context, budget="short", limit_usd=100, period="5h")
    await ask("record_usage", context, budget="short", usage={"usd": 50}, key="b")
    alerts = (await ask("check_budget", context, budget="short")).alerts
    assert (alerts[0].long_window, alerts[0].short_window) == ("25 s", "2.1 s")


async def test_debt_is_said_plainly_and_so_is_what_to_do(context):
    await ask("set_budget", context, budget="me", limit_usd=1)
    await ask("record_usage", context, budget="me", usage={"usd": 1.5}, key="a")
    seen = await ask("check_budget", context)
    assert seen.headline.startswith("me: $0.50 in debt")
    assert seen.do_next.startswith("Stop: nothing more is granted")


async def test_observed_use_stands_beside_with_the_gap_and_is_never_added(context):
    await ask("set_budget", context, budget="me", limit_usd=10)
    await ask("record_usage", context, budget="me", usage={"usd": 2}, key="a")
    ledger = await context.ledger.open()
    await ledger.observe("me", "claude logs", Amount(3 * NANO, 5_000))
    seen = await ask("check_budget", context)
    assert (seen.spent_usd, seen.left_usd) == (2, 8)
    assert (seen.observed[0].usd, seen.observed[0].gap_usd) == (3, 1)
    assert "$1.00 more than was charged here" in seen.text()


async def test_spending_is_shown_by_model_the_largest_first_and_adds_up_to_what_was_spent(context):
    await ask("set_budget", context, budget="me", limit_usd=10)
    held = await ask(
        "reserve_budget", context, budget="me", planned={"model": "opus", "output_tokens": 100_000}, key="a"
    )
    await ask("settle_reservation", context, hold=held.hold, usd=2)
    usages = [
        {"usd": 0.5, "tokens": 10},
        {"model": "haiku", "output_tokens": 200_000},  # $5 a million
        {"model": "nobody-knows", "input_tokens": 7},
    ]
    for number, usage in enumerate(usages):
        await ask("record_usage", context, budget="me", usage=usage, key=f"r{number}")
    seen = await ask("check_budget", context, detail="full")
    rows = [
        {"model": "opus", "usd": 2.0, "tokens": 100_000},
        {"model": "haiku", "usd": 1.0, "tokens": 200_000},
        {"model": None, "usd": 0.5, "tokens": 10},
        {"model": "nobody-knows", "usd": 0.0, "tokens": 7},
    ]
    assert seen.data()["by_model"] == rows
    assert (seen.spent_usd, seen.spent_tokens) == (Decimal("3.5"), 300_017)
    concise = await ask("check_budget", context)
    assert concise.data()["by_model"] == rows[:3]
    assert "By model: opus $2.00 and 100,000 tokens; haiku $1.00 and 200,000 tokens; none named" in concise.text()


async def test_no_list_of_models_is_longer_than_anybody_reads(context):
    await ask("set_budget", context, budget="me", limit_tokens=100)
    for number in range(53):
        usage = {"model": f"own model {number}", "input_tokens": 1}
        await ask("record_usage", context, budget="me", usage=usage, key=str(number))
    rows = (await ask("check_budget", context, detail="full")).data()["by_model"]
    assert len(rows) == 51
    assert rows[-1] == {"model": "3 others", "usd": 0.0, "tokens": 3}
    assert sum(row["tokens"] for row in rows) == 53


async def test_a_models_name_is_kept_without_what_cannot_be_seen(context):
    await ask("set_budget", context, budget="me", limit_tokens=100)
    usage = {"model": "our\u202e own\n\x00model", "input_tokens": 5}
    await ask("record_usage", context, budget="me", usage=usage, key="a")
    (row,) = (await ask("check_budget", context)).by_model
    assert row.model == "our own model"


async def test_a_concise_answer_stays_under_800_tokens_in_each_channel(context, clock):
    encode = bpe_openai.get_encoding("o200k_base").encode
    for name, parent in (("org", None), ("team", "org"), ("person", "team"), ("me", "person")):
        place = {} if parent is None else {"parent": parent}
        await ask("set_budget", context, budget=name, limit_usd=1, period=MONTH, **place)
        await ask("set_budget", context, budget=name, limit_tokens="10M")
    await ask("record_usage", context, budget="me", usage={"usd": 0.9, "tokens": 5_000}, key="a")
    ledger = await context.ledger.open()
    for source in ("claude logs", "provider"):
        await ledger.observe("me", source, Amount(NANO, 5_000))
    for number in range(6):
        usage = {"model": f"some-vendor/a-long-model-name-{number}", "input_tokens": 5}
        await ask("record_usage", context, budget="me", usage=usage, key=f"m{number}")
    planned = {"model": "opus", "input_tokens": 4_000, "output_tokens": 8_000}
    seen = await ask("check_budget", context, planned=planned)
    assert len(encode(seen.text())) < 800
    assert len(encode(json.dumps(seen.data(), separators=(",", ":")))) < 800
