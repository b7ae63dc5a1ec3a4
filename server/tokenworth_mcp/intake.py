"""What a request must be before anything answers it: addressed to us, one message of bounded size and time, allowed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import anyio
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.lowlevel import Server
from mcp.server.streamable_http import check_accept_headers
from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from mcp_types import JSONRPCError, JSONRPCMessage, JSONRPCRequest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tokenworth_mcp.answer_size import BoundedAnswer
from tokenworth_mcp.auth import Authority
from tokenworth_mcp.cancelling import InFlight, shows_forms
from tokenworth_mcp.exchange import answer_message, is_of_handshake_era
from tokenworth_mcp.limits import LISTENING
from tokenworth_mcp.messages import MessageRefusedError, read_message
from tokenworth_mcp.replies import AnswerStream, Replies
from tokenworth_mcp.scopes import scopes_needed
from tokenworth_mcp.settings import Settings
from tokenworth_mcp.strict_json import is_object

__all__ = ["MCP_PATH", "AddressGuard", "MessageGuard", "addresses_of"]

MCP_PATH: Final = "/mcp"
WATCH_AFTER_SECONDS: Final = 0.01
LOOPBACK_HOSTS: Final = ("127.0.0.1", "localhost", "[::1]")


def addresses_of(settings: Settings, port: int) -> TransportSecuritySettings:
    """The Host and Origin headers that are accepted, whatever address is listened on."""
    local = [f"{host}:{port}" for host in LOOPBACK_HOSTS] + (list(LOOPBACK_HOSTS) if port == 80 else [])
    pages = [f"https://{host}" for host in settings.allowed_hosts]
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=[*local, *settings.allowed_hosts],
        allowed_origins=[*(f"http://{host}" for host in local), *pages, *settings.allowed_origins],
    )


class AddressGuard:
    """Refuses what is addressed to another host, or comes from another's web page (DNS rebinding)."""

    def __init__(self, app: ASGIApp, addresses: TransportSecuritySettings) -> None:
        self._app = app
        self._check = TransportSecurityMiddleware(addresses)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse an ASGI request, or pass it on."""
        refusal = None
        if scope["type"] == "http":
            refusal = await self._check.validate_request(Request(scope))
        await (refusal or self._app)(scope, receive, send)


class MessageGuard:
    """Lets through what is one JSON-RPC message that its sender's token allows."""

    def __init__(
        self,
        server: Server[Any],
        streamed: ASGIApp,
        settings: Settings,
        authority: Authority | None,
    ) -> None:
        """A guard before a server.

        Args:
            server: answers messages for which one answer is enough.
            streamed: the SDK's own application, where a stream of events is asked for.
            settings: how much may be sent, for how long, and how large an answer may be.
            authority: whose tokens allow what; None where nobody needs one.
        """
        self._server = server
        self._streamed = streamed
        self._bytes_max = settings.body_bytes_max
        self._seconds_max = settings.body_seconds_max
        self._answer_bytes_max = settings.answer_bytes_max
        self._authority = authority
        self._in_flight = InFlight()
        # The key is shared by replicas: any of them may be the one to hear a reply.
        self._replies = None if settings.request_state_keys else Replies()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an ASGI request, or pass it on with its body already read."""
        if scope["method"] != "POST":
            # No sessions to delete, and nothing that we would say without being asked.
            await Response(status_code=405, headers={"Allow": "POST"})(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._seconds_max):
                body = await _read_body(receive, self._bytes_max)
            message = read_message(body)
            refusal = self._not_allowed(message)
        except TimeoutError:
            refusal = Response("The request body took too long to arrive", 408)
        except _BodyTooLargeError:
            refusal = Response(f"The request body has more than {self._bytes_max:,} bytes", 413)
        except _ClientLeftError:
            return
        except MessageRefusedError as refused:
            refusal = Response(_wire(refused.answer), status_code=400, media_type="application/json")
        else:
            if refusal is None:
                await self._pass_on(message, body, scope, receive, send)
                return
        await refusal(scope, receive, send)

    async def _pass_on(self, message: JSONRPCMessage, body: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        if _listens(message):
            scope[LISTENING]()
        self._in_flight.hear(message, scope)
        if self._replies is not None:
            self._replies.hear(message)
        if not isinstance(message, JSONRPCRequest):
            await self._answer(message, body, scope, receive, send)
            return
        send = BoundedAnswer(send, self._answer_bytes_max, message).send
        await self._in_flight.answer(
            message, scope, send, lambda watched: self._answer(message, body, scope, receive, watched)
        )

    async def _answer(self, message: JSONRPCMessage, body: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        stream = self._stream(message, request, send)
        if stream is None and _wants_events(message):
            await self._streamed(scope, _replayed(body, receive), send)
            return

        async def answer() -> None:
            response = await answer_message(self._server, message, request, stream)
            if response is not None:
                await response(scope, _nothing_more, send)

        await _while_connected(answer, receive)

    def _stream(self, message: JSONRPCMessage, request: Request, send: Send) -> AnswerStream | None:
        """Where a client of the handshake era can be asked before its call is answered, if it can."""
        if self._replies is None or not isinstance(message, JSONRPCRequest) or message.method != "tools/call":
            return None
        if not (shows_forms(request.scope) and is_of_handshake_era(request) and check_accept_headers(request)[1]):
            return None
        return AnswerStream(self._replies, send)

    def _not_allowed(self, message: JSONRPCMessage) -> Response | None:
        """A challenge for the scopes that a message needs and its sender's token does not have."""
        if self._authority is None:
            return None
        token = get_access_token()
        granted = [] if token is None else token.scopes
        missing = scopes_needed(message).difference(granted)
        if not missing:
            return None
        wanted = [scope for scope in self._authority.scopes if scope in missing or scope in granted]
        return self._authority.challenge(
            403, "insufficient_scope", wanted, f"The token must allow {' '.join(sorted(missing))}"
        )


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


def _wants_events(message: JSONRPCMessage) -> bool:
    """Whether a client asked to hear of a request's progress, or to be told of changes."""
    if not isinstance(message, JSONRPCRequest):
        return False
    meta = (message.params or {}).get("_meta")
    return _listens(message) or (is_object(meta) and "progressToken" in meta)


def _listens(message: JSONRPCMessage) -> bool:
    """Whether a client asked to be told of changes; how many may at a time, `subscriptions` knows."""
    return isinstance(message, JSONRPCRequest) and message.method == "subscriptions/listen"


async def _while_connected(answer: Callable[[], Awaitable[None]], receive: Receive) -> None:
    """Answer a request whose body is read, and stop when the client hangs up: nobody would get the answer."""
    watching: list[asyncio.Task[None]] = []
    with anyio.CancelScope() as work:

        async def stop_when_gone() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            work.cancel()

        # A task costs as much as a small answer, and most answers are there before it would have been of use.
        soon = asyncio.get_running_loop().call_later(
            WATCH_AFTER_SECONDS, lambda: watching.append(asyncio.create_task(stop_when_gone()))
        )
        try:
            await answer()
        finally:
            soon.cancel()
            for watcher in watching:
                watcher.cancel()


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
