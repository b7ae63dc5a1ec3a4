"""The server as its clients see it: both eras, every transport, through the SDK's own client."""

from __future__ import annotations

from tokenworth import __version__
from tokenworth_mcp.app import INSTRUCTIONS, build_server
from tokenworth_mcp.catalogue import TOOLS
from tokenworth_mcp.snapshots import read_listing


async def test_every_client_lists_exactly_the_committed_tools_in_order(connect):
    async with connect() as client:
        listed = (await client.list_tools()).tools
    assert [tool.name for tool in listed] == [entry.name for entry in TOOLS]
    for tool in listed:
        assert tool.model_dump(by_alias=True, exclude_none=True, exclude={"meta"}) == read_listing(tool.name)


async def test_every_client_learns_who_the_server_is_and_when_to_call_what(connect):
    async with connect() as client:
        assert client.instructions == INSTRUCTIONS
        info = client.server_info
        assert info is not None
        assert (info.name, info.title, info.version) == ("tokenworth", "Tokenworth", __version__)


async def test_no_client_is_told_that_lists_change_which_never_do(connect):
    async with connect() as client:
        told = client.server_capabilities
    assert [told.tools.list_changed, told.prompts.list_changed, told.resources.list_changed] == [False] * 3


async def test_both_channels_of_an_answer_stand_alone(connect):
    async with connect() as client:
        result = await client.call_tool("explain_assumptions", {"names": ["cut_hazard"]})
    text = result.content[0].text
    assert not result.is_error
    for channel in (text, str(result.structured_content)):
        assert "cut_hazard" in channel
        assert "0.25" in channel
        assert "overrides" in channel


async def test_an_unknown_tool_is_refused_with_the_nearest_name(connect):
    async with connect() as client:
        result = await client.call_tool("explain_asumptions", {})
    assert result.is_error
    assert "Did you mean 'explain_assumptions'?" in result.content[0].text


async def test_a_toolset_or_read_only_server_offers_that_part_of_the_table_only():
    server = build_server(toolsets=["offers"], read_only=True)
    wanted = [entry.name for entry in TOOLS if entry.toolset == "offers" and entry.read_only]
    assert [tool.name for tool in await server.list_tools()] == wanted


def test_instructions_name_every_tool_and_stay_under_two_kilobytes():
    assert len(INSTRUCTIONS) < 2_048
    assert [entry.name for entry in TOOLS if entry.name not in INSTRUCTIONS] == []
