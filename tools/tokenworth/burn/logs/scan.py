"""Brings a history up to date with the logs that are there now: looks for what changed, reads it, keeps it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, NamedTuple

from tokenworth.burn.logs.finding import AGENTS, find_logs
from tokenworth.burn.logs.history import History
from tokenworth.burn.logs.pricing import CallPricer, rate_spans
from tokenworth.burn.logs.reading import KnownFile, Task, read_file, stamp_of
from tokenworth.burn.logs.recording import Recorded, Recorder

if TYPE_CHECKING:
    from tokenworth.burn.logs.apart import ReadersApart
    from tokenworth.context import UnitPrices

__all__ = ["Scanned", "scan"]

CALLS_A_STEP: Final = 2_000
# So many calls are kept at once when there are very many: each transaction touches pages all over.
CALLS_A_LARGE_STEP: Final = 12_000
FILES_A_STEP: Final = 400
FILES_A_LARGE_STEP: Final = 2_000
# Below this the start of another process costs more than it saves.
APART_BYTES_MIN: Final = 24 << 20


class Scanned(NamedTuple):
    """What a look at the logs came to; `problems` are (path, what is wrong), of all that is known to be wrong."""

    files: int
    read: int
    problems: Sequence[tuple[str, str]]


def scan(
    history: History,
    prices: UnitPrices | None,
    home: str,
    environment: Mapping[str, str],
    agents: Sequence[str] = AGENTS,
) -> Scanned:
    """Read what is new; killed at any point, the next one goes on from what was kept.

    Args:
        history: where it is kept.
        prices: what prices it; None leaves it unpriced until there is one.
        home: the user's home folder, absolute.
        environment: where the tools' own variables are looked up.
        agents: which tools' logs.

    Raises:
        sqlite3.OperationalError: another process has held the history for too long.
    """
    known = history.files()
    present: list[Task] = []
    changed: list[Task] = []
    left_bytes = 0
    with ExitStack() as ending:
        apart: ReadersApart | None = None
        for agent in agents:
            for task in _found(agent, known, home, environment):
                present.append(task)
                if task.stamp != task.known.stamp:
                    changed.append(task)
                    left_bytes += task.left_bytes
                if apart is None and left_bytes >= APART_BYTES_MIN:
                    apart = ending.enter_context(_readers_apart(prices))
        readings = _read(changed, history, prices) if apart is None else _read_by(apart, changed, history, prices)
        for step in _steps(readings, many=apart is not None):
            history.keep(step, many=apart is not None)
    history.settle()
    after = history.files() if changed else known
    return Scanned(len(present), len(changed), list(_problems(present, after)))


def _found(agent: str, known: Mapping[bytes, KnownFile], home: str, environment: Mapping[str, str]) -> Iterator[Task]:
    nothing = KnownFile()
    for log in find_logs(agent, home, environment):
        try:
            stamp, size = stamp_of(log)
        except OSError:
            continue
        before = known.get(os.fsencode(log.path), nothing)
        yield Task(agent, log, before, stamp, max(size - before.offset, 0) if log.grows else size)


def _read(tasks: Iterable[Task], history: History, prices: UnitPrices | None) -> Iterator[Recorded]:
    if prices is not None:
        history.price(prices)
    recorder = Recorder(None if prices is None else CallPricer(rate_spans(prices.unit_costs)))
    for task in tasks:
        for read in read_file(task):
            yield recorder.record(read)


def _readers_apart(prices: UnitPrices | None) -> ReadersApart:
    from tokenworth.burn.logs.apart import ReadersApart  # noqa: PLC0415 - most looks find little that is new

    return ReadersApart(None if prices is None else prices.unit_costs)


def _read_by(
    apart: ReadersApart, tasks: Sequence[Task], history: History, prices: UnitPrices | None
) -> Iterator[Recorded]:
    """In other processes; what is kept already is priced meanwhile."""
    apart.begin(tasks)
    if prices is not None:
        history.price(prices)
    yield from apart.readings()
    yield from _read(apart.left(), history, prices)


def _steps(readings: Iterable[Recorded], *, many: bool) -> Iterator[list[Recorded]]:
    """What is kept at once."""
    calls_max, files_max = (CALLS_A_LARGE_STEP, FILES_A_LARGE_STEP) if many else (CALLS_A_STEP, FILES_A_STEP)
    step: list[Recorded] = []
    calls = 0
    for reading in readings:
        step.append(reading)
        calls += len(reading.rows)
        if calls >= calls_max or len(step) >= files_max:
            yield step
            step, calls = [], 0
    if step:
        yield step


def _problems(present: Iterable[Task], known: Mapping[bytes, KnownFile]) -> Iterator[tuple[str, str]]:
    for task in present:
        file = known.get(os.fsencode(task.log.path))
        if file is None:
            continue
        if file.problem is not None:
            yield task.log.path, file.problem
        elif file.lost:
            yield task.log.path, f"{file.lost} {'line' if file.lost == 1 else 'lines'} cannot be understood"
