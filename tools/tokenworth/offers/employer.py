"""What an offer costs the employer: what it pays, the tax on top of it, and any tax it pays for the person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from tokenworth.cases import HORIZON_YEARS, Case
from tokenworth.money import whole
from tokenworth.offers.simulate import OPTION_COST_PARAMETERS, Run, parameters_of
from tokenworth.valuation.arrays import Array, Numeric, as_array
from tokenworth.valuation.draws import Sampler
from tokenworth.valuation.option_holding import OptionTerms, lattice_cost
from tokenworth.valuation.pay import Pay, PayTerms, TaxYears
from tokenworth.valuation.payroll import Contribution, contributions_on
from tokenworth.valuation.spread import Spread
from tokenworth.valuation.tax_curve import gross_up

__all__ = ["EmployerCost", "OptionCosts", "employer_cost_of", "employer_costs"]

OPTION_COST_DRAWS: Final = 32
LATTICE_PARAMETERS: Final = (
    "discount_rate",
    "separation_hazard",
    "volatility_listed",
    "volatility_private",
    *OPTION_COST_PARAMETERS,
)
KNOWN_MAX: Final = 10_000


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


class OptionCosts:
    """What options cost the company, by the lattice, as the mean of a few stratified draws; for one seed.

    A call is worth as much more as price and strike are together, so grants that differ in size only are computed
    once: most are, since they are granted at the money on a few schedules.
    """

    def __init__(self, seed: int) -> None:
        self._sampler = Sampler(seed, OPTION_COST_DRAWS, stratified=True)
        self._known: dict[tuple[OptionTerms, tuple[Spread, ...]], float] = {}

    def draws_for(self, case: Case) -> Mapping[str, Array]:
        """What the cost depends on."""
        names = (*parameters_of(case.terms), *OPTION_COST_PARAMETERS)
        return self._sampler.draw_all({name: case.assumptions[name].spread() for name in names})

    def total_usd(self, case: Case) -> int:
        """All grants over the horizon if they vest, whole USD."""
        return whole(sum(g.count * g.strike * self._of_one_dollar(g, case) for g in case.terms.options if g.vests))

    def _of_one_dollar(self, grant: OptionTerms, case: Case) -> float:
        """One option of the grant at a strike of one dollar."""
        unit = replace(grant, count=1.0, strike=1.0, price=grant.price / grant.strike, face_usd=1.0)
        key = unit, tuple(case.assumptions[name].spread() for name in LATTICE_PARAMETERS)
        if key not in self._known:
            if len(self._known) >= KNOWN_MAX:
                self._known.clear()
            self._known[key] = float(lattice_cost(unit, self.draws_for(case)).mean())
        return self._known[key]
