"""A message over HTTP, answered for itself and in the task that it came in, in both protocol eras.

The answer is plain JSON, or a stream where a client of the handshake era is asked something first: see `replies`.

The SDK opens a session for each request of the handshake era, of eight streams and as many tasks, and ends it with the
answer; one of the modern era it reads again from its bytes. Either is more work than most of our tools do. What checks
and answers a request is the SDK's own, function by function.
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
from mcp.shared.inbound import (
    ERROR_CODE_HTTP_STATUS,
    MCP_PROTOCOL_VERSION_HEADER,
    InboundLadderRejection,
    InboundModernRoute,
    classify_inbound_request,
    find_duplicated_routing_header,
    unsupported_protocol_version_rejection,
    validate_mcp_param_headers,
)
from mcp.shared.jsonrpc_dispatcher import progress_token_from_params
from mcp.shared.message import ServerMessageMetadata
from mcp.shared.transport_context import TransportContext
from mcp_types import (
    DEFAULT_NEGOTIATED_VERSION,
    HEADER_MISMATCH,
    INVALID_REQUEST,
    ErrorData,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    ProgressToken,
    RequestId,
)
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from tokenworth_mcp.cancelling import name_client
from tokenworth_mcp.replies import AnswerStream
from tokenworth_mcp.strict_json import is_object

__all__ = ["answer_message", "is_of_handshake_era"]

JSON: Final = "application/json"
SHOWS_FORMS: Final[Mapping[str, Mapping[str, Any]]] = {"elicitation": {}}
"""The capabilities of a client that may be asked, as its handshake had them."""


@dataclass(frozen=True, slots=True)
class _Exchange:
    """What a handler may do towards its client while it works: ask, where the answer may be a stream, or nothing."""

    request_id: RequestId
    message_metadata: ServerMessageMetadata
    stream: AnswerStream | None = None
    token: ProgressToken | None = None
    cancel_requested: anyio.Event = field(default_factory=anyio.Event)

    @property
    def can_send_request(self) -> bool:
        """Whether there is a way."""
        return self.stream is not None

    @property
    def transport(self) -> TransportContext:
        """What the message came by."""
        return TransportContext(kind="streamable-http", can_send_request=self.can_send_request)

    async def send_raw_request(self, method: str, params: Mapping[str, Any] | None, opts: object = None) -> Any:  # noqa: ANN401 - whatever is said
        """Ask the client.

        Raises:
            NoBackChannelError: there is no way to it.
            MCPError: what it says is an error.
        """
        del opts  # whoever asks knows how long to wait
        if self.stream is None:
            raise NoBackChannelError(method)
        return await self.stream.ask(method, params)

    async def notify(self, method: str, params: Mapping[str, Any] | None, opts: object = None) -> None:
        """Drop it: nothing but progress is told on the way."""

    async def progress(self, progress: float, total: float | None = None, message: str | None = None) -> None:
        """Tell a client that asked to hear of it; one that cannot be asked anything has another stream for that."""
        if self.stream is not None and self.token is not None:
            told = {"progressToken": self.token, "progress": progress, "total": total, "message": message}
            said = {name: value for name, value in told.items() if value is not None}
            await self.stream.notify("notifications/progress", said)


def is_of_handshake_era(request: Request) -> bool:
    """Whether a request's header says so, or nothing."""
    return _version(request) in HANDSHAKE_PROTOCOL_VERSIONS


def _version(request: Request) -> str:
    return request.headers.get(MCP_PROTOCOL_VERSION_HEADER, DEFAULT_NEGOTIATED_VERSION)


async def answer_message(
    server: Server[Any], message: JSONRPCMessage, request: Request, stream: AnswerStream | None = None
) -> Response | None:
    """The answer to one message, as JSON; a notification and a reply are only acknowledged.

    Args:
        server: what answers.
        message: what was sent.
        request: what it came in; its header says of which era it is.
        stream: where a client of the handshake era can be asked something on the way.

    Returns:
        None where the stream has carried the answer.
    """
    if not check_accept_headers(request)[0]:
        return _refused(None, INVALID_REQUEST, "Not Acceptable: Client must accept application/json", status=406)
    if not request.headers.get("content-type", "").lower().startswith(JSON):
        return Response("Invalid Content-Type header", status_code=400)
    version = _version(request)
    if not is_of_handshake_era(request):
        return await _answer_modern_era(server, message, request, version)
    if not isinstance(message, JSONRPCRequest):
        return Response(status_code=202, media_type=JSON)
    connection = Connection.from_envelope(version, None, None if stream is None else SHOWS_FORMS)
    answer = await _answer(server, message, request, connection, stream)
    if stream is not None and stream.begun:
        await stream.end(answer)
        return None
    response = Response(to_json(answer, inf_nan_mode="null"), media_type=JSON)
    name_client(message, response)
    return response


async def _answer_modern_era(server: Server[Any], message: JSONRPCMessage, request: Request, version: str) -> Response:
    if not isinstance(message, JSONRPCRequest):
        return _acknowledged(message, version)
    route = _route(server, message, request)
    if isinstance(route, InboundLadderRejection):
        return _refused(message.id, route.code, route.message, route.data)
    connection = Connection.from_envelope(route.protocol_version, route.client_info, route.client_capabilities)
    answer = await _answer(server, message, request, connection)
    status = ERROR_CODE_HTTP_STATUS.get(answer["error"]["code"], 200) if "error" in answer else 200
    return Response(to_json(answer, inf_nan_mode="null"), status, media_type=JSON)


async def _answer(
    server: Server[Any],
    message: JSONRPCRequest,
    request: Request,
    connection: Connection,
    stream: AnswerStream | None = None,
) -> dict[str, Any]:
    """The answer as it goes over the wire, an error too."""
    token = None if stream is None else progress_token_from_params(message.params)
    exchange = _Exchange(message.id, ServerMessageMetadata(request_context=request), stream, token)
    answer: dict[str, Any] = {"jsonrpc": "2.0", "id": message.id}
    try:
        # Nothing of ours lives in the SDK's lifespan.
        answer["result"] = await serve_one(
            server, exchange, message.method, message.params, connection=connection, lifespan_state={}
        )
    except Exception as error:  # noqa: BLE001 - the edge: the SDK turns what it knows into errors and masks the rest
        answer["error"] = modern_error_data(error).model_dump(mode="json", exclude_none=True)
    return answer


def _route(
    server: Server[Any], message: JSONRPCRequest, request: Request
) -> InboundModernRoute | InboundLadderRejection:
    """Whether a request's headers and envelope say the same, and something that is served here."""
    if (twice := find_duplicated_routing_header(request.headers.items())) is not None:
        return InboundLadderRejection(HEADER_MISMATCH, f"{twice} header appears more than once")
    params: dict[str, Any] = message.params or {}
    route = classify_inbound_request({"method": message.method, "params": params}, headers=request.headers)
    if isinstance(route, InboundLadderRejection) or message.method != "tools/call":
        return route
    name: object = params.get("name")
    arguments: object = params.get("arguments", {})
    if server.get_tool_input_schema is None or not isinstance(name, str) or not is_object(arguments):
        return route  # what is wrong with it, the server says
    # None of our own tools wants an argument in a header too.
    schema = server.get_tool_input_schema(name)
    rejection = None if schema is None else validate_mcp_param_headers(schema, arguments, request.headers)
    return rejection or route


def _acknowledged(message: JSONRPCMessage, version: str) -> Response:
    """What a notification of the modern era gets, which knows none that a client would post, and a reply."""
    if not isinstance(message, JSONRPCNotification):
        return _refused(None, INVALID_REQUEST, "Body must be a single JSON-RPC request or notification object")
    unsupported = unsupported_protocol_version_rejection(version)
    if unsupported is not None:
        return _refused(None, unsupported.code, unsupported.message, unsupported.data)
    return Response(status_code=202)


def _refused(
    request_id: RequestId | None, code: int, problem: str, data: object = None, status: int | None = None
) -> Response:
    error = ErrorData(code=code, message=problem, data=data).model_dump(mode="json", exclude_none=True)
    answer = {"jsonrpc": "2.0", "id": request_id, "error": error}
    return Response(to_json(answer), status or ERROR_CODE_HTTP_STATUS.get(code, 200), media_type=JSON)
