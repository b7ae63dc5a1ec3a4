"""Every answer says where its method can be read, and everything it stands on can be read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mcp import Client
from mcp_types import ResourceLink

from tokenworth.assumptions import load_assumptions
from tokenworth_mcp.app import build_server
from tokenworth_mcp.library import DOCUMENTS

FIXTURES = Path(__file__).parents[2] / "fixtures"
METHODS = {
    "value_offer": "tokenworth://methods/valuation",
    "compare_offers": "tokenworth://methods/valuation",
    "estimate_cost": "tokenworth://methods/prices",
    "find_prices": "tokenworth://methods/prices",
    "explain_lock_in": "tokenworth://methods/lock-in",
    "plan_program": "tokenworth://methods/programs",
    "explain_assumptions": "tokenworth://assumptions",
}


async def _read(client, address):
    (content,) = (await client.read_resource(address)).contents
    assert content.mime_type == "text/markdown"
    return content.text


async def test_everything_that_is_listed_can_be_read_over_every_transport(connect):
    async with connect() as client:
        listed = (await client.list_resources()).resources
        assert {str(each.uri) for each in listed} >= {each.address for each in DOCUMENTS}
        text = await _read(client, "tokenworth://methods/valuation")
    assert text.startswith("# How an offer is valued")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each.address)
async def test_each_document_is_written_out(document):
    async with Client(build_server()) as client:
        text = await _read(client, document.address)
    assert len(text) > 500


@pytest.mark.parametrize("tool", METHODS)
async def test_an_answer_links_to_its_method(tool):
    arguments = json.loads((FIXTURES / "calls" / f"{tool}.json").read_text(encoding="utf-8"))
    async with Client(build_server()) as client:
        content = (await client.call_tool(tool, arguments)).content
        links = [block for block in content if isinstance(block, ResourceLink)]
        assert [str(link.uri) for link in links] == [METHODS[tool]]
        assert await _read(client, str(links[0].uri))


async def test_every_assumption_and_every_source_is_there():
    async with Client(build_server()) as client:
        assumptions = await _read(client, "tokenworth://assumptions")
        sources = await _read(client, "tokenworth://sources")
    for name, entry in load_assumptions().items():
        assert name in assumptions
        assert entry.source in sources
        assert name in sources


async def test_the_documents_of_families_that_are_left_out_are_left_out_too():
    listed = await build_server(toolsets=["prices"]).list_resources()
    assert [str(each.uri) for each in listed] == [
        "tokenworth://methods/prices",
        "tokenworth://sources",
        "tokenworth://glossary",
    ]


async def test_methods_lead_on_to_assumptions_sources_and_the_glossary():
    async with Client(build_server()) as client:
        for document in DOCUMENTS:
            if "/methods/" in document.address:
                text = await _read(client, document.address)
                assert all(f"tokenworth://{name}" in text for name in ("assumptions", "sources", "glossary")), (
                    document.address
                )
