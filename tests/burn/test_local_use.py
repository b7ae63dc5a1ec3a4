"""check_budget on stdio: what this machine's logs say is shown beside the budget, and only to its user."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

import tokenworth
from support.agent_logs import claude_file, claude_line, codex_count, codex_file, codex_meta, write
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


async def test_without_a_budget_today_is_told_by_model_too(on_stdio, tmp_path):
    lines = [
        claude_line("d", "r", (0, 0, 0, 10_000), at="2026-06-16T00:00:00.000Z", model="claude-haiku-4-5-20251001"),
        claude_line("e", "r", (5, 0, 0, 0), at="2026-06-16T00:00:00.000Z", model="nobody-knows"),
    ]
    write(claude_file(tmp_path / "home", "d"), lines)
    answer = await check(on_stdio)
    # $15 and $5 a million tokens made, by the maker's list.
    assert answer.data()["by_model"] == [
        {"model": MODEL, "usd": 1.5, "tokens": 100_000},
        {"model": "claude-haiku-4-5-20251001", "usd": 0.05, "tokens": 10_000},
        {"model": "nobody-knows", "usd": 0.0, "tokens": 5},
    ]


def codex_quotas(home, five_hours_reset, week_resets):
    limits = {
        "primary": {"used_percent": 31.5, "window_minutes": 300, "resets_at": five_hours_reset},
        "secondary": {"used_percent": 8, "window_minutes": 10_080, "resets_at": week_resets},
    }
    counted = codex_count((10, 0, 1), at="2026-06-15T23:00:00.000Z", limits=limits)
    write(codex_file(home, "q"), [codex_meta("q"), counted])


# The clock stands at the 16th of June, 0:00, which is 1,781,568,000 seconds since 1970.
NOW_S = 1_781_568_000


@pytest.mark.parametrize("budget", [True, False])
async def test_official_quotas_stand_beside_until_their_window_is_over(on_stdio, tmp_path, budget):
    if budget:
        await tokenworth.set_budget(SetBudgetRequest(budget="me", limit_usd="$10"), on_stdio)
    codex_quotas(tmp_path / "home", NOW_S + 7_200, NOW_S)
    answer = await check(on_stdio)
    assert answer.data()["quotas"] == [
        {
            "agent": "codex",
            "window": "5 h",
            "used_percent": 31.5,
            "resets_at": "2026-06-16T02:00:00Z",
            "seen_at": "2026-06-15T23:00:00Z",
        }
    ]
    assert "Official quota of codex, 5 h: 31.5% used, anew at 06-16 02:00 UTC" in answer.text()


async def test_no_network_s_caller_and_nobody_who_names_a_budget_reads_quotas(on_stdio, tmp_path):
    await tokenworth.set_budget(SetBudgetRequest(budget="me", limit_usd="$10"), on_stdio)
    codex_quotas(tmp_path / "home", NOW_S + 7_200, NOW_S + 7_200)
    assert len((await check(on_stdio)).quotas) == 2
    assert "quotas" not in (await check(context_on_network(on_stdio))).data()
    assert "quotas" not in (await check(on_stdio, budget="me")).data()


async def test_another_s_budget_and_a_network_s_caller_get_nothing_of_the_logs(on_stdio):
    with pytest.raises(InvalidInputError):
        await check(on_stdio, budget="somebody")
    with pytest.raises(InvalidInputError):
        await check(context_on_network(on_stdio))
