"""Reads Codex's logs: running totals of a session, said again and again, and copied into threads that branch off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from tokenworth.burn.logs.events import Call, LogFile, Portion, Position, Quota
from tokenworth.burn.logs.lines import Lines

__all__ = ["reader"]

CALLS_MAX: Final = 4_000
UNKNOWN: Final = "unknown"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)
COUNT_MAX: Final = 10**15
WORDS: Final = (b'"token_count"', b'"turn_context"', b'"session_meta"')
ITEM: Final = (len('{"timestamp":"2026-11-01T10:00:00.000'), b'Z","type":"response_item"')
"""How most lines begin, and nearly all of the bytes: what was said, which tells no use."""


class _Tokens(msgspec.Struct, gc=False):
    input_tokens: int | None = None
    cached_input_tokens: int | None = None
    output_tokens: int | None = None

    def counts(self) -> tuple[int, int, int]:
        """Input, what of it was cached, output.

        Raises:
            ValueError: no counts.
        """
        found = (self.input_tokens or 0, self.cached_input_tokens or 0, self.output_tokens or 0)
        if min(found) < 0 or max(found) > COUNT_MAX:
            raise ValueError("not counts")
        return found


class _Info(msgspec.Struct, gc=False):
    total_token_usage: _Tokens | None = None
    last_token_usage: _Tokens | None = None


class _Limit(msgspec.Struct, gc=False):
    used_percent: float | None = None
    window_minutes: int | None = None
    resets_at: int | None = None
    resets_in_seconds: int | None = None


class _Limits(msgspec.Struct, gc=False):
    primary: _Limit | None = None
    secondary: _Limit | None = None


class _Payload(msgspec.Struct):
    type: str | None = None
    info: _Info | None = None
    rate_limits: _Limits | None = None
    model: str | None = None
    id: str | None = None
    forked_from_id: str | None = None
    source: object = None


class _Line(msgspec.Struct):
    timestamp: datetime | None = None
    type: str | None = None
    payload: _Payload | None = None


class _Thread(msgspec.Struct):
    """What must be remembered between two readings of a file.

    Attributes:
        thread: the file's own thread: that of its first `session_meta`, later ones were copied with the history.
        parent: the thread that it branched off, empty when it did not.
        totals: the running totals last seen; None before the first.
        stretch: how often the totals have started anew.
    """

    thread: str
    parent: str = ""
    opened: bool = False
    model: str = UNKNOWN
    totals: tuple[int, int, int] | None = None
    stretch: int = 0


class _CodexReader:
    """Satisfies `LogReader`."""

    agent = "codex"

    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder(_Line).decode
        self._remember = msgspec.json.Encoder().encode
        self._recall = msgspec.json.Decoder(_Thread).decode

    def read(self, log: LogFile, position: Position) -> Iterator[Portion]:
        """The growths of a session's totals."""
        thread = self._recall(position.state) if position.state else _Thread(log.session)
        lines = Lines(log.path, position.offset, *WORDS, unless=ITEM)
        calls: list[Call] = []
        quotas: dict[int, Quota] = {}
        parents: list[tuple[str, str]] = []
        lost = 0
        for line in lines:
            try:
                self._take(line, thread, calls, quotas, parents)
            except ValueError:
                lost += 1
        at = Position(lines.offset, self._remember(thread))
        if lines.holds_a_word(lines.rest):
            # What is still being written is not a line; what only lacks its line break will be read once more.
            with suppress(ValueError):
                self._take(lines.rest, thread, calls, quotas, parents)
        for first in range(0, len(calls) - CALLS_MAX, CALLS_MAX):
            yield Portion(calls[first : first + CALLS_MAX], position)
        left = calls[(len(calls) - 1) // CALLS_MAX * CALLS_MAX :] if calls else calls
        yield Portion(left, at, lost + lines.lost, list(quotas.values()), parents)

    def _take(
        self,
        line: bytes,
        thread: _Thread,
        calls: list[Call],
        quotas: dict[int, Quota],
        parents: list[tuple[str, str]],
    ) -> None:
        """What one line says.

        Raises:
            ValueError: it is no line of this log.
        """
        said = self._decode(line)
        payload = said.payload
        if payload is None:
            return
        if said.type == "session_meta":
            _open(payload, thread, parents)
        elif said.type == "turn_context":
            thread.model = payload.model or thread.model
        elif said.type == "event_msg" and payload.type == "token_count":
            if said.timestamp is None or said.timestamp.tzinfo is None:
                raise ValueError("no moment")
            at_ms = (said.timestamp - EPOCH) // MILLISECOND
            if payload.rate_limits is not None:
                for limit in (payload.rate_limits.primary, payload.rate_limits.secondary):
                    _keep(limit, at_ms, quotas)
            if payload.info is not None and (call := _grown(payload.info, thread, at_ms)) is not None:
                calls.append(call)


def _open(payload: _Payload, thread: _Thread, parents: list[tuple[str, str]]) -> None:
    """Learn whose file it is, and what it branched off."""
    parent = payload.forked_from_id or _spawned_from(payload.source)
    if payload.id and parent and parent != payload.id:
        parents.append((payload.id, parent))
    if not thread.opened and payload.id:
        thread.opened, thread.thread = True, payload.id
        thread.parent = parent if parent and parent != payload.id else ""


def _spawned_from(source: object) -> str | None:
    for key in ("subagent", "thread_spawn", "parent_thread_id"):
        source = source.get(key) if isinstance(source, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]  # JSON of any shape
    return source if isinstance(source, str) and source else None


def _keep(limit: _Limit | None, at_ms: int, quotas: dict[int, Quota]) -> None:
    if limit is None or limit.used_percent is None or not limit.window_minutes:
        return
    resets = limit.resets_at
    if resets is None and limit.resets_in_seconds is not None:
        resets = at_ms // 1000 + limit.resets_in_seconds
    known = quotas.get(limit.window_minutes)
    if known is None or known.seen_at_ms <= at_ms:
        quotas[limit.window_minutes] = Quota(limit.window_minutes, limit.used_percent, resets, at_ms)


def _grown(info: _Info, thread: _Thread, at_ms: int) -> Call | None:
    """What the totals grew by; None when they are those of before, said again.

    In a thread that branched off the first totals include all that its parent had used by then, so only the call
    that they were said after is its own. A copied line leads from the same totals to the same totals as its original:
    that is the name by which the two are one.
    """
    if info.total_token_usage is None:
        return None
    totals = info.total_token_usage.counts()
    last = None if info.last_token_usage is None else info.last_token_usage.counts()
    before = thread.totals
    if before is None:
        before = (0, 0, 0)
        if thread.parent and last is not None and last[0] <= totals[0] and last[2] <= totals[2]:
            before = (totals[0] - last[0], max(totals[1] - last[1], 0), totals[2] - last[2])
    elif totals[0] < before[0] or totals[2] < before[2]:
        # The totals have started anew, as after a crash.
        thread.stretch += 1
        before = (0, 0, 0)
    thread.totals = totals
    sent, made = totals[0] - before[0], totals[2] - before[2]
    if not sent and not made:
        return None
    cached = min(max(totals[1] - before[1], 0), sent)
    return Call(
        f"{thread.stretch}:{before[0]}/{before[1]}/{before[2]}>{totals[0]}/{totals[1]}/{totals[2]}",
        at_ms,
        thread.model,
        input=sent - cached,
        cache_read=cached,
        output=made,
        request=thread.thread,
        rank=1 if thread.parent else 0,
        family=thread.parent or thread.thread,
        session=thread.thread,
    )


reader: Final = _CodexReader()
