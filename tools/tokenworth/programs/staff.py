"""A sample of staff in the programme's first year: what each would use, may use, and how unevenly that is spread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf, isinf
from typing import Final

import numpy as np

from tokenworth.assumptions.benchmarks import PUBLISHED, published_use
from tokenworth.money import significant
from tokenworth.programs.case import Case, Team
from tokenworth.programs.models import GroupSpread, Spread
from tokenworth.valuation.arrays import Array, as_array
from tokenworth.valuation.draws import Sampler
from tokenworth.valuation.grants import TokenTerms, TokenYear, token_years
from tokenworth.valuation.inequality import gini_of_groups, percentile_ratio
from tokenworth.valuation.price_paths import average_price_ratio
from tokenworth.valuation.usage import demand_swing

__all__ = ["VALUATION", "Member", "grant_terms", "pool_share", "pool_year", "sample_staff", "spread_of"]

SAMPLE: Final = 8_000
SAMPLE_MIN: Final = 400
# What is less is nothing.
NOTHING_USD: Final = 1e-6
# A budget nobody reaches, where a design has none.
NO_LIMIT_USD: Final = 1e12
VALUATION: Final = (
    "personal_share",
    "funded_anyway",
    "work_tools_usd_year",
    "own_spend_usd_year",
    "demand_elasticity",
    "choice_quality",
    "employer_discount",
    "separation_hazard",
)


@dataclass(frozen=True, slots=True)
class Member:
    """The sampled people of one team, one value a person.

    Attributes:
        weight: people of the team that each stands for.
        p: parameters of the valuation, each person's own demand among them.
        shocks: swings of their use, one array a period of the team's budget.
        wanted: use in the first year without a budget; `used` within it, USD at list price.
    """

    team: Team
    weight: float
    p: Mapping[str, Array]
    shocks: list[Array]
    wanted: TokenYear
    used: TokenYear


def grant_terms(case: Case, team: Team, budget_usd_year: float | None = None) -> TokenTerms:
    """One person's grant for the first year, by default the team's budget."""
    year = team.budget_month_usd * 12.0 if budget_usd_year is None else budget_usd_year
    return replace(
        case.terms,
        budget_usd=(NO_LIMIT_USD if isinf(year) else year,),
        periods_per_year=12 if team.period_months == 1 else 1,
        # Without a budget there is no face to tax or prepay.
        imputed="personal_use" if isinf(year) and case.terms.imputed == "face" else case.terms.imputed,
        prepaid=case.terms.prepaid and not isinf(year),
    )


def sample_staff(case: Case) -> list[Member]:
    """People of every team at the base of what drives use, and as drawn in what drives worth."""
    base = {name: entry.base for name, entry in case.assumptions.items()}
    first_year = average_price_ratio(base["demand_growth"], 0.0, 1.0) * average_price_ratio(
        base["price_change_program"], 0.0, 1.0
    )
    members: list[Member] = []
    for team in case.teams:
        count = max(SAMPLE_MIN, round(SAMPLE * team.people[0] / case.people))
        sampler = Sampler(case.seed, count)
        sigma = base["demand_sigma_people"] if team.log_sd is None else team.log_sd
        within = min(base["demand_sigma_month"], sigma)
        between = np.sqrt(max(sigma**2 - within**2, 0.0))
        mean = base["demand_usd_year"] if team.mean_month_usd is None else 12.0 * team.mean_month_usd
        level = mean * float(first_year) * demand_swing(between, sampler.normals(f"level_{team.name}"))
        p = {
            **sampler.draw_all({name: case.assumptions[name].spread() for name in VALUATION}),
            "demand_usd_year": level,
            "demand_sigma_month": np.array([within]),
            "demand_growth": np.zeros(1),
            # The programme as planned: whoever cuts it also saves its cost.
            "cut_hazard": np.zeros(1),
        }
        terms = grant_terms(case, team)
        periods = 12 if team.period_months == 1 else 1
        shocks = [sampler.normals(f"use_{team.name}_{period}") for period in range(periods)]
        wanted = token_years(replace(terms, budget_usd=(NO_LIMIT_USD,)), p, shocks)[0]
        used = token_years(terms, p, shocks)[0]
        members.append(Member(team, team.people[0] / count, p, shocks, wanted, used))
    if case.pooled:
        members = [_from_pool(case, member, members) for member in members]
    return members


def pool_share(members: list[Member], money: float) -> float:
    """What share of everyone's wants a pool of so much covers, everyone served in proportion."""
    wanted = sum(float(member.wanted.used.sum()) * member.weight for member in members)
    return min(money / wanted, 1.0) if wanted > 0.0 else 1.0


def pool_year(case: Case, member: Member, share: float) -> TokenYear:
    """A person's year when a pool covers this share of what they want."""
    p = {**member.p, "demand_usd_year": member.p["demand_usd_year"] * share}
    return token_years(grant_terms(case, member.team, inf), p, member.shocks)[0]


def spread_of(members: list[Member]) -> Spread:
    """How unevenly the first year's use is spread, between people and between groups."""
    used = np.concatenate([_per_person(m, m.used.used) for m in members])
    wanted = np.concatenate([_per_person(m, m.wanted.used) for m in members])
    weights = np.concatenate([np.full(len(_per_person(m, m.used.used)), m.weight) for m in members])
    means = np.array([float(_per_person(m, m.used.used).mean()) for m in members])
    heads = np.array([float(m.team.people[0]) for m in members])
    several = len(members) > 1 and means.min() > NOTHING_USD
    return Spread(
        gini=round(gini_of_groups(used, weights), 3),
        p90_over_p50=_ratio(_weighted(used, weights)),
        wanted_gini=round(gini_of_groups(wanted, weights), 3),
        gini_between_groups=round(gini_of_groups(means, heads), 3),
        divide=round(float(means.max() / means.min()), 1) if several else None,
        most=members[int(means.argmax())].team.name if several else None,
        least=members[int(means.argmin())].team.name if several else None,
        groups=[_group(member) for member in members],
        published=[f"{entry.source}, {entry.what}: {entry.ratio}" for entry in map(published_use, PUBLISHED)],
    )


def _group(member: Member) -> GroupSpread:
    used = _per_person(member, member.used.used)
    return GroupSpread(
        group=member.team.name,
        people=member.team.people[0],
        used_usd=significant(float(used.mean())),
        gini=round(gini_of_groups(used, 1.0), 3),
        p90_over_p50=_ratio(used),
    )


def _per_person(member: Member, values: Array) -> Array:
    return as_array(np.broadcast_to(values, member.p["demand_usd_year"].shape))


def _ratio(values: Array) -> float | None:
    found = percentile_ratio(values)
    return None if found is None else round(found, 1)


def _weighted(values: Array, weights: Array) -> Array:
    """As many equal entries as the percentiles need: a resample by weight at even steps."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    steps = np.arange(0.5, SAMPLE, 1.0, dtype=np.float64) / SAMPLE * float(reached[-1])
    return as_array(values[order][np.minimum(np.searchsorted(reached, steps), len(values) - 1)])


def _from_pool(case: Case, member: Member, members: list[Member]) -> Member:
    money = sum(m.team.people[0] * m.team.budget_month_usd * 12.0 for m in members)
    return replace(member, used=pool_year(case, member, pool_share(members, money)))
