"""`tokenworth demo`: three real offers valued by a real MCP client talking to the real server over stdio."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final, cast

import anyio
import click

from tokenworth.money import dollars, percent

if TYPE_CHECKING:
    from mcp.client import Client

__all__ = ["command"]

# The offers of the public debate, and one as large companies write them.
OFFERS: Final[tuple[dict[str, Any], ...]] = (
    {"label": "$500k with half of it again in tokens", "base": "500k", "tokens": {"share_of_base": 0.5}},
    {"label": "$375k plus $100k of tokens", "base": "375k", "tokens": {"per_year": "100k"}},
    {
        "label": "big company, shares front-loaded, a little compute",
        "base": "220k",
        "bonus": {"target_share": 0.15},
        "sign_on": {"amount": "50k", "clawback_months": 24},
        "equity": [{"kind": "rsu", "value": "480k", "vesting": {"yearly": [0.4, 0.3, 0.2, 0.1]}}],
        "tokens": {"per_month": 500, "personal_share": 0, "unused": "expires", "taxed": "no"},
    },
)


@click.command("demo")
def command() -> None:
    """Value three offers through an MCP client and server, and compare them."""
    anyio.run(_demo)


async def _demo() -> None:
    from mcp import Client, StdioServerParameters, stdio_client  # noqa: PLC0415 - only this command is a client

    server = StdioServerParameters(command=sys.executable, args=["-m", "tokenworth_mcp", "serve"])
    async with Client(stdio_client(server)) as client:
        for offer in OFFERS:
            await _show(client, offer)
        answer = await client.call_tool("compare_offers", {"offers": list(OFFERS)})
        click.echo("Compared:")
        click.echo(f"  {cast('dict[str, Any]', answer.structured_content)['headline']}")


async def _show(client: Client, offer: dict[str, Any]) -> None:
    answer = await client.call_tool("value_offer", {"offer": offer})
    data = cast("dict[str, Any]", answer.structured_content)
    face, pay = data["face"], data["pay"]
    click.echo(offer["label"])
    click.echo(f"  face      {dollars(face['total_usd'])} a year, {percent(face['token_share'])} of it tokens")
    click.echo(
        f"  worth     P10 {dollars(pay['p10_usd'])}   P50 {dollars(pay['p50_usd'])}   P90 {dollars(pay['p90_usd'])}"
    )
    click.echo(f"  in words  {data['headline']}")
    for question in data["next_questions"][:1]:
        click.echo(f"  ask next  {question['ask']} (moves the range by {dollars(question['worth_usd'])})")
    for lever in data["levers"][:1]:
        click.echo(f"  negotiate {lever['ask_for']} (+{dollars(lever['gain_usd'])} a year)")
    click.echo()
