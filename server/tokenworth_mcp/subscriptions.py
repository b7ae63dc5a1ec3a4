"""Subscriptions to budgets in both protocol eras: a stream of its own in the modern one, one on the connection before.

In the handshake era notices need a connection that stays, so they are for stdio; over HTTP every request is answered
for itself, and a client listens in the modern era.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Any, Final

from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ResourceUpdated
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    EmptyResult,
    SubscribeRequestParams,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
    UnsubscribeRequestParams,
)

from tokenworth_mcp.resources import BUDGETS
from tokenworth_mcp.watching import changed_budgets

if TYPE_CHECKING:
    from mcp.server.connection import Connection

    from tokenworth.context import Context

__all__ = ["Subscriptions"]

WATCHED_MAX: Final = 50
STREAMS_MAX: Final = 256
WATCHING: Final = "tokenworth.watching"


class Subscriptions:
    """What a server's clients listen to."""

    def __init__(
        self, contexts: Callable[[], Context], connection_of: Callable[[ServerRequestContext[Any]], Connection]
    ) -> None:
        """Nobody listens yet.

        Args:
            contexts: gives what the request at hand may use, called within it.
            connection_of: the connection that a request came on.
        """
        self._contexts = contexts
        self._connection_of = connection_of
        self._streams: set[ListenHandler] = set()

    def serve_streams(self, server: Server[Any]) -> None:
        """Answer the modern era's requests to listen."""
        server.add_request_handler("subscriptions/listen", SubscriptionsListenRequestParams, self._listen)

    def serve_connections(self, server: Server[Any]) -> None:
        """Answer the handshake era's subscribing, which only a transport with connections can."""
        server.add_request_handler("resources/subscribe", SubscribeRequestParams, self._subscribe)
        server.add_request_handler("resources/unsubscribe", UnsubscribeRequestParams, self._unsubscribe)

    def end_streams(self) -> None:
        """Tell everybody who listens that the stream has come to its end."""
        for stream in tuple(self._streams):
            stream.close()

    async def _listen(
        self, ctx: ServerRequestContext[Any], params: SubscriptionsListenRequestParams
    ) -> SubscriptionsListenResult:
        asked = params.notifications.resource_subscriptions or ()
        watched = [address for address in dict.fromkeys(asked) if address.startswith(BUDGETS)]
        if len(asked) > WATCHED_MAX:
            raise MCPError(INVALID_PARAMS, f"over {WATCHED_MAX} addresses. Listen to fewer in one stream")
        if len(self._streams) >= STREAMS_MAX:
            raise MCPError(INVALID_PARAMS, f"{STREAMS_MAX} streams are open. End one, or try again later")
        # A bus for each stream: the same address is another tenant's other budget.
        bus = InMemorySubscriptionBus()
        stream = ListenHandler(bus)
        self._streams.add(stream)
        changes = changed_budgets(watched, self._contexts())
        try:
            await anext(changes)  # what changes after the acknowledgement is told
            publishing = asyncio.create_task(_publish(bus, changes))
        except BaseException:
            self._streams.discard(stream)
            raise
        try:
            return await stream(ctx, params)
        finally:
            publishing.cancel()
            self._streams.discard(stream)

    async def _subscribe(self, ctx: ServerRequestContext[Any], params: SubscribeRequestParams) -> EmptyResult:
        address = str(params.uri)
        if not address.startswith(BUDGETS):
            raise MCPError(INVALID_PARAMS, f"uri: only budgets change. Subscribe to an address such as {BUDGETS}me")
        connection = self._connection_of(ctx)
        watching = self._watching(connection)
        if address in watching:
            return EmptyResult()
        if len(watching) >= WATCHED_MAX:
            raise MCPError(INVALID_PARAMS, f"over {WATCHED_MAX} subscriptions. Unsubscribe from one first")
        changes = changed_budgets([address], self._contexts())
        await anext(changes)
        watching[address] = asyncio.create_task(_notify(connection, changes))
        return EmptyResult()

    async def _unsubscribe(self, ctx: ServerRequestContext[Any], params: UnsubscribeRequestParams) -> EmptyResult:
        watcher = self._watching(self._connection_of(ctx)).pop(str(params.uri), None)
        if watcher is not None:
            watcher.cancel()
        return EmptyResult()

    def _watching(self, connection: Connection) -> dict[str, asyncio.Task[None]]:
        """A connection's watchers by address; they end with it."""
        if WATCHING not in connection.state:
            watching: dict[str, asyncio.Task[None]] = {}
            connection.state[WATCHING] = watching
            connection.exit_stack.callback(lambda: [watcher.cancel() for watcher in watching.values()])
        found: dict[str, asyncio.Task[None]] = connection.state[WATCHING]
        return found


async def _publish(bus: InMemorySubscriptionBus, changes: AsyncGenerator[str | None]) -> None:
    async for changed in changes:
        await bus.publish(ResourceUpdated(uri=str(changed)))


async def _notify(connection: Connection, changes: AsyncGenerator[str | None]) -> None:
    async for changed in changes:
        await connection.outbound.notify("notifications/resources/updated", {"uri": changed})
