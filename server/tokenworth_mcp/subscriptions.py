"""Subscriptions to budgets in both protocol eras: a stream of its own in the modern one, one on the connection before.

In the handshake era notices need a connection that stays, so they are for stdio; over HTTP every request is answered
for itself, and a client listens in the modern era.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ResourceUpdated
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    EmptyResult,
    SubscribeRequestParams,
    SubscriptionFilter,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
    UnsubscribeRequestParams,
)

from tokenworth_mcp.admission import until_dismissed
from tokenworth_mcp.resources import BUDGETS

if TYPE_CHECKING:
    from collections.abc import Generator

    from mcp.server.connection import Connection

    from tokenworth.context import Context
    from tokenworth_mcp.watching import Listener, Watch

__all__ = ["Subscriptions"]

WATCHED_MAX: Final = 50
STREAMS_MAX: Final = 512
STREAMS_OF_CALLER_MAX: Final = 32
WATCHING: Final = "tokenworth.watching"

_Who = tuple[str | None, str]


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
        self._streams: dict[ListenHandler, _Who] = {}
        self._ended = False

    @cached_property
    def _watch(self) -> Watch:
        from tokenworth_mcp.watching import Watch  # noqa: PLC0415 - most servers start, and end, with nobody listening

        return Watch()

    def serve_streams(self, server: Server[Any]) -> None:
        """Answer the modern era's requests to listen."""
        server.add_request_handler("subscriptions/listen", SubscriptionsListenRequestParams, self._listen)

    def serve_connections(self, server: Server[Any]) -> None:
        """Answer the handshake era's subscribing, which only a transport with connections can."""
        server.add_request_handler("resources/subscribe", SubscribeRequestParams, self._subscribe)
        server.add_request_handler("resources/unsubscribe", UnsubscribeRequestParams, self._unsubscribe)

    def end_streams(self) -> None:
        """Tell everybody who listens that the stream has come to its end, and begin no other."""
        self._ended = True
        for stream in tuple(self._streams):
            stream.close()

    async def _listen(
        self, ctx: ServerRequestContext[Any], params: SubscriptionsListenRequestParams
    ) -> SubscriptionsListenResult:
        asked = params.notifications.resource_subscriptions or ()
        if len(asked) > WATCHED_MAX:
            raise MCPError(INVALID_PARAMS, f"over {WATCHED_MAX} addresses. Listen to fewer in one stream")
        watched = [address for address in dict.fromkeys(asked) if self._watch.may_change(address)]
        context = self._contexts()
        # A bus for each stream: the same address is another tenant's other budget.
        bus = InMemorySubscriptionBus()
        stream = ListenHandler(bus)
        with self._counted(stream, (context.caller.tenant, context.caller.budget)):
            listener = await self._watch.listen(watched, context)  # what changes after the acknowledgement is told
            beside = [asyncio.create_task(each) for each in (_publish(bus, listener, stream), _dismiss(stream))]
            try:
                if self._ended:
                    raise MCPError(INVALID_PARAMS, "the server ends. Listen again")
                # Only what will be told is acknowledged: tools, prompts and documents stay as they are.
                honored = SubscriptionFilter(resource_subscriptions=watched or None)
                return await stream(ctx, params.model_copy(update={"notifications": honored}))
            finally:
                for task in beside:
                    task.cancel()
                listener.leave()

    @contextmanager
    def _counted(self, stream: ListenHandler, who: _Who) -> Generator[None]:
        if len(self._streams) >= STREAMS_MAX:
            raise MCPError(INVALID_PARAMS, f"{STREAMS_MAX} streams are open. Try again later")
        if sum(each == who for each in self._streams.values()) >= STREAMS_OF_CALLER_MAX:
            raise MCPError(INVALID_PARAMS, f"{STREAMS_OF_CALLER_MAX} streams of yours are open. End one first")
        self._streams[stream] = who
        try:
            yield
        finally:
            del self._streams[stream]

    async def _subscribe(self, ctx: ServerRequestContext[Any], params: SubscribeRequestParams) -> EmptyResult:
        address = str(params.uri)
        if not self._watch.may_change(address):
            raise MCPError(INVALID_PARAMS, f"uri: only budgets change. Subscribe to an address such as {BUDGETS}me")
        connection = self._connection_of(ctx)
        watching = self._watching(connection)
        if address in watching:
            return EmptyResult()
        if len(watching) >= WATCHED_MAX:
            raise MCPError(INVALID_PARAMS, f"over {WATCHED_MAX} subscriptions. Unsubscribe from one first")
        listener = await self._watch.listen([address], self._contexts())
        if address in watching:  # asked twice at once
            listener.leave()
            return EmptyResult()
        watching[address] = asyncio.create_task(_notify(connection, listener))
        watching[address].add_done_callback(lambda _: listener.leave())
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


async def _publish(bus: InMemorySubscriptionBus, listener: Listener, stream: ListenHandler) -> None:
    try:
        async for changed in listener:
            await bus.publish(ResourceUpdated(uri=changed))
    finally:
        stream.close()


async def _dismiss(stream: ListenHandler) -> None:
    """End a stream in good order once its caller's token is no longer accepted: a fresh one may listen again."""
    try:
        await until_dismissed()
    finally:
        stream.close()


async def _notify(connection: Connection, listener: Listener) -> None:
    async for changed in listener:
        await connection.outbound.notify("notifications/resources/updated", {"uri": changed})
