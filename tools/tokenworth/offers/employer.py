"""What an offer costs the employer: what it pays, the tax on top of it, and any tax it pays for the person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from tokenworth.cases import HORIZON_YEARS, Case
from tokenworth.money import whole
from tokenworth.offers.simulate import OPTION_COST_PARAMETERS, Run, parameters_of
from tokenworth.valuation.arrays import Array, Numeric, as_array
from tokenworth.valuation.draws import Sampler
from tokenworth.valuation.option_holding import lattice_cost
from tokenworth.valuation.pay import Pay, PayTerms, TaxYears
from tokenworth.valuation.payroll import Contribution, contributions_on
from tokenworth.valuation.tax_curve import gross_up

__all__ = ["EmployerCost", "employer_cost_of", "employer_costs", "option_cost_draws", "options_cost_of"]

OPTION_COST_DRAWS: Final = 32


@dataclass(frozen=True, slots=True)
class EmployerCost:
    """USD a year on average over the horizon.

    Attributes:
        total: cash and shares at face, options by the lattice, tokens at what the provider bills, payroll tax on wages
            (on options at exercise none: when and at what gain nobody knows) and gross-up.
        tokens: the tokens' part of it.
    """

    total: float
    tokens: float


def employer_cost_of(case: Case, run: Run, options_cost_usd: float = 0.0) -> EmployerCost:
    """The employer's cost; without payroll tax where only a marginal rate is known (`employer_taxes` is None).

    Args:
        case: the offer and how it is taxed.
        run: the case on draws.
        options_cost_usd: what all options cost the company, over the horizon.
    """
    total, tokens = employer_costs(case.terms, run.pay, case.taxes, case.employer_taxes, options_cost_usd)
    return EmployerCost(total.item(), tokens.item())


def employer_costs(
    terms: PayTerms,
    pay: Pay,
    taxes: TaxYears,
    employer_taxes: tuple[tuple[Contribution, ...], ...] | None,
    options_cost_usd: Numeric = 0.0,
) -> tuple[Array, Array]:
    """The employer's cost and the tokens' part of it, USD a year: one value, or a column of one for each offer."""
    at_face = [part for part in pay.components if part.name not in ("tokens", "options")]
    others, tokens = as_array(options_cost_usd), np.zeros(1)
    for year in range(HORIZON_YEARS):
        vested = sum((grant.vesting[year].fraction for grant in terms.shares if not grant.private), 0.0)
        signed = terms.sign_on if year == 0 else 0.0
        wages = terms.base[year] + terms.bonus_target[year] + signed + vested
        charged = employer_taxes[year] if employer_taxes is not None else ()
        others = others + sum((part.face[year] for part in at_face), 0.0) + contributions_on(charged, wages)
        if terms.tokens is None:
            continue
        granted = pay.tokens[year]
        paid_for = gross_up(taxes.pay[year], wages, granted.imputed) if terms.tokens.grossed_up else 0.0
        on_top = contributions_on(charged, wages + granted.imputed + paid_for) - contributions_on(charged, wages)
        tokens = tokens + np.mean(granted.cost + paid_for + on_top, axis=-1, keepdims=True)
    return (others + tokens) / HORIZON_YEARS, tokens / HORIZON_YEARS


def option_cost_draws(case: Case, seed: int) -> Mapping[str, Array]:
    """What the cost of options depends on, on a few stratified draws: the cost is told as their mean."""
    names = (*parameters_of(case.terms), *OPTION_COST_PARAMETERS)
    sampler = Sampler(seed, OPTION_COST_DRAWS, stratified=True)
    return sampler.draw_all({name: case.assumptions[name].spread() for name in names})


def options_cost_of(case: Case, p: Mapping[str, Array]) -> int:
    """What all options cost the company over the horizon if they vest, whole USD, by the lattice."""
    return whole(float(sum(lattice_cost(grant, p).mean() for grant in case.terms.options)))
