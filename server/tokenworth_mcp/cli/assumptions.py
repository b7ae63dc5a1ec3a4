"""`tokenworth assumptions`: every default, its range, and who says so."""

from __future__ import annotations

import click

from tokenworth_mcp.cli.output import Format
from tokenworth_mcp.cli.running import detail_option, format_option, run_tool

__all__ = ["command"]

COLUMNS = {"assumptions": ("name", "low", "base", "high", "unit", "kind", "plain", "source", "date")}


@click.command("assumptions")
@click.argument("names", nargs=-1)
@click.option("--search", help="Only those whose name, meaning or source has this text.")
@detail_option
@format_option
def command(names: tuple[str, ...], search: str | None, detail: str, output_format: Format) -> None:
    """Show the assumptions in force: those of these NAMES, or all of them."""
    arguments: dict[str, object] = {"names": list(names), "detail": detail}
    if search is not None:
        arguments["search"] = search
    run_tool("explain_assumptions", arguments, output_format, COLUMNS)
