"""What runs in a process of its own: tasks and answers on stdin, readings and questions on stdout."""

from __future__ import annotations

import gc
import sys
from typing import IO, Final, cast

import msgspec

from tokenworth.burn.logs.pricing import CallPricer, RateSpan
from tokenworth.burn.logs.reading import Task, read_file
from tokenworth.burn.logs.recording import Recorded, Recorder

__all__ = ["ANSWER", "QUESTION", "READINGS", "TASKS", "main", "received", "send"]

CALLS_A_FRAME: Final = 1_500
FILES_A_FRAME: Final = 200
HEAD_BYTES: Final = 5
TASKS: Final = b"T"
"""Whether calls are priced, and what to read."""
QUESTION: Final = b"?"
"""A model and a moment."""
ANSWER: Final = b"A"
"""What it costs around then."""
READINGS: Final = b"R"
"""What was read."""


def main() -> None:
    """Read the files that are told first, then end."""
    # It makes no cycles and ends soon.
    gc.disable()
    told, out = sys.stdin.buffer, sys.stdout.buffer
    encode = msgspec.msgpack.Encoder().encode
    as_span = msgspec.msgpack.Decoder(RateSpan).decode
    priced, tasks = msgspec.msgpack.decode(_content(told), type=tuple[bool, list[Task]])

    def span(model: str, at_ms: int) -> RateSpan:
        send(out, QUESTION, encode((model, at_ms)))
        return as_span(_content(told))

    recorder = Recorder(CallPricer(span) if priced else None)
    frame: list[Recorded] = []
    calls = 0
    for task in tasks:
        for read in read_file(task):
            frame.append(recorder.record(read))
            calls += len(read.calls)
            if calls >= CALLS_A_FRAME or len(frame) >= FILES_A_FRAME:
                send(out, READINGS, encode(frame))
                frame, calls = [], 0
    if frame:
        send(out, READINGS, encode(frame))


def send(out: IO[bytes], kind: bytes, content: bytes) -> None:
    """Write a frame."""
    out.write(kind + len(content).to_bytes(HEAD_BYTES - 1, "big"))
    out.write(content)
    out.flush()


def received(stream: IO[bytes]) -> tuple[bytes, bytes] | None:
    """A frame's kind and content; None at the end."""
    head = stream.read(HEAD_BYTES)
    return (head[:1], stream.read(int.from_bytes(head[1:], "big"))) if head else None


def _content(stream: IO[bytes]) -> bytes:
    return cast("tuple[bytes, bytes]", received(stream))[1]
