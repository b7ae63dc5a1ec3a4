"""What the conformance suite expects a server to have, laid beside everything that ours has, for tests only.

`python fixture_server.py modern|sessions` serves it and prints its address: `modern` over our own HTTP application,
`sessions` over the SDK's stateful one, which handshake-era scenarios ask for and which we do not ship.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from typing import Any

import anyio
import fixture_asking
import fixture_content
import uvicorn
from mcp.server import MCPServer
from mcp.server.streamable_http import EventCallback, EventId, EventMessage, EventStore, StreamId
from mcp.server.subscriptions import ListenHandler
from mcp_types import (
    EmptyResult,
    JSONRPCMessage,
    RequestParams,
    SetLevelRequestParams,
    SubscribeRequestParams,
    SubscriptionsListenRequestParams,
)

from tokenworth_mcp.app import build_server
from tokenworth_mcp.http import MCP_PATH, build_app
from tokenworth_mcp.sdk_compat import TableServer
from tokenworth_mcp.settings import Settings

RETRY_MS = 500


class FixtureServer(TableServer):
    """Our server with the SDK's own registries beside our tables: what they do not know, the tables answer."""

    async def list_tools(self) -> list[Any]:
        """Ours, then the fixture's."""
        return [*await super().list_tools(), *await MCPServer.list_tools(self)]

    async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
        """The fixture's, or ours."""
        if self._tool_manager.get_tool(name) is not None:
            return await MCPServer.call_tool(self, name, arguments, context)
        return await super().call_tool(name, arguments, context)

    async def list_resources(self) -> list[Any]:
        """Ours, then the fixture's."""
        theirs = await MCPServer.list_resources(self)
        return [*(each for each in await super().list_resources() if each not in theirs), *theirs]

    async def list_resource_templates(self) -> list[Any]:
        """Ours, then the fixture's."""
        return [*await super().list_resource_templates(), *await MCPServer.list_resource_templates(self)]

    async def read_resource(self, uri: Any, context: Any = None) -> Iterable[Any]:
        """The fixture's, or ours."""
        of = MCPServer if str(uri).startswith("test://") else TableServer
        return await of.read_resource(self, uri, context)

    async def list_prompts(self) -> list[Any]:
        """Ours, then the fixture's."""
        return [*await super().list_prompts(), *await MCPServer.list_prompts(self)]

    async def get_prompt(self, name: str, arguments: dict[str, Any] | None = None, context: Any = None) -> Any:
        """The fixture's, or ours."""
        of = MCPServer if name.startswith("test_") else TableServer
        return await of.get_prompt(self, name, arguments, context)


class _Events(EventStore):
    """Events of every stream in the order they came, for clients that come back for what they missed."""

    def __init__(self) -> None:
        self._kept: list[tuple[StreamId, JSONRPCMessage | None]] = []

    async def store_event(self, stream_id: StreamId, message: JSONRPCMessage | None) -> EventId:
        """Keep an event."""
        self._kept.append((stream_id, message))
        return str(len(self._kept))

    async def replay_events_after(self, last_event_id: EventId, send_callback: EventCallback) -> StreamId | None:
        """Send what came after an event on its stream."""
        stream = self._kept[int(last_event_id) - 1][0]
        for place in range(int(last_event_id), len(self._kept)):
            kept_of, message = self._kept[place]
            if kept_of == stream and message is not None:
                await send_callback(EventMessage(message, str(place + 1)))
        return stream


async def _accepted(_: Any, params: Any) -> EmptyResult:
    return EmptyResult()


def build_fixture() -> TableServer:
    """The fixture server, on the real builder."""
    server = build_server(server_type=FixtureServer)
    fixture_content.add_to(server)
    fixture_asking.add_to(server)
    lowlevel = server.lowlevel
    lowlevel.add_request_handler("logging/setLevel", SetLevelRequestParams, _accepted)
    lowlevel.add_request_handler("resources/subscribe", SubscribeRequestParams, _accepted)
    lowlevel.add_request_handler("resources/unsubscribe", SubscribeRequestParams, _accepted)
    listen = ListenHandler(server._subscriptions)
    lowlevel.add_request_handler("subscriptions/listen", SubscriptionsListenRequestParams, listen)
    lowlevel.add_request_handler("server/discover", RequestParams, lowlevel._handle_discover)  # its lists do change
    return server


async def main(kind: str) -> None:
    """Serve until stdin closes."""
    server = build_fixture()
    listening = uvicorn.Server(uvicorn.Config(_placeholder, log_level="error", port=0, lifespan="on"))
    listener = listening.config.bind_socket()
    listener.listen()  # before the address is told: whoever comes early waits instead of being refused
    port = listener.getsockname()[1]
    if kind == "modern":
        listening.config.app = build_app(server, Settings(port=port), port)
    else:
        listening.config.app = server.streamable_http_app(
            streamable_http_path=MCP_PATH, event_store=_Events(), retry_interval=RETRY_MS
        )
    sys.stdout.write(f"http://127.0.0.1:{port}{MCP_PATH}\n")
    sys.stdout.flush()

    async def end_with_stdin() -> None:
        await anyio.to_thread.run_sync(sys.stdin.read, abandon_on_cancel=True)
        listening.should_exit = listening.force_exit = True

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(end_with_stdin)
        await listening.serve(sockets=[listener])
        tasks.cancel_scope.cancel()


async def _placeholder(*_: Any) -> None:
    """Stands in until the port, which the application checks, is known."""


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
