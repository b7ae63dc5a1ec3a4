"""Resources as clients read them: both eras, every transport, through the SDK's own client."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from mcp import MCPError
from mcp_types import INVALID_PARAMS, PromptReference, ResourceTemplateReference

from tokenworth_mcp.app import build_server

TEMPLATE = "tokenworth://prices/{provider}/{model}"
REF = ResourceTemplateReference(type="ref/resource", uri=TEMPLATE)


async def _read(client, address):
    (content,) = (await client.read_resource(address)).contents
    assert content.mime_type == "application/json"
    return json.loads(content.text)


async def test_the_template_is_listed(connect):
    async with connect() as client:
        template, budgets = (await client.list_resource_templates()).resource_templates
        listed = [str(each.uri) for each in (await client.list_resources()).resources]
    assert not any(address.startswith("tokenworth://prices/") for address in listed)  # they are too many to list
    assert template.uri_template == TEMPLATE
    assert template.mime_type == "application/json"
    assert budgets.uri_template == "tokenworth://budgets/{+id}"


async def test_a_models_page_has_its_price_history_coming_changes_and_sources(connect):
    async with connect() as client:
        page = await _read(client, "tokenworth://prices/google/gemini-4-argon")
        older = await _read(client, "tokenworth://prices/openai/gpt-5.6-sol")
        called = await client.call_tool("find_prices", {"provider": "google", "model": "gemini-4-argon"})
    (row,) = page["rows"]
    assert row["model"] == "google/gemini-4-argon"
    # Google announced that it doubles on 2026-12-01: coming until then, history after it.
    assert "2026-12-01" in [change.get("since") for change in row.get("history", []) + row.get("coming", [])]
    assert row["sources"]
    assert page["snapshot"]["as_of"].startswith("2026-11-20")
    assert [change.get("since") for change in older["rows"][0]["history"]] == [None, "2026-08-21"]
    assert older["rows"][0]["conflicts"]
    assert called.structured_content["rows"][0]["input"] == row["input"]


@pytest.mark.parametrize("escaped", [False, True])
async def test_an_id_with_slashes_in_it_is_read_escaped_or_not(connect, escaped):
    model = quote("openai/gpt-oss-120b", safe="" if escaped else "/")
    async with connect() as client:
        page = await _read(client, f"tokenworth://prices/groq/{model}")
    assert page["rows"][0]["model"] == "groq/openai/gpt-oss-120b"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("tokenworth://prices/anthropic/claude-opus-5-55", "tokenworth://prices/anthropic/claude-opus-5-5"),
        ("tokenworth://prices/anthropic/zzz", "Call find_prices with search"),
        ("tokenworth://prices/anthropic", "no model is named"),
        ("tokenworth://prices//", "no model is named"),
        ("tokenworth://prices/" + "x" * 5_000, "nothing is kept under that address"),
        ("tokenworth://plans/anthropic", "nothing is kept under that address"),
        ("file:///etc/passwd", "nothing is kept under that address"),
    ],
)
async def test_what_is_not_there_is_not_found_and_what_is_near_is_named(connect, address, said):
    async with connect() as client:
        with pytest.raises(MCPError, match=said) as refusal:
            await client.read_resource(address)
    assert refusal.value.code == INVALID_PARAMS


@pytest.mark.parametrize(
    "address",
    [
        "tokenworth://prices/anthropic/%00",
        "tokenworth://prices/%ff/%ff",
        "tokenworth://prices/a/" + "%F0%9F%92%B0" * 30,
        "tokenworth://prices/../../etc/passwd",
        "tokenworth://prices/anthropic/" + "m" * 300,
    ],
)
async def test_hostile_addresses_are_refused_in_our_words(connect, address):
    async with connect() as client:
        with pytest.raises(MCPError) as refusal:
            await client.read_resource(address)
    for leak in ("Traceback", "pydantic", ".py", "internal"):
        assert leak not in str(refusal.value)


async def test_providers_and_models_are_completed(connect):
    async with connect() as client:
        everyone = (await client.complete(REF, {"name": "provider", "value": ""})).completion
        anthropic = (await client.complete(REF, {"name": "provider", "value": "Anth"})).completion
        opus = await client.complete(
            REF, {"name": "model", "value": "opus-5"}, context_arguments={"provider": "claude"}
        )
    assert everyone.values[:2] == ["anthropic", "openai"]
    assert everyone.total >= len(everyone.values)
    assert anthropic.values[0] == "anthropic"
    assert "claude-opus-5-5" in opus.completion.values
    assert all("opus-5" in name for name in opus.completion.values)


async def test_what_begins_as_typed_comes_first_and_more_than_a_hundred_are_counted(connect):
    async with connect() as client:
        found = await client.complete(REF, {"name": "model", "value": "gpt"}, context_arguments={"provider": "openai"})
        every = await client.complete(REF, {"name": "model", "value": ""}, context_arguments={"provider": "openrouter"})
    assert found.completion.values[0].startswith("gpt")
    assert len(every.completion.values) == 100
    assert every.completion.has_more
    assert every.completion.total > 100


async def test_what_cannot_be_completed_has_no_values(connect):
    async with connect() as client:
        for ref, name, known in [
            (REF, "model", None),
            (REF, "model", {"provider": "nobody"}),
            (REF, "colour", None),
            (ResourceTemplateReference(type="ref/resource", uri="tokenworth://plans/{x}"), "provider", None),
            (PromptReference(type="ref/prompt", name="x"), "provider", None),
        ]:
            found = await client.complete(ref, {"name": name, "value": ""}, context_arguments=known)
            assert found.completion.values == []


async def test_a_server_without_the_prices_family_has_no_templates():
    assert await build_server(toolsets=["offers"]).list_resource_templates() == []
    assert len(await build_server(toolsets=["prices"]).list_resource_templates()) == 1
