"""`tokenworth value --batch`: thousands of offers from a file into a file, with a bar while it lasts."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import click

from tokenworth.errors import TokenworthError
from tokenworth.offers.batch import BATCH_DRAWS, BatchJob, BatchProgress, refuse_budgets, run_batch
from tokenworth.offers.batch_rows import BatchFormat, format_of
from tokenworth.offers.models import ValueOfferRequest
from tokenworth_mcp.boundary import in_one_line, read_request
from tokenworth_mcp.catalogue import find_tool
from tokenworth_mcp.cli.offer_files import shared_arguments
from tokenworth_mcp.cli.running import open_context
from tokenworth_mcp.strict_json import read_json

if TYPE_CHECKING:
    from tokenworth.context import Context

__all__ = ["CommandLine", "value_batch"]

SOME_FAILED: Final = 1
# Rows that fail are all in the file; the first few are shown at once.
SHOWN: Final = 5
# Read by the processes of a batch as they start: each keeps to one thread (there are as many as processors),
# and keeps the memory of one block for the next instead of handing it back (glibc).
PROCESS_SETTINGS: Final = {
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_TRIM_THRESHOLD_": "268435456",
    "MALLOC_MMAP_THRESHOLD_": "268435456",
}


@dataclass(frozen=True)
class CommandLine:
    """Reads and refuses as the commands for one offer do."""

    def context(self) -> Context:
        """The context that the environment's settings ask for."""
        return open_context()

    def read_json(self, text: bytes) -> object:
        """One JSON value, strictly."""
        return read_json(text)

    def read_request(self, arguments: dict[str, Any]) -> ValueOfferRequest:
        """A request from plain JSON values."""
        return cast("ValueOfferRequest", read_request(find_tool("value_offer"), arguments))

    def in_one_line(self, error: TokenworthError) -> str:
        """An error's message as a cell."""
        return in_one_line(error)


def value_batch(
    batch: str,
    out: str,
    out_format: BatchFormat | None,
    person: str | None,
    replaced: tuple[str, ...],
    seed: int | None,
    draws: int | None,
    processes: int | None,
) -> int:
    """Value every offer of a file, say how many, and return the exit code.

    Raises:
        TokenworthError: options that cannot be used, or a file that cannot be read or written as a whole.
    """
    boundary = CommandLine()
    shared = shared_arguments(person, replaced, seed, BATCH_DRAWS if draws is None else draws, "concise")
    # What is the same for all rows is refused once, before any row is.
    asked = boundary.read_request({"offer": {"base": 1}, **shared})
    refuse_budgets(asked)
    boundary.context().assumptions.replaced(asked.overrides, field="overrides", origin="override")
    job = BatchJob(
        source=Path(batch),
        source_format=format_of(Path(batch)),
        out=Path(out),
        out_format=out_format or format_of(Path(out)),
        person=json.dumps(shared.get("person", {}), sort_keys=True),
        overrides=json.dumps(shared.get("overrides", {}), sort_keys=True),
        seed=asked.seed,
        draws=asked.draws,
        processes=processes,
    )
    for name, value in PROCESS_SETTINGS.items():
        os.environ.setdefault(name, value)
    with _shown() as report:
        done = run_batch(job, boundary, report)
    click.echo(_summary(done, job.out.name))
    return SOME_FAILED if done.failed else 0


def _summary(done: BatchProgress, name: str) -> str:
    valued = f"{done.done - done.failed:,} of {done.total:,} offers valued"
    failed = f", {done.failed:,} failed (column error)" if done.failed else ""
    found = f", {done.found:,} of them before" if done.found else ""
    return f"{valued}{found}{failed}: {name}"


@contextmanager
def _shown() -> Generator[Callable[[BatchProgress], None]]:
    """Reports on stderr: a bar on a terminal, and the first rows that fail."""
    from rich.console import Console  # noqa: PLC0415 - one offer in JSON prints without it
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    shown = 0
    # Colours and NO_COLOR are rich's business; what is no terminal gets no bar.
    console = Console(file=sys.stderr, highlight=False, markup=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("valuing offers", total=None)

        def report(progress: BatchProgress) -> None:
            nonlocal shown
            bar.update(task, total=progress.total, completed=progress.done)
            for row in progress.refused[: SHOWN - shown]:
                shown += 1
                console.print(f"line {row.line}: {row.error}", soft_wrap=True)

        yield report
