"""Runs a case: many independent draws for the distribution, a few stratified ones for explanations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from tokenworth.cases import Case
from tokenworth.valuation.arrays import Array
from tokenworth.valuation.draws import Sampler
from tokenworth.valuation.grants import ALL_ON, Factors
from tokenworth.valuation.option_holding import OptionTerms
from tokenworth.valuation.pay import Pay, PayTerms, ShareTerms, join_pays, levels_of, value_pay

__all__ = [
    "CAREER_PARAMETERS",
    "OPTION_COST_PARAMETERS",
    "Run",
    "parameters_of",
    "run_case",
    "token_shocks",
    "total_level",
]

ALWAYS: Final = ("discount_rate", "separation_hazard")
TOKENS: Final = (
    "demand_usd_year",
    "demand_sigma_month",
    "demand_growth",
    "personal_share",
    "funded_anyway",
    "work_tools_usd_year",
    "own_spend_usd_year",
    "demand_elasticity",
    "choice_quality",
    "cut_hazard",
    "employer_discount",
)
DENOMINATED: Final = {
    "usd": (),
    "model": ("price_change_model", "model_retirement_hazard"),
    "flagship": ("price_change_flagship",),
    "capability": ("price_change_capability", "price_floor_capability"),
}
SHARES: Final = ("share_drift", "risk_aversion", "outside_wealth_multiple")
PRIVATE: Final = ("volatility_private", "firm_survival_5y", "years_to_liquidity")
# What options cost the company depends on these too; what they are worth to the holder does not.
OPTION_COST_PARAMETERS: Final = ("option_exercise_multiple", "dividend_yield")
BLOCK_DRAWS: Final = 10_000
CAREER_PARAMETERS: Final = ("counterfactual_compute_usd_year", "rent_sharing", "output_elasticity", "ratchet")


@dataclass(frozen=True, slots=True)
class Run:
    """A case valued on draws.

    Attributes:
        p: the draws of every parameter, by name.
        level: each component's level yearly gross salary, by name, one value a draw.
        total: their sum.
    """

    p: Mapping[str, Array]
    shocks: list[Array]
    pay: Pay
    level: Mapping[str, Array]
    total: Array


def parameters_of(terms: PayTerms) -> tuple[str, ...]:
    """Names of the assumptions that these terms depend on."""
    names = [*ALWAYS]
    if any(terms.bonus_target) and not terms.bonus_guaranteed:
        names.append("bonus_payout")
    if terms.tokens is not None:
        names += [*TOKENS, *DENOMINATED[terms.tokens.denomination]]
    return (*names, *_equity_parameters(terms))


def _equity_parameters(terms: PayTerms) -> tuple[str, ...]:
    held: list[ShareTerms | OptionTerms] = [*terms.shares, *terms.options]
    by_discount = [grant for grant in terms.shares if grant.discount_method != "certainty_equivalent"]
    names: list[str] = []
    if len(held) > len(by_discount):
        names += SHARES
    if any(not grant.private for grant in held):
        names.append("volatility_listed")
    if any(grant.private for grant in held):
        names += PRIVATE
    if any(grant.private for grant in terms.options):
        names.append("option_lapse_share")
    return tuple(names)


def run_case(case: Case, sampler: Sampler, *, career: bool = False) -> Run:
    """Value a case on a sampler's draws."""
    names = parameters_of(case.terms)
    if career and case.terms.tokens is not None:
        names += CAREER_PARAMETERS
    # Parameters that these terms do not use stand at a harmless constant, so that one code path serves all offers.
    p = {**UNUSED, **sampler.draw_all({name: case.assumptions[name].spread() for name in names})}
    shocks = token_shocks(case.terms, sampler)
    pay = _in_blocks(case, p, shocks, sampler.count)
    level = {name: np.broadcast_to(each, (sampler.count,)) for name, each in levels_of(pay.components, p).items()}
    total = np.sum(list(level.values()), axis=0)
    return Run(p, shocks, pay, level, total)


def _in_blocks(case: Case, p: Mapping[str, Array], shocks: list[Array], count: int) -> Pay:
    """Value some draws at a time: what is in work fits the processor's cache, and memory does not grow with draws."""
    if count <= BLOCK_DRAWS:
        return value_pay(case.terms, p, shocks, case.taxes)
    sizes = [min(BLOCK_DRAWS, count - start) for start in range(0, count, BLOCK_DRAWS)]
    pays: list[Pay] = []
    for block, size in enumerate(sizes):
        case.work.check()
        part = slice(block * BLOCK_DRAWS, block * BLOCK_DRAWS + size)
        drawn = {name: values[part] if values.shape[-1] > 1 else values for name, values in p.items()}
        pays.append(value_pay(case.terms, drawn, [shock[part] for shock in shocks], case.taxes))
    return join_pays(pays, sizes)


def token_shocks(terms: PayTerms, sampler: Sampler) -> list[Array]:
    """The swings of a person's token use: twelve months, or one a year; none without tokens."""
    if terms.tokens is None:
        return []
    count = 12 if terms.tokens.periods_per_year == 12 else terms.horizon_years
    return [sampler.normals(f"token_use_{number}") for number in range(count)]


def total_level(
    case: Case,
    p: Mapping[str, Array],
    shocks: list[Array],
    factors: Factors = ALL_ON,
    terms: PayTerms | None = None,
    known: Pay | None = None,
) -> Array:
    """Total level yearly gross salary of a case on given draws, under other factors or terms.

    Args:
        known: the case's pay on these draws, to take the equity from where terms and parameters leave them as they are.
    """
    case.work.check()
    pay = value_pay(terms or case.terms, p, shocks, case.taxes, factors, known)
    return sum(levels_of(pay.components, p, factors).values(), np.zeros(()))


UNUSED: Final[Mapping[str, Array]] = {"bonus_payout": np.ones(1), "outside_wealth_multiple": np.ones(1)}
