"""A message of the handshake era over HTTP, answered for itself, as plain JSON and in the task that it came in.

The SDK opens a session for each such request, of eight streams and as many tasks, and ends it with the answer: more
work than most of our tools do. Requests of its modern era it answers as here, and here by the same function of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import anyio
from mcp.server.connection import Connection
from mcp.server.lowlevel import Server
from mcp.server.runner import modern_error_data, serve_one
from mcp.server.streamable_http import check_accept_headers
from mcp.shared.exceptions import NoBackChannelError
from mcp.shared.message import ServerMessageMetadata
from mcp.shared.transport_context import TransportContext
from mcp_types import (
    DEFAULT_NEGOTIATED_VERSION,
    INVALID_REQUEST,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCRequest,
    RequestId,
)
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

__all__ = ["answer_handshake_era", "version_of"]

JSON: Final = "application/json"
VERSION_HEADER: Final = b"mcp-protocol-version"
ANSWERS_ONLY: Final = TransportContext(kind="streamable-http", can_send_request=False)


@dataclass(frozen=True, slots=True)
class _Exchange:
    """What a handler may do towards its client while it works: nothing, for there is one answer and no way but that."""

    request_id: RequestId
    message_metadata: ServerMessageMetadata
    transport: TransportContext = ANSWERS_ONLY
    can_send_request: bool = False
    cancel_requested: anyio.Event = field(default_factory=anyio.Event)

    async def send_raw_request(self, method: str, params: Mapping[str, Any] | None, opts: object = None) -> Any:  # noqa: ANN401 - never returns
        """Refuse.

        Raises:
            NoBackChannelError: always.
        """
        del params, opts
        raise NoBackChannelError(method)

    async def notify(self, method: str, params: Mapping[str, Any] | None, opts: object = None) -> None:
        """Drop it."""

    async def progress(self, progress: float, total: float | None = None, message: str | None = None) -> None:
        """Drop it: who asked for progress is answered with a stream, not here."""


def version_of(headers: list[tuple[bytes, bytes]]) -> str | None:
    """The revision of the handshake era that a request is of; None where it is of another era, or of none."""
    said = next((value.decode("latin-1") for name, value in headers if name == VERSION_HEADER), None)
    if said is None:
        return DEFAULT_NEGOTIATED_VERSION
    return said if said in HANDSHAKE_PROTOCOL_VERSIONS else None


async def answer_handshake_era(
    server: Server[Any], message: JSONRPCMessage, version: str, request: Request
) -> Response:
    """The answer to one message, as JSON; a notification and a reply to nothing that we asked are only acknowledged.

    Args:
        server: what answers.
        message: what was sent.
        version: the revision that its header names.
        request: what it came in.
    """
    if not check_accept_headers(request)[0]:
        return _refused(406, "Not Acceptable: Client must accept application/json")
    if not request.headers.get("content-type", "").lower().startswith(JSON):
        return Response("Invalid Content-Type header", status_code=400)
    if not isinstance(message, JSONRPCRequest):
        return Response(status_code=202, media_type=JSON)
    exchange = _Exchange(message.id, ServerMessageMetadata(request_context=request))
    answer: dict[str, Any] = {"jsonrpc": "2.0", "id": message.id}
    try:
        answer["result"] = await serve_one(
            server,
            exchange,
            message.method,
            message.params,
            connection=Connection.from_envelope(version, None, None),
            # Nothing of ours lives in the SDK's lifespan.
            lifespan_state={},
        )
    except Exception as error:  # noqa: BLE001 - the edge: the SDK turns what it knows into errors and masks the rest
        answer["error"] = modern_error_data(error).model_dump(mode="json", exclude_none=True)
    return Response(to_json(answer, inf_nan_mode="null"), media_type=JSON)


def _refused(status: int, message: str) -> Response:
    error = JSONRPCError(jsonrpc="2.0", id=None, error=ErrorData(code=INVALID_REQUEST, message=message))
    return Response(error.model_dump_json(by_alias=True, exclude_unset=True), status, media_type=JSON)
