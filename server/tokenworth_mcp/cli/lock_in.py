"""`tokenworth lock-in FILE`: what leaving costs, a person or an employer."""

from __future__ import annotations

import click

from tokenworth_mcp.cli.documents import read_document
from tokenworth_mcp.cli.offer_files import offer_options, shared_arguments, with_use_from
from tokenworth_mcp.cli.output import Format
from tokenworth_mcp.cli.reports import Report, report_options
from tokenworth_mcp.cli.running import detail_option, format_option, run_tool

__all__ = ["command"]


@click.command("lock-in")
@click.argument("file")
@offer_options
@detail_option
@report_options
@format_option
def command(
    file: str,
    person: str | None,
    budget: str | None,
    replaced: tuple[str, ...],
    seed: int | None,
    draws: int | None,
    detail: str,
    output_format: Format,
    report: Report | None,
) -> None:
    """Explain the lock-in in FILE: a request with position or employer (.yaml, .toml, .json, or - for stdin)."""
    arguments = {**read_document(file), **shared_arguments(person, replaced, seed, draws, detail)}
    run_tool("explain_lock_in", with_use_from(budget, arguments), output_format, report=report)
