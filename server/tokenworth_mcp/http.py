"""The streamable HTTP transport, for this machine only: Host and Origin checked, bodies bounded in size and time."""

from __future__ import annotations

import ipaddress
import socket
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import anyio
import uvicorn
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import JSONRPCError, JSONRPCMessage, JSONRPCRequest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tokenworth.errors import InvalidInputError
from tokenworth_mcp.messages import MessageRefusedError, read_message
from tokenworth_mcp.sdk_compat import TableServer
from tokenworth_mcp.settings import Settings
from tokenworth_mcp.shutdown import shutdown_asked
from tokenworth_mcp.strict_json import is_object

__all__ = ["MCP_PATH", "build_app", "listen", "serve_http"]

MCP_PATH: Final = "/mcp"
END_GRACE_SECONDS: Final = 5
LOOPBACK_HOSTS: Final = ("127.0.0.1", "localhost", "[::1]")


async def serve_http(server: TableServer, settings: Settings) -> None:
    """Serve until a signal asks us to end; requests in flight are answered first.

    Raises:
        InvalidInputError: an address that other machines can reach, or one that cannot be listened on.
    """
    listener = listen(settings)
    host, port = listener.getsockname()[:2]
    app = build_app(server, settings, port)
    # log_config=None leaves logging as configured; uvicorn's own would log every request's path to stdout.
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=END_GRACE_SECONDS
    )
    web = _WebServer(config)
    address = f"[{host}]" if ":" in host else host
    sys.stderr.write(f"tokenworth: serving MCP at http://{address}:{port}{MCP_PATH}\n")
    sys.stderr.flush()
    async with anyio.create_task_group() as tasks:

        async def end_when_asked() -> None:
            await shutdown_asked()
            web.should_exit = True

        tasks.start_soon(end_when_asked)
        await web.serve(sockets=[listener])
        tasks.cancel_scope.cancel()


def build_app(server: TableServer, settings: Settings, port: int) -> ASGIApp:
    """The web application, for requests addressed to this machine at this port.

    Every request is answered for itself (no sessions to pile up or to lose): as plain JSON, or as a stream of events
    where the client asked to hear of progress. A client that hangs up cancels its request.
    """
    ports = [f":{port}", ""] if port == 80 else [f":{port}"]
    hosts = [f"{host}{suffix}" for host in LOOPBACK_HOSTS for suffix in ports]
    security = TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=hosts,
        allowed_origins=[f"http://{host}" for host in hosts],
    )
    in_json, streamed = (
        server.streamable_http_app(
            streamable_http_path=MCP_PATH,
            json_response=as_json,
            stateless_http=True,
            max_request_body_size=settings.body_bytes_max,
            transport_security=security,
        )
        for as_json in (True, False)
    )
    alone = in_json.router.lifespan_context

    @asynccontextmanager
    async def both_started(app: Starlette) -> AsyncGenerator[None]:
        async with alone(app), streamed.router.lifespan_context(streamed):
            yield

    in_json.router.lifespan_context = both_started
    return _MessageGuard(in_json, streamed, settings.body_bytes_max, settings.body_seconds_max)


class _WebServer(uvicorn.Server):
    """uvicorn without its signal handling, which ends the process by the signal instead of with exit code 0."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


class _MessageGuard:
    """Lets through what is one JSON-RPC message of reasonable size, sent in reasonable time."""

    def __init__(self, app: ASGIApp, streamed: ASGIApp, bytes_max: int, seconds_max: float) -> None:
        self._app = app
        self._streamed = streamed
        self._bytes_max = bytes_max
        self._seconds_max = seconds_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an ASGI request, or pass it on with its body already read."""
        if scope["type"] != "http" or scope["path"] != MCP_PATH:
            await self._app(scope, receive, send)
            return
        if scope["method"] != "POST":
            # No sessions to delete, and nothing that we would say without being asked.
            await Response(status_code=405, headers={"Allow": "POST"})(scope, receive, send)
            return
        refusal: Response | None = None
        message: JSONRPCMessage | None = None
        body = b""
        try:
            with anyio.fail_after(self._seconds_max):
                body = await _read_body(receive, self._bytes_max)
            message = read_message(body)
        except TimeoutError:
            refusal = Response("The request body took too long to arrive", status_code=408)
        except _BodyTooLargeError:
            refusal = Response(f"The request body has more than {self._bytes_max:,} bytes", status_code=413)
        except _ClientLeftError:
            return
        except MessageRefusedError as refused:
            refusal = Response(_wire(refused.answer), status_code=400, media_type="application/json")
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        if _wants_events(message):
            await self._streamed(scope, _replayed(body, receive), send)
        else:
            await _while_connected(self._app, scope, body, receive, send)


class _BodyTooLargeError(Exception):
    """More bytes than we read."""


class _ClientLeftError(Exception):
    """The client closed the connection before its request was whole."""


async def _read_body(receive: Receive, bytes_max: int) -> bytes:
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise _ClientLeftError
        body += message.get("body", b"")
        if len(body) > bytes_max:
            raise _BodyTooLargeError
        more = message.get("more_body", False)
    return bytes(body)


def _wants_events(message: JSONRPCMessage | None) -> bool:
    """Whether a client asked to hear of a request's progress, or to be told of changes."""
    if not isinstance(message, JSONRPCRequest):
        return False
    meta = (message.params or {}).get("_meta")
    return message.method == "subscriptions/listen" or (is_object(meta) and "progressToken" in meta)


async def _while_connected(app: ASGIApp, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
    """Answer a request whose body is read, and stop when the client hangs up: nobody would get the answer."""
    async with anyio.create_task_group() as tasks:

        async def stop_when_gone() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            tasks.cancel_scope.cancel()

        tasks.start_soon(stop_when_gone)
        await app(scope, _replayed(body, _nothing_more), send)
        tasks.cancel_scope.cancel()


async def _nothing_more() -> Message:
    """What the watcher above waits for in the application's place."""
    await anyio.sleep_forever()
    return {"type": "http.disconnect"}


def _replayed(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _wire(answer: JSONRPCError) -> str:
    # An id that could not be read is null on the wire, which `exclude_none` would leave out.
    return answer.model_dump_json(by_alias=True, exclude={"error": {"data"}})


def listen(settings: Settings) -> socket.socket:
    """A socket that listens where the settings say.

    Raises:
        InvalidInputError: an address that other machines can reach, or one that cannot be listened on.
    """
    host = "127.0.0.1" if settings.host == "localhost" else settings.host
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise InvalidInputError(
            "settings: host",
            "not an address of this machine alone",
            "This server does not authenticate its callers, so it listens on loopback only: "
            "send 127.0.0.1 or ::1, and put a proxy with authentication in front to reach it from elsewhere",
        )
    # The protocol is named because asyncio turns Nagle's delay (40 ms an answer) off only where it reads TCP.
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":  # there it would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, settings.port))
        listener.listen()
    except OSError:
        listener.close()
        raise InvalidInputError(
            "settings: port", "cannot be listened on", "Send a free port, or 0 for any free one"
        ) from None
    return listener
