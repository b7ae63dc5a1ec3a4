"""Reads Claude Code's logs: one line for each block of an answer, copied on forks, resumes and by subagents."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, cast

import msgspec

from tokenworth.burn.logs.events import Call, LogFile, Portion, Position
from tokenworth.burn.logs.lines import Lines

__all__ = ["reader"]

CALLS_MAX: Final = 4_000
"""As many calls are kept in memory before they are handed on."""
NOT_A_MODEL: Final = "<synthetic>"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)


_Count = Annotated[int, msgspec.Meta(ge=0, le=10**15)] | None
_Moment = Annotated[datetime, msgspec.Meta(tz=True)] | None


class _Lifetimes(msgspec.Struct, gc=False):
    ephemeral_5m_input_tokens: _Count = None
    ephemeral_1h_input_tokens: _Count = None


class _ServerTools(msgspec.Struct, gc=False):
    web_search_requests: _Count = None


class _Usage(msgspec.Struct, gc=False):
    input_tokens: _Count = None
    output_tokens: _Count = None
    cache_creation_input_tokens: _Count = None
    cache_read_input_tokens: _Count = None
    cache_creation: _Lifetimes | None = None
    server_tool_use: _ServerTools | None = None
    speed: str | None = None


class _Message(msgspec.Struct, gc=False):
    id: str | None = None
    model: str | None = None
    usage: _Usage | None = None


class _Echo(msgspec.Struct, gc=False):
    """A subagent's line, as its parent's log repeats it while it works."""

    message: _Message | None = None
    requestId: str | None = None  # noqa: N815 - the log's own name
    timestamp: _Moment = None
    uuid: str | None = None


class _Progress(msgspec.Struct, gc=False):
    message: _Echo | None = None


class _Line(msgspec.Struct, gc=False):
    message: _Message | None = None
    requestId: str | None = None  # noqa: N815 - the log's own name
    timestamp: _Moment = None
    uuid: str | None = None
    isSidechain: bool | None = None  # noqa: N815 - the log's own name
    data: _Progress | None = None


_Key = tuple[str, str, int]
"""The message, the request, and the rank."""
_Use = tuple[int, datetime, _Message]
"""All tokens, when, and the message."""


class _ClaudeReader:
    """Satisfies `LogReader`."""

    agent = "claude"

    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder(_Line).decode
        self._any = msgspec.json.Decoder().decode

    def read(self, log: LogFile, position: Position) -> Iterator[Portion]:
        """The calls of a file; of the lines of one call the largest is kept."""
        lines = Lines(log.path, position.offset, b'"usage"')
        best: dict[_Key, _Use] = {}
        lost = 0
        for line in lines:
            try:
                self._take(line, best)
            except ValueError:
                lost += 1
            if len(best) >= CALLS_MAX:
                yield Portion(_calls(best), Position(lines.offset), lost)
                best, lost = {}, 0
        if lines.holds_a_word(lines.rest):
            # What is still being written, or was torn off for good, is not a line.
            with suppress(ValueError):
                self._take(lines.rest, best)
        yield Portion(_calls(best), Position(lines.offset), lost + lines.lost)

    def _take(self, line: bytes, best: dict[_Key, _Use]) -> None:
        """Keep what a line says where it says more than the lines before it.

        Raises:
            ValueError: it is no line of this log.
        """
        read = self._decoded(line)
        if read is None:
            return
        said: _Line | _Echo = read
        rank = 1 if read.isSidechain else 0
        message = read.message
        if message is None or message.usage is None:
            if read.data is None or read.data.message is None:
                return
            said, rank = read.data.message, 1
            message = said.message
        if message is None or message.usage is None or message.model == NOT_A_MODEL:
            return
        at = said.timestamp
        if at is None:
            raise ValueError("no moment")
        key = (message.id or said.uuid or hashlib.blake2b(line, digest_size=16).hexdigest(), said.requestId or "", rank)
        total = _total(message.usage)
        known = best.get(key)
        if known is None or total > known[0] or (total == known[0] and at < known[1]):
            best[key] = (total, at, message)

    def _decoded(self, line: bytes) -> _Line | None:
        """The line's fields; None for a line of another shape, which has no use to tell."""
        try:
            return self._decode(line)
        except msgspec.ValidationError:
            value = self._any(line)
            if _tells_use(value):
                raise
            return None


def _tells_use(value: object) -> bool:
    """Whether a line that could not be understood would have told a use."""
    line = _object(value)
    message = _object(line.get("message")) or _object(_object(_object(line.get("data")).get("message")).get("message"))
    return message.get("usage") is not None


def _object(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _total(usage: _Usage) -> int:
    """All tokens."""
    written, split = usage.cache_creation_input_tokens or 0, usage.cache_creation
    if split is not None:
        written = (split.ephemeral_5m_input_tokens or 0) + (split.ephemeral_1h_input_tokens or 0) or written
    read = usage.cache_read_input_tokens or 0
    return (usage.input_tokens or 0) + written + read + (usage.output_tokens or 0)


def _counts(usage: _Usage) -> tuple[int, int, int, int, int]:
    """Input, written for 5 minutes and for an hour, read, output."""
    written, hour, split = usage.cache_creation_input_tokens or 0, 0, usage.cache_creation
    if split is not None and (split.ephemeral_5m_input_tokens or split.ephemeral_1h_input_tokens):
        written, hour = split.ephemeral_5m_input_tokens or 0, split.ephemeral_1h_input_tokens or 0
    read = usage.cache_read_input_tokens or 0
    return usage.input_tokens or 0, written, hour, read, usage.output_tokens or 0


def _calls(best: dict[_Key, _Use]) -> list[Call]:
    calls: list[Call] = []
    for (call, request, rank), (_, at, message) in best.items():
        usage = cast("_Usage", message.usage)
        model = message.model or "unknown"
        if usage.speed == "fast":
            model += "-fast"
        tools = usage.server_tool_use
        searches = 0 if tools is None else tools.web_search_requests or 0
        calls.append(Call(call, (at - EPOCH) // MILLISECOND, model, *_counts(usage), 1, searches, request, rank))
    return calls


reader: Final = _ClaudeReader()
