"""`tokenworth budget`: set, show, hold, settle, release, record and observe, for owners and scripts.

Whoever runs it owns the ledger's file, so it may also raise and remove limits, which MCP clients may not.
"""

from __future__ import annotations

import json
import os

import anyio
import click

from tokenworth.errors import InvalidInputError
from tokenworth_mcp.boundary import read_request
from tokenworth_mcp.catalogue import find_tool
from tokenworth_mcp.cli.offer_files import read_offer
from tokenworth_mcp.cli.output import Format, show
from tokenworth_mcp.cli.reports import Report, report_options
from tokenworth_mcp.cli.running import closing, detail_option, format_option, open_context, run_tool
from tokenworth_mcp.strict_json import JsonRefusedError, is_object, read_json

__all__ = ["command"]


@click.group("budget")
def command() -> None:
    """Keep budgets: hold before work, settle after it, see what is left."""


@command.command("set")
@click.argument("budget")
@click.option("--limit-usd", help='The limit in USD, such as 100; "none" removes it.')
@click.option("--limit-tokens", help='The limit in tokens, such as 5M; "none" removes it.')
@click.option("--period", help="once, day, week, month, or a rolling window such as 5h or 7d. [default: once]")
@click.option("--timezone", help="The zone whose midnights bound the period. [default: UTC]")
@click.option("--rolls-over", is_flag=True, help="What is left moves to the next period.")
@click.option("--rollover-cap-usd", help="The most that moves, in USD.")
@click.option("--rollover-cap-tokens", help="The most that moves, in tokens.")
@click.option("--parent", help="The budget above it.")
@click.option("--from-offer", metavar="FILE", help="Limit and period as the offer in FILE grants its tokens.")
@format_option
def set_command(
    budget: str,
    limit_usd: str | None,
    limit_tokens: str | None,
    period: str | None,
    timezone: str | None,
    *,
    rolls_over: bool,
    rollover_cap_usd: str | None,
    rollover_cap_tokens: str | None,
    parent: str | None,
    from_offer: str | None,
    output_format: Format,
) -> None:
    """Create BUDGET, or change it; what is not given stays as it is."""
    if period is None and (timezone is not None or rolls_over):
        raise click.UsageError("--timezone and --rolls-over go with --period, such as --period month.")
    caps = _said(rollover_cap_usd=rollover_cap_usd, rollover_cap_tokens=rollover_cap_tokens)
    if caps and not rolls_over:
        raise click.UsageError("--rollover-cap-usd and --rollover-cap-tokens go with --rolls-over.")
    arguments = _said(budget=budget, limit_usd=limit_usd, limit_tokens=limit_tokens, parent=parent)
    if period is not None:
        unused = "rolls_over" if rolls_over else "expires"
        arguments["period"] = {"every": period, "timezone": timezone or "UTC", "unused": unused, **caps}
    if from_offer is not None:
        # What is given beside it goes before what the offer says.
        arguments = {**_granted(from_offer), **arguments}
    run_tool("set_budget", arguments, output_format)


@command.command("show")
@click.argument("budget", required=False)
@detail_option
@report_options
@format_option
def show_command(budget: str | None, detail: str, output_format: Format, report: Report | None) -> None:
    """Show BUDGET, or your own: what is left, how fast it goes, what to do."""
    run_tool("check_budget", _said(budget=budget, detail=detail), output_format, report=report)


@command.command("reserve")
@click.argument("budget")
@click.option("--usd", help="How much to hold, in USD.")
@click.option("--tokens", help="How much to hold, in tokens.")
@click.option("--key", required=True, help="Made by you; the same key and request get the same answer.")
@click.option("--hold-minutes", type=int, help="How long, before it is charged. [default: 60]")
@click.option("--on-expiry", type=click.Choice(["charge", "release"]), help="[default: charge]")
@format_option
def reserve_command(budget: str, output_format: Format, **chosen: object) -> int:
    """Hold an amount on BUDGET; the exit code is 1 when it is not granted."""
    answer = run_tool("reserve_budget", _said(budget=budget, **chosen), output_format)
    return 0 if answer["granted"] else 1


@command.command("settle")
@click.argument("hold")
@click.option("--usd", help="What it came to, in USD.")
@click.option("--tokens", help="What it came to, in tokens.")
@click.option("--usage", help="What it came to, as a JSON usage object with its model.")
@format_option
def settle_command(hold: str, usd: str | None, tokens: str | None, usage: str | None, output_format: Format) -> None:
    """Charge what HOLD came to and give the rest back."""
    arguments = _said(hold=hold, usd=usd, tokens=tokens)
    if usage is not None:
        arguments["usage"] = _object(usage)
    run_tool("settle_reservation", arguments, output_format)


@command.command("release")
@click.argument("hold")
@format_option
def release_command(hold: str, output_format: Format) -> None:
    """Give all of HOLD back."""
    run_tool("settle_reservation", {"hold": hold, "usd": 0}, output_format)


@command.command("record")
@click.argument("budget")
@click.option("--usd", help="What was used, in USD.")
@click.option("--tokens", help="What was used, in tokens.")
@click.option("--usage", help="What was used, as a JSON usage object with its model.")
@click.option("--key", required=True, help="Made by you; the same key and request are charged once.")
@format_option
def record_command(
    budget: str, usd: str | None, tokens: str | None, usage: str | None, key: str, output_format: Format
) -> None:
    """Charge a use to BUDGET that nothing was held for."""
    if (usage is None) == (usd is None and tokens is None):
        raise click.UsageError("Give --usage, or --usd and --tokens (or one of them).")
    used = _said(usd=usd, tokens=tokens) if usage is None else _object(usage)
    run_tool("record_usage", {"budget": budget, "usage": used, "key": key}, output_format)


@command.command("observe")
@click.argument("budget")
@click.option(
    "--from", "provider", required=True, metavar="PROVIDER", help="Whose figures; docs/providers.md lists them."
)
@click.option("--organization", help="Whose use, by the provider's own id.")
@click.option("--project", help="The same.")
@click.option("--user", help="The same.")
@click.option("--workspace", help="The same.")
@click.option("--since", type=click.DateTime(), help="In UTC; for a budget that is given once.")
@click.option("--set-limit", is_flag=True, help="Make the provider's limit of the same period the budget's.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@format_option
def observe_command(*, as_json: bool, output_format: Format, **chosen: object) -> None:
    """Ask PROVIDER what it counted in BUDGET's present period, and keep that beside what was spent here."""
    show(anyio.run(_observe, _said(**chosen)), "json" if as_json else output_format)


async def _observe(said: dict[str, object]) -> dict[str, object]:
    from pydantic import ValidationError  # noqa: PLC0415 - only this command goes out to providers

    from tokenworth.burn.providers.models import ObserveBudgetRequest  # noqa: PLC0415 - same
    from tokenworth.burn.providers.observe_budget import observe_budget  # noqa: PLC0415 - same

    try:
        request = ObserveBudgetRequest.model_validate(said)
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors()[0]["loc"]) or "budget"
        raise InvalidInputError(field, "not an id", "Send letters, digits and . _ : @ | + ~ -") from None
    async with closing(context := open_context()):
        return (await observe_budget(request, context, environment=os.environ)).data()


def _said(**options: object) -> dict[str, object]:
    return {name: value for name, value in options.items() if value is not None}


def _object(text: str) -> dict[str, object]:
    value = read_json(text)
    if not is_object(value):
        raise JsonRefusedError("the usage is not an object", f"Send an object, such as {json.dumps({'usd': 0.12})}")
    return dict(value)


def _granted(path: str) -> dict[str, object]:
    """The limit and period that the offer in a file grants.

    Raises:
        TokenworthError: the file holds no offer, or one without a grant that a budget can keep.
    """
    from tokenworth.burn.granted import budget_of_grant  # noqa: PLC0415 - the other commands need no offers
    from tokenworth.offers.models import ValueOfferRequest  # noqa: PLC0415 - the same

    offer, _ = read_offer(path)
    request = read_request(find_tool("value_offer"), {"offer": offer})
    assert isinstance(request, ValueOfferRequest)  # noqa: S101 - what value_offer reads
    return budget_of_grant(request.offer)
