"""check_budget on stdio: what this machine's logs say is shown beside the budget, and only to its user."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

import tokenworth
from support.agent_logs import claude_file, claude_line, write
from tokenworth.burn.logs.local import LocalLogs
from tokenworth.burn.models import CheckBudgetRequest, SetBudgetRequest
from tokenworth.errors import InvalidInputError
from tokenworth.prices.first_use import PricesOnFirstUse
from tokenworth.wiring import context_on_network

MODEL = "claude-sonnet-4-5-20250929"


@pytest.fixture
def on_stdio(context, tmp_path, monkeypatch):
    monkeypatch.delenv("CLAUDE_CONFIG_DIR", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    home = tmp_path / "home"
    # The clock stands at the 16th of June, 0:00: one call of today, one of this month, one before it.
    for day, call in (("2026-06-16", "a"), ("2026-06-02", "b"), ("2026-05-31", "c")):
        line = claude_line(call, "r", (0, 0, 0, 100_000), at=f"{day}T00:00:00.000Z", model=MODEL)
        write(claude_file(home, call), [line])
    return replace(context, local_use=LocalLogs(PricesOnFirstUse(lambda: tmp_path), home))


def check(context, **arguments):
    return tokenworth.check_budget(CheckBudgetRequest(**arguments), context)


async def test_the_logs_stand_beside_what_was_charged_and_are_never_added(on_stdio):
    asked = SetBudgetRequest(budget="me", limit_usd="$10", period={"every": "month", "timezone": "UTC"})
    await tokenworth.set_budget(asked, on_stdio)
    answer = await check(on_stdio)
    # $15 a million tokens made, by the maker's list.
    assert [(seen.source, seen.usd, seen.tokens, seen.gap_usd) for seen in answer.observed] == [
        ("local agent logs", 3, 200_000, 3),
        ("local agent logs, today (UTC)", Decimal("1.5"), 100_000, None),
    ]
    assert (answer.spent_usd, answer.left_usd) == (0, 10)


async def test_without_a_budget_today_is_told_all_the_same(on_stdio):
    answer = await check(on_stdio)
    assert answer.headline.startswith("me: no budget yet. Today your agents used 100,000 tokens, $1.50")
    assert [seen.usd for seen in answer.observed] == [Decimal("1.5")]


async def test_another_s_budget_and_a_network_s_caller_get_nothing_of_the_logs(on_stdio):
    with pytest.raises(InvalidInputError):
        await check(on_stdio, budget="somebody")
    with pytest.raises(InvalidInputError):
        await check(context_on_network(on_stdio))
