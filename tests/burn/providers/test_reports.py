"""Every provider's report from the first page to the last, and what the ledger and the answer then say.

The figures are the sums of fixtures/providers, added up by hand.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from support.usage_providers import NEEDS, desk_of
from tokenworth.budgets import NANO, Amount, BudgetChange, Period
from tokenworth.burn.providers import PROVIDERS
from tokenworth.errors import InvalidInputError

MONTH = Period("month")
# USD and tokens of each report, and how many pages it takes.
SUMS = {
    "anthropic": ("1.2395", 21_855, 4),
    "anthropic-admin": ("10.6", 399, 4),
    "anthropic-limits": ("123.456", None, 1),
    "claude-code": ("11.23", 6_960, 17),  # a page for each of sixteen days, and one has two
    "openai": ("1.294567890123", 3_510, 4),
    "openrouter": ("25.5", None, 1),
    "openrouter-activity": ("1.115", 1_185, 2),
    "litellm": ("0.01771815", 1_868, 3),
    "litellm-logs": ("0.875", 1_550, 2),
    "github-copilot": ("13", None, 1),
}


async def limit(context, period=MONTH, cents=100_00, budget="me"):
    ledger = await context.ledger.open()
    await ledger.set_budget(BudgetChange(budget, "usd", cents * NANO // 100, period, may_raise=True))


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_report_is_read_to_its_last_page_and_kept_beside_what_was_spent(owner, provider):
    await limit(owner)
    usd, tokens, pages = SUMS[provider]
    async with desk_of(owner, provider) as desk:
        answer = await desk.observe(provider)
        kept = await desk.observed()
    assert (answer.usd, answer.tokens, answer.pages) == (Decimal(usd), tokens, pages)
    assert kept == {provider: Amount(round(Decimal(usd) * NANO), tokens)}
    assert (answer.spent_usd, answer.gap_usd) == (0, round(Decimal(usd) * NANO) / Decimal(NANO))
    assert answer.headline.startswith(f"me: {provider} counts $")


async def test_asking_again_replaces_the_figure_and_adds_nothing(owner):
    await limit(owner)
    async with desk_of(owner, "openai") as desk:
        await desk.observe("openai")
        first = await desk.observed()
        await desk.observe("openai")
        assert await desk.observed() == first


async def test_the_period_of_the_budget_is_what_is_asked_for(owner):
    await limit(owner)
    async with desk_of(owner, "anthropic") as desk:
        await desk.observe("anthropic", user="user_9", workspace="wrkspc_1")
        path, query = desk.upstream.asked[0]
    assert path == "/v1/organizations/analytics/usage"
    assert query == {
        "starting_at": ["2026-06-01T00:00:00Z"],
        "time_bucket_width": ["1d"],
        "limit": ["1000"],
        "actor_ids[]": ["user_9"],
        "workspace_ids[]": ["wrkspc_1"],
    }
    assert desk.upstream.headers[0]["anthropic-beta"] == "analytics-usage-cost-2026-08-24"


async def test_a_day_elsewhere_is_counted_by_its_own_hours(owner):
    await limit(owner, Period("day", "Asia/Tokyo"))
    async with desk_of(owner, "anthropic") as desk:
        answer = await desk.observe("anthropic")
        _, query = desk.upstream.asked[0]
    assert (query["starting_at"], query["time_bucket_width"]) == (["2026-06-15T15:00:00Z"], ["1h"])
    assert answer.notes == []


async def test_a_report_by_whole_days_says_that_it_begins_before_the_period(owner):
    await limit(owner, Period("day", "Asia/Tokyo"))
    async with desk_of(owner, "anthropic-admin") as desk:
        answer = await desk.observe("anthropic-admin")
    assert answer.counted_from == datetime(2026, 6, 15, tzinfo=UTC)
    assert answer.notes == ["the provider counts from 2026-06-15 00:00 UTC, before this period began"]


async def test_claude_code_is_asked_for_day_by_day_and_a_members_use_alone_is_told_by_address(owner):
    await limit(owner, Period("week"))
    async with desk_of(owner, "claude-code") as desk:
        answer = await desk.observe("claude-code", user="developer@example.com")
        days = [query["starting_at"] for _, query in desk.upstream.asked]
    assert days == [["2026-06-15"], ["2026-06-16"]]
    assert (answer.usd, answer.tokens) == (0, 0)
    assert answer.notes == ["the provider's figure is an estimate, and the last hour may be missing"]
    await limit(owner)
    async with desk_of(owner, "claude-code") as desk:
        answer = await desk.observe("claude-code", user="Developer@example.com")
    assert (answer.usd, answer.tokens) == (Decimal("10.86"), 6_660)


async def test_a_long_grant_is_asked_for_in_ranges_of_a_month(owner):
    await limit(owner, Period("once"))
    async with desk_of(owner, "anthropic") as desk:
        await desk.observe("anthropic", since=datetime(2026, 4, 1))  # noqa: DTZ001 - as the command line reads it
        starts = [query["starting_at"][0] for _, query in desk.upstream.asked if "page" not in query]
    assert starts[::2] == starts[1::2] == ["2026-04-01T00:00:00Z", "2026-05-02T00:00:00Z", "2026-06-02T00:00:00Z"]


@pytest.mark.parametrize(("period", "usd"), [("day", "1.5"), ("week", "7.25"), ("month", "25.5"), ("once", "125.75")])
async def test_a_keys_use_is_that_of_the_budgets_own_kind_of_period(owner, period, usd):
    await limit(owner, Period(period))
    async with desk_of(owner, "openrouter") as desk:
        assert (await desk.observe("openrouter")).usd == Decimal(usd)


async def test_official_limits_come_with_the_report(owner):
    await limit(owner)
    found = {}
    for provider in ("anthropic-limits", "openrouter", "openrouter-activity", "litellm", "github-copilot"):
        async with desk_of(owner, provider) as desk:
            answer = await desk.observe(provider)
        found[provider] = [(each.used, each.limit, each.left, each.period) for each in answer.limits]
    dec = Decimal
    assert found == {
        "anthropic-limits": [
            (dec(1), None, None, "daily"),
            (dec("123.456"), dec(500), dec("376.544"), "monthly"),
        ],
        "openrouter": [(dec("25.5"), dec(100), dec("74.5"), "monthly")],
        "openrouter-activity": [(dec("25.75"), dec("100.5"), dec("74.75"), None)],
        "litellm": [(dec("3.25"), dec(20), dec("16.75"), "30d")],
        "github-copilot": [(dec(1300), None, None, None), (dec("2.005"), None, None, None)],
    }


@pytest.mark.parametrize(("provider", "usd"), [("anthropic-limits", 500), ("openrouter", 100), ("litellm", 20)])
async def test_the_official_limit_of_a_person_becomes_the_budgets(owner, provider, usd):
    await limit(owner, cents=1)
    async with desk_of(owner, provider) as desk:
        answer = await desk.observe(provider, set_limit=True)
    state = await (await owner.ledger.open()).state("me")
    assert (answer.limit_set_usd, state.own.budget.limit_nano_usd) == (usd, usd * NANO)


async def test_a_limit_of_another_period_is_not_taken(owner):
    await limit(owner, Period("week"))
    async with desk_of(owner, "openrouter") as desk:
        with pytest.raises(InvalidInputError, match="set_limit: the provider states no single limit"):
            await desk.observe("openrouter", set_limit=True)
        assert await desk.observed() == {}


async def test_a_member_without_a_limit_of_the_period_has_no_figure_rather_than_zero(owner):
    await limit(owner, Period("week"))
    async with desk_of(owner, "anthropic-limits") as desk:
        answer = await desk.observe("anthropic-limits")
        assert await desk.observed() == {}
    assert (answer.usd, answer.tokens) == (None, None)
    assert "usd" not in answer.data()
    assert "nothing was kept" in answer.headline


async def test_a_week_of_copilot_is_asked_for_day_by_day_and_a_month_at_once(owner):
    await limit(owner, Period("week"))
    async with desk_of(owner, "github-copilot") as desk:
        await desk.observe("github-copilot", user="octocat")
        days = [(query["year"], query["month"], query["day"], query["user"]) for _, query in desk.upstream.asked]
    assert days == [(["2026"], ["6"], [day], ["octocat"]) for day in ("15", "16")]


@pytest.mark.parametrize(
    ("provider", "asked", "period", "message"),
    [
        ("nobody", {}, MONTH, "provider: none has that name. Send one of anthropic, "),
        ("openai", {"user": "u"}, MONTH, "user: this report cannot be asked for one. It can be narrowed to: project"),
        ("github-copilot", {"organization": None}, MONTH, "organization: not sent, and this report needs it"),
        ("github-copilot", {"organization": "a.b"}, MONTH, "organization: not a name that GitHub gives"),
        ("openai", {}, Period("once"), "since: a budget that is given once has no start"),
        ("openai", {"since": datetime(2027, 1, 1, tzinfo=UTC)}, Period("once"), "since: in the future"),
        ("openai", {"since": datetime(2026, 6, 1, tzinfo=UTC)}, MONTH, "since: this budget's period has a start"),
        ("openrouter", {}, Period("rolling", "UTC", 18_000), "budget: a rolling window is none"),
        ("anthropic-limits", {}, Period("once"), "budget: its period is none that spend limits have"),
        (
            "openrouter-activity",
            {"since": datetime(2026, 1, 1, tzinfo=UTC)},
            Period("once"),
            "since: more than 30 days",
        ),
        ("claude-code", {"since": datetime(2025, 1, 1, tzinfo=UTC)}, Period("once"), "since: more than 366 days ago"),
        ("github-copilot", {"since": datetime(2020, 1, 1, tzinfo=UTC)}, Period("once"), "since: more than 24 months"),
    ],
)
async def test_what_a_report_cannot_tell_is_refused_and_asked_of_nobody(owner, provider, asked, period, message):
    await limit(owner, period)
    async with desk_of(owner, "openai") as desk:
        with pytest.raises(InvalidInputError) as refused:
            await desk.observe(provider, **asked)
        assert desk.upstream.asked == []
    assert str(refused.value).startswith(message)


def test_every_report_needs_no_more_than_the_tests_send():
    assert {name: set(provider.needs) for name, provider in PROVIDERS.items() if provider.needs} == {
        name: set(needs) for name, needs in NEEDS.items()
    }
