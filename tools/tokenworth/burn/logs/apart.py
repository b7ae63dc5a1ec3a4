"""Reads many logs in processes of their own, each with little in memory; what they read comes back in frames.

A process started anew, not forked: whoever scans may have threads, as the server has. If one dies, what it had not
told yet is read here.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Generator
from queue import Queue
from threading import Thread
from typing import IO, Final, cast

import msgspec

from tokenworth.burn.logs.reading import FileRead, Task, read_file

__all__ = ["PROCESSES_MAX", "main", "read_apart"]

PROCESSES_MAX: Final = 3
CALLS_A_FRAME: Final = 1_500
FILES_A_FRAME: Final = 200
FRAMES_WAITING_MAX: Final = 4
HEAD_BYTES: Final = 4
_Frames = Queue[list[FileRead] | None]


def read_apart(tasks: list[Task], first: Callable[[], None]) -> Generator[FileRead, None, list[Task]]:
    """Read files in other processes; the tasks that are still to be done in the end.

    Args:
        tasks: what to read.
        first: something useful to do while they start.
    """
    here = [task for task in tasks if not _can_be_sent(task)]
    shares = _shares([task for task in tasks if _can_be_sent(task)], _processes())
    frames: _Frames = Queue(FRAMES_WAITING_MAX)
    running = [_started(share, frames) for share in shares if share]
    done: set[str] = set()
    try:
        first()
        for _ in running:
            while (frame := frames.get()) is not None:
                for read in frame:
                    if read.known.stamp or read.known.problem is not None:
                        done.add(read.path)
                    yield read
    finally:
        for process in running:
            process.kill()
            process.wait()
    return here + [task for share in shares for task in share if task.log.path not in done]


def main() -> None:
    """The other process: tasks on stdin, frames of readings on stdout."""
    tasks = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=list[Task])
    encode, out = msgspec.msgpack.Encoder().encode, sys.stdout.buffer
    frame: list[FileRead] = []
    calls = 0
    for task in tasks:
        for read in read_file(task):
            frame.append(read)
            calls += len(read.calls)
            if calls >= CALLS_A_FRAME or len(frame) >= FILES_A_FRAME:
                _send(out, encode(frame))
                frame, calls = [], 0
    if frame:
        _send(out, encode(frame))


def _send(out: IO[bytes], frame: bytes) -> None:
    out.write(len(frame).to_bytes(HEAD_BYTES, "big"))
    out.write(frame)
    out.flush()


def _started(share: list[Task], frames: _Frames) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(  # noqa: S603 - this program itself
        [sys.executable, "-c", f"from {__name__} import main; main()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    Thread(target=_carry, args=(process, msgspec.msgpack.encode(share), frames), daemon=True).start()
    return process


def _carry(process: subprocess.Popen[bytes], tasks: bytes, frames: _Frames) -> None:
    """Send a process its tasks and pass on what it reads; None is the end, whatever the reason."""
    decode = msgspec.msgpack.Decoder(list[FileRead]).decode
    try:
        with cast("IO[bytes]", process.stdin) as told:
            told.write(tasks)
        with cast("IO[bytes]", process.stdout) as read:
            while head := read.read(HEAD_BYTES):
                frames.put(decode(read.read(int.from_bytes(head, "big"))))
    except (OSError, msgspec.MsgspecError):
        process.kill()
    finally:
        frames.put(None)


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
