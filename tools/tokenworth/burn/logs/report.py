"""Sums of the history by day, model and the like, in the time zone that somebody lives in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any, Final, Literal, cast, get_args

from tokenworth.burn.logs.events import Quota
from tokenworth.burn.logs.history import History
from tokenworth.burn.logs.settling import SLOT_MS, SUMMED

__all__ = ["CLASSES", "KEYS", "Key", "Row", "quotas", "rows", "use_since"]

Key = Literal["day", "week", "month", "model", "project", "session", "block"]
KEYS: Final[tuple[Key, ...]] = get_args(Key)
CLASSES: Final = ("input", "cache_write_5m", "cache_write_1h", "cache_read", "output")
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
BLOCK_MS: Final = 5 * HOUR_MS
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
PICO: Final = -12
CALLS_SUMMED: Final = (
    f"SELECT 0, '', 0, {', '.join(SUMMED.values())} FROM calls WHERE counts AND at_ms >= ? AND at_ms < ?"  # noqa: S608
)
# Before any call, and where a quarter of an hour begins.
BEGINNING_MS: Final = -(SLOT_MS << 42)
NO_BLOCKS: Final[Mapping[tuple[str, int], int]] = {}


@dataclass(slots=True)
class Row:
    """Sums of calls.

    Attributes:
        date: the day, the Monday of the week, or the month; None when not asked by time.
        tokens: by `CLASSES`.
        messages: model calls.
        pico_usd: what those that have a price cost, 10^-12 USD.
        unpriced: of the messages, those without a price.
        more: project, session and block, where asked for.
    """

    date: str | None
    agent: str
    model: str | None
    tokens: list[int] = field(default_factory=lambda: [0] * len(CLASSES))
    messages: int = 0
    pico_usd: int = 0
    unpriced: int = 0
    more: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def usd(self) -> Decimal | None:
        """What it cost; None when nothing of it has a price, which is never zero."""
        return None if self.messages == self.unpriced and self.messages else Decimal(self.pico_usd).scaleb(PICO)

    def data(self) -> dict[str, Any]:
        """The row for programs; `unpriced_messages` only where some, but not all, have no price."""
        usd = self.usd
        told: dict[str, Any] = {"date": self.date, "agent": self.agent, "model": self.model}
        told |= dict(zip(CLASSES, self.tokens, strict=True))
        told |= {"messages": self.messages, "usd": None if usd is None else float(usd), **self.more}
        if self.unpriced and usd is not None:
            told["unpriced_messages"] = self.unpriced
        return told


def rows(history: History, by: Sequence[Key], zone: tzinfo, since: date | None = None) -> list[Row]:
    """Sums by agent and by what is asked for, in order.

    Args:
        history: brought up to date.
        by: what tells rows apart, besides the agent.
        zone: whose days they are.
        since: the first day, in that zone.
    """
    since_ms = None if since is None else _ms(datetime(since.year, since.month, since.day, tzinfo=zone))
    if "block" in by:
        step_ms = HOUR_MS
    elif any(key in by for key in ("day", "week", "month")):
        step_ms = DAY_MS if zone is UTC else SLOT_MS
    else:
        step_ms = 0
    models = dict(history.database.execute("SELECT id, name FROM models"))
    places = {number: names for number, *names in history.database.execute("SELECT id, project, session FROM places")}
    sums = list(_sums(history, step_ms, since_ms, by_place="project" in by or "session" in by))
    blocks = _blocks(sums) if "block" in by else NO_BLOCKS
    dates: dict[int, str | None] = {}
    found: dict[tuple[str, ...], Row] = {}
    for slot, agent, model, place, *figures in sums:
        more: dict[str, str] = {}
        start_ms = slot * step_ms
        if "block" in by:
            start_ms = blocks[agent, slot] * HOUR_MS
            more["block"] = (EPOCH + timedelta(milliseconds=start_ms)).strftime("%Y-%m-%dT%H:%M:%SZ")
        project, session = places.get(place, ("", ""))
        more |= {"project": project} if "project" in by else {}
        more |= {"session": session} if "session" in by else {}
        if start_ms not in dates:
            dates[start_ms] = _date(start_ms, by, zone) if step_ms else None
        day, name = dates[start_ms], models[model] if "model" in by else None
        key = (day or "", agent, name or "", *more.values())
        row = found.get(key)
        if row is None:
            row = found[key] = Row(day, agent, name, more=more)
        for index in range(len(CLASSES)):
            row.tokens[index] += figures[index]
        row.messages += figures[5]
        row.pico_usd += figures[6]
        row.unpriced += figures[7]
    return [found[key] for key in sorted(found)]


def quotas(history: History) -> dict[str, list[Quota]]:
    """The official quotas last heard of, by agent, the shortest window first."""
    told: dict[str, list[Quota]] = {}
    for agent, *quota in history.database.execute("SELECT * FROM quotas ORDER BY agent, window_minutes"):
        told.setdefault(agent, []).append(Quota(*quota))
    return told


def use_since(history: History, since_ms: int) -> tuple[int, int, int, int]:
    """All use since a moment: pico-USD of what has a price, tokens, messages, messages without a price."""
    tokens = " + ".join(CLASSES)
    slot = -(-since_ms // SLOT_MS)
    found: tuple[int, int, int, int] = history.database.execute(
        f"SELECT coalesce(sum(pico_usd), 0), coalesce(sum({tokens}), 0), coalesce(sum(messages), 0),"  # noqa: S608 - our names
        f" coalesce(sum(unpriced), 0) FROM (SELECT * FROM sums WHERE slot >= ? UNION ALL {CALLS_SUMMED})",
        (slot, since_ms, slot * SLOT_MS),
    ).fetchone()
    return found


def _sums(
    history: History, step_ms: int, since_ms: int | None, *, by_place: bool
) -> Iterable[tuple[int, str, int, int, int, int, int, int, int, int, int, int]]:
    """(slot, agent, model, place, then the token classes, messages, pico-USD, unpriced messages) of what counts.

    From the sums by the quarter of an hour, where the question is not finer than those.
    """
    figures = [name for name in SUMMED if name != "calls"]
    first = BEGINNING_MS if since_ms is None else since_ms
    if by_place or first % SLOT_MS:
        sums, source, where = [SUMMED[name] for name in figures], "calls", "counts AND at_ms >= ?"
        slot, place = f"at_ms / {step_ms}" if step_ms else "0", "place" if by_place else "0"
    else:
        sums, source, where = [f"sum({name})" for name in figures], "sums", "slot >= ?"
        slot, place = f"slot / {step_ms // SLOT_MS}" if step_ms else "0", "0"
        first //= SLOT_MS
    return history.database.execute(
        f"SELECT {slot}, agent, model, {place}, {', '.join(sums)} FROM {source} WHERE {where} GROUP BY 1, 2, 3, 4",  # noqa: S608 - our names
        (first,),
    )


def _blocks(sums: Iterable[Sequence[Any]]) -> Mapping[tuple[str, int], int]:
    """By agent and hour, the hour in which its five-hour window began: with the first call after the last window."""
    began: dict[tuple[str, int], int] = {}
    current: dict[str, int] = {}
    for agent, hour in sorted({(cast("str", row[1]), cast("int", row[0])) for row in sums}):
        if agent not in current or hour >= current[agent] + BLOCK_MS // HOUR_MS:
            current[agent] = hour
        began[agent, hour] = current[agent]
    return began


def _date(start_ms: int, by: Sequence[Key], zone: tzinfo) -> str:
    day = (EPOCH + timedelta(milliseconds=start_ms)).astimezone(zone).date()
    if "day" in by or "block" in by:
        return day.isoformat()
    if "week" in by:
        return (day - timedelta(days=day.weekday())).isoformat()
    return f"{day:%Y-%m}"


def _ms(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)
