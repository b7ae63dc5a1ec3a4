"""Values thousands of offers from a file into a file: in parts, on several processes, going on where it was cut off."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Hashable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from itertools import islice
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, Final, Protocol, cast

from tokenworth.cases import Case, build_case
from tokenworth.context import Context
from tokenworth.errors import DataUnreadableError, InvalidInputError, TokenworthError
from tokenworth.offers.batch_output import BatchRow, OutFile, Record
from tokenworth.offers.batch_rows import BatchFormat, Row, arguments_of, count_rows, read_rows
from tokenworth.offers.batch_values import BatchValuer
from tokenworth.offers.models import ValueOfferRequest

__all__ = [
    "BATCH_DRAWS",
    "BatchBoundary",
    "BatchJob",
    "BatchProgress",
    "WorkerLostError",
    "refuse_budgets",
    "run_batch",
]

BATCH_DRAWS: Final = 2000
# Rows valued, and recorded, together. A batch that goes on does so from a multiple of it.
PART_ROWS: Final = 500
PROCESSES_MAX: Final = 8
LABEL_LENGTH_MAX: Final = 80


class BatchBoundary(Hashable, Protocol):
    """How a batch reads what people wrote and says what is wrong with it; one that processes can be handed."""

    def context(self) -> Context:
        """The context to value in."""
        ...

    def read_json(self, text: bytes) -> object:
        """One JSON value."""
        ...

    def read_request(self, arguments: dict[str, Any]) -> ValueOfferRequest:
        """A request from plain JSON values; a refusal says what to send."""
        ...

    def in_one_line(self, error: TokenworthError) -> str:
        """An error's message as a cell."""
        ...


class WorkerLostError(TokenworthError):
    """A process that valued some of the rows is gone, through no doing of the rows."""


@dataclass(frozen=True, slots=True)
class BatchJob:
    """What is asked of a batch.

    Attributes:
        person, overrides: as in `value_offer`, for all rows, as JSON; what a row says of the person goes first.
        processes: how many value rows side by side; by default one a processor, up to eight.
    """

    source: Path
    source_format: BatchFormat
    out: Path
    out_format: BatchFormat
    person: str = "{}"
    overrides: str = "{}"
    seed: int = 1
    draws: int = BATCH_DRAWS
    processes: int | None = None


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """How far a batch is.

    Attributes:
        found: rows that were there when it went on.
        refused: rows just answered with an error instead of figures.
    """

    total: int
    done: int
    failed: int
    found: int
    refused: tuple[BatchRow, ...] = ()


def run_batch(job: BatchJob, boundary: BatchBoundary, report: Callable[[BatchProgress], None]) -> BatchProgress:
    """Value every row of a file; a row that cannot be valued says why, and stops no other.

    The same job gives the same file, byte for byte, in one go or in several, on one process or on more.

    Args:
        job: what is asked.
        boundary: how rows are read and refused.
        report: called at the start and after each part.

    Raises:
        InvalidInputError: the file to write is there already, or was begun with something else.
        DataUnreadableError: a file cannot be read or written as a whole.
        WorkerLostError: a process was killed; the same job goes on from there.
    """
    total = count_rows(job.source, job.source_format)
    begun = Record(_asked(job), boundary.context().clock().isoformat())
    with OutFile(job.out, job.out_format, begun) as out:
        found = out.record.rows
        progress = BatchProgress(total, found, out.record.failed, found)
        report(progress)
        rows = islice(read_rows(job.source, job.source_format), found, None)
        settings = _Settings(job.person, job.overrides, job.seed, job.draws, datetime.fromisoformat(out.record.as_of))
        processes = min(job.processes or min(_processors(), PROCESSES_MAX), -(-(total - found) // PART_ROWS))
        with closing(_answered(rows, settings, boundary, processes)) as parts:
            for part in parts:
                out.append(part)
                refused = tuple(row for row in part if row.error is not None)
                progress = BatchProgress(total, out.record.rows, out.record.failed, found, refused)
                report(progress)
        out.finish()
    return progress


@dataclass(frozen=True, slots=True)
class _Settings:
    """What is the same for all rows."""

    person: str
    overrides: str
    seed: int
    draws: int
    as_of: datetime


class _Worker:
    """Values rows in one process."""

    def __init__(self, settings: _Settings, boundary: BatchBoundary) -> None:
        self._settings = settings
        self._boundary = boundary
        self._context = replace(boundary.context(), clock=lambda: settings.as_of)
        self._valuer = BatchValuer(settings.seed, settings.draws)
        self._person: dict[str, Any] = json.loads(settings.person)
        self._shared = {
            "overrides": json.loads(settings.overrides),
            "seed": settings.seed,
            "draws": settings.draws,
        }

    def answers(self, rows: list[Row]) -> list[BatchRow]:
        """The answer to each row, in order."""
        cases: dict[int, Case] = {}
        answers: list[BatchRow] = []
        for place, row in enumerate(rows):
            label = None
            try:
                arguments = arguments_of(row, self._boundary.read_json)
                label = _label_in(arguments)
                cases[place] = self._case(arguments)
            except TokenworthError as error:
                answers.append(BatchRow(row.line, label, None, self._boundary.in_one_line(error)))
            else:
                answers.append(BatchRow(row.line, label, None))
        for place, figures in zip(cases, self._valuer.value(list(cases.values())), strict=True):
            answers[place] = replace(answers[place], figures=figures)
        return answers

    def _case(self, arguments: dict[str, Any]) -> Case:
        own = arguments.get("person", {})
        person = {**self._person, **cast("dict[str, Any]", own)} if isinstance(own, dict) else own
        request = self._boundary.read_request({**arguments, "person": person, **self._shared})
        refuse_budgets(request)
        return build_case(
            request.offer, request.person, request.overrides, self._context, label=request.offer.label or "offer"
        )


def refuse_budgets(request: ValueOfferRequest) -> None:
    """Rows are of many people, whose budgets are not the caller's to read.

    Raises:
        InvalidInputError: a request that takes a person's use from a budget.
    """
    if request.person.token_use_from_budget is not None:
        raise InvalidInputError(
            "person.token_use_from_budget",
            "a batch reads no budgets",
            "Value one offer with it, or send person.token_use_per_year",
        )


def _label_in(arguments: Mapping[str, Any]) -> str | None:
    """What a row calls its offer, also where the rest cannot be used."""
    offer = arguments.get("offer")
    label = cast("dict[str, object]", offer).get("label") if isinstance(offer, dict) else None
    return label if isinstance(label, str) and len(label) <= LABEL_LENGTH_MAX else None


@lru_cache(maxsize=1)
def _worker_for(settings: _Settings, boundary: BatchBoundary) -> _Worker:
    return _Worker(settings, boundary)


def _answers(rows: list[Row], settings: _Settings, boundary: BatchBoundary) -> list[BatchRow]:
    return _worker_for(settings, boundary).answers(rows)


def _answered(
    rows: Iterator[Row], settings: _Settings, boundary: BatchBoundary, processes: int
) -> Generator[list[BatchRow]]:
    """The answers by parts, in the order of the rows; never more parts under way than keep all processes busy."""
    parts = iter(lambda: list(islice(rows, PART_ROWS)), [])
    if processes <= 1:
        yield from (_answers(part, settings, boundary) for part in parts)
        return
    # A fresh interpreter each: a fork would copy whatever threads and locks the caller has.
    pool = ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), initializer=_begin_process)
    try:
        waiting: deque[Future[list[BatchRow]]] = deque()
        for part in parts:
            waiting.append(pool.submit(_answers, part, settings, boundary))
            if len(waiting) > 2 * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool:
        raise WorkerLostError(
            "a process of the batch was ended from outside, or memory ran out. "
            "Run the same command again to go on from there, with --processes 1 if memory is short"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _begin_process() -> None:
    """Leave interruptions to the parent, and do not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def _asked(job: BatchJob) -> dict[str, str]:
    """What must be the same for a batch to go on, by what people call it, as digests: a record holds no facts."""
    said = {
        "rows in the file": _digest_of_file(job.source),
        "facts about the person": job.person,
        "values of --set": job.overrides,
        "--seed": str(job.seed),
        "--draws": str(job.draws),
        "--format": job.out_format,
        "version of tokenworth": version("tokenworth"),
    }
    return {name: sha256(text.encode()).hexdigest() for name, text in said.items()}


def _digest_of_file(path: Path) -> str:
    digest = sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError:
        raise DataUnreadableError(f"{path.name}: cannot be opened. Check the path and its permissions") from None
    return digest.hexdigest()


def _processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
