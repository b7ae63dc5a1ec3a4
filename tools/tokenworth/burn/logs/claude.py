"""Reads Claude Code's logs: one line for each block of an answer, copied on forks, resumes and by subagents."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final, cast

import msgspec

from tokenworth.burn.logs.events import Call, LogFile, Portion, Position
from tokenworth.burn.logs.finding import config_home, folders_in, walk
from tokenworth.burn.logs.lines import Lines

__all__ = ["reader"]

CALLS_MAX: Final = 4_000
"""As many calls are kept in memory before they are handed on."""
NOT_A_MODEL: Final = "<synthetic>"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)
COUNT_MAX: Final = 10**15


class _Lifetimes(msgspec.Struct):
    ephemeral_5m_input_tokens: int | None = None
    ephemeral_1h_input_tokens: int | None = None


class _ServerTools(msgspec.Struct):
    web_search_requests: int | None = None


class _Usage(msgspec.Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation: _Lifetimes | None = None
    server_tool_use: _ServerTools | None = None
    speed: str | None = None


class _Message(msgspec.Struct):
    id: str | None = None
    model: str | None = None
    usage: _Usage | None = None


class _Echo(msgspec.Struct):
    """A subagent's line, as its parent's log repeats it while it works."""

    message: _Message | None = None
    requestId: str | None = None  # noqa: N815 - the log's own name
    timestamp: datetime | None = None
    uuid: str | None = None


class _Progress(msgspec.Struct):
    message: _Echo | None = None


class _Line(msgspec.Struct):
    message: _Message | None = None
    requestId: str | None = None  # noqa: N815 - the log's own name
    timestamp: datetime | None = None
    uuid: str | None = None
    isSidechain: bool | None = None  # noqa: N815 - the log's own name
    data: _Progress | None = None


class _ClaudeReader:
    """Satisfies `LogReader`."""

    agent = "claude"

    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder(_Line).decode
        self._any = msgspec.json.Decoder().decode

    def find(self, home: str, environment: Mapping[str, str]) -> Iterator[LogFile]:
        """Every `projects/**/*.jsonl` of CLAUDE_CONFIG_DIR, or of the two usual folders."""
        chosen = folders_in(environment.get("CLAUDE_CONFIG_DIR") or "", home)
        usual = [os.path.join(config_home(home, environment), "claude"), os.path.join(home, ".claude")]
        roots = dict.fromkeys(os.path.realpath(folder) for folder in chosen or usual)
        for root in roots:
            for path, below in walk(os.path.join(root, "projects"), (".jsonl",)):
                project, _, rest = below.partition("/") if "/" in below else ("", "", below)
                yield LogFile(path, rest.partition("/")[0].removesuffix(".jsonl"), project)

    def read(self, log: LogFile, position: Position) -> Iterator[Portion]:
        """The calls of a file; of the lines of one call the largest is kept."""
        lines = Lines(log.path, position.offset, b'"usage"')
        best: dict[tuple[str, str, int], Call] = {}
        lost = 0
        for line in lines:
            try:
                self._take(line, best)
            except ValueError:
                lost += 1
            if len(best) >= CALLS_MAX:
                yield Portion(list(best.values()), Position(lines.offset), lost)
                best, lost = {}, 0
        if lines.holds_a_word(lines.rest):
            # What is still being written, or was torn off for good, is not a line.
            with suppress(ValueError):
                self._take(lines.rest, best)
        yield Portion(list(best.values()), Position(lines.offset), lost + lines.lost)

    def _take(self, line: bytes, best: dict[tuple[str, str, int], Call]) -> None:
        """Keep what a line says where it says more than the lines before it.

        Raises:
            ValueError: it is no line of this log.
        """
        read = self._decoded(line)
        if read is None:
            return
        said: _Line | _Echo = read
        rank = 1 if read.isSidechain else 0
        if read.message is None or read.message.usage is None:
            if read.data is None or read.data.message is None:
                return
            said, rank = read.data.message, 1
        message = said.message
        if message is None or message.usage is None or message.model == NOT_A_MODEL:
            return
        call = _call(said, message, message.usage, rank, line)
        key = (call.call, call.request, rank)
        known = best.get(key)
        if known is None or _precedence(call) > _precedence(known):
            best[key] = call

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
    message = cast("dict[str, object]", value).get("message") if isinstance(value, dict) else None
    return isinstance(message, dict) and cast("dict[str, object]", message).get("usage") is not None


def _precedence(call: Call) -> tuple[int, int]:
    total = call.input + call.cache_write_5m + call.cache_write_1h + call.cache_read + call.output
    return total, -call.at_ms


def _call(said: _Line | _Echo, message: _Message, usage: _Usage, rank: int, line: bytes) -> Call:
    if said.timestamp is None or said.timestamp.tzinfo is None:
        raise ValueError("no moment")
    written, hour, split = usage.cache_creation_input_tokens or 0, 0, usage.cache_creation
    if split is not None and (split.ephemeral_5m_input_tokens or split.ephemeral_1h_input_tokens):
        written, hour = split.ephemeral_5m_input_tokens or 0, split.ephemeral_1h_input_tokens or 0
    counts = (usage.input_tokens or 0, written, hour, usage.cache_read_input_tokens or 0, usage.output_tokens or 0)
    searches = usage.server_tool_use.web_search_requests or 0 if usage.server_tool_use is not None else 0
    if min(counts) < 0 or max(counts) > COUNT_MAX or not 0 <= searches <= COUNT_MAX:
        raise ValueError("not counts")
    model = message.model or "unknown"
    return Call(
        message.id or said.uuid or hashlib.blake2b(line, digest_size=16).hexdigest(),
        (said.timestamp - EPOCH) // MILLISECOND,
        f"{model}-fast" if usage.speed == "fast" else model,
        *counts,
        1,
        searches,
        said.requestId or "",
        rank,
    )


reader: Final = _ClaudeReader()
