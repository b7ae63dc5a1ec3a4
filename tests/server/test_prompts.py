"""Prompts as clients use them: both eras, every transport, through the SDK's own client."""

from __future__ import annotations

import re
import subprocess
import sys

import bpe_openai
import pytest
from mcp import Client, MCPError
from mcp_types import INVALID_PARAMS, PromptReference

from tokenworth_mcp.app import build_server
from tokenworth_mcp.catalogue import TOOLS
from tokenworth_mcp.prompts import PROMPTS, read_prompt

NAMES = ["compare-my-offers", "negotiate-my-tokens", "am-i-locked-in", "budget-briefing", "plan-our-program"]
TOOL_NAME = re.compile(r"\b[a-z]+_[a-z_]+\b")

each_prompt = pytest.mark.parametrize("entry", PROMPTS, ids=lambda entry: entry.name)


def _ref(name):
    return PromptReference(type="ref/prompt", name=name)


async def test_every_client_lists_the_prompts_in_order_with_their_arguments(connect):
    async with connect() as client:
        listed = (await client.list_prompts()).prompts
    assert [prompt.name for prompt in listed] == NAMES
    for prompt in listed:
        assert prompt.title
        assert prompt.description
        assert all(argument.title and argument.description for argument in prompt.arguments)
    assert [argument.name for argument in listed[0].arguments if argument.required] == ["offers"]


async def test_a_prompt_says_what_was_given_and_that_the_rest_was_not(connect):
    async with connect() as client:
        got = await client.get_prompt("compare-my-offers", {"offers": "A: {place} 300k\nB: 250k and 100k of tokens"})
    (message,) = got.messages
    assert message.role == "user"
    # What is in an argument is not looked at for places again.
    assert "\nA: {place} 300k\nB: 250k and 100k of tokens\n" in message.content.text
    assert "Where I pay tax: not said; ask me" in message.content.text
    assert "compare_offers" in message.content.text


REFUSALS = [
    ("compare-my-offer", {"offers": "x"}, "Did you mean 'compare-my-offers'"),
    ("zzz", {}, "Choose from: compare-my-offers"),
    ("compare-my-offers", {}, "arguments.offers: required and missing"),
    ("compare-my-offers", {"offers": "  "}, "arguments.offers: required and missing"),
    ("compare-my-offers", {"offers": "x", "plase": "CA"}, "Did you mean 'place'"),
    ("compare-my-offers", {"offers": "x" * 20_001}, "more than 20,000 characters"),
]


async def test_what_a_prompt_cannot_use_is_refused_by_name(connect):
    async with connect() as client:
        for name, arguments, said in REFUSALS:
            with pytest.raises(MCPError, match=said) as refusal:
                await client.get_prompt(name, arguments)
            assert refusal.value.code == INVALID_PARAMS


async def test_arguments_are_completed_where_there_is_something_to_choose_from(connect):
    async with connect() as client:
        await client.call_tool("set_budget", {"budget": "prompted", "limit_usd": 5})

        async def complete(prompt, argument, typed=""):
            return (await client.complete(_ref(prompt), {"name": argument, "value": typed})).completion.values

        places = await complete("compare-my-offers", "place")
        assert {"US, state CA", "US, state NY, NYC", "GB (UK (England))", "DE (Germany)"} <= set(places)
        assert await complete("compare-my-offers", "place", "germ") == ["DE (Germany)"]
        assert await complete("budget-briefing", "budget", "PROMPT") == ["prompted"]
        goals = await complete("negotiate-my-tokens", "goal", "unused")
        assert goals == ["unused tokens paid out", "unused tokens roll over"]
        assert await complete("compare-my-offers", "offers", "a") == []
        assert await complete("compare-my-offers", "zzz") == await complete("zzz", "place") == []


async def test_a_prompt_is_offered_where_its_tools_are():
    async def offered(**options):
        return [prompt.name for prompt in await build_server(**options).list_prompts()]

    assert await offered(toolsets=["offers"]) == ["compare-my-offers", "negotiate-my-tokens"]
    assert await offered(toolsets=["budget"], read_only=True) == ["budget-briefing"]
    assert await offered(toolsets=["prices"]) == []
    async with Client(build_server(toolsets=["prices"])) as client:
        with pytest.raises(MCPError, match="no prompt has that name"):
            await client.get_prompt("compare-my-offers", {"offers": "x"})


@each_prompt
def test_a_prompt_leads_through_tools_that_exist_and_stays_short(entry):
    prompt = read_prompt(entry)
    names = {tool.name for tool in TOOLS}
    called = [word for word in TOOL_NAME.findall(prompt.text) if word in names]
    assert set(entry.needs) <= set(called)
    # A tool of another family may be missing from this server, so the text must allow for that.
    assert all(f"{name} is among your tools" in prompt.text for name in set(called) - set(entry.needs))
    assert len(bpe_openai.get_encoding("o200k_base").encode(prompt.text)) < 700
    assert re.findall(r"^(\d)\.", prompt.text, re.MULTILINE)[:4] == ["1", "2", "3", "4"]
    assert "ask" in prompt.text
    assert "work out none yourself" in prompt.text.replace("\n", " ")


@each_prompt
def test_every_argument_has_its_place_and_every_place_its_argument(entry):
    prompt = read_prompt(entry)
    assert sorted(re.findall(r"\{(\w+)\}", prompt.text)) == sorted(each["name"] for each in prompt.arguments)
    for argument in prompt.arguments:
        assert set(argument) <= {"name", "title", "description", "required", "choices", "completed_by"}


def test_no_prompt_is_read_before_somebody_asks():
    program = (
        "from tokenworth_mcp.app import build_server; from tokenworth_mcp.prompts import read_prompt\n"
        "build_server(); print(read_prompt.cache_info().currsize)"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "0"
