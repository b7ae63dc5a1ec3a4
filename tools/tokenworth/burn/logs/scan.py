"""Brings a history up to date with the logs that are there now: looks for what changed, reads it, keeps it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple

from tokenworth.burn.logs.history import History
from tokenworth.burn.logs.reader import AGENTS, reader_of
from tokenworth.burn.logs.reading import FileRead, KnownFile, Task, read_file, stamp_of
from tokenworth.context import UnitPrices

__all__ = ["Scanned", "scan"]

CALLS_A_STEP: Final = 2_000
FILES_A_STEP: Final = 400
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
    for agent in agents:
        for task in _found(agent, known, home, environment):
            present.append(task)
            if task.stamp != task.known.stamp:
                changed.append(task)
    for step in _steps(_read(changed, partial(_price, history, prices))):
        history.keep(step, prices)
    after = history.files() if changed else known
    return Scanned(len(present), len(changed), list(_problems(present, after)))


def _found(agent: str, known: Mapping[bytes, KnownFile], home: str, environment: Mapping[str, str]) -> Iterator[Task]:
    nothing = KnownFile()
    for log in reader_of(agent).find(home, environment):
        try:
            stamp, size = stamp_of(log)
        except OSError:
            continue
        before = known.get(os.fsencode(log.path), nothing)
        yield Task(agent, log, before, stamp, max(size - before.offset, 0) if log.grows else size)


def _price(history: History, prices: UnitPrices | None) -> None:
    if prices is not None:
        history.price(prices)


def _read(changed: list[Task], first: Callable[[], None]) -> Iterator[FileRead]:
    """All of them, many bytes in processes of their own; `first` is done meanwhile, before anything is kept."""
    rest = changed
    if sum(task.left_bytes for task in changed) >= APART_BYTES_MIN:
        from tokenworth.burn.logs.apart import read_apart  # noqa: PLC0415 - most looks find little that is new

        rest = yield from read_apart(changed, first)
    else:
        first()
    for task in rest:
        yield from read_file(task)


def _steps(reads: Iterable[FileRead]) -> Iterator[list[FileRead]]:
    """What is kept at once."""
    step: list[FileRead] = []
    calls = 0
    for read in reads:
        step.append(read)
        calls += len(read.calls)
        if calls >= CALLS_A_STEP or len(step) >= FILES_A_STEP:
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
