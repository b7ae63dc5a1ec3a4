"""Cancelling over HTTP in the handshake era: its clients do not hang up, they post which request they no longer want.

A client gets a name of its own with the handshake, so that nobody cancels another's request, and the name says whether
the client can show a form. Nothing is kept of it: a server that never heard a name takes it as it is, and only
requests that are being answered have a place here.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import Final

import anyio
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp_types import JSONRPCMessage, JSONRPCNotification, JSONRPCRequest, RequestId
from pydantic_core import to_json
from starlette.responses import Response
from starlette.types import Message, Scope, Send

from tokenworth_mcp.strict_json import is_object

__all__ = ["InFlight", "name_client", "shows_forms"]

HEADER: Final = "mcp-session-id"
NAME_BYTES: Final = 16
NAME_CHARACTERS_MAX: Final = 64
FORMS: Final = "~forms"

_Key = tuple[str | None, str, RequestId]


def name_client(message: JSONRPCMessage, response: Response) -> None:
    """Give a client a name with the answer to its handshake."""
    if isinstance(message, JSONRPCRequest) and message.method == "initialize":
        capabilities = (message.params or {}).get("capabilities")
        forms = capabilities.get("elicitation") if is_object(capabilities) else None
        shown = is_object(forms) and ("form" in forms or "url" not in forms)
        response.headers[HEADER] = secrets.token_urlsafe(NAME_BYTES) + (FORMS if shown else "")


def shows_forms(scope: Scope) -> bool:
    """Whether whoever sent a request said at its handshake that it can show a form."""
    return any(name == HEADER.encode() and value.endswith(FORMS.encode()) for name, value in scope["headers"])


class InFlight:
    """The requests of named clients that are being answered."""

    def __init__(self) -> None:
        self._work: dict[_Key, anyio.CancelScope] = {}

    def hear(self, message: JSONRPCMessage, scope: Scope) -> None:
        """Stop working at the request that a notice says is no longer wanted."""
        if isinstance(message, JSONRPCNotification) and message.method == "notifications/cancelled":
            request_id = (message.params or {}).get("requestId")
            key = _key(scope, request_id) if isinstance(request_id, str | int) else None
            if key is not None and (work := self._work.get(key)) is not None:
                work.cancel()

    async def answer(
        self, request: JSONRPCRequest, scope: Scope, send: Send, answer: Callable[[Send], Awaitable[None]]
    ) -> None:
        """Answer a request, or say that it was cancelled, which its client takes no notice of."""
        key = _key(scope, request.id)
        if key is None:
            await answer(send)
            return
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        with anyio.CancelScope() as work:
            self._work[key] = work
            try:
                await answer(sent)
            finally:
                if self._work.get(key) is work:
                    del self._work[key]
        if work.cancelled_caught and begun:
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        elif work.cancelled_caught:
            error = {"code": 0, "message": "Request cancelled"}  # as the SDK's servers say it
            body = to_json({"jsonrpc": "2.0", "id": request.id, "error": error})
            await send(
                {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]}
            )
            await send({"type": "http.response.body", "body": body, "more_body": False})


def _key(scope: Scope, request_id: RequestId) -> _Key | None:
    """What names a request: who asks, the client's name and the request's; None from a client without a name."""
    name = next((value for header, value in scope["headers"] if header == HEADER.encode()), None)
    if name is None or len(name) > NAME_CHARACTERS_MAX:
        return None
    token = get_access_token()
    return None if token is None else token.subject, name.decode("latin-1"), request_id
