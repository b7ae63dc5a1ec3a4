"""Reads Copilot CLI's logs: traces where they are exported, else the totals that a session leaves at its end.

A call may be told by its own span, by a log of the inference, by its turn and by the agent's summary: the first of
these that is there counts. What a session sums up at its end is counted only where no trace tells of that session.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from tokenworth.burn.logs.events import Call, LogFile, Portion, Position
from tokenworth.burn.logs.lines import Lines
from tokenworth.burn.logs.values import as_object, count, moment_ms, name, object_in

__all__ = ["reader"]

SPAN, INFERENCE, TURN, SUMMARY = range(4)
SESSION_KEYS: Final = ("gen_ai.conversation.id", "session.id", "copilot_chat.session_id")
MODEL_KEYS: Final = ("gen_ai.response.model", "gen_ai.request.model")
TRACED: Final = b'"gen_ai.usage.'
TOTALS: Final = ("inputTokens", "cacheWriteTokens", "cacheReadTokens", "outputTokens")


@dataclass(frozen=True, slots=True)
class _Traced:
    """One record of a trace that tells a use."""

    source: int
    trace: str
    span: str
    response: str
    call: Call


class _CopilotReader:
    """Satisfies `LogReader`."""

    agent = "copilot"

    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder().decode
        self._sessions: dict[str, tuple[tuple[int, int], frozenset[str]]] = {}

    def read(self, log: LogFile, position: Position) -> Iterator[Portion]:
        """The calls of a trace, or what a session's totals grew by."""
        del position
        if log.session:
            yield self._totals(log)
            return
        told, lost = self._traced(log.path)
        yield Portion(list(_counted(told)), Position(), lost)

    def _traced(self, path: str) -> tuple[list[_Traced], int]:
        lines = Lines(path, 0, TRACED)
        told: list[_Traced] = []
        lost = 0
        for line in lines:
            try:
                told += _records(self._decode(line))
            except ValueError:
                lost += 1
        if lines.holds_a_word(lines.rest):
            with suppress(ValueError):
                told += _records(self._decode(lines.rest))
        return told, lost + lines.lost

    def _totals(self, log: LogFile) -> Portion:
        """Totals run on when a session is taken up again; where they are lower than before they began anew."""
        if any(log.session in self._told_of(path) for path in log.companions):
            return Portion([], Position())
        lines = Lines(log.path, 0, b'"session.shutdown"')
        before: dict[str, tuple[int, ...]] = {}
        calls: list[Call] = []
        lost = 0
        for line in lines:
            try:
                calls += _growths(self._decode(line), log.session, before)
            except ValueError:
                lost += 1
        if lines.holds_a_word(lines.rest):
            # What is still being written, or was torn off for good, is not a line.
            with suppress(ValueError):
                calls += _growths(self._decode(lines.rest), log.session, before)
        return Portion(calls, Position(), lost + lines.lost)

    def _told_of(self, path: str) -> frozenset[str]:
        """The sessions that a trace tells of, looked up once for each state of the file."""
        try:
            held = os.stat(path)
            stamp = (held.st_size, held.st_mtime_ns)
            known = self._sessions.get(path)
            if known is None or known[0] != stamp:
                told, _ = self._traced(path)
                known = self._sessions[path] = stamp, frozenset(each.call.session for each in told)
        except OSError:
            return frozenset()
        return known[1]


def _growths(line: object, session: str, before: dict[str, tuple[int, ...]]) -> list[Call]:
    """What each model's totals grew by since the session's last end.

    Raises:
        ValueError: they cannot be understood; none of them is then taken.
    """
    said = as_object(line)
    if said.get("type") != "session.shutdown":
        return []
    at_ms = moment_ms(said.get("timestamp"))
    now: dict[str, tuple[int, ...]] = {}
    for model, metrics in object_in(said.get("data"), "modelMetrics").items():
        usage = object_in(metrics, "usage")
        requests = count(object_in(metrics, "requests").get("count"))
        now[model] = (*(count(usage.get(key)) for key in TOTALS), requests)
    calls: list[Call] = []
    for model, totals in now.items():
        earlier = before.get(model, (0,) * len(totals))
        if any(new < old for new, old in zip(totals, earlier, strict=True)):
            earlier = (0,) * len(totals)
        grown = [new - old for new, old in zip(totals, earlier, strict=True)]
        before[model] = totals
        sent, written, read, output, requests = grown
        if sent + written + read + output:
            fresh = max(sent - written - read, 0)
            own = f"{session} {at_ms} {model}"
            calls.append(Call(own, at_ms, model, fresh, written, 0, read, output, max(requests, 1), family="totals"))
    return calls


def _records(line: object) -> list[_Traced]:
    """One record that tells a use, or none.

    Raises:
        ValueError: it tells one that cannot be understood.
    """
    record, attributes = as_object(line), object_in(line, "attributes")
    source = _source(record, attributes)
    if source is None:
        return []
    sent = count(attributes.get("gen_ai.usage.input_tokens"))
    output = count(attributes.get("gen_ai.usage.output_tokens"))
    read = count(attributes.get("gen_ai.usage.cache_read.input_tokens"))
    written = count(attributes.get("gen_ai.usage.cache_write.input_tokens")) or count(
        attributes.get("gen_ai.usage.cache_creation.input_tokens")
    )
    if not sent + output + read + written:
        return []
    trace = name(record.get("traceId")) or name(object_in(record, "spanContext").get("traceId"))
    span = name(record.get("spanId")) or name(object_in(record, "spanContext").get("spanId"))
    model = next((found for key in MODEL_KEYS if (found := name(attributes.get(key)))), "unknown")
    session = next((found for key in SESSION_KEYS if (found := name(attributes.get(key)))), trace)
    at_ms = _moment_ms(record)
    call = Call(
        f"{trace or session} {model}",
        at_ms,
        model,
        max(sent - read - written, 0),
        written,
        0,
        read,
        output,
        request=span or f"{at_ms} {sent} {output}",
        rank=source,
        session=session,
    )
    return [_Traced(source, trace, span, name(attributes.get("gen_ai.response.id")), call)]


def _source(record: Mapping[str, Any], attributes: Mapping[str, Any]) -> int | None:
    """Which of the four kinds of record it is; None for any other."""
    title, operation = name(record.get("name")), name(attributes.get("gen_ai.operation.name"))
    event = name(attributes.get("event.name"))
    body = name(record.get("body")) or name(record.get("_body"))
    kind = record.get("type")
    if kind == "span" or (kind is None and title):
        if operation == "chat" or title.startswith("chat "):
            return SPAN
        return SUMMARY if operation == "invoke_agent" or title.startswith("invoke_agent ") else None
    if event == "gen_ai.client.inference.operation.details" or body.startswith("GenAI inference:"):
        return INFERENCE
    return TURN if event == "copilot_chat.agent.turn" or body.startswith("copilot_chat.agent.turn") else None


def _counted(told: Iterable[_Traced]) -> Iterator[Call]:
    """Of the records of one trace, or of one response, those of the finest kind; each span once.

    Coarser records of a trace and model are given as one call, so that finer ones which come later take its place.
    """
    unique = {(each.source, each.trace, each.call.request): each for each in told}.values()
    finest: dict[str, int] = {}
    for each in unique:
        for key in _keys(each):
            finest[key] = min(each.source, finest.get(key, each.source))
    coarse: dict[tuple[str, int], Call] = {}
    for each in unique:
        if any(finest[key] < each.source for key in _keys(each)):
            continue
        if each.source == SPAN:
            yield each.call
            continue
        known = coarse.get((each.call.call, each.source))
        coarse[each.call.call, each.source] = _together(each.call, known)
    yield from coarse.values()


def _keys(each: _Traced) -> list[str]:
    return [key for key in (each.trace and f"t{each.trace}", each.response and f"r{each.response}") if key]


def _together(call: Call, known: Call | None) -> Call:
    first = call._replace(request="")
    if known is None:
        return first
    return first._replace(
        at_ms=min(call.at_ms, known.at_ms),
        input=call.input + known.input,
        cache_write_5m=call.cache_write_5m + known.cache_write_5m,
        cache_read=call.cache_read + known.cache_read,
        output=call.output + known.output,
        messages=call.messages + known.messages,
    )


def _moment_ms(record: Mapping[str, Any]) -> int:
    """When a record's work ended: [seconds, nanoseconds], nanoseconds, milliseconds or ISO 8601.

    Raises:
        ValueError: it does not say.
    """
    for key in ("endTime", "startTime", "hrTime", "_hrTime", "time"):
        parts = record.get(key)
        if isinstance(parts, list) and len(parts) == 2:  # pyright: ignore[reportUnknownArgumentType]  # JSON of any shape
            seconds, nanos = (count(part) for part in parts)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # same
            return moment_ms(seconds * 1000 + nanos // 10**6)
    nanos_text = record.get("timeUnixNano")
    if isinstance(nanos_text, int | str) and str(nanos_text).isdigit() and len(str(nanos_text)) < 20:
        return moment_ms(int(nanos_text) // 10**6)
    return moment_ms(record.get("timestamp"))


reader: Final = _CopilotReader()
