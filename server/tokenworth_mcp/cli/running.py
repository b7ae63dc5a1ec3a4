"""How every command runs a tool: the same table, boundary and functions as the MCP server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import anyio
import click

from tokenworth.wiring import build_context
from tokenworth_mcp.boundary import answer_call
from tokenworth_mcp.catalogue import find_tool
from tokenworth_mcp.cli.output import FORMATS, Columns, Format, show
from tokenworth_mcp.logs import configure_logging
from tokenworth_mcp.settings import load_settings

if TYPE_CHECKING:
    from tokenworth.context import Context

__all__ = ["detail_option", "format_option", "open_context", "run_tool"]

format_option = click.option(
    "--format", "output_format", type=click.Choice(FORMATS), default="table", show_default=True
)
detail_option = click.option("--detail", type=click.Choice(["concise", "full"]), default="concise", show_default=True)


def open_context() -> Context:
    """The context that the environment's settings ask for; logging is set up on the way.

    Raises:
        TokenworthError: a setting or the assumptions file cannot be used.
    """
    settings = load_settings()
    configure_logging(settings.log_level)
    return build_context(assumptions_file=settings.assumptions_file)


def run_tool(name: str, arguments: Mapping[str, object], output_format: Format, columns: Columns | None = None) -> None:
    """Call one tool and print its answer on stdout.

    Args:
        name: the tool.
        arguments: its arguments as plain JSON values.
        output_format: "table" and "md" lay the answer's data out for people, "json" prints it for programs.
        columns: for lists in the answer, which columns a table shows; all when not named.

    Raises:
        TokenworthError: whatever the tool or its boundary refuses.
    """
    answered = anyio.run(answer_call, find_tool(name), dict(arguments), open_context())
    show(answered.data, output_format, columns)
