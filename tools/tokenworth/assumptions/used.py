"""Which assumptions stand behind an answer, as answers list them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tokenworth.answers import Part
from tokenworth.assumptions.catalogue import Assumption, Assumptions

__all__ = [
    "AssumptionUsed",
    "assumptions_used",
    "drawn_in_words",
    "first_few",
    "sourced_in_words",
    "used_in_full",
]


class AssumptionUsed(Part):
    """One assumption behind the numbers; `plain` says what it is, in a sentence."""

    name: str
    unit: str | None = None
    plain: str | None = None
    low: float | None = None
    base: float
    high: float | None = None
    origin: str | None = None
    source: str | None = None


def assumptions_used(
    assumptions: Assumptions, names: Iterable[str], tornado: Mapping[str, tuple[int, int]]
) -> list[AssumptionUsed]:
    """Every assumption of these names, the one with the widest dollar range first."""
    order = {name: place for place, name in enumerate(tornado)}
    ranked = sorted(names, key=lambda name: order.get(name, len(order)))
    return [used_in_full(assumptions[name]) for name in ranked]


def used_in_full(entry: Assumption) -> AssumptionUsed:
    """All that is said of one."""
    return AssumptionUsed(
        name=entry.name,
        unit=entry.unit,
        plain=entry.plain,
        low=entry.low,
        base=entry.base,
        high=entry.high,
        origin=entry.origin,
        source=entry.source,
    )


def _bare(entry: AssumptionUsed) -> AssumptionUsed:
    """Its middle value only; its origin where that is not the shipped default."""
    origin = None if entry.origin == "default" else entry.origin
    return AssumptionUsed(name=entry.name, base=entry.base, origin=origin)


def first_few(entries: Sequence[AssumptionUsed], count: int) -> list[AssumptionUsed]:
    """The first of them, bare, and whatever was observed of the person: nobody should have to look for that."""
    return [_bare(entry) for place, entry in enumerate(entries) if place < count or entry.origin == "observed"]


def sourced_in_words(entries: Iterable[AssumptionUsed]) -> list[str]:
    """Those of which all is said, a line each."""
    return [
        f"- {entry.name}: {entry.low:g} / {entry.base:g} / {entry.high:g} ({entry.origin}; {entry.source})"
        for entry in entries
        if entry.source is not None
    ]


def drawn_in_words(used: int, seed: int, draws: int, first: str = "") -> str:
    """What the same digits can be had from again: how many assumptions, which of them `first`, and the draws."""
    return f"{used} assumptions used{first} (explain_assumptions shows each); seed {seed}, {draws:,} draws."
