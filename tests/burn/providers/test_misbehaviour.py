"""Providers that are busy, broken or changed: nothing half-read is kept, nothing missing is zero, no key comes out."""

from __future__ import annotations

import copy
import json
import logging

import pytest

from support.http_server import reply, says
from support.usage_providers import ENVIRONMENT, KEY, desk_of
from tokenworth.budgets import NANO, BudgetChange, Period
from tokenworth.burn.providers import PROVIDERS
from tokenworth.burn.providers.keys import KEYRING_SERVICE
from tokenworth.burn.providers.pages import PAGES_MAX
from tokenworth.errors import (
    InvalidInputError,
    NotAllowedError,
    SourceDriftError,
    StatusRefusedError,
    TokenworthError,
    UrlRefusedError,
)

USAGE, COST = "/v1/organizations/analytics/usage", "/v1/organizations/analytics/cost"


@pytest.fixture
async def owned(owner):
    ledger = await owner.ledger.open()
    await ledger.set_budget(BudgetChange("me", "usd", 100 * NANO, Period("month"), may_raise=True))
    return owner


async def refused(owned, provider, prepare, error=SourceDriftError):
    """What is raised; nothing is kept."""
    async with desk_of(owned, provider) as desk:
        prepare(desk.upstream)
        with pytest.raises(error) as raised:
            await desk.observe(provider)
        assert await desk.observed() == {}
    return str(raised.value)


async def test_a_busy_provider_is_asked_again_when_it_says(owned):
    async with desk_of(owned, "openrouter") as desk:
        page = json.dumps(desk.upstream.pages["/api/v1/key"][0]).encode()
        desk.upstream.answers["/api/v1/key"] = says(reply(429, Retry_After=7), reply(503), reply(200, page))
        answer = await desk.observe("openrouter")
    assert str(answer.usd) == "25.5"
    assert desk.waits[0] == 7
    assert 0 <= desk.waits[1] <= 2


async def test_a_provider_that_stays_busy_is_left_alone_after_five_attempts(owned):
    async with desk_of(owned, "openrouter") as desk:
        desk.upstream.answers["/api/v1/key"] = says(reply(429))
        with pytest.raises(StatusRefusedError, match="answered 429"):
            await desk.observe("openrouter")
    assert len(desk.upstream.asked) == 5
    # Each wait is a random share of twice as long.
    assert all(wait <= 2**number for number, wait in enumerate(desk.waits))


async def test_a_provider_that_wants_an_hour_is_not_waited_for(owned):
    async with desk_of(owned, "openrouter") as desk:
        desk.upstream.answers["/api/v1/key"] = says(reply(429, Retry_After=3600))
        with pytest.raises(StatusRefusedError):
            await desk.observe("openrouter")
    assert (desk.waits, len(desk.upstream.asked)) == ([], 1)


@pytest.mark.parametrize("path", [USAGE, COST])
async def test_a_second_page_that_fails_costs_the_whole_report(owned, path):
    async with desk_of(owned, "anthropic") as desk:
        first = json.dumps(desk.upstream.pages[path][0]).encode()
        desk.upstream.answers[path] = says(reply(200, first), reply(500))
        with pytest.raises(StatusRefusedError, match="answered 500"):
            await desk.observe("anthropic")
        assert await desk.observed() == {}


async def test_a_failed_report_leaves_the_last_figure_as_it_was(owned):
    async with desk_of(owned, "anthropic") as desk:
        await desk.observe("anthropic")
        before = await desk.observed()
        desk.upstream.pages[COST][1]["data"][0]["cost"]["amount"] = None
        with pytest.raises(SourceDriftError):
            await desk.observe("anthropic")
        assert await desk.observed() == before != {}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"next_page": "page_dXNhZ2U="}, "next_page leads back"),
        ({"has_more": True, "next_page": None}, "next_page does not say"),
        ({"has_more": None, "next_page": 7}, "next_page does not say"),
    ],
)
async def test_pages_that_lead_nowhere_or_round_are_refused(owned, changed, message):
    def prepare(upstream):
        upstream.pages[USAGE][1] |= {"has_more": True, **changed}

    assert message in await refused(owned, "anthropic", prepare)


async def test_a_page_that_does_not_say_whether_it_is_the_last_is_refused(owned):
    def prepare(upstream):
        del upstream.pages[USAGE][1]["has_more"], upstream.pages[USAGE][1]["next_page"]

    assert "next_page does not say" in await refused(owned, "anthropic", prepare)


async def test_pages_without_end_are_refused(owned):
    asked = []

    def prepare(upstream):
        async def another(seen, writer):
            asked.append(seen.target)
            page = {"data": [], "has_more": True, "next_page": f"page_{len(asked)}"}
            writer.write(reply(200, json.dumps(page).encode()))

        upstream.answers[USAGE] = another

    assert f"more than {PAGES_MAX} pages" in await refused(owned, "anthropic", prepare)
    assert len(asked) == PAGES_MAX


@pytest.mark.parametrize("number", [1, 3, None, "2"])
async def test_a_numbered_page_other_than_the_one_asked_for_is_refused(owned, number):
    def prepare(upstream):
        upstream.pages["/user/daily/activity"][1]["metadata"]["page"] = number

    assert "page is" in await refused(owned, "litellm", prepare)


async def test_logs_that_a_proxy_cut_short_are_refused(owned):
    def prepare(upstream):
        upstream.pages["/spend/logs/v2"][0]["total_is_capped"] = True

    assert "leaves out rows" in await refused(owned, "litellm-logs", prepare)


@pytest.mark.parametrize("instead", [None, "", 7])
async def test_a_row_that_cannot_be_told_from_another_is_refused(owned, instead):
    def prepare(upstream):
        upstream.pages["/spend/logs/v2"][1]["data"][0]["request_id"] = instead

    assert "request_id is missing" in await refused(owned, "litellm-logs", prepare)


CLAUDE_CODE = "/v1/organizations/usage_report/claude_code?starting_at=2026-06-02"
BREAKDOWN = ("data", 0, "model_breakdown", 1)
TOKENS = ("input", "output", "cache_read", "cache_creation")
# Where each figure is: the path, and the way to it in the last page of the fixture.
FIGURES = [
    ("anthropic", USAGE, ("data", 0, "usage", "uncached_input_tokens")),
    ("anthropic", USAGE, ("data", 0, "usage", "cache_read_input_tokens")),
    ("anthropic", USAGE, ("data", 0, "usage", "output_tokens")),
    ("anthropic", USAGE, ("data", 0, "usage", "cache_creation")),
    ("anthropic", USAGE, ("data", 0, "usage", "cache_creation", "ephemeral_5m_input_tokens")),
    ("anthropic", USAGE, ("data", 0, "usage", "cache_creation", "ephemeral_1h_input_tokens")),
    ("anthropic", USAGE, ("data", 0, "usage")),
    ("anthropic", USAGE, ("data",)),
    ("anthropic", COST, ("data", 0, "cost", "amount")),
    ("anthropic", COST, ("data", 0, "cost", "currency")),
    ("anthropic-admin", "/v1/organizations/usage_report/messages", ("data", 0, "results")),
    ("anthropic-admin", "/v1/organizations/usage_report/messages", ("data", 0, "results", 0, "output_tokens")),
    ("anthropic-admin", "/v1/organizations/cost_report", ("data", 0, "results", 0, "amount")),
    ("anthropic-limits", "/v1/organizations/spend_limits/effective", ("data", 1, "period_to_date_spend")),
    ("anthropic-limits", "/v1/organizations/spend_limits/effective", ("data", 1, "period")),
    ("claude-code", CLAUDE_CODE, ("data",)),
    ("claude-code", CLAUDE_CODE, ("data", 0, "date")),
    ("claude-code", CLAUDE_CODE, ("data", 1, "model_breakdown")),
    *(("claude-code", CLAUDE_CODE, (*BREAKDOWN, "tokens", name)) for name in TOKENS),
    ("claude-code", CLAUDE_CODE, (*BREAKDOWN, "tokens")),
    ("claude-code", CLAUDE_CODE, (*BREAKDOWN, "estimated_cost")),
    ("claude-code", CLAUDE_CODE, (*BREAKDOWN, "estimated_cost", "amount")),
    ("claude-code", CLAUDE_CODE, (*BREAKDOWN, "estimated_cost", "currency")),
    ("openai", "/v1/organization/usage/completions", ("data", 0, "results", 0, "input_tokens")),
    ("openai", "/v1/organization/costs", ("data", 0, "results", 0, "amount", "value")),
    ("openai", "/v1/organization/costs", ("data", 0, "results", 0, "amount", "currency")),
    ("openrouter", "/api/v1/key", ("data", "usage_monthly")),
    ("openrouter-activity", "/api/v1/activity", ("data", 2, "usage")),
    ("openrouter-activity", "/api/v1/activity", ("data", 2, "date")),
    ("openrouter-activity", "/api/v1/activity", ("data", 2, "prompt_tokens")),
    ("openrouter-activity", "/api/v1/credits", ("data", "total_credits")),
    ("litellm", "/user/daily/activity", ("results", 0, "metrics", "spend")),
    ("litellm", "/user/daily/activity", ("results", 0, "metrics", "total_tokens")),
    ("litellm", "/user/daily/activity", ("metadata",)),
    ("litellm", "/key/info", ("info", "spend")),
    ("litellm-logs", "/spend/logs/v2", ("data", 0, "spend")),
    ("litellm-logs", "/spend/logs/v2", ("total_pages",)),
    ("github-copilot", "/organizations/octo-org/settings/billing/ai_credit/usage", ("usageItems", 0, "grossAmount")),
    ("github-copilot", "/organizations/octo-org/settings/billing/ai_credit/usage", ("usageItems", 0, "netAmount")),
    ("github-copilot", "/organizations/octo-org/settings/billing/ai_credit/usage", ("usageItems", 0, "grossQuantity")),
]
MISSING = object()


@pytest.mark.parametrize(
    ("provider", "path", "way"), FIGURES, ids=[f"{name}{path}.{way[-1]}" for name, path, way in FIGURES]
)
async def test_a_figure_that_is_missing_or_changed_is_named_and_never_zero(owned, provider, path, way):
    async with desk_of(owned, provider) as desk:
        as_documented = desk.upstream.pages[path][-1]
        for instead in (MISSING, None, "abc", True, [1]):
            page = within = copy.deepcopy(as_documented)
            for step in way[:-1]:
                within = within[step]
            if instead is MISSING:
                del within[way[-1]]
            else:
                within[way[-1]] = instead
            desk.upstream.pages[path][-1] = page
            with pytest.raises(SourceDriftError, match=way[-1]):
                await desk.observe(provider)
            assert await desk.observed() == {}


@pytest.mark.parametrize(
    "actor",
    [
        None,
        {},
        {"type": "user_actor"},
        {"type": "user_actor", "email_address": ""},
        {"type": "api_actor", "email_address": "developer@example.com"},
        {"type": "robot", "email_address": "developer@example.com"},
    ],
    ids=range(6),
)
async def test_a_row_of_nobody_is_refused_where_one_members_use_is_asked_for(owned, actor):
    async with desk_of(owned, "claude-code") as desk:
        desk.upstream.pages[CLAUDE_CODE][0]["data"][1]["actor"] = actor
        with pytest.raises(SourceDriftError, match="actor"):
            await desk.observe("claude-code", user="developer@example.com")
        assert await desk.observed() == {}


async def test_a_busy_day_in_the_middle_is_asked_again_and_one_that_stays_so_costs_the_report(owned):
    async with desk_of(owned, "claude-code") as desk:
        page = json.dumps(desk.upstream.pages[CLAUDE_CODE][0]).encode()
        desk.upstream.answers[CLAUDE_CODE] = says(reply(429, Retry_After=3), reply(200, page))
        assert str((await desk.observe("claude-code")).usd) == "11.23"
        before = await desk.observed()
        desk.upstream.answers[CLAUDE_CODE] = says(reply(429))
        with pytest.raises(StatusRefusedError, match="answered 429"):
            await desk.observe("claude-code")
        assert desk.waits[0] == 3
        assert await desk.observed() == before


@pytest.mark.parametrize(
    "amount", ["1e999999999", "-1", "NaN", "Infinity", "1_000", " 5", "٥", "9" * 300, 10**30, -1e-9]
)
async def test_an_amount_that_cannot_be_real_is_refused(owned, amount):
    def prepare(upstream):
        upstream.pages["/v1/organization/costs"] = [upstream.pages["/v1/organization/costs"][1]]
        upstream.pages["/v1/organization/costs"][0]["data"][0]["results"][0]["amount"]["value"] = amount

    await refused(owned, "openai", prepare)


async def test_a_correction_below_zero_is_taken_off_the_total(owned):
    async with desk_of(owned, "openai") as desk:
        desk.upstream.pages["/v1/organization/costs"][0]["data"][0]["results"][0]["amount"]["value"] = -1
        answer = await desk.observe("openai")
    assert str(answer.usd) == "0.234567890123"


@pytest.mark.parametrize("count", [-1, 1.5, "10", 10**16, True])
async def test_a_count_that_is_not_one_is_refused(owned, count):
    def prepare(upstream):
        upstream.pages["/user/daily/activity"][0]["results"][0]["metrics"]["total_tokens"] = count

    await refused(owned, "litellm", prepare)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'{"data": NaN}',
        b'{"data": [], "data": []}',
        b"\xff{}",
        b"[" * 200_000,
        b"<html>busy</html>",
    ],
    ids=range(9),
)
async def test_a_page_that_is_not_an_object_of_json_is_refused(owned, body):
    message = await refused(
        owned, "anthropic", lambda upstream: upstream.answers.update({COST: says(reply(200, body))})
    )
    assert "nothing of it was kept" in message


async def test_another_currency_is_not_taken_for_dollars(owned):
    def prepare(upstream):
        upstream.pages[COST][0]["data"][0]["cost"]["currency"] = "EUR"

    assert "currency is missing or not USD" in await refused(owned, "anthropic", prepare)


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_key_that_is_not_accepted_is_named_and_never_shown(owned, provider, status, caplog):
    def prepare(upstream):
        for path in upstream.pages:
            upstream.answers[path] = says(reply(status, f'{{"error": "bad key {KEY}"}}'.encode()))

    with caplog.at_level(logging.DEBUG):
        message = await refused(owned, provider, prepare, NotAllowedError)
    assert message.startswith(f"{PROVIDERS[provider].key_variable}: ")
    assert KEY not in message + caplog.text


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_no_key_comes_out_of_any_answer_error_or_log_even_when_the_provider_echoes_it(owned, provider, caplog):
    said = []
    with caplog.at_level(logging.DEBUG):
        async with desk_of(owned, provider) as desk:
            for page in [page for pages in desk.upstream.pages.values() for page in pages]:
                page["echo"] = page["key"] = KEY
            answer = await desk.observe(provider)
            said += [answer.text(), json.dumps(answer.data()), repr(answer)]
            first = next(iter(desk.upstream.pages))
            for broken in (
                reply(404, KEY.encode()),
                reply(200, KEY.encode()),
                reply(302, Location="https://elsewhere.example/"),
            ):
                desk.upstream.answers[first] = says(broken)
                with pytest.raises(TokenworthError) as raised:
                    await desk.observe(provider)
                said += [str(raised.value), repr(raised.value)]
        sent = desk.upstream.headers[0]
    assert KEY in sent.get("authorization", "") + sent.get("x-api-key", "")
    assert [text for text in [*said, caplog.text] if KEY in text] == []


async def test_a_redirect_to_another_host_takes_no_key_along(owned):
    def prepare(upstream):
        upstream.answers["/api/v1/key"] = says(reply(302, Location="https://api.openai.com/steal"))

    message = await refused(owned, "openrouter", prepare, TokenworthError)
    assert "redirects to another host" in message


@pytest.mark.parametrize("set_to", [None, "", "  "])
async def test_a_key_that_is_not_set_is_said_by_name(owned, set_to):
    environment = {} if set_to is None else {"OPENAI_ADMIN_KEY": set_to}
    async with desk_of(owned, "openai") as desk:
        with pytest.raises(InvalidInputError, match="OPENAI_ADMIN_KEY: no key is set"):
            await desk.observe("openai", environment=environment)
        assert desk.upstream.asked == []


@pytest.mark.parametrize("key", ["sk-secret\nX-Evil: 1", "sk-\x00secret", "sk-s\u00e9cret"])
async def test_a_key_that_cannot_be_a_key_is_neither_sent_nor_shown(owned, key):
    async with desk_of(owned, "openai") as desk:
        with pytest.raises(InvalidInputError, match="OPENAI_ADMIN_KEY: holds characters") as raised:
            await desk.observe("openai", environment={"OPENAI_ADMIN_KEY": key})
        assert desk.upstream.asked == []
    assert "cret" not in str(raised.value)


async def test_a_line_break_behind_a_key_is_not_part_of_it(owned):
    async with desk_of(owned, "openai") as desk:
        await desk.observe("openai", environment={"OPENAI_ADMIN_KEY": f"{KEY}\n"})
        assert desk.upstream.headers[0]["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("address", "error", "message"),
    [
        ("", InvalidInputError, "LITELLM_PROXY_URL: no address is set"),
        ("llm.example.com", InvalidInputError, "no address is set"),
        ("https://[", InvalidInputError, "no address is set"),
        ("https://me:pw@llm.example.com", InvalidInputError, "holds more than an address"),
        ("https://llm.example.com?x=1", InvalidInputError, "holds more than an address"),
        ("ftp://llm.example.com", UrlRefusedError, "other than https"),
    ],
)
async def test_a_proxys_address_is_an_address_and_nothing_else(owned, address, error, message):
    async with desk_of(owned, "litellm") as desk:
        with pytest.raises(error, match=message) as raised:
            await desk.observe("litellm", environment=ENVIRONMENT | {"LITELLM_PROXY_URL": address})
        assert desk.upstream.asked == []
    assert "pw" not in str(raised.value)


async def test_the_keyring_is_asked_when_no_variable_is_set(owned, memory_keyring):
    memory_keyring.set_password(KEYRING_SERVICE, "OPENAI_ADMIN_KEY", "sk-kept-away")
    async with desk_of(owned, "openai") as desk:
        await desk.observe("openai", environment={})
        assert {one["authorization"] for one in desk.upstream.headers} == {"Bearer sk-kept-away"}


async def test_the_variable_goes_before_the_keyring(owned, memory_keyring):
    memory_keyring.set_password(KEYRING_SERVICE, "OPENAI_ADMIN_KEY", "sk-kept-away")
    async with desk_of(owned, "openai") as desk:
        await desk.observe("openai")
        assert {one["authorization"] for one in desk.upstream.headers} == {f"Bearer {KEY}"}


async def test_a_locked_keyring_is_said_to_be_locked(owned, memory_keyring):
    memory_keyring.locked = True
    async with desk_of(owned, "openai") as desk:
        with pytest.raises(NotAllowedError, match="OPENAI_ADMIN_KEY: the keyring gives nothing out now"):
            await desk.observe("openai", environment={})
