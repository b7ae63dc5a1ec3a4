"""`tokenworth tools`: what there is to call, from the committed listings."""

from __future__ import annotations

import json
import re
from typing import Final

import click

from tokenworth_mcp.catalogue import select_tools
from tokenworth_mcp.snapshots import read_listing

__all__ = ["command"]

FIRST_SENTENCE: Final = re.compile(r".+?[.?](?=\s|$)")


@click.command("tools")
@click.option("--toolsets", help="Only these families of tools, separated by commas.")
@click.option("--read-only", is_flag=True, help="Leave out the tools that write anything.")
@click.option("--json", "as_json", is_flag=True, help="The listings in full, as tools/list sends them.")
def command(toolsets: str | None, *, read_only: bool, as_json: bool) -> None:
    """List the tools, each with what it is for."""
    wanted = None if toolsets is None else [name.strip() for name in toolsets.split(",")]
    entries = select_tools(wanted, read_only=read_only)
    if as_json:
        listings = [read_listing(entry.name) for entry in entries]
        click.echo(json.dumps(listings, ensure_ascii=False, indent=2))
        return
    width = max((len(entry.name) for entry in entries), default=0)
    for entry in entries:
        first = FIRST_SENTENCE.match(read_listing(entry.name)["description"])
        click.echo(f"{entry.name:<{width}}  {first[0] if first else entry.title}")
