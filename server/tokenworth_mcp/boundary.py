"""The one way into a tool, for MCP and the command line: strict arguments in, two channels or a clear refusal out."""

from __future__ import annotations

import json
import logging
import secrets
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from tokenworth.errors import InvalidInputError, TokenworthError
from tokenworth.plain_text import plain_text, plain_values
from tokenworth_mcp.catalogue import ToolEntry, load_tool
from tokenworth_mcp.problems import Problem, find_problems
from tokenworth_mcp.strict_json import JsonRefusedError, check_plain, is_object

if TYPE_CHECKING:
    from tokenworth.answers import Request
    from tokenworth.context import Context

__all__ = [
    "Answered",
    "InternalError",
    "RefusedArgumentsError",
    "answer_call",
    "fields_of",
    "in_one_line",
    "read_request",
]

logger = logging.getLogger(__name__)


class RefusedArgumentsError(TokenworthError):
    """Arguments that do not fit the request; every problem says what to send instead."""

    def __init__(self, tool: str, problems: list[Problem], left_out: int) -> None:
        lines = [f"- {problem}" for problem in problems]
        if left_out:
            lines.append(f"- and {left_out} more")
        super().__init__("\n".join([f"{tool} cannot use these arguments. Change this and call again:", *lines]))
        self.problems = problems
        self.in_one_line = "; ".join(line.removeprefix("- ").removesuffix(".") for line in lines)


class InternalError(TokenworthError):
    """A fault of ours; what happened is in the log under the same reference and nowhere else."""


@dataclass(frozen=True, slots=True)
class Answered:
    """Both channels of one answer; each stands alone."""

    text: str
    data: dict[str, Any]


async def answer_call(entry: ToolEntry, arguments: object, context: Context) -> Answered:
    """Validate the arguments, run the tool, and put its answer into words and data.

    Raises:
        TokenworthError: all that callers may see. A fault of ours arrives as `InternalError`, logged
            without the arguments and without the fault's own message, which may quote them.
    """
    try:
        request = read_request(entry, arguments)
        answer = await load_tool(entry).function(request, context)
        # What people sent and what was fetched comes back in answers; here all of it is made visible.
        return Answered(plain_text(answer.text()), plain_values(answer.data()))
    except TokenworthError:
        raise
    except Exception as error:  # noqa: BLE001 - the outer edge: whatever else it is, callers must not see it
        if (refusal := _only_refusal(error)) is not None:
            raise refusal from None
        raise _masked(entry, error) from None


def read_request(entry: ToolEntry, arguments: object) -> Request:
    """The tool's request from plain JSON values.

    Raises:
        RefusedArgumentsError: every field that does not fit, the most telling first.
        JsonRefusedError: values that are not plain JSON.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - the command line lists tools without pydantic

    if not is_object(arguments):
        raise JsonRefusedError("the arguments are not an object", 'Send an object, such as {"detail": "full"}')
    check_plain(arguments)
    request_type = load_tool(entry).request_type
    try:
        # Read as JSON, not as Python: strict mode then takes a list for a tuple and text for a date, and nothing else.
        return request_type.model_validate_json(json.dumps(arguments))
    except ValidationError as error:
        problems, left_out = find_problems(error, arguments, request_type)
        raise RefusedArgumentsError(entry.name, problems, left_out) from None


def fields_of(error: TokenworthError) -> list[dict[str, str]]:
    """The fields an error is about, for programs: field, problem, instead."""
    if isinstance(error, RefusedArgumentsError):
        found = error.problems
    elif isinstance(error, InvalidInputError | JsonRefusedError):
        found = [Problem(error.field, error.problem, error.instead)]
    else:
        found = []
    return [{"field": each.field, "problem": each.problem, "instead": each.instead} for each in found]


def in_one_line(error: TokenworthError) -> str:
    """An error's message for a log or a terminal, where a line is all there is."""
    return error.in_one_line if isinstance(error, RefusedArgumentsError) else " ".join(str(error).split())


def _only_refusal(error: Exception) -> TokenworthError | None:
    """A refusal that a task group wrapped on its way out."""
    while isinstance(error, ExceptionGroup):
        inner = cast("tuple[Exception, ...]", error.exceptions)
        if len(inner) != 1:
            return None
        error = inner[0]
    return error if isinstance(error, TokenworthError) else None


def _masked(entry: ToolEntry, error: Exception) -> InternalError:
    reference = secrets.token_hex(4)
    frames = "".join(traceback.format_list(traceback.extract_tb(error.__traceback__)))
    logger.error("internal error %s in %s: %s\n%s", reference, entry.name, type(error).__qualname__, frames)
    return InternalError(
        f"internal error in {entry.name}, reference {reference}: a fault of ours, not of your arguments. "
        "The server's log has the cause; calling again with the same arguments will not help."
    )
