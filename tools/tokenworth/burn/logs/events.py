"""What a log says: the use of one model call, a quota as the provider states it, and how far a file was read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["START", "Call", "LogFile", "Portion", "Position", "Quota"]


class Call(NamedTuple):
    """The use of one model call, as one line of a log states it; token classes are disjoint.

    The same call is often written several times. Lines with the same agent, `family`, `call` and `request` are one: the
    higher `version` is kept, then the lower `rank`, then the larger total, then the earlier. Of the lines with the same
    `family` and `call` only those of the lowest `rank` count; beyond rank 0 only one of them does.

    Attributes:
        call: the tool's own name for it, stable wherever the line is copied to.
        at_ms: when, in milliseconds since 1970 in UTC.
        model: as the log writes it; "-fast" at its end for a fast call.
        input: sent, without what is in the other classes.
        cache_write_5m, cache_write_1h: written to a cache; 5m where no lifetime is stated.
        cache_read: read from a cache.
        output: everything that is billed as output.
        messages: how many model calls the line stands for.
        web_searches: billed by the search.
        request: tells calls apart that share `call`; empty where the log has none.
        rank: 0 for the call itself; higher for what may be a copy, or a coarser count of it.
        version: higher replaces lower, where a tool rewrites what it wrote.
        family: what `call` is unique within; empty for everything of the agent.
        session, project: where one file holds several; else those of the file.
        paid_nano_usd: what the tool says it was billed, where it says so.
    """

    call: str
    at_ms: int
    model: str
    input: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    cache_read: int = 0
    output: int = 0
    messages: int = 1
    web_searches: int = 0
    request: str = ""
    rank: int = 0
    version: int = 0
    family: str = ""
    session: str = ""
    project: str = ""
    paid_nano_usd: int | None = None


class Quota(NamedTuple):
    """How much of an official quota is used, as the provider told the tool.

    Attributes:
        window_minutes: the quota's window; 300 is five hours.
        used_percent: of it.
        resets_at_s: when it starts anew, in seconds since 1970; None where it was not said.
        seen_at_ms: when it was said.
    """

    window_minutes: int
    used_percent: float
    resets_at_s: int | None
    seen_at_ms: int


class LogFile(NamedTuple):
    """A log as it was found.

    Attributes:
        path: absolute.
        session, project: whose calls it holds, where the path says so.
        grows: lines are only ever added, so reading goes on where it stopped; else all of it is read when it changed.
        companions: paths whose change is a change of this file too, such as a database's `-wal`.
    """

    path: str
    session: str = ""
    project: str = ""
    grows: bool = True
    companions: tuple[str, ...] = ()


class Position(NamedTuple):
    """How far a file was read, and what its reader must remember to go on there."""

    offset: int = 0
    state: bytes = b""


START = Position()


class Portion(NamedTuple):
    """What reading on gave; kept in one step together with the position.

    Attributes:
        calls: in any order, repeated or not.
        position: where to go on; a call after it may be here already, since reading it again changes nothing.
        lost: lines that could not be understood.
        quotas: official figures that were passed on the way.
        parents: threads that were copied from another: (thread, where it was copied from), by `Call.family`.
    """

    calls: list[Call]
    position: Position
    lost: int = 0
    quotas: Sequence[Quota] = ()
    parents: Sequence[tuple[str, str]] = ()
