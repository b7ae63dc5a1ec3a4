"""Vesting: how much of a grant is earned by when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = [
    "Vest",
    "VestingYear",
    "graded_vests",
    "straight_line_vests",
    "vested_fraction_graded",
    "vested_units",
    "vests_by_year",
]


@dataclass(frozen=True, slots=True)
class Vest:
    """One vest: the share of the grant that is earned after so many whole months."""

    month: int
    fraction: float


@dataclass(frozen=True, slots=True)
class VestingYear:
    """What vests in one year of a schedule.

    Attributes:
        fraction: share of the grant.
        when: mean time of those vests, years from the start.
    """

    fraction: float
    when: float


def vested_units(units: float, months: int, cliff: int, month: int, *, every: int = 1) -> float:
    """Units vested after `month` whole months on a straight line over `months`, nothing before the cliff.

    Args:
        every: months between vests (1 monthly, 3 quarterly, 12 yearly).
    """
    if month < cliff:
        return 0.0
    if month >= months:
        return float(units)
    return units * (month // every * every) / months


def vested_fraction_graded(schedule: Sequence[float], years: int) -> float:
    """Share vested after whole years of a graded schedule, one share a year (5/15/40/40)."""
    return float(sum(schedule[:years]))


def straight_line_vests(months: int, cliff: int, every: int) -> tuple[Vest, ...]:
    """Every vest of a straight-line schedule, in order."""
    vests: list[Vest] = []
    before = 0.0
    for month in range(max(months, 1) + 1):
        vested = vested_units(1.0, months, cliff, month, every=every)
        if vested > before:
            vests.append(Vest(month, vested - before))
            before = vested
    return tuple(vests)


def graded_vests(schedule: Sequence[float], every: int) -> tuple[Vest, ...]:
    """Every vest of a graded schedule; the first year vests at its end, later ones every `every` months."""
    vests: list[Vest] = []
    for year, fraction in enumerate(schedule):
        months = range(every, 13, every) if year > 0 else (12,)
        vests += [Vest(12 * year + month, float(fraction) / len(months)) for month in months if fraction > 0.0]
    return tuple(vests)


def vests_by_year(vests: Sequence[Vest], horizon_years: int) -> tuple[VestingYear, ...]:
    """Vests of each year from just after its start to its end; a vest at the very start counts to the first."""
    years: list[VestingYear] = []
    for year in range(horizon_years):
        here = [vest for vest in vests if max(vest.month - 1, 0) // 12 == year]
        fraction = sum((vest.fraction for vest in here), 0.0)
        moment = sum(vest.fraction * vest.month for vest in here) / 12.0
        years.append(VestingYear(fraction, moment / fraction if fraction > 0.0 else year + 0.5))
    return tuple(years)
