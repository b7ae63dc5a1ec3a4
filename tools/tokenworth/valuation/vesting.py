"""Vesting: how much of a grant is earned by when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["VestingYear", "graded_years", "straight_line_years", "vested_fraction_graded", "vested_units"]


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


def straight_line_years(months: int, cliff: int, every: int, horizon_years: int) -> tuple[VestingYear, ...]:
    """Each year's part of a straight-line schedule."""
    events = [
        (month, vested_units(1.0, months, cliff, month, every=every)) for month in range(1, 12 * horizon_years + 1)
    ]
    years: list[VestingYear] = []
    before = 0.0
    for year in range(horizon_years):
        fraction, moment = 0.0, 0.0
        for month, vested in events[12 * year : 12 * year + 12]:
            fraction += vested - before
            moment += (vested - before) * month / 12.0
            before = vested
        years.append(VestingYear(fraction, moment / fraction if fraction > 0.0 else year + 0.5))
    return tuple(years)


def graded_years(schedule: Sequence[float], every: int, horizon_years: int) -> tuple[VestingYear, ...]:
    """Each year's part of a graded schedule; the first year vests at its end, later ones every `every` months."""
    years: list[VestingYear] = []
    for year in range(horizon_years):
        fraction = float(schedule[year]) if year < len(schedule) else 0.0
        vests = range(every, 13, every) if year > 0 else (12,)
        years.append(VestingYear(fraction, year + sum(vests) / len(vests) / 12.0))
    return tuple(years)
