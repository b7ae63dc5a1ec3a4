"""One model's prices in memory: its spans, and the rows that were made ready from them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from tokenworth.prices.conditions import Conditions, uplift_of
from tokenworth.prices.cost import Unpriced
from tokenworth.prices.rows import Row, compile_row
from tokenworth.prices.schedules import Schedule, discount, schedules_of
from tokenworth.prices.sheets import Sheet, read_sheet
from tokenworth.prices.snapshot import ModelLine, Snapshot

__all__ = ["EVER", "Priced", "Span"]

EVER: Final = datetime.min.replace(tzinfo=UTC)
ONE: Final = Decimal(1)
# A span of time and its sheet; no sheet where the model has no price any more.
Span = tuple[datetime, Sheet | None]


class Priced:
    """A model that has prices.

    Attributes:
        seller: who bills.
        model: the id with its capitals; `key` is how the snapshot files it.
        line: the snapshot's line, with facts and sources.
        spans: (start, sheet) ascending; the first starts at `EVER` when nothing earlier is known.
    """

    __slots__ = ("_rows", "_starts", "key", "line", "model", "schedules", "seller", "spans")

    def __init__(self, snapshot: Snapshot, seller: str, key: str) -> None:
        self.seller = seller
        self.key = key
        self.line: ModelLine = snapshot.line(seller, key)
        self.model = self.line.facts.get("written", key)
        self.spans: list[Span] = [
            (start or EVER, None if number is None else read_sheet(snapshot.sheets[number]))
            for start, number in self.line.starts
        ]
        self._starts = [start for start, _ in self.spans]
        # A place is no part of the name that schedules know.
        self.schedules: tuple[Schedule, ...] = schedules_of(seller, key.rpartition("/")[2])
        self._rows: dict[tuple[int, Conditions, Schedule | None], Row | Unpriced] = {}

    @property
    def name(self) -> str:
        """Seller and id, as answers print them."""
        return f"{self.seller}/{self.model}"

    def sheet_at(self, moment: datetime) -> Sheet | None:
        """The sheet in force at a moment, None when there is none."""
        return self.spans[self._index(moment)][1]

    def has_mode(self, mode: str) -> bool:
        """Whether the model is sold in a mode, at any time."""
        return any(sheet is not None and (mode, None) in sheet.rates for _, sheet in self.spans)

    def changes_after(self, moment: datetime) -> list[Span]:
        """Spans that start later: scheduled changes."""
        return [span for span in self.spans if span[0] > moment]

    def released_on(self) -> date | None:
        """The day that sources give as the model's release."""
        return _day(self.line.facts.get("released_on"))

    def retires_on(self) -> date | None:
        """The day on which calls stop working, as announced."""
        return _day(self.line.facts.get("retires_on"))

    def row(self, moment: datetime, conditions: Conditions) -> Row | Unpriced:
        """The rates for a moment and a way of running, or why there are none."""
        index = self._index(moment) if len(self.spans) > 1 else 0
        schedule = discount(self.schedules, moment) if self.schedules else None
        key = (index, conditions, schedule)
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = self._compiled(index, conditions, schedule)
        return row

    def _index(self, moment: datetime) -> int:
        return max(bisect_right(self._starts, moment) - 1, 0)

    def _compiled(self, index: int, conditions: Conditions, schedule: Schedule | None) -> Row | Unpriced:
        start, sheet = self.spans[index]
        if sheet is None:
            return Unpriced(f"{self.name} has had no price since {start:%Y-%m-%d}: it was retired, or its name reused")
        if (conditions.mode, None) not in sheet.rates:
            sold = ", ".join(sheet.modes)
            return Unpriced(f"no source lists a {conditions.mode} price for {self.name} (known: {sold})")
        multiple, remarks = ONE, list[str]()
        for condition in conditions.uplifts:
            found = self._uplift(sheet, condition)
            if isinstance(found, Unpriced):
                return found
            multiple *= found[0]
            remarks += found[1]
        if schedule is not None:
            multiple *= schedule.multiplier
            remarks.append(schedule.plain)
            if schedule.rates:
                sheet = replace(sheet, rates={(conditions.mode, None): {**sheet.base, **dict(schedule.rates)}})
        return compile_row(sheet, conditions.mode, multiple, tuple(remarks))

    def _uplift(self, sheet: Sheet, condition: str) -> tuple[Decimal, list[str]] | Unpriced:
        listed = sheet.uplifts.get(condition)
        if listed is None and condition.startswith("data_residency="):
            # Every region with residency pays the same multiple where one is listed at all.
            listed = next((one for key, one in sheet.uplifts.items() if key.startswith("data_residency=")), None)
        if listed is not None:
            return listed, [f"{condition.replace('=', ' ')}: x{listed}"]
        if condition == "deployment=data_zone" and self._in_zone():
            return ONE, []
        usual = uplift_of(self.seller, condition)
        if usual is None:
            return Unpriced(f"no source says what {condition.replace('=', ' ')} costs for {self.name}")
        return usual.multiple, [usual.plain]

    def _in_zone(self) -> bool:
        return self.seller == "azure" and self.key.partition("/")[0] in {"us", "eu", "us-gov"}


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text[:10])
    except ValueError:
        return None
