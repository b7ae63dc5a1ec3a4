"""How every command runs a tool: the same table, boundary and functions as the MCP server."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
import click

from tokenworth.context import Caller
from tokenworth.wiring import build_context
from tokenworth_mcp.boundary import Answered, answer_call
from tokenworth_mcp.catalogue import ToolEntry, find_tool
from tokenworth_mcp.cli.output import FORMATS, Columns, Format, show
from tokenworth_mcp.cli.reports import Report, write_answer
from tokenworth_mcp.logs import configure_logging
from tokenworth_mcp.settings import Settings, load_settings

if TYPE_CHECKING:
    from tokenworth.context import Context

__all__ = [
    "closing",
    "context_for",
    "detail_option",
    "format_option",
    "open_context",
    "run_tool",
]

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
    return context_for(settings, may_raise_limits=True)


def context_for(settings: Settings, *, may_raise_limits: bool = False, local_logs: bool = False) -> Context:
    """The context that settings ask for.

    Args:
        settings: of the environment and the command line.
        may_raise_limits: whoever asks owns the budgets; never a client of the server.
        local_logs: whoever asks is this machine's user; never a client over a network.

    Raises:
        TokenworthError: the assumptions file cannot be used.
    """
    return build_context(
        assumptions_file=settings.assumptions_file,
        prices_folder=settings.prices_folder,
        ledger=settings.ledger,
        ledger_sync=settings.ledger_sync,
        caller=Caller(settings.budget, may_raise_limits=may_raise_limits),
        local_logs=local_logs,
        computations_max=settings.computations_max,
    )


@asynccontextmanager
async def closing(context: Context) -> AsyncGenerator[None]:
    """Let go of the ledger on the way out, whatever the reason; what was asked of it is finished first."""
    try:
        yield
    finally:
        if context.ledger is not None:
            with anyio.CancelScope(shield=True):
                await context.ledger.close()


def run_tool(
    name: str,
    arguments: Mapping[str, object],
    output_format: Format,
    columns: Columns | None = None,
    *,
    arranged: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None,
    report: Report | None = None,
) -> dict[str, Any]:
    """Call one tool, print its answer on stdout, and return its data.

    Args:
        name: the tool.
        arguments: its arguments as plain JSON values.
        output_format: "table" and "md" lay the answer's data out for people, "json" prints it for programs.
        columns: for lists in the answer, which columns a table shows; all when not named.
        arranged: lays the data out anew for people; programs get it as the tool gives it.
        report: write the full answer there as a page, and print only its headline.

    Raises:
        TokenworthError: whatever the tool or its boundary refuses.
    """
    if report is not None:
        arguments = {**arguments, "detail": "full"}
    context = open_context()
    answered = anyio.run(_answer, find_tool(name), dict(arguments), context)
    if report is not None:
        write_answer(report, answered.data, arguments, context.clock())
        return answered.data
    data = answered.data if arranged is None or output_format == "json" else arranged(answered.data)
    show(data, output_format, columns)
    return answered.data


async def _answer(entry: ToolEntry, arguments: dict[str, object], context: Context) -> Answered:
    async with closing(context):
        return await answer_call(entry, arguments, context)
