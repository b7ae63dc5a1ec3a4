"""Answers over HTTP have a bounded size: who asked for too much reads in the answer's place how to ask for less."""

from __future__ import annotations

from typing import Any, Final

from mcp_types import INTERNAL_ERROR, JSONRPCRequest
from pydantic_core import to_json
from starlette.types import Message, Send

__all__ = ["BoundedAnswer", "is_stream"]

EVENTS: Final = b"text/event-stream"


class BoundedAnswer:
    """Sends the answer to one request on: whole if it is small enough, or else a refusal that has the request's id."""

    def __init__(self, send: Send, bytes_max: int, request: JSONRPCRequest) -> None:
        self._send = send
        self._bytes_max = bytes_max
        self._request = request
        self._start: Message | None = None
        self._cut = False

    async def send(self, message: Message) -> None:
        """Send one ASGI message on; the head of a plain answer waits for the size of what follows."""
        if self._cut:
            return
        if message["type"] == "http.response.start":
            self._start = message
            if is_stream(message):
                await self._begin()
            return
        if len(message.get("body", b"")) > self._bytes_max:
            self._cut = True
            message = self._refusal()
        await self._begin()
        await self._send(message)

    async def _begin(self) -> None:
        start, self._start = self._start, None
        if start is not None:
            await self._send(start)

    def _refusal(self) -> Message:
        body = to_json(_refused(self._request, self._bytes_max))
        if self._start is None:
            body = b"event: message\r\ndata: " + body + b"\r\n\r\n"
        else:
            headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
            self._start = {"type": "http.response.start", "status": 200, "headers": headers}
        return {"type": "http.response.body", "body": body, "more_body": False}


def is_stream(start: Message) -> bool:
    """Whether an ASGI answer that starts so is a stream of events, which has no end of its own."""
    return any(name == b"content-type" and value.startswith(EVENTS) for name, value in start["headers"])


def _refused(request: JSONRPCRequest, bytes_max: int) -> dict[str, Any]:
    problem = f"the answer has more than {bytes_max:,} bytes and was not sent"
    answer: dict[str, Any] = {"jsonrpc": "2.0", "id": request.id}
    if request.method == "tools/call":
        # As a tool's own refusal, which the model reads and acts on; an error of the protocol may end with its client.
        text = f'{problem}. Ask for less: "detail": "concise", a smaller "limit", or fewer items'
        answer["result"] = {"content": [{"type": "text", "text": text}], "isError": True, "resultType": "complete"}
    else:
        answer["error"] = {"code": INTERNAL_ERROR, "message": f"{problem}. Ask for a part of it"}
    return answer
