"""The streamable HTTP transport: where it listens, the guards in front of the SDK's application, and a clean end."""

from __future__ import annotations

import ipaddress
import socket
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import anyio
import uvicorn
from anyio.lowlevel import checkpoint
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tokenworth.context import Context
from tokenworth.errors import InvalidInputError
from tokenworth.wiring import context_on_network
from tokenworth_mcp.app import build_server
from tokenworth_mcp.auth import METADATA_PATH, Authority, BearerGate, CallerContexts, authority_of
from tokenworth_mcp.catalogue import select_tools
from tokenworth_mcp.connections import connections_possible, protocol_of
from tokenworth_mcp.health import Health, Readiness
from tokenworth_mcp.intake import MCP_PATH, AddressGuard, MessageGuard, addresses_of
from tokenworth_mcp.limits import CallerLimits
from tokenworth_mcp.scopes import scopes_of_tools
from tokenworth_mcp.sdk_compat import TableServer
from tokenworth_mcp.settings import Settings
from tokenworth_mcp.shutdown import shutdown_asked

if TYPE_CHECKING:
    from tokenworth_mcp.metrics import Metrics

__all__ = ["MCP_PATH", "build_app", "listen", "serve_http"]

END_GRACE_SECONDS: Final = 5
# Longer than balancers keep theirs, so that none sends a request into a connection that is being closed.
KEEP_ALIVE_SECONDS: Final = 75
KEY_CHARACTERS_MIN: Final = 32
METRICS_PATH: Final = "/metrics"

Page = Callable[[], Awaitable[Response]]


async def serve_http(settings: Settings, context: Context) -> None:
    """Serve until a signal asks us to end; requests in flight are answered first.

    Args:
        settings: where to listen, whom to let in, and every limit.
        context: what all callers share; each has its own budgets in it where callers authenticate.

    Raises:
        InvalidInputError: settings that do not go together, or an address that cannot be listened on.
    """
    for key in settings.request_state_keys:
        if len(key) < KEY_CHARACTERS_MIN:
            raise InvalidInputError(
                "settings: request_state_key",
                f"under {KEY_CHARACTERS_MIN} characters",
                "Send a random text of 32 or more, such as `openssl rand -hex 32` prints; commas separate several",
            )
    authority = authority_of(settings, scopes_of_tools(select_tools(settings.toolsets, read_only=settings.read_only)))
    shared = context_on_network(context)
    metrics = _metrics_of(settings)
    if metrics is not None and shared.ledger is not None:
        shared = replace(shared, ledger=metrics.ledgers_of(shared.ledger))
    server = build_server(
        shared if authority is None else CallerContexts(shared),
        toolsets=settings.toolsets,
        read_only=settings.read_only,
        request_state_keys=settings.request_state_keys,
        ask_worth_usd_min=settings.ask_worth_usd_min,
        middleware=() if metrics is None else [metrics.calls()],
        connections=False,
    )
    listener = listen(settings)
    host, port = listener.getsockname()[:2]
    health = Health(build_app(server, settings, port, authority, metrics), Readiness(shared))
    # log_config=None leaves logging as configured; uvicorn's own would log every request's path to stdout.
    config = uvicorn.Config(
        health,
        http=protocol_of(connections_possible(settings.connections_max), settings.head_seconds_max),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=END_GRACE_SECONDS,
    )
    web = _WebServer(config)
    address = f"[{host}]" if ":" in host else host
    async with anyio.create_task_group() as tasks:

        async def end_when_asked() -> None:
            await shutdown_asked()
            health.ending = True
            with anyio.move_on_after(settings.drain_seconds):
                await shutdown_asked()  # asked again: whoever asks will not wait
            server.end_streams()
            web.should_exit = True
            await shutdown_asked()
            web.force_exit = True

        tasks.start_soon(end_when_asked)
        await checkpoint()  # whoever reads that we serve may ask us to end: by now that is heard
        sys.stderr.write(f"tokenworth: serving MCP at http://{address}:{port}{MCP_PATH}\n")
        sys.stderr.flush()
        await web.serve(sockets=[listener])
        tasks.cancel_scope.cancel()


def build_app(
    server: TableServer,
    settings: Settings,
    port: int,
    authority: Authority | None = None,
    metrics: Metrics | None = None,
) -> ASGIApp:
    """The web application, for requests addressed to this server.

    Every request is answered for itself, and nothing of a client is kept to pile up or to lose: as plain JSON, or as a
    stream of events where the client asked to hear of progress, or is asked something itself. A client that
    hangs up cancels its request.
    """
    # Of the SDK's application only this part: what its other layers check is checked before.
    streamed = StreamableHTTPSessionManager(
        server.lowlevel, stateless=True, max_request_body_size=settings.body_bytes_max
    )

    @asynccontextmanager
    async def started(_: Starlette) -> AsyncGenerator[None]:
        async with streamed.run():
            yield

    guard = MessageGuard(server.lowlevel, streamed.handle_request, settings, authority)
    endpoint: ASGIApp = CallerLimits(guard, settings)
    pages: dict[str, Page] = {}
    if authority is not None:
        endpoint = BearerGate(endpoint, authority)
        pages |= dict.fromkeys((METADATA_PATH, METADATA_PATH + MCP_PATH), authority.metadata)
    if metrics is not None:
        pages[METRICS_PATH] = metrics.answer
    app = AddressGuard(_Paths(endpoint, pages, Starlette(lifespan=started)), addresses_of(settings, port))
    return app if metrics is None else metrics.requests_of(app)


class _Paths:
    """The MCP endpoint, what is asked for by GET on a few paths, and nothing anywhere else."""

    def __init__(self, endpoint: ASGIApp, pages: Mapping[str, Page], lifespan: ASGIApp) -> None:
        self._endpoint = endpoint
        self._pages = pages
        self._lifespan = lifespan

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an ASGI request, or run the application's lifespan."""
        if scope["type"] == "lifespan":
            answer = self._lifespan
        elif scope["path"] == MCP_PATH:
            answer = self._endpoint
        elif (page := self._pages.get(scope["path"])) is not None and scope["method"] in ("GET", "HEAD"):
            answer = await page()
        else:
            answer = Response(status_code=404)
        await answer(scope, receive, send)


def _metrics_of(settings: Settings) -> Metrics | None:
    if not settings.metrics:
        return None
    try:
        from tokenworth_mcp.metrics import Metrics  # noqa: PLC0415 - an optional extra
    except ModuleNotFoundError:
        raise InvalidInputError(
            "settings: metrics", "the extra is not installed", "Install tokenworth[metrics], or leave it out"
        ) from None
    return Metrics()


class _WebServer(uvicorn.Server):
    """uvicorn without its signal handling, which ends the process by the signal instead of with exit code 0."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def listen(settings: Settings) -> socket.socket:
    """A socket that listens where the settings say.

    Raises:
        InvalidInputError: an address that other machines can reach without authentication or without the names they
            reach it by, or one that cannot be listened on.
    """
    host = "127.0.0.1" if settings.host == "localhost" else settings.host
    _check_reach(host, settings)
    # The protocol is named because asyncio turns Nagle's delay (40 ms an answer) off only where it reads TCP.
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":  # there it would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, settings.port))
        listener.listen(socket.SOMAXCONN)
    except OSError:
        listener.close()
        raise InvalidInputError(
            "settings: port", "cannot be listened on", "Send a free port, or 0 for any free one"
        ) from None
    return listener


def _check_reach(host: str, settings: Settings) -> None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise InvalidInputError(
            "settings: host", "not an address", "Send an address of this machine, such as 127.0.0.1 or 0.0.0.0"
        ) from None
    if address.is_loopback:
        return
    if not settings.authenticates:
        raise InvalidInputError(
            "settings: host",
            "not an address of this machine alone, and this server does not authenticate its callers",
            "Send 127.0.0.1 or ::1, or set tokens_file (see `tokenworth token new`) or auth_issuer",
        )
    if not settings.allowed_hosts:
        raise InvalidInputError(
            "settings: allowed_hosts",
            "empty, and other machines can reach the address",
            "Send the names that clients write in their URLs, such as mcp.example.com",
        )
