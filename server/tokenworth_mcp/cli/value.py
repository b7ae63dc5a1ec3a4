"""`tokenworth value FILE`: what one offer is worth."""

from __future__ import annotations

import click

from tokenworth_mcp.cli.offer_files import offer_options, read_offer, shared_arguments
from tokenworth_mcp.cli.output import Format
from tokenworth_mcp.cli.running import detail_option, format_option, run_tool

__all__ = ["command"]

COLUMNS = {"components": ("name", "face_usd", "p10_usd", "p50_usd", "p90_usd")}


@click.command("value")
@click.argument("file")
@offer_options
@detail_option
@format_option
def command(
    file: str,
    person: str | None,
    replaced: tuple[str, ...],
    seed: int | None,
    draws: int | None,
    detail: str,
    output_format: Format,
) -> None:
    """Value the offer in FILE (.yaml, .toml, .json, or - for stdin)."""
    offer, rest = read_offer(file)
    run_tool(
        "value_offer",
        {"offer": offer, **rest, **shared_arguments(person, replaced, seed, draws, detail)},
        output_format,
        COLUMNS,
    )
