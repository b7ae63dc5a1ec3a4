"""The person is asked what would tell most, in a form, where the client has one; and nobody else notices."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from mcp import Client
from mcp_types import ElicitResult, ErrorData

from tokenworth.assumptions import load_assumptions
from tokenworth_mcp.app import build_server
from tokenworth_mcp.asking import ASK_WORTH_USD_MIN
from tokenworth_mcp.catalogue import find_tool
from tokenworth_mcp.forms import fill_in, make_form, usable

OFFER = {
    "offer": {"base": "300k", "bonus": {"target_share": 0.2}, "tokens": {"per_year": "100k", "personal_share": 0.5}},
    "person": {"token_use_per_year": "12k"},
}
STARTUP = {
    "offer": {
        "base": "300k",
        "bonus": {"target": "200k"},
        "equity": [{"kind": "private_shares", "value": "2M"}],
        "tokens": {"per_year": "200k", "personal_share": 0.5},
    },
    "person": {"token_use_per_year": "12k"},
}
TAXED = "offer.tokens.taxed"
CALLS = Path(__file__).parents[2] / "fixtures" / "calls"


class Person:
    """Answers forms from a list of replies, and keeps what was asked."""

    def __init__(self, *replies):
        self.replies = list(replies)
        self.forms = []

    async def __call__(self, context, params):
        self.forms.append(params)
        reply = self.replies.pop(0)
        return reply(params) if callable(reply) else reply

    @property
    def fields(self):
        return [list(form.requested_schema["properties"]) for form in self.forms]


def filled(**values):
    return ElicitResult(action="accept", content={name.replace("__", "."): value for name, value in values.items()})


async def _ask(connect, person, arguments=OFFER, tool="value_offer"):
    async with connect(elicitation_callback=person) as client:
        found = await client.call_tool(tool, arguments)
    assert not found.is_error, found.content
    return found.structured_content, found.content[0].text


CAN_BE_ASKED = [(transport, era) for transport in ("memory", "stdio", "http") for era in ("auto", "legacy")]
where_asked = pytest.mark.parametrize(("transport", "era"), CAN_BE_ASKED, indirect=True)


async def _plain(arguments):
    async with Client(build_server()) as client:
        return (await client.call_tool("value_offer", arguments)).structured_content


@where_asked
async def test_what_the_person_fills_in_is_what_the_answer_is_computed_from(connect):
    person = Person(lambda form: filled(offer__tokens__taxed="face"), ElicitResult(action="decline"))
    data, text = await _ask(connect, person)
    first = person.forms[0]
    assert TAXED in first.requested_schema["properties"]
    assert first.requested_schema["properties"][TAXED]["enum"] == ["no", "personal_use", "face"]
    assert "$" in first.message
    assert 1 <= len(first.requested_schema["properties"]) <= 3
    known = await _plain(
        {**OFFER, "offer": {**OFFER["offer"], "tokens": {**OFFER["offer"]["tokens"], "taxed": "face"}}}
    )
    assert data["pay"] == known["pay"]
    said = f'The person said: {TAXED} = "face".'
    assert said in data["notes"]
    assert data["filled_in"] == {TAXED: "face"}
    assert said in text


@where_asked
@pytest.mark.parametrize("action", ["decline", "cancel"])
async def test_who_declines_or_cancels_gets_the_answer_with_the_default_and_is_not_asked_again(connect, action):
    person = Person(ElicitResult(action=action))
    data, text = await _ask(connect, person)
    plain = await _plain(OFFER)
    assert data["pay"] == plain["pay"]
    assert data["next_questions"] == plain["next_questions"]
    assert len(person.forms) == 1
    assert data["notes"][-1].startswith("The person was asked and did not say: ")
    assert TAXED in text


async def test_where_replicas_share_the_work_a_client_of_the_handshake_era_is_answered_at_once(new_http):
    """Its reply could reach any of them."""
    server = new_http(TOKENWORTH_REQUEST_STATE_KEY="k" * 32)
    person = Person()
    data, _ = await _ask(lambda **options: Client(server.url, mode="legacy", **options), person)
    server.end()
    assert person.forms == []
    assert data == await _plain(OFFER)


@pytest.mark.parametrize(("transport", "era"), [("http", "legacy")], indirect=True)
async def test_who_hears_of_progress_can_be_asked_on_the_way_too(connect):
    person = Person(ElicitResult(action="decline"))
    arguments = json.loads((CALLS / "compare_offers.json").read_text(encoding="utf-8"))
    heard = []

    async def hear(progress, total, message):
        heard.append(progress)

    async with connect(elicitation_callback=person) as client:
        found = await client.call_tool("compare_offers", arguments, progress_callback=hear)
    assert not found.is_error
    assert heard == sorted(heard)
    assert heard
    assert len(person.forms) == 1


def _handshake(client, http_url):
    client.headers.update({"accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-11-25"})
    info = {"protocolVersion": "2025-11-25", "clientInfo": {"name": "test", "version": "1"}}
    hello = {**info, "capabilities": {"elicitation": {}}}
    answered = client.post(http_url, json={"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello})
    client.headers["mcp-session-id"] = answered.headers["mcp-session-id"]


def _events(lines):
    return (json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: "))


CALL = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "value_offer", "arguments": OFFER}}


def test_only_the_reply_to_what_was_asked_is_heard_and_it_may_be_an_error(http_url):
    with httpx.Client(timeout=60) as client:
        _handshake(client, http_url)
        with client.stream("POST", http_url, json=CALL) as answer:
            assert answer.headers["content-type"] == "text/event-stream"
            events = _events(answer.iter_lines())
            asked = next(events)
            assert asked["method"] == "elicitation/create"
            accepted = {"action": "accept", "content": {TAXED: "face"}}
            for guess in ("1", 7, asked["id"][:-1]):
                stray = client.post(http_url, json={"jsonrpc": "2.0", "id": guess, "result": accepted})
                assert stray.status_code == 202
            error = {"code": -32603, "message": "no form can be shown"}
            client.post(http_url, json={"jsonrpc": "2.0", "id": asked["id"], "error": error})
            told = next(events)
    assert told["id"] == 7
    assert told["result"]["structuredContent"]["notes"][-1].startswith("The person was asked and did not say: ")


def test_a_call_that_is_cancelled_while_the_person_is_asked_ends(http_url):
    with httpx.Client(timeout=60) as client:
        _handshake(client, http_url)
        with client.stream("POST", http_url, json=CALL) as answer:
            lines = answer.iter_lines()
            assert next(_events(lines))["method"] == "elicitation/create"
            cancelled = {"method": "notifications/cancelled", "params": {"requestId": 7}}
            assert client.post(http_url, json={"jsonrpc": "2.0", **cancelled}).status_code == 202
            assert list(_events(lines)) == []


@where_asked
async def test_a_page_s_own_calls_ask_nobody_whatever_the_answer_is_worth(connect):
    """`meta` is what the page in a chat sends along: apps/source/src/host.js."""
    person = Person(ElicitResult(action="decline"))
    async with connect(elicitation_callback=person) as client:
        moved = {**OFFER, "overrides": {"cut_hazard": 0.4}, "detail": "full"}
        found = await client.call_tool("value_offer", moved, meta={"tokenworth/page": True})
        assert not found.is_error
        assert found.structured_content["next_questions"][0]["worth_usd"] > ASK_WORTH_USD_MIN
        assert person.forms == []
        await client.call_tool("value_offer", moved)
    assert len(person.forms) == 1


@pytest.mark.parametrize("tool", ["value_offer", "compare_offers", "explain_lock_in", "plan_program"])
async def test_no_page_s_own_call_asks_even_where_every_question_is_worth_asking(tool, era):
    arguments = json.loads((CALLS / f"{tool}.json").read_text())
    person = Person(ElicitResult(action="decline"))
    async with Client(build_server(ask_worth_usd_min=0), mode=era, elicitation_callback=person) as client:
        await client.call_tool(tool, arguments, meta={"tokenworth/page": True})
        assert person.forms == []
        await client.call_tool(tool, arguments)
    assert len(person.forms) == 1


@where_asked
async def test_two_rounds_ask_different_things_and_then_the_answer_comes(connect):
    person = Person(lambda form: filled(offer__tokens__taxed="face"), filled(overrides__years_to_liquidity=6))
    data, _ = await _ask(connect, person, STARTUP)
    first, second = person.fields
    assert TAXED in first
    assert second
    assert not set(first) & set(second)
    assert f'The person said: {TAXED} = "face".' in data["notes"]


async def test_a_client_without_forms_is_never_asked(connect):
    async with connect() as client:
        found = await client.call_tool("value_offer", OFFER)
    assert found.structured_content == await _plain(OFFER)
    assert found.structured_content["next_questions"][0]["field"] == TAXED


@where_asked
async def test_what_cannot_be_used_is_said_and_the_default_stands(connect):
    person = Person(lambda form: filled(offer__tokens__taxed="sometimes"))
    data, text = await _ask(connect, person)
    assert data["pay"] == (await _plain(OFFER))["pay"]
    assert any(note.startswith("What the person filled in could not be used: ") for note in data["notes"])
    assert "could not be used" in text
    assert len(person.forms) == 1


async def test_a_client_that_fails_to_show_the_form_still_gets_its_answer():
    async def broken(context, params):
        return ErrorData(code=-32603, message="no window")

    async with Client(build_server(), mode="legacy", elicitation_callback=broken) as client:
        found = await client.call_tool("value_offer", OFFER)
    assert found.structured_content["pay"] == (await _plain(OFFER))["pay"]


async def test_questions_worth_less_than_the_setting_are_not_asked():
    person = Person()
    async with Client(build_server(ask_worth_usd_min=10_000_000), elicitation_callback=person) as client:
        await client.call_tool("value_offer", OFFER)
    assert person.forms == []


async def test_a_tool_that_asks_nothing_answers_at_once():
    person = Person()
    async with Client(build_server(), elicitation_callback=person) as client:
        found = await client.call_tool("find_prices", {"search": "opus", "limit": 1})
    assert not found.is_error
    assert person.forms == []


@pytest.mark.parametrize("tool", ["value_offer", "compare_offers", "explain_lock_in", "plan_program"])
async def test_every_form_is_flat_and_says_what_each_answer_is_worth(tool):
    arguments = json.loads((CALLS / f"{tool}.json").read_text())
    person = Person(ElicitResult(action="decline"))
    async with Client(build_server(ask_worth_usd_min=0), elicitation_callback=person) as client:
        found = await client.call_tool(tool, arguments)
    assert not found.is_error
    (form,) = person.forms
    for shape in form.requested_schema["properties"].values():
        assert shape["type"] in ("string", "number", "integer", "boolean")
        assert shape["title"].endswith("?")
        assert "Moves the result by about $" in shape["description"]


def test_a_form_asks_only_for_what_the_request_can_hold():
    answer = {
        "headline": "Something.",
        "next_questions": [
            {"ask": "Of an offer that is not there?", "field": "offers[4].base", "worth_usd": 9_000},
            {"ask": "In words?", "field": "groups[].use.p50 and p90", "worth_usd": 9_000},
            {"ask": "A list?", "field": "person", "worth_usd": 9_000},
            {"ask": "What do you own?", "field": "person.outside_wealth", "worth_usd": 8_000},
        ],
    }
    form = make_form(find_tool("value_offer"), {"offer": {"base": 1}}, answer, [], load_assumptions(), 2_000)
    assert form is not None
    assert form.fields == ["person.outside_wealth"]
    assert make_form(find_tool("value_offer"), {"offer": {}}, answer, form.fields, load_assumptions(), 2_000) is None


def test_blanks_are_not_answers_and_what_was_not_asked_for_is_dropped():
    assert usable(["a", "b", "c"], {"a": "  ", "b": 0, "x": 1}) == {"b": 0}


def test_answers_are_laid_over_a_copy_of_the_arguments():
    arguments = {"offers": [{"base": 1}, {"base": 2}]}
    given = {"offers[1].base": "3", "person.state": "CA", "overrides.cut_hazard": 0.1}
    assert fill_in(arguments, given) == {
        "offers": [{"base": 1}, {"base": "3"}],
        "person": {"state": "CA"},
        "overrides": {"cut_hazard": 0.1},
    }
    assert arguments == {"offers": [{"base": 1}, {"base": 2}]}
