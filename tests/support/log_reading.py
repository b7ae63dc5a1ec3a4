"""Reads the logs of one tool as often as a test likes, and keeps of their calls what the interface says counts."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field

from tokenworth.burn.logs.events import START, Call
from tokenworth.burn.logs.finding import find_logs
from tokenworth.burn.logs.reader import reader_of

AT = "2026-11-01T10:00:00.000Z"
AT_MS = 1793527200000


@dataclass
class Kept:
    """What was read so far; `rows` are input, cache written, cache read, output and model calls of what counts."""

    agent: str
    home: object
    environment: dict[str, str] = field(default_factory=dict)
    calls: dict[tuple[str, str, str], Call] = field(default_factory=dict)
    positions: dict[str, object] = field(default_factory=dict)
    lost: int = 0
    unreadable: list[type[Exception]] = field(default_factory=list)

    def look(self):
        self.lost, self.unreadable = 0, []
        for log in find_logs(self.agent, str(self.home), self.environment):
            try:
                for portion in reader_of(self.agent).read(log, self.positions.get(log.path, START)):
                    for call in portion.calls:
                        self._keep(call)
                    self.lost += portion.lost
                    self.positions[log.path] = portion.position
            except (OSError, ValueError) as error:
                self.unreadable.append(type(error))
        return self

    def _keep(self, call):
        key = (call.family, call.call, call.request)
        known = self.calls.get(key)
        if known is None or _precedence(call) > _precedence(known):
            self.calls[key] = call

    @property
    def counted(self):
        alike = defaultdict(list)
        for call in self.calls.values():
            alike[call.family, call.call].append(call)
        for calls in alike.values():
            lowest = min(call.rank for call in calls)
            ours = [call for call in calls if call.rank == lowest]
            yield from ours if not lowest else [min(ours, key=lambda call: call.at_ms)]

    @property
    def rows(self):
        return sorted(
            (call.input, call.cache_write_5m, call.cache_read, call.output, call.messages) for call in self.counted
        )


def _precedence(call):
    total = call.input + call.cache_write_5m + call.cache_write_1h + call.cache_read + call.output
    return call.version, total, -call.at_ms


def write(path, *lines, end="\n"):
    """Lines of JSON, or texts as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts) + (end if texts else ""), encoding="utf-8")
    return path
