"""`tokenworth call`: any tool with JSON arguments, once, or once a line for scripts."""

from __future__ import annotations

import json
import sys
from typing import IO, TYPE_CHECKING, Any, Final

import anyio
import click

from tokenworth.errors import TokenworthError
from tokenworth_mcp.boundary import answer_call, fields_of, in_one_line
from tokenworth_mcp.catalogue import ToolEntry, find_tool
from tokenworth_mcp.cli.documents import DOCUMENT_BYTES_MAX, read_document
from tokenworth_mcp.cli.output import FORMATS, Format
from tokenworth_mcp.cli.running import closing, open_context, run_tool
from tokenworth_mcp.strict_json import JsonRefusedError, is_object, read_json

if TYPE_CHECKING:
    from tokenworth.context import Context

__all__ = ["command"]

SOME_FAILED: Final = 1


@click.command("call")
@click.argument("tool")
@click.argument("arguments", required=False)
@click.option("--jsonl", type=click.File("rb"), help="Call once for each line of a file, or of stdin for -.")
@click.option("--format", "output_format", type=click.Choice(FORMATS), default="json", show_default=True)
def command(tool: str, arguments: str | None, jsonl: IO[bytes] | None, output_format: Format) -> int:
    """Call TOOL with ARGUMENTS: a JSON object, or @FILE in YAML, TOML or JSON (@- reads stdin).

    With --jsonl, every line is one object of arguments and gets one line of JSON: its answer, or
    {"error": {"tool", "line", "message", "fields"}}.
    A bad line never stops the others; the exit code is 1 if any failed.
    """
    if jsonl is None:
        run_tool(tool, _arguments(arguments), output_format)
        return 0
    if arguments is not None or output_format != "json":
        raise click.UsageError("--jsonl takes its arguments from the lines and answers in JSON; give neither here.")
    return anyio.run(_call_lines, find_tool(tool), jsonl, open_context())


def _arguments(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    if text.startswith("@"):
        return read_document(text[1:])
    value = read_json(text)
    if not is_object(value):
        raise JsonRefusedError("the arguments are not an object", 'Send an object, such as {"detail": "full"}')
    return value


async def _call_lines(entry: ToolEntry, lines: IO[bytes], context: Context) -> int:
    """One call a line, one line of answer each, written as soon as it is known."""
    async with closing(context):
        return await _answer_lines(entry, lines, context)


async def _answer_lines(entry: ToolEntry, lines: IO[bytes], context: Context) -> int:
    code = 0
    number = 0
    while line := lines.readline(DOCUMENT_BYTES_MAX + 1):
        number += 1
        whole = len(line) <= DOCUMENT_BYTES_MAX
        while not whole and not line.endswith(b"\n") and (rest := lines.readline(DOCUMENT_BYTES_MAX)):
            line = rest  # what is too long is read past, never kept
        if not line.strip():
            continue
        try:
            if not whole:
                raise JsonRefusedError(f"a line of more than {DOCUMENT_BYTES_MAX:,} bytes", "Send less in one call")
            answer = (await answer_call(entry, read_json(line), context)).data
        except TokenworthError as error:
            code = SOME_FAILED
            message, fields = in_one_line(error), fields_of(error)
            answer = {"error": {"tool": entry.name, "line": number, "message": message, "fields": fields}}
        sys.stdout.write(json.dumps(answer, ensure_ascii=False, separators=(",", ":")) + "\n")
        sys.stdout.flush()
    return code
