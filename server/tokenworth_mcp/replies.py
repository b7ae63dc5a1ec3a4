"""Asking a client of the handshake era over HTTP: the question travels in its answer's stream, the reply is posted.

Nothing is kept of a client but what it is being asked just now, so only the process that asks can hear the reply:
where several share the work behind a balancer nobody is asked so.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final

import anyio
from mcp.shared.exceptions import MCPError
from mcp_types import JSONRPCError, JSONRPCMessage, JSONRPCResponse
from pydantic_core import to_json
from starlette.types import Send

__all__ = ["AnswerStream", "Replies"]

ID_BYTES: Final = 16
# Sooner than a proxy in between takes silence for the end.
PING_SECONDS: Final = 15.0
HEADERS: Final = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
]


class _Awaited:
    def __init__(self) -> None:
        self.here = anyio.Event()
        self.reply: JSONRPCResponse | JSONRPCError | None = None


class Replies:
    """What this process has asked and not heard yet, by ids that nobody can guess."""

    def __init__(self) -> None:
        self._awaited: dict[str, _Awaited] = {}

    def hear(self, message: JSONRPCMessage) -> None:
        """Pass a reply on to whoever waits for it; one that nobody waits for is nothing."""
        if isinstance(message, JSONRPCResponse | JSONRPCError) and isinstance(message.id, str):
            awaited = self._awaited.get(message.id)
            if awaited is not None:
                awaited.reply = message
                awaited.here.set()

    def expect(self) -> tuple[str, _Awaited]:
        """An id for a question, and where its reply will be."""
        name, awaited = secrets.token_urlsafe(ID_BYTES), _Awaited()
        self._awaited[name] = awaited
        return name, awaited

    def forget(self, name: str) -> None:
        """Nobody waits any more."""
        self._awaited.pop(name, None)


class AnswerStream:
    """One answer that becomes a stream of events once something is asked or told on the way."""

    def __init__(self, replies: Replies, send: Send) -> None:
        self._replies = replies
        self._send = send
        self.begun = False

    async def ask(self, method: str, params: Mapping[str, Any] | None) -> dict[str, Any]:
        """Ask the client, and wait for what it says, for as long as whoever asks will.

        Raises:
            MCPError: what the client says is an error.
        """
        name, awaited = self._replies.expect()
        try:
            await self._tell({"jsonrpc": "2.0", "id": name, "method": method, "params": dict(params or {})}, more=True)
            while awaited.reply is None:
                with anyio.move_on_after(PING_SECONDS):
                    await awaited.here.wait()
                if awaited.reply is None:
                    await self._send({"type": "http.response.body", "body": b": waiting\r\n\r\n", "more_body": True})
        finally:
            self._replies.forget(name)
        if isinstance(awaited.reply, JSONRPCError):
            raise MCPError.from_error_data(awaited.reply.error)
        return awaited.reply.result

    async def notify(self, method: str, params: Mapping[str, Any]) -> None:
        """Tell the client something on the way."""
        await self._tell({"jsonrpc": "2.0", "method": method, "params": dict(params)}, more=True)

    async def end(self, answer: dict[str, Any]) -> None:
        """Send the answer itself."""
        await self._tell(answer, more=False)

    async def _tell(self, message: dict[str, Any], *, more: bool) -> None:
        if not self.begun:
            self.begun = True
            await self._send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        event = b"event: message\r\ndata: " + to_json(message, inf_nan_mode="null") + b"\r\n\r\n"
        await self._send({"type": "http.response.body", "body": event, "more_body": more})
