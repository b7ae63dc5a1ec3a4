"""What an offer costs the employer: what it pays, the tax on top of it, and any tax it pays for the person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tokenworth.cases import HORIZON_YEARS, Case
from tokenworth.offers.simulate import Run
from tokenworth.valuation.payroll import contributions_on
from tokenworth.valuation.tax_curve import gross_up

__all__ = ["EmployerCost", "employer_cost_of"]


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
    terms = case.terms
    at_face = [part for part in run.pay.components if part.name not in ("tokens", "options")]
    others, tokens = options_cost_usd, 0.0
    for year in range(HORIZON_YEARS):
        vested = sum(grant.vesting[year].fraction for grant in terms.shares if not grant.private)
        signed = terms.sign_on if year == 0 else 0.0
        wages = terms.base[year] + terms.bonus_target[year] + signed + vested
        charged = case.employer_taxes[year] if case.employer_taxes is not None else ()
        others += sum(part.face[year] for part in at_face if any(part.face))
        others += float(contributions_on(charged, wages))
        if terms.tokens is None:
            continue
        granted = run.pay.tokens[year]
        paid_for = gross_up(case.taxes.pay[year], wages, granted.imputed) if terms.tokens.grossed_up else 0.0
        on_top = contributions_on(charged, wages + granted.imputed + paid_for) - contributions_on(charged, wages)
        tokens += float(np.mean(granted.cost + paid_for + on_top))
    return EmployerCost((others + tokens) / HORIZON_YEARS, tokens / HORIZON_YEARS)
