"""`tokenworth cost MODEL...`: what a call or a planned task costs, exactly."""

from __future__ import annotations

import click

from tokenworth_mcp.cli.documents import read_document
from tokenworth_mcp.cli.output import Format
from tokenworth_mcp.cli.running import detail_option, format_option, run_tool

__all__ = ["command"]


@click.command("cost")
@click.argument("models", nargs=-1, required=True)
@click.option("--input", "input_tokens", default="0", help="Uncached tokens sent, such as 20000 or 20k.")
@click.option("--output", "output_tokens", default="0", help="Tokens made.")
@click.option("--cache-read", "cache_read_tokens", default="0", help="Tokens read from a cache.")
@click.option("--cache-write", "cache_write_tokens", default="0", help="Tokens written to a cache.")
@click.option("--calls", type=int, default=1, show_default=True, help="How often the call is made.")
@click.option("--usage", metavar="FILE", help="The usage object of a call instead of counts (- for stdin).")
@click.option("--at", help="When it ran, ISO 8601; now when left out.")
@detail_option
@format_option
def command(
    models: tuple[str, ...],
    calls: int,
    usage: str | None,
    at: str | None,
    detail: str,
    output_format: Format,
    **counts: str,
) -> None:
    """Price a call or a planned task on MODELS, cheapest first."""
    arguments: dict[str, object] = {"detail": detail}
    arguments |= {"model": models[0]} if len(models) == 1 else {"models": list(models)}
    if at is not None:
        arguments["at"] = at
    if usage is not None:
        arguments["usage"] = read_document(usage)
    else:
        arguments["task"] = {**counts, "calls": calls}
    run_tool("estimate_cost", arguments, output_format)
