"""Reads many logs in processes of their own, each with little in memory; what they read comes back ready to be kept.

A process started anew, not forked: whoever scans may have threads, as the server has. What a model costs it asks for,
once a span of time. If one dies, what it had not told yet is left to be read here.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from queue import Queue
from threading import Thread
from typing import IO, Final, Self, cast

import msgspec

from tokenworth.burn.logs import reader_process
from tokenworth.burn.logs.pricing import rate_spans
from tokenworth.burn.logs.reader_process import ANSWER, READINGS, TASKS, received, send
from tokenworth.burn.logs.reading import Task
from tokenworth.burn.logs.recording import Recorded
from tokenworth.context import UnitCosts

__all__ = ["PROCESSES_MAX", "ReadersApart"]

PROCESSES_MAX: Final = 3
FRAMES_WAITING_MAX: Final = 4
UnitCostsOf = Callable[[str, int], UnitCosts | None]
_encode: Final = msgspec.msgpack.Encoder().encode


class ReadersApart:
    """The other processes, as long as they are needed. They start up while somebody still looks for what to read.

    Args:
        unit_costs: says what a model's units cost around a moment, from any thread; None leaves calls unpriced.
    """

    def __init__(self, unit_costs: UnitCostsOf | None) -> None:
        self._here: list[Task] = []
        self._shares: list[list[Task]] = []
        self._span = None if unit_costs is None else rate_spans(unit_costs)
        self._frames: Queue[list[Recorded] | None] = Queue(FRAMES_WAITING_MAX)
        self._running: list[subprocess.Popen[bytes]] = []
        self._done: set[str] = set()

    def __enter__(self) -> Self:
        self._running = [_started() for _ in range(_processes())]
        return self

    def __exit__(self, *error: object) -> None:
        for process in self._running:
            process.kill()
            process.wait()

    def begin(self, tasks: Sequence[Task]) -> None:
        """Give them what to read."""
        self._here = [task for task in tasks if not _can_be_sent(task)]
        self._shares = _shares([task for task in tasks if _can_be_sent(task)], len(self._running))
        for process, share in zip(self._running, self._shares, strict=True):
            Thread(target=self._carry, args=(process, share), daemon=True).start()

    def readings(self) -> Iterator[Recorded]:
        """What they read, as it comes."""
        for _ in self._running:
            while (frame := self._frames.get()) is not None:
                for reading in frame:
                    if reading.known.stamp or reading.known.problem is not None:
                        self._done.add(reading.path)
                    yield reading

    def left(self) -> list[Task]:
        """The tasks that are still to be done in the end."""
        return self._here + [task for share in self._shares for task in share if task.log.path not in self._done]

    def _carry(self, process: subprocess.Popen[bytes], share: list[Task]) -> None:
        """Send a process its tasks, answer what it asks, pass on what it reads; None is the end, however it came."""
        decode = msgspec.msgpack.Decoder(list[Recorded]).decode
        asked = msgspec.msgpack.Decoder(tuple[str, int]).decode
        try:
            with cast("IO[bytes]", process.stdin) as told, cast("IO[bytes]", process.stdout) as read:
                send(told, TASKS, _encode((self._span is not None, share)))
                while (frame := received(read)) is not None:
                    kind, content = frame
                    if kind == READINGS:
                        self._frames.put(decode(content))
                    elif self._span is not None:
                        send(told, ANSWER, _encode(self._span(*asked(content))))
        except (OSError, msgspec.MsgspecError):
            process.kill()
        finally:
            self._frames.put(None)


def _started() -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - this program itself
        [sys.executable, "-c", f"from {reader_process.__name__} import main; main()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def _processes() -> int:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(usable, PROCESSES_MAX))


def _can_be_sent(task: Task) -> bool:
    """Whether all names are text: where one is no UTF-8, the file is read here."""
    try:
        "".join((task.log.path, task.log.session, task.log.project, *task.log.companions)).encode()
    except UnicodeEncodeError:
        return False
    return True


def _shares(tasks: list[Task], processes: int) -> list[list[Task]]:
    """The tasks in so many parts of about the same size, the largest first."""
    shares: list[list[Task]] = [[] for _ in range(processes)]
    sizes = [0] * processes
    for task in sorted(tasks, key=lambda task: -task.left_bytes):
        least = sizes.index(min(sizes))
        shares[least].append(task)
        sizes[least] += task.left_bytes
    return shares
