"""Lists in pages: all of them once, in order, and no page for a cursor that was never given."""

from __future__ import annotations

import pytest
from mcp import Client, MCPError
from mcp_types import INVALID_PARAMS

from tokenworth_mcp.app import build_server
from tokenworth_mcp.catalogue import TOOLS
from tokenworth_mcp.paging import Pages


@pytest.mark.parametrize("size", [1, 5, 6, 12, 13])
async def test_following_the_cursors_gives_everything_once_and_in_order(era, size):
    server = build_server()
    (place,) = [place for place, each in enumerate(server.middleware) if isinstance(each, Pages)]
    server.middleware[place] = Pages(size)
    async with Client(server, mode=era) as client:
        pages = [await client.list_tools()]
        while pages[-1].next_cursor is not None:
            pages.append(await client.list_tools(cursor=pages[-1].next_cursor))
    assert [tool.name for page in pages for tool in page.tools] == [entry.name for entry in TOOLS]
    assert [len(page.tools) for page in pages[:-1]] == [size] * (len(pages) - 1)
    assert len(pages) == -(-len(TOOLS) // size)


async def test_a_cursor_that_was_never_given_is_refused_on_every_list(connect):
    async with connect() as client:
        for cursor in ("", "after-0", "after-5", "after--5", "after-١٠", "100", "after-1e2", "x" * 9_999):
            for ask in (client.list_tools, client.list_prompts, client.list_resources, client.list_resource_templates):
                with pytest.raises(MCPError, match="cursor: no page begins there") as refusal:
                    await ask(cursor=cursor)
                assert refusal.value.code == INVALID_PARAMS
