"""Reads pi's sessions: a line for each message; branching off copies lines, and an upgrade rewrites them with ids."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import msgspec

from tokenworth.burn.logs.events import Call, LogFile, Portion, Position
from tokenworth.burn.logs.lines import Lines
from tokenworth.burn.logs.values import as_object, count, moment_ms, name, object_in, paid_nano_usd

__all__ = ["reader"]

CALLS_MAX: Final = 4_000


class _PiReader:
    """Satisfies `LogReader`."""

    agent = "pi"

    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder().decode

    def read(self, log: LogFile, position: Position) -> Iterator[Portion]:
        """The calls of a session."""
        lines = Lines(log.path, position.offset, b'"usage"')
        calls: list[Call] = []
        lost = 0
        for line in lines:
            try:
                calls += _calls(self._decode(line))
            except ValueError:
                lost += 1
            if len(calls) >= CALLS_MAX:
                yield Portion(calls, Position(lines.offset), lost)
                calls, lost = [], 0
        if lines.holds_a_word(lines.rest):
            # What is still being written, or was torn off for good, is not a line.
            with suppress(ValueError):
                calls += _calls(self._decode(lines.rest))
        yield Portion(calls, Position(lines.offset), lost + lines.lost)


def _calls(line: object) -> list[Call]:
    """What a line tells: one call, or none.

    Raises:
        ValueError: it tells one that cannot be understood.
    """
    message = object_in(line, "message")
    usage = object_in(message, "usage")
    if message.get("role") != "assistant" or not usage:
        return []
    counts = tuple(count(usage.get(key)) for key in ("input", "cacheWrite", "cacheRead", "output"))
    if not any(counts):
        return []
    sent, written, read, output = counts
    at_ms = moment_ms(as_object(line).get("timestamp") or message.get("timestamp"))
    model = name(message.get("model")) or "unknown"
    # Ids are given anew by an upgrade; a copied line keeps its moment and its counts.
    call = f"{at_ms} {model} {sent} {written} {read} {output}"
    paid = paid_nano_usd(object_in(usage, "cost").get("total"))
    return [Call(call, at_ms, model, sent, written, 0, read, output, paid_nano_usd=paid)]


reader: Final = _PiReader()
