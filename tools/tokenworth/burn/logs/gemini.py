"""Reads Gemini CLI's chats: a file rewritten as a whole, or lines of which the last one with an id is the message.

`input` includes what was cached where the total says so; tools' results sent to the model are apart from both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

import msgspec

from tokenworth.burn.logs.events import Call, LogFile, Portion, Position
from tokenworth.burn.logs.lines import Lines
from tokenworth.burn.logs.values import as_object, count, moment_ms, name, object_in, objects, whole_json

__all__ = ["reader"]

UNIQUE_LENGTH: Final = 16
"""Ids as long as this are random, and the same wherever a chat is copied to; shorter ones count within a chat."""
LINES_FROM: Final = 10**14
"""The version of a chat's first line: later than any file of the older format, whose version is a moment."""


class _GeminiReader:
    """Satisfies `LogReader`."""

    agent = "gemini"

    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder().decode

    def read(self, log: LogFile, position: Position) -> Iterator[Portion]:
        """The messages of a chat that tell their tokens."""
        yield self._lines(log, position) if log.grows else _file(log)

    def _lines(self, log: LogFile, position: Position) -> Portion:
        lines = Lines(log.path, position.offset, b'"tokens"', b'"sessionId"')
        chat, version = _recalled(position, log.session)
        last: dict[tuple[str, str], Call] = {}
        lost = 0
        for line in lines:
            version += 1
            try:
                chat = self._take(line, chat, version, last)
            except ValueError:
                lost += 1
        if lines.holds_a_word(lines.rest):
            # What is still being written is not a line; what only lacks its line break will be read once more.
            with suppress(ValueError):
                self._take(lines.rest, chat, version + 1, last)
        at = Position(lines.offset, f"{version} {chat}".encode())
        return Portion(list(last.values()), at, lost + lines.lost)

    def _take(self, line: bytes, chat: str, version: int, last: dict[tuple[str, str], Call]) -> str:
        """Keep what one line says; the chat that it belongs to.

        Raises:
            ValueError: it cannot be understood.
        """
        record = as_object(self._decode(line.removeprefix(b"\xef\xbb\xbf")))
        chat = name(record.get("sessionId")) or chat
        for message in (record, *objects(object_in(record, "$set").get("messages"))):
            call = _call(message, chat, version)
            if call is not None:
                last[call.family, call.call] = call
        return chat


def _file(log: LogFile) -> Portion:
    """A chat of the older format; a message that cannot be understood costs no other."""
    said = whole_json(log.path)
    record = as_object(said)
    chat, version = name(record.get("sessionId")) or log.session, 0
    with suppress(ValueError):
        version = moment_ms(record.get("lastUpdated"))
    last: dict[tuple[str, str], Call] = {}
    lost = 0
    for message in objects(record.get("messages") or said):
        try:
            call = _call(message, chat, version)
        except ValueError:
            lost += 1
            continue
        if call is not None:
            last[call.family, call.call] = call
    return Portion(list(last.values()), Position(), lost)


def _recalled(position: Position, session: str) -> tuple[str, int]:
    version, _, chat = position.state.decode().partition(" ")
    return chat or session, int(version or LINES_FROM)


def _call(message: Mapping[str, Any], chat: str, version: int) -> Call | None:
    """What a message tells; None for one that was no call.

    Raises:
        ValueError: it tells what cannot be understood.
    """
    tokens = object_in(message, "tokens")
    if message.get("type") != "gemini" or not tokens:
        return None
    sent, output, cached, thoughts, tool, total = (
        count(tokens.get(key)) for key in ("input", "output", "cached", "thoughts", "tool", "total")
    )
    if not sent + output + cached + thoughts + tool:
        return None
    if total == sent + output + thoughts + tool:
        sent -= min(sent, cached)
    at_ms = moment_ms(message.get("timestamp"))
    model = name(message.get("model")) or "unknown"
    own = name(message.get("id"))
    call = own or f"{at_ms} {model} {total}"
    return Call(
        call,
        at_ms,
        model,
        input=sent + tool,
        cache_read=cached,
        output=output + thoughts,
        version=version,
        family="" if len(own) >= UNIQUE_LENGTH else chat,
        session=chat,
    )


reader: Final = _GeminiReader()
