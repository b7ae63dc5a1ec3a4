"""Reads one file on from where it was left, or anew when it is not the same file any more."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from tokenworth.burn.logs.events import START, Call, LogFile, Portion, Position, Quota
from tokenworth.burn.logs.reader import reader_of

__all__ = ["FileRead", "KnownFile", "Task", "read_file", "stamp_of"]

MARK_BYTES: Final = 256


class KnownFile(NamedTuple):
    """A file as it was when it was last read.

    Attributes:
        stamp: of its size and times; empty when not all of it was read.
        offset, state: the position that was reached.
        mark: of the bytes before it.
        lost: lines that could not be understood.
        problem: why it could not be read; None when it could.
    """

    stamp: str = ""
    offset: int = 0
    state: bytes = b""
    mark: bytes = b""
    lost: int = 0
    problem: str | None = None


class FileRead(NamedTuple):
    """What one reading of a file gave, or a part of it."""

    agent: str
    path: str
    project: str
    session: str
    known: KnownFile
    calls: Sequence[Call] = ()
    quotas: Sequence[Quota] = ()
    parents: Sequence[tuple[str, str]] = ()


class Task(NamedTuple):
    """A file to read: what it is, what is known of it, its stamp now, and about how much there is to read."""

    agent: str
    log: LogFile
    known: KnownFile
    stamp: str
    left_bytes: int


def read_file(task: Task) -> Iterator[FileRead]:
    """What is new in a file, in portions; the last one has the file's stamp. A file that fails only says why."""
    known = task.known
    try:
        if task.log.grows and known.offset and _mark(task.log.path, known.offset) != known.mark:
            known = KnownFile()
        reader = reader_of(task.agent)
        lost = known.lost if task.log.grows else 0
        position = Position(known.offset, known.state) if known.offset or known.state else START
        earlier: Portion | None = None
        for portion in reader.read(task.log, position):
            if earlier is not None:
                lost += earlier.lost
                yield _told(task, earlier, "", lost)
            earlier = portion
        if earlier is not None:
            yield _told(task, earlier, task.stamp, lost + earlier.lost)
    except OSError as error:
        # Without a stamp it is tried again each time: permissions change no stamp.
        yield _failed(task, known, "", f"cannot be read ({error.strerror or type(error).__name__})")
    except ValueError:
        yield _failed(task, known, task.stamp, "cannot be understood")


def _told(task: Task, portion: Portion, stamp: str, lost: int) -> FileRead:
    offset, state = portion.position
    mark = _mark(task.log.path, offset) if task.log.grows and offset else b""
    known = KnownFile(stamp, offset, state, mark, lost)
    found = (portion.calls, portion.quotas, portion.parents)
    return FileRead(task.agent, task.log.path, task.log.project, task.log.session, known, *found)


def _failed(task: Task, known: KnownFile, stamp: str, problem: str) -> FileRead:
    log = task.log
    return FileRead(task.agent, log.path, log.project, log.session, known._replace(stamp=stamp, problem=problem))


def _mark(path: str, offset: int) -> bytes:
    """Tells whether a file still is what was read: of its first bytes, and of the last ones before an offset."""
    with open(path, "rb", buffering=0) as file:
        head = file.read(min(MARK_BYTES, offset))
        file.seek(max(offset - MARK_BYTES, 0))
        tail = file.read(min(MARK_BYTES, offset))
    return hashlib.blake2b(head + tail, digest_size=16).digest()


def stamp_of(log: LogFile) -> tuple[str, int]:
    """What changes when a file does, and its size.

    Raises:
        OSError: it is gone.
    """
    own = os.stat(log.path)
    stamp = f"{own.st_ino}:{own.st_size}:{own.st_mtime_ns}"
    for companion in log.companions:
        try:
            other = os.stat(companion)
        except OSError:
            continue
        stamp += f" {other.st_ino}:{other.st_size}:{other.st_mtime_ns}"
    return stamp, own.st_size
