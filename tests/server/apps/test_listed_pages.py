"""Pages as clients see them: listed for those that show them, text for the rest, and nothing where none was built."""

from __future__ import annotations

import json
import logging

import bpe_openai
import pytest
from mcp import Client
from mcp.client import advertise

from tokenworth_mcp.app import build_server
from tokenworth_mcp.apps import pages

UI = advertise("io.modelcontextprotocol/ui", {"mimeTypes": ["text/html;profile=mcp-app"]})
DRAWN = {"value_offer", "compare_offers", "check_budget", "explain_lock_in", "find_prices", "plan_program"}


@pytest.fixture
def built(tmp_path, monkeypatch):
    """A page that stands where `make pages` puts one, so that listing needs no npm."""
    file = tmp_path / "page.html"
    file.write_text("<!doctype html><!--report-->", encoding="utf-8")
    monkeypatch.setattr(pages, "BUILT", file)
    pages.built_page.cache_clear()
    yield file
    pages.built_page.cache_clear()


@pytest.fixture
def not_built(built):
    built.unlink()
    pages.say_not_built.cache_clear()


async def test_who_shows_pages_finds_one_for_each_tool_that_has_one_and_can_read_it(built, era):
    async with Client(build_server(), mode=era, extensions=[UI]) as client:
        tools = (await client.list_tools()).tools
        uris = {tool.name: tool.meta["ui"]["resourceUri"] for tool in tools if tool.meta}
        listed = {str(one.uri) for one in (await client.list_resources()).resources if str(one.uri).startswith("ui:")}
        (content,) = (await client.read_resource(uris["value_offer"])).contents
    assert set(uris) == DRAWN
    assert set(uris.values()) == listed
    assert content.mime_type == "text/html;profile=mcp-app"
    assert content.text.startswith("<!doctype html>")
    assert content.meta["ui"]["csp"] == {
        "connectDomains": [],
        "resourceDomains": [],
        "frameDomains": [],
        "baseUriDomains": [],
    }


async def test_the_list_with_pages_in_it_stays_under_six_thousand_tokens(built):
    async with Client(build_server(), extensions=[UI]) as client:
        listed = await client.list_tools()
    tools = [one.model_dump(mode="json", by_alias=True, exclude_none=True) for one in listed.tools]
    text = json.dumps(tools, ensure_ascii=False, separators=(",", ":"))
    assert len(bpe_openai.get_encoding("o200k_base").encode(text)) < 6_000


async def test_who_shows_none_hears_of_none(built, era):
    async with Client(build_server(), mode=era) as client:
        assert not any(tool.meta for tool in (await client.list_tools()).tools)
        assert not any(str(one.uri).startswith("ui:") for one in (await client.list_resources()).resources)


async def test_a_family_that_is_not_offered_has_no_page(built):
    async with Client(build_server(toolsets=["prices"]), extensions=[UI]) as client:
        listed = [str(one.uri) for one in (await client.list_resources()).resources]
    assert [uri for uri in listed if uri.startswith("ui:")] == ["ui://tokenworth/prices.html"]


async def test_where_no_page_was_built_tools_answer_in_text_and_the_log_says_so_once(not_built, caplog):
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            async with Client(build_server(), extensions=[UI]) as client:
                assert not any(tool.meta for tool in (await client.list_tools()).tools)
                answer = await client.call_tool("value_offer", {"offer": {"base": 100_000}})
                assert answer.content[0].text
    assert caplog.text.count("the pages are not built") == 1
