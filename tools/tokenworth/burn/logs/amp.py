"""Reads Amp's threads: a file each, rewritten as a whole; older ones have a ledger of their own, which then counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tokenworth.burn.logs.events import Call, LogFile, Portion, Position
from tokenworth.burn.logs.values import as_object, count, moment_ms, name, object_in, objects, whole_json

__all__ = ["reader"]


class _AmpReader:
    """Satisfies `LogReader`."""

    agent = "amp"

    def read(self, log: LogFile, position: Position) -> Iterator[Portion]:
        """The calls of a thread; one that cannot be understood costs no other."""
        del position
        thread = whole_json(log.path)
        told = (
            _ledger(thread) if isinstance(object_in(thread, "usageLedger").get("events"), list) else _messages(thread)
        )
        calls: list[Call] = []
        lost = 0
        for use in told:
            try:
                calls += _calls(use, log.session)
            except ValueError:
                lost += 1
        yield Portion(calls, Position(), lost)


class _Use:
    """What a message or an entry of a ledger says of one call, as it is written."""

    def __init__(self, own: object, usage: Mapping[str, Any], names: tuple[str, str], cache: Mapping[str, Any]) -> None:
        self.own = own
        self.at = usage.get("timestamp")
        self.model = name(usage.get("model"))
        self.counts = (*(usage.get(key) for key in names), *(cache.get(key) for key in CACHE))


NOTHING: Final[Mapping[str, Any]] = {}
CACHE: Final = ("cacheCreationInputTokens", "cacheReadInputTokens")
MESSAGE: Final = ("inputTokens", "outputTokens")
LEDGER: Final = ("input", "output")


def _messages(thread: object) -> Iterator[_Use]:
    for message in _said(thread):
        usage = object_in(message, "usage")
        if usage:
            whole = {"timestamp": message.get("timestamp"), "model": message.get("model")}
            whole |= {key: value for key, value in usage.items() if value is not None}
            yield _Use(message.get("messageId"), whole, MESSAGE, usage)


def _ledger(thread: object) -> Iterator[_Use]:
    """Its entries; what went through a cache is only told by the message that an entry led to."""
    cached = {str(message.get("messageId")): object_in(message, "usage") for message in _said(thread)}
    for entry in objects(object_in(thread, "usageLedger").get("events")):
        tokens = {**entry, **object_in(entry, "tokens")}
        # Of several entries that led to one message, one went through the cache as the message says.
        led_to = entry.get("toMessageId")
        cache = cached.pop(str(led_to), NOTHING) if led_to is not None else NOTHING
        yield _Use(entry.get("id") or entry.get("toMessageId"), tokens, LEDGER, cache)


def _said(thread: object) -> Iterator[Mapping[str, Any]]:
    return (message for message in objects(as_object(thread).get("messages")) if message.get("role") == "assistant")


def _calls(use: _Use, thread: str) -> list[Call]:
    """One call, or none where nothing was used.

    Raises:
        ValueError: it cannot be understood.
    """
    sent, output, written, read = (count(value) for value in use.counts)
    if not sent + output + written + read:
        return []
    at_ms = moment_ms(use.at)
    # Numbers of messages are given again where a thread was cut off and went on; the moment is not.
    call = f"{use.own} {at_ms}"
    return [Call(call, at_ms, use.model or "unknown", sent, written, 0, read, output, family=thread)]


reader: Final = _AmpReader()
