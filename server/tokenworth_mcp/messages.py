"""One JSON-RPC message off the wire, for both transports: usable, or refused with an error its sender can place."""

from __future__ import annotations

import re
from typing import Final

from mcp_types import (
    INVALID_REQUEST,
    PARSE_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    RequestId,
    jsonrpc_message_adapter,
)
from pydantic import ValidationError

from tokenworth_mcp.strict_json import JsonRefusedError, read_json

__all__ = ["MessageRefusedError", "read_message"]

HEAD_BYTES: Final = 4_096
ID: Final = rb'"id"\s*:\s*("(?:[^"\\]|\\.){0,200}"|-?[0-9]{1,18})'
ID_FIRST: Final = re.compile(rb'\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?' + ID)
ID_LAST: Final = re.compile(ID + rb'\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$')


class MessageRefusedError(Exception):
    """Bytes that are no message; carries the answer they get."""

    def __init__(self, answer: JSONRPCError) -> None:
        super().__init__(answer.error.message)
        self.answer = answer


def read_message(data: bytes) -> JSONRPCMessage:
    """The message in these bytes.

    The SDK would quote the bytes in its refusal on one transport and say nothing at all on the other.

    Raises:
        MessageRefusedError: not JSON, JSON that is refused, or no JSON-RPC 2.0 message.
    """
    try:
        return jsonrpc_message_adapter.validate_python(read_json(data), by_name=False)
    except JsonRefusedError as refused:
        code, problem = PARSE_ERROR, str(refused)
    except ValidationError:
        code, problem = INVALID_REQUEST, "not a JSON-RPC 2.0 request, notification or response"
    error = ErrorData(code=code, message=problem)
    raise MessageRefusedError(JSONRPCError(jsonrpc="2.0", id=_salvaged_id(data), error=error)) from None


def _salvaged_id(data: bytes) -> RequestId | None:
    """The id of a message that cannot be used as a whole, so that its sender need not wait for ever."""
    found = ID_FIRST.match(data[:HEAD_BYTES]) or ID_LAST.search(data[-HEAD_BYTES:])
    if found is None:
        return None
    try:
        value = read_json(found[1])
    except JsonRefusedError:
        return None
    return value if isinstance(value, str | int) else None
