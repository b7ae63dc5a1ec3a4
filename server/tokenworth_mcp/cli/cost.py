"""`tokenworth cost MODEL...`: what a call or a planned task costs, exactly."""

from __future__ import annotations

import click

from tokenworth.errors import InvalidInputError
from tokenworth_mcp.cli.documents import read_document
from tokenworth_mcp.cli.output import Format
from tokenworth_mcp.cli.price_sheets import plain_snapshot
from tokenworth_mcp.cli.running import detail_option, format_option, run_tool

__all__ = ["command"]


@click.command("cost")
@click.argument("models", nargs=-1, required=True)
@click.option("--input", "input_tokens", help="Uncached tokens sent, such as 20000 or 20k.")
@click.option("--output", "output_tokens", help="Tokens made.")
@click.option("--cache-read", "cache_read_tokens", help="Tokens read from a cache.")
@click.option("--cache-write", "cache_write_tokens", help="Tokens written to a cache.")
@click.option("--calls", type=int, help="How often the call is made.")
@click.option("--usage", metavar="FILE", help="The usage object of a call instead of counts (- for stdin).")
@click.option("--provider", help="Who bills it, where one MODEL is named.")
@click.option("--context", "how", multiple=True, metavar="NAME=VALUE", help="How it runs, such as processing=batch.")
@click.option("--at", help="When it ran, ISO 8601; now when left out.")
@detail_option
@format_option
def command(
    models: tuple[str, ...],
    usage: str | None,
    provider: str | None,
    how: tuple[str, ...],
    at: str | None,
    detail: str,
    output_format: Format,
    **counts: str | int | None,
) -> None:
    """Price a call or a planned task on MODELS, cheapest first."""
    task = {name: count for name, count in counts.items() if count is not None}
    if (usage is None) == (not task):
        raise click.UsageError("Give either counts, such as --input 20k --output 2k, or --usage FILE.")
    arguments: dict[str, object] = {"detail": detail, "context": dict(_how(text) for text in how)}
    arguments |= {"model": models[0]} if len(models) == 1 else {"models": list(models)}
    arguments |= {name: value for name, value in (("provider", provider), ("at", at)) if value is not None}
    arguments |= {"task": task} if usage is None else {"usage": read_document(usage)}
    run_tool("estimate_cost", arguments, output_format, arranged=plain_snapshot)


def _how(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found:
        raise InvalidInputError("--context", "no value", "Write NAME=VALUE, such as processing=batch or speed=fast")
    return name.strip(), value.strip()
