"""`tokenworth program FILE`: whether a token programme can last, and what it is worth to whom."""

from __future__ import annotations

import click

from tokenworth_mcp.cli.documents import read_document
from tokenworth_mcp.cli.output import Format
from tokenworth_mcp.cli.reports import Report, report_options
from tokenworth_mcp.cli.running import format_option, run_tool

__all__ = ["command"]


@click.command("program")
@click.argument("file")
@click.option("--seed", type=int, help="The same seed gives the same digits.")
@click.option("--draws", type=int, help="How many draws; more narrow the noise.")
@click.option("--detail", type=click.Choice(["concise", "full"]), help="How much to say. [default: concise]")
@report_options
@format_option
def command(
    file: str, seed: int | None, draws: int | None, detail: str | None, output_format: Format, report: Report | None
) -> None:
    """Plan the token programme in FILE (.yaml, .toml, .json, or - for stdin)."""
    said = {"seed": seed, "draws": draws, "detail": detail}
    arguments = read_document(file) | {name: value for name, value in said.items() if value is not None}
    run_tool("plan_program", arguments, output_format, report=report)
