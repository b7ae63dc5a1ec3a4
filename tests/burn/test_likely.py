"""What a planned call is likely to cost, from what the budget's own planned holds came to."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from itertools import count

import bpe_openai
import pytest

import tokenworth
from tokenworth.burn import models

KEYS = count()
# 40,000 sent at $6.25 and 8,000 made at $25 a million tokens: $0.45 at worst.
OPUS = {"model": "opus", "input_tokens": 40_000, "output_tokens": 8_000}
HAIKU = {"model": "haiku", "output_tokens": 200_000}  # $1 at worst


async def ask(tool, context, **arguments):
    name = "".join(part.title() for part in tool.split("_"))
    request = getattr(models, f"{name}Request").model_validate(arguments)
    return await getattr(tokenworth, tool)(request, context)


async def came_to(context, planned, worst, shares):
    """Hold a planned call and settle it at a share of its worst case, for each share."""
    for share in shares:
        key = str(next(KEYS))
        held = await ask("reserve_budget", context, budget="me", planned=planned, key=key)
        assert held.held_usd == Decimal(worst)
        await ask("settle_reservation", context, hold=held.hold, usd=f"{Decimal(worst) * share / 100:.4f}")


@pytest.fixture
async def budget(context):
    await ask("set_budget", context, budget="me", limit_usd=1_000)
    return context


async def test_a_planned_call_is_likely_to_cost_the_share_that_calls_before_came_to(budget):
    # Nineteen shares, 5% to 95%: a tenth lies below 10%, half below 50%, nine tenths below 90%.
    await came_to(budget, OPUS, "0.45", range(5, 100, 5))
    plan = (await ask("check_budget", budget, planned={**OPUS, "calls": 2})).planned
    assert (plan.answer, plan.worst_usd) == ("fits", Decimal("0.9"))
    likely = plan.likely_low_usd, plan.likely_usd, plan.likely_high_usd
    assert likely == (Decimal("0.09"), Decimal("0.45"), Decimal("0.81"))
    assert plan.likely_from.startswith("your last 19 planned calls on opus came to 10% to 90% of their worst case")


async def test_both_channels_say_it(budget):
    await came_to(budget, OPUS, "0.45", [20] * 12)
    seen = await ask("check_budget", budget, planned=OPUS)
    assert "likely $0.09 to $0.09, $0.09 in the middle (your last 12 planned calls on opus" in seen.text()
    assert seen.data()["planned"]["likely_usd"] == 0.09


async def test_calls_of_the_same_model_count_before_all_others(budget):
    await came_to(budget, OPUS, "0.45", [20] * 9)
    await came_to(budget, HAIKU, "1", [80] * 8)
    opus = (await ask("check_budget", budget, planned=OPUS)).planned
    assert opus.likely_usd == Decimal("0.09")
    # Eight of haiku are too few to stand alone: of all seventeen the middle one came to 20%.
    haiku = (await ask("check_budget", budget, planned=HAIKU)).planned
    assert (haiku.likely_usd, haiku.likely_high_usd) == (Decimal("0.2"), Decimal("0.8"))
    assert haiku.likely_from.startswith("your last 17 planned calls came to")


async def test_only_the_latest_two_hundred_count(budget, clock):
    await came_to(budget, HAIKU, "1", [90] * 30)
    clock.now += timedelta(minutes=1)
    await came_to(budget, HAIKU, "1", [10] * 200)
    plan = (await ask("check_budget", budget, planned=HAIKU)).planned
    assert plan.likely_high_usd == Decimal("0.1")


@pytest.mark.parametrize("settled", [0, 8])
async def test_too_little_history_is_said_and_nothing_is_guessed(budget, settled):
    await came_to(budget, OPUS, "0.45", [50] * settled)
    seen = await ask("check_budget", budget, planned=OPUS)
    assert (seen.planned.likely_low_usd, seen.planned.likely_usd) == (None, None)
    said = f"too little history for a likely cost: {settled} of 9 planned holds settled"
    assert seen.planned.likely_from == said
    assert said in seen.text()


async def test_holds_that_were_not_planned_or_came_to_nothing_say_nothing(budget):
    for number in range(20):
        held = await ask("reserve_budget", budget, budget="me", usd=1, key=f"u{number}")
        await ask("settle_reservation", budget, hold=held.hold, usd="0.5")
    await came_to(budget, HAIKU, "1", [0] * 20)
    plan = (await ask("check_budget", budget, planned=OPUS)).planned
    assert plan.likely_from.endswith("0 of 9 planned holds settled")


async def test_a_call_without_a_price_has_no_likely_cost(context):
    await ask("set_budget", context, budget="me", limit_tokens="1M")
    plan = (await ask("check_budget", context, planned={"model": "nobody-knows", "input_tokens": 5})).planned
    assert (plan.answer, plan.likely_from) == ("fits", None)


async def test_an_answer_with_a_likely_cost_stays_under_800_tokens(budget):
    await came_to(budget, OPUS, "0.45", range(5, 100, 5))
    encode = bpe_openai.get_encoding("o200k_base").encode
    seen = await ask("check_budget", budget, planned=OPUS)
    assert len(encode(seen.text())) < 800
    assert len(encode(json.dumps(seen.data(), separators=(",", ":")))) < 800
