"""Runs a programme: every person of every draw, in this world and, on fewer draws, in others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isinf
from typing import Final

import numpy as np

from tokenworth.programs.case import Case, Team
from tokenworth.valuation.arrays import Array, Numeric, as_array
from tokenworth.valuation.crowd import Crowd, crowd_use, joined_in_year
from tokenworth.valuation.draws import Sampler, substream
from tokenworth.valuation.price_paths import price_ratio
from tokenworth.valuation.provider_revenue import paid_by_employer
from tokenworth.valuation.usage import demand_swing, use_with_carry, use_within_budget

__all__ = ["PARAMETERS", "Outcome", "World", "draw_parameters", "first_crossing", "run_worlds", "shared_log_sd"]

PARAMETERS: Final = (
    "demand_usd_year",
    "demand_sigma_people",
    "demand_sigma_month",
    "demand_correlation",
    "demand_growth",
    "price_change_program",
    "employer_discount",
)
SHARED_SHOCK: Final = "shared_demand"


@dataclass(frozen=True, slots=True)
class World:
    """The programme under other circumstances; what is None stays as drawn.

    Attributes:
        price_change: of what people use, a year.
        use_growth: of tokens a person, a year.
        budgets: factor on every budget.
        prices: factor on what everything costs from the start.
    """

    price_change: float | None = None
    use_growth: float | None = None
    budgets: float = 1.0
    prices: float = 1.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """One world, month by month and draw by draw.

    Attributes:
        wanted: use without budgets, USD at list price, indexed (month, draw); `used` within budgets.
        promised: what the month's budgets add up to, USD at list price; groups without budgets left out.
        at_contract_price: use within budgets, at contract prices.
        announced: budgets, at contract prices; what a provider may announce as revenue.
        paid: what the employer pays, commitments included.
        used_by_team: USD at list price over the first year, indexed (team, draw).
    """

    wanted: Array
    used: Array
    promised: Array
    at_contract_price: Array
    announced: Array
    paid: Array
    used_by_team: Array

    @property
    def total(self) -> Array:
        """Paid over the whole horizon, one value a draw."""
        return as_array(self.paid.sum(axis=0))


def draw_parameters(case: Case, draws: int, *, stratified: bool = False) -> dict[str, Array]:
    """Draws of every assumption that the simulation uses, and of the swing that all people share."""
    sampler = Sampler(case.seed, draws, stratified)
    names = [name for name in PARAMETERS if _matters(case, name)]
    p = sampler.draw_all({name: case.assumptions[name].spread() for name in names})
    return {**p, SHARED_SHOCK: sampler.normals(SHARED_SHOCK)}


def run_worlds(
    case: Case, p: Mapping[str, Array], worlds: Sequence[World], checkpoint: Callable[[], None]
) -> list[Outcome]:
    """The programme in each world, all on the same people."""
    draws = len(p[SHARED_SHOCK])
    shape = (len(worlds), case.months, draws)
    moved = np.stack([np.broadcast_to(_cost_path(case, p, world), shape[1:]) for world in worlds])
    face = np.stack([np.broadcast_to(_budget_path(case, p, world), shape[1:]) for world in worlds])
    wanted, used, promised, granted = (np.zeros(shape) for _ in range(4))
    by_team: list[Array] = []
    for team in case.teams:
        crowd = _crowd(case, team, p, moved, face)
        found = crowd_use(crowd, substream(case.seed, f"people_{team.name}"), checkpoint)
        wanted += found.demand
        used += found.used
        if not isinf(team.budget_usd):
            promised += face * np.array(team.people)[:, np.newaxis] * team.budget_month_usd
            granted += face * _grants(team)[:, np.newaxis]
        by_team.append(found.used[:, :12].sum(axis=1))
    teams = np.stack(by_team, axis=1)
    return [_outcome(case, p, wanted[w], used[w], promised[w], granted[w], teams[w]) for w in range(len(worlds))]


def shared_log_sd(case: Case, p: Mapping[str, Array]) -> Array:
    """Log standard deviation of what all people's demand has in common; at most anybody's own."""
    known = [team.log_sd for team in case.teams if team.log_sd is not None]
    sigma = p["demand_sigma_people"] if "demand_sigma_people" in p else as_array(max(known))
    shared = sigma * np.sqrt(p["demand_correlation"])
    return as_array(np.minimum(shared, min(known)) if known else shared)


def first_crossing(case: Case, paid: Array) -> Array:
    """The first month, from 1, by whose end more has been paid than set aside; infinite for never; one a draw."""
    crossed = np.zeros(paid.shape, dtype=bool)
    for window in case.windows:
        span = slice(window.first, window.last)
        crossed[span] = np.cumsum(paid[span], axis=0) > window.budget_usd * (1.0 + 1e-9)
    return np.where(crossed.any(axis=0), crossed.argmax(axis=0) + 1.0, np.inf)


def _matters(case: Case, name: str) -> bool:
    if name == "demand_usd_year":
        return any(team.mean_month_usd is None for team in case.teams)
    if name == "demand_sigma_people":
        return any(team.log_sd is None for team in case.teams)
    return True


def _years(case: Case) -> Array:
    """Middle of each month, years from the start, as a column."""
    return np.arange(0.5, case.months, 1.0, dtype=np.float64)[:, np.newaxis] / 12.0


def _price_path(case: Case, p: Mapping[str, Array], world: World) -> Array:
    change: Numeric = p["price_change_program"] if world.price_change is None else world.price_change
    return as_array(world.prices * price_ratio(change, _years(case)))


def _cost_path(case: Case, p: Mapping[str, Array], world: World) -> Array:
    """A person's use over today's in dollars: more tokens, each at that month's price; (month, draw)."""
    growth: Numeric = p["demand_growth"] if world.use_growth is None else world.use_growth
    tokens = price_ratio(growth, _years(case))
    return as_array(tokens * _price_path(case, p, world))


def _budget_path(case: Case, p: Mapping[str, Array], world: World) -> Array:
    """A budget over today's in dollars: as it was, or as many tokens at that month's price."""
    return as_array(world.budgets * (_price_path(case, p, world) if case.in_tokens else np.ones((case.months, 1))))


def _crowd(case: Case, team: Team, p: Mapping[str, Array], moved: Array, face: Array) -> Crowd:
    draws = moved.shape[-1]
    sigma = p["demand_sigma_people"] if team.log_sd is None else as_array(team.log_sd)
    shared = shared_log_sd(case, p)
    own = np.sqrt(np.maximum(sigma**2 - shared**2, 0.0))
    within = np.minimum(p["demand_sigma_month"], own)
    between = np.sqrt(np.maximum(own**2 - within**2, 0.0))
    mean = p["demand_usd_year"] / 12.0 if team.mean_month_usd is None else team.mean_month_usd
    unit = moved * mean * demand_swing(shared, p[SHARED_SHOCK])
    return Crowd(
        people=team.people,
        log_sd_between=np.broadcast_to(between, (draws,)),
        log_sd_within=np.broadcast_to(within, (draws,)),
        unit_usd=unit,
        budget_usd=None if case.pooled or isinf(team.budget_usd) else face * team.budget_usd,
        period_months=team.period_months,
    )


def _outcome(
    case: Case,
    p: Mapping[str, Array],
    wanted: Array,
    used: Array,
    promised: Array,
    granted: Array,
    by_team: Array,
) -> Outcome:
    if case.pooled:
        used = _from_pool(case, wanted, promised, granted)
        first = wanted[:12].sum(axis=0)
        by_team = by_team * np.divide(used[:12].sum(axis=0), first, out=np.zeros_like(first), where=first > 0.0)
    price = 1.0 - p["employer_discount"]
    billed, announced = used * price, promised * price
    paid = announced if case.prepaid else _with_commitment(case, billed)
    return Outcome(wanted, used, promised, billed, announced, paid, by_team)


def _grants(team: Team) -> Array:
    """Budgets granted in each month, USD at today's prices: the month's, or the year's when it starts."""
    if team.period_months == 1:
        return np.array(team.people) * team.budget_usd
    return np.array([joined_in_year(team.people, month) for month in range(len(team.people))]) * team.budget_usd


def _from_pool(case: Case, wanted: Array, promised: Array, granted: Array) -> Array:
    """Everyone's use from one pot: filled each month, or for the year where all budgets are for a year."""
    if any(team.period_months == 1 for team in case.teams):
        return use_within_budget(wanted, promised).used
    rows: list[Array] = []
    left = np.zeros(wanted.shape[1])
    for month, now in enumerate(wanted):
        carried = left if month % 12 else 0.0
        year = use_with_carry(now[np.newaxis], granted[month], carried, np.inf)
        left = year.left
        rows.append(year.used[0])
    return np.stack(rows)


def _with_commitment(case: Case, billed: Array) -> Array:
    """What is paid: as billed, and at each year's end what the commitment still lacks."""
    if case.commitment_usd_year <= 0.0:
        return billed
    paid = billed.copy()
    for first in range(0, case.months, 12):
        last = min(first + 12, case.months)
        committed = case.commitment_usd_year * (last - first) / 12.0
        year = billed[first:last].sum(axis=0)
        paid[last - 1] += paid_by_employer(year, committed) - year
    return paid
