"""`tokenworth value FILE`: what one offer is worth; with `--batch`, what thousands are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeGuard

import click

from tokenworth_mcp.cli.offer_files import offer_options, read_offer, shared_arguments, with_use_from
from tokenworth_mcp.cli.output import FORMATS, Format
from tokenworth_mcp.cli.reports import Report, report_options
from tokenworth_mcp.cli.running import detail_option, run_tool

if TYPE_CHECKING:
    from tokenworth.offers.batch_rows import BatchFormat

__all__ = ["command"]

COLUMNS = {"components": ("name", "face_usd", "p10_usd", "p50_usd", "p90_usd")}
BATCH_FORMATS: Final[tuple[BatchFormat, ...]] = ("csv", "jsonl", "parquet")


@click.command("value")
@click.argument("file", required=False)
@offer_options
@detail_option
@click.option(
    "--format",
    "output_format",
    type=click.Choice([*FORMATS, *BATCH_FORMATS]),
    help="One offer: table (the default), json or md. A batch: csv, jsonl or parquet, by default as --out ends.",
)
@report_options
@click.option("--batch", metavar="FILE", help="Value every offer in FILE: .csv, .jsonl or .parquet.")
@click.option("--out", metavar="FILE", help="Where a batch is written; repeat the command to go on with one.")
@click.option("--processes", type=click.IntRange(1, 64), help="How many work on a batch side by side.")
def command(
    file: str | None,
    person: str | None,
    budget: str | None,
    replaced: tuple[str, ...],
    seed: int | None,
    draws: int | None,
    detail: str,
    output_format: Format | BatchFormat | None,
    batch: str | None,
    out: str | None,
    processes: int | None,
    report: Report | None,
) -> int:
    """Value the offer in FILE (.yaml, .toml, .json, or - for stdin), or every offer of a --batch."""
    if batch is not None:
        if file is not None or out is None or report is not None:
            raise click.UsageError("--batch takes its offers from its own file and needs --out, the file to write.")
        if budget is not None:
            raise click.UsageError("--use-from-budget goes with one offer; a batch is of many people's.")
        if output_format is not None and not _is_for_batches(output_format):
            raise click.UsageError("A batch is written as csv, jsonl or parquet.")
        from tokenworth_mcp.cli.batch import value_batch  # noqa: PLC0415 - one offer needs none of it

        return value_batch(batch, out, output_format, person, replaced, seed, draws, processes)
    if file is None:
        raise click.UsageError("Missing argument 'FILE'.")
    if output_format is None:
        output_format = "table"
    if out is not None or processes is not None or not _is_for_people(output_format):
        raise click.UsageError("--out, --processes and csv, jsonl or parquet go with --batch.")
    offer, rest = read_offer(file)
    run_tool(
        "value_offer",
        with_use_from(budget, {"offer": offer, **rest, **shared_arguments(person, replaced, seed, draws, detail)}),
        output_format,
        COLUMNS,
        report=report,
    )
    return 0


def _is_for_people(output_format: Format | BatchFormat) -> TypeGuard[Format]:
    return output_format in FORMATS


def _is_for_batches(output_format: Format | BatchFormat) -> TypeGuard[BatchFormat]:
    return output_format in BATCH_FORMATS
