"""Lays what the network says now over the snapshot that came with this version, without losing any of its history."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from tokenworth.prices.building import BUNDLED, Recorded, build_snapshot
from tokenworth.prices.fetchers.source import Page
from tokenworth.prices.observations import ContextThreshold
from tokenworth.prices.sheets import STANDARD, Mode, Rates, Sheet, read_sheet, write_sheet
from tokenworth.prices.snapshot import FORMAT, NO_PRICE, Snapshot, read_snapshot, shipped_snapshot

__all__ = ["lay_over", "merge_copies"]

# The sources with a file a provider: their documents are named after it.
BY_SELLER: Final = frozenset({"portkey"})
ORIGIN: Final = "origin"
NO_RATES: Final[Rates] = {}

_Step = tuple[datetime | None, str]
_Place = tuple[Mode, ContextThreshold | None]


def merge_copies(copies: Mapping[str, Sequence[Page]]) -> bytes | None:
    """The merged file out of the copies in use, or None when none of them is news.

    A copy counts only when its source goes into snapshots and the shipped snapshot was made from an older one.

    Raises:
        DataUnreadableError: a copy cannot be read.
    """
    shipped = read_snapshot(shipped_snapshot())
    known = {one.name: one.retrieved_at for one in shipped.sources}
    recorded = [
        Recorded(name, "", page.retrieved_at, page.body, seller=page.document.name if name in BY_SELLER else None)
        for name, pages in copies.items()
        if name in BUNDLED
        for page in pages
        if name not in known or page.retrieved_at > known[name]
    ]
    if not recorded:
        return None
    merged = lay_over(shipped, read_snapshot(build_snapshot(recorded)))
    return (json.dumps(merged, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def lay_over(shipped: Snapshot, fresh: Snapshot) -> dict[str, Any]:
    """The content of a snapshot file in which fresh prices continue the shipped ones.

    A shipped price is replaced only when the source that it came from has spoken again. What replaces it starts at
    its own date, or, where the fresh source gives none, on the day the shipped price was last known to be right.
    Where the two say the same, the fresh price only adds to what the shipped one knows; where they differ, modes and
    tiers that only the shipped one has are dropped with it. Models that the fresh sources no longer list stay.
    """
    spoken = {one.name for one in fresh.sources} | {ORIGIN}
    sheets = _Sheets()
    models: dict[str, dict[str, str]] = {}
    conflicts: dict[str, list[list[str]]] = {}
    for seller in sorted(shipped.models.keys() | fresh.models.keys()):
        old_lines, new_lines = shipped.models.get(seller, {}), fresh.models.get(seller, {})
        for model in sorted(old_lines.keys() | new_lines.keys()):
            old = _Line.read(old_lines[model], shipped) if model in old_lines else None
            new = _Line.read(new_lines[model], fresh) if model in new_lines else None
            takes_new = new is not None and (old is None or shipped.voices[int(old.voices[0])] in spoken)
            line = _continued(old, new, shipped.as_of, fresh.as_of) if takes_new else old
            if line is None:
                continue
            models.setdefault(seller, {})[model] = line.written(sheets)
            name = f"{seller}/{model}"
            found = (fresh if takes_new else shipped).conflicts.get(name)
            if found:
                conflicts[name] = found
    sources = {one.name: asdict(one) | {"retrieved_at": one.retrieved_at.isoformat()} for one in shipped.sources}
    sources |= {one.name: asdict(one) | {"retrieved_at": one.retrieved_at.isoformat()} for one in fresh.sources}
    aliases = {
        seller: {**shipped.aliases.get(seller, {}), **fresh.aliases.get(seller, {})}
        for seller in sorted(shipped.aliases.keys() | fresh.aliases.keys())
    }
    return {
        "format": FORMAT,
        "as_of": max(shipped.as_of, fresh.as_of).isoformat(),
        "sources": list(sources.values()),
        "voices": shipped.voices,
        "sheets": list(sheets.numbers),
        "models": models,
        "aliases": aliases,
        "conflicts": conflicts,
    }


@dataclass(slots=True)
class _Sheets:
    """The rate lines in use, numbered as they come up."""

    numbers: dict[str, int] = field(default_factory=dict[str, int])

    def number(self, sheet: str) -> str:
        return sheet if sheet == NO_PRICE else str(self.numbers.setdefault(sheet, len(self.numbers)))


@dataclass(frozen=True, slots=True)
class _Line:
    """A model's line with the rate lines themselves in place of their numbers."""

    steps: tuple[_Step, ...]
    voices: str
    facts: tuple[str, ...]

    @staticmethod
    def read(line: str, snapshot: Snapshot) -> _Line:
        steps, voices, *facts = line.split("|")
        read: list[_Step] = []
        for step in steps.split(";"):
            start, _, number = step.rpartition("=")
            moment = datetime.fromisoformat(start).replace(tzinfo=UTC) if start else None
            read.append((moment, number if number == NO_PRICE else snapshot.sheets[int(number)]))
        return _Line(tuple(read), voices, tuple(facts))

    def at(self, moment: datetime) -> str:
        """The rate line in force."""
        reached = [sheet for start, sheet in self.steps if start is None or start <= moment]
        return reached[-1] if reached else NO_PRICE

    def written(self, sheets: _Sheets) -> str:
        steps = ";".join(f"{_moment(start)}{sheets.number(sheet)}" for start, sheet in self.steps)
        return "|".join([steps, self.voices, *self.facts])


def _continued(old: _Line | None, new: _Line | None, seam: datetime, now: datetime) -> _Line | None:
    """The old line until the seam, the new one after it."""
    if old is None or new is None:
        return new or old
    past = [step for step in old.steps if step[0] is None or step[0] <= seam]
    later = [step for step in new.steps if step[0] is not None and step[0] > seam]
    if not any(start > now for start, _ in later if start is not None):
        # Sources without dates know no schedule; what was announced still stands.
        later += [step for step in old.steps if step[0] is not None and step[0] > now]
    sheet = _completed(old.at(seam), new.at(seam))
    if sheet == old.at(seam) and not later:
        return _Line(old.steps, old.voices, new.facts or old.facts)
    if sheet != old.at(seam):
        past.append((seam.replace(hour=0, minute=0, second=0, microsecond=0), sheet))
    return _Line((*past, *later), new.voices, new.facts or old.facts)


def _completed(old: str, new: str) -> str:
    """The new rates, with what only the old line lists where the two agree on everything that both list."""
    if NO_PRICE in (old, new):
        return new
    before, after = read_sheet(old), read_sheet(new)
    ours, theirs = _stated(before), _stated(after)
    for key in ours.keys() & theirs.keys():
        if key[0] in before.derived | after.derived:
            continue
        if any(theirs[key].get(meter, rate) != rate for meter, rate in ours[key].items()):
            return new
    base: Rates = {**before.base, **after.base}
    rates: dict[_Place, Rates] = {}
    for key in ours.keys() | theirs.keys():
        rates[key] = {**base, **ours.get(key, NO_RATES), **theirs.get(key, NO_RATES)}
    listed = {mode for sheet in (before, after) for mode in sheet.modes if mode not in sheet.derived}
    derived = (before.derived | after.derived) - listed
    return write_sheet(Sheet(rates, {**before.uplifts, **after.uplifts}, derived))


def _stated(sheet: Sheet) -> dict[_Place, Rates]:
    """The rates that each mode and tier states: a sheet fills in the base rate where it states none."""
    stated: dict[_Place, Rates] = {(STANDARD, None): sheet.base}
    for key, rates in sheet.rates.items():
        if key != (STANDARD, None):
            stated[key] = {meter: rate for meter, rate in rates.items() if sheet.base.get(meter) != rate}
    return stated


def _moment(moment: datetime | None) -> str:
    if moment is None:
        return ""
    return f"{moment:%Y-%m-%d}=" if (moment.hour, moment.minute) == (0, 0) else f"{moment:%Y-%m-%dT%H:%M}="
