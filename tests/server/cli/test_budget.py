"""`tokenworth budget`, a process of its own for every call, and what an MCP client may not do with the same ledger."""

from __future__ import annotations

import json
import sys

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from tokenworth_mcp.app import build_server
from tokenworth_mcp.cli.running import closing, context_for
from tokenworth_mcp.settings import Settings


@pytest.fixture
def budget(tokenworth, tmp_path):
    """Runs `tokenworth budget` on a ledger of its own; the answer's data, with the exit code as `code`."""

    def run(*arguments, **variables):
        ledger = str(tmp_path / "ledger.sqlite3")
        found = tokenworth("budget", *arguments, "--format", "json", TOKENWORTH_LEDGER=ledger, **variables)
        answer = json.loads(found.stdout) if found.stdout else {"error": found.stderr}
        return {**answer, "code": found.returncode}

    return run


def test_a_script_sets_holds_settles_releases_records_and_shows(budget):
    assert budget("set", "me", "--limit-usd", "1", "--period", "month")["left_usd"] == 1
    held = budget("reserve", "me", "--usd", "0.25", "--key", "a")
    assert (held["granted"], held["code"]) == (True, 0)
    assert budget("settle", held["hold"], "--usd", "0.10")["left_usd"] == 0.9
    other = budget("reserve", "me", "--usd", "0.5", "--key", "b")
    assert budget("release", other["hold"])["left_usd"] == 0.9
    assert budget("record", "me", "--usage", '{"usd": 0.2}', "--key", "c")["left_usd"] == 0.7
    shown = budget("show", TOKENWORTH_BUDGET="me")
    assert (shown["budget"], shown["spent_usd"], shown["held_usd"]) == ("me", 0.3, 0)


def test_a_hold_that_does_not_fit_ends_with_exit_code_1(budget):
    budget("set", "me", "--limit-usd", "1")
    refused = budget("reserve", "me", "--usd", "2", "--key", "a")
    assert (refused["granted"], refused["code"]) == (False, 1)


def test_an_owner_raises_removes_and_moves_a_limit(budget):
    budget("set", "team", "--limit-usd", "50")
    budget("set", "me", "--limit-usd", "1")
    raised = budget("set", "me", "--limit-usd", "9", "--parent", "team", "--period", "week", "--rolls-over")
    assert (raised["limit_usd"], raised["parent"], raised["period"]) == (9, "team", "week in UTC, unused rolls over")
    assert "limit_usd" not in budget("set", "me", "--limit-usd", "none")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["set", "me", "--limit-usd", "1", "--timezone", "UTC"], "go with --period"),
        (["record", "me", "--key", "a"], "Give --usage"),
        (["settle", "h_", "--usage", "[]"], "not an object"),
        (["show", "nobody"], "no budget has that id"),
        (["reserve", "me", "--usd", "-1", "--key", "a"], "usd"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line_with_exit_code_2(budget, arguments, message):
    found = budget(*arguments)
    assert found["code"] == 2
    assert message in found["error"]
    assert len(found["error"].splitlines()) == 1


async def test_over_mcp_nobody_raises_a_limit_and_both_see_one_ledger(budget, tmp_path):
    budget("set", "me", "--limit-usd", "1")
    variables = {"TOKENWORTH_LEDGER": str(tmp_path / "ledger.sqlite3"), "TOKENWORTH_BUDGET": "me"}
    server = StdioServerParameters(command=sys.executable, args=["-m", "tokenworth_mcp", "serve"], env=variables)
    async with Client(stdio_client(server)) as client:
        held = await client.call_tool("reserve_budget", {"budget": "me", "usd": 0.25, "key": "a"})
        assert held.structured_content["granted"]
        for arguments in ({"limit_usd": 2}, {"limit_usd": "none"}, {"limit_usd": 1, "period": "day"}):
            raised = await client.call_tool("set_budget", {"budget": "me", **arguments})
            assert raised.is_error
            assert "tokenworth budget set" in raised.content[0].text
        lowered = await client.call_tool("set_budget", {"budget": "me", "limit_usd": 0.5})
        assert lowered.structured_content["left_usd"] == 0.25
    # The server has ended and let go of the file: nothing is left to be written back.
    assert not (tmp_path / "ledger.sqlite3-wal").exists()
    assert budget("show", "me")["held_usd"] == 0.25


async def test_a_read_only_server_shows_budgets_and_changes_none(tmp_path):
    settings = Settings(ledger=str(tmp_path / "ledger.sqlite3"), budget="me")
    context = context_for(settings)
    async with closing(context), Client(build_server(context, read_only=True)) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
    assert "check_budget" in names
    assert not {"set_budget", "reserve_budget", "settle_reservation", "record_usage"} & set(names)


@pytest.mark.parametrize(
    ("tokens", "limit", "period"),
    [
        ({"per_month": 500}, {"limit_usd": 500}, "month in UTC"),
        ({"per_month": "500", "unused": "rolls_over"}, {"limit_usd": 500}, "month in UTC, unused rolls over"),
        (
            {"per_month": 500, "unused": "rolls_over", "rollover_cap": "1k"},
            {"limit_usd": 500},
            "month in UTC, unused rolls over up to $1,000.00",
        ),
        ({"per_year": "12k"}, {"limit_usd": 12_000}, "rolling 365 days"),
        ({"share_of_base": "50%"}, {"limit_usd": 100_000}, "rolling 365 days"),
        ({"total": 3_000}, {"limit_usd": 3_000}, "once"),
        (
            {"tokens_per_month": "5M", "of": "model", "name": "claude-opus-5-5"},
            {"limit_tokens": 5_000_000},
            "month in UTC",
        ),
        (
            {
                "tokens_per_month": "5M",
                "of": "model",
                "name": "claude-opus-5-5",
                "unused": "rolls_over",
                "rollover_cap": 20,
                "usd_per_million": 8,
            },
            {"limit_tokens": 5_000_000},
            "month in UTC, unused rolls over up to 2,500,000 tokens",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_a_grant_from_an_offer_becomes_a_budget_in_one_step(budget, tmp_path, tokens, limit, period):
    (tmp_path / "offer.json").write_text(json.dumps({"offer": {"base": "200k", "tokens": tokens}}), encoding="utf-8")
    made = budget("set", "me", "--from-offer", "offer.json")
    assert (made["code"], made["created"], made["period"]) == (0, True, period)
    assert limit.items() <= made.items()


def test_a_grant_in_another_currency_becomes_dollars_at_the_offers_rate(budget, tmp_path):
    grant = {"per_month": 100, "unused": "rolls_over", "rollover_cap": 50}
    offer = {"base": "100k", "currency": "EUR", "fx": 1.1, "tokens": grant}
    (tmp_path / "offer.json").write_text(json.dumps(offer), encoding="utf-8")
    made = budget("set", "me", "--from-offer", "offer.json")
    assert (made["limit_usd"], made["period"]) == (110, "month in UTC, unused rolls over up to $55.00")


def test_what_is_given_beside_an_offer_goes_before_it(budget, tmp_path):
    (tmp_path / "offer.json").write_text('{"base": "200k", "tokens": {"per_month": 500}}', encoding="utf-8")
    made = budget("set", "me", "--from-offer", "offer.json", "--limit-usd", "50", "--period", "day")
    assert (made["limit_usd"], made["period"]) == (50, "day in UTC")


@pytest.mark.parametrize(
    ("offer", "said"),
    [
        ({"base": 1}, "offer.tokens: missing"),
        (
            {
                "base": 1,
                "tokens": {
                    "tokens_per_month": 5,
                    "of": "flagship",
                    "name": "openai",
                    "unused": "rolls_over",
                    "rollover_cap": 5,
                },
            },
            "rollover_cap: an amount of money, and the budget counts tokens",
        ),
        ({"base": 1, "tokens": {"per_month": 5, "per_year": 5}}, "exactly one amount"),
    ],
    ids=["no grant", "a cap in money on tokens", "two amounts"],
)
def test_a_grant_that_no_budget_can_keep_is_refused_and_nothing_is_made(budget, tmp_path, offer, said):
    (tmp_path / "offer.json").write_text(json.dumps(offer), encoding="utf-8")
    refused = budget("set", "me", "--from-offer", "offer.json")
    assert refused["code"] == 2
    assert said in refused["error"]
    assert budget("show", "me")["code"] == 2
