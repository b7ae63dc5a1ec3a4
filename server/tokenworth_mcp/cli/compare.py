"""`tokenworth compare FILE FILE...`: which of several offers is worth most."""

from __future__ import annotations

import click

from tokenworth_mcp.cli.offer_files import offer_options, read_offer, shared_arguments, with_use_from
from tokenworth_mcp.cli.output import Format
from tokenworth_mcp.cli.reports import Report, report_options
from tokenworth_mcp.cli.running import detail_option, format_option, run_tool

__all__ = ["command"]


COLUMNS = {
    "ranking": ("rank", "label", "face_usd", "p10_usd", "p50_usd", "p90_usd", "mean_usd", "chance_best", "regret_usd")
}


@click.command("compare")
@click.argument("files", nargs=-1, required=True)
@offer_options
@detail_option
@report_options
@format_option
def command(
    files: tuple[str, ...],
    person: str | None,
    budget: str | None,
    replaced: tuple[str, ...],
    seed: int | None,
    draws: int | None,
    detail: str,
    output_format: Format,
    report: Report | None,
) -> None:
    """Rank the offers in FILES for one person, on the same draws."""
    offers: list[dict[str, object]] = []
    shared: dict[str, object] = {}
    for path in files:
        offer, rest = read_offer(path)
        offers.append(offer)
        # A person written beside an offer is the one who compares; the last one written counts.
        shared |= rest
    shared |= shared_arguments(person, replaced, seed, draws, detail)
    request = with_use_from(budget, {"offers": offers, **shared})
    run_tool("compare_offers", request, output_format, COLUMNS, report=report)
