"""The same employer dollar as cash, stipend, grant or pool: what it is worth to staff, and who owes what tax on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import isinf
from typing import Final

import numpy as np

from tokenworth.money import significant
from tokenworth.programs.case import Case
from tokenworth.programs.models import Design, DesignWorth, TaxExposure
from tokenworth.programs.staff import Member, grant_terms, pool_share, pool_year
from tokenworth.valuation.arrays import Array, Numeric, as_array
from tokenworth.valuation.grants import TokenYear, token_years
from tokenworth.valuation.payroll import contributions_on, raise_costing
from tokenworth.valuation.tax_curve import AnyTaxCurve, gross_salary_equivalent, gross_up

__all__ = ["Compared", "compare_designs", "tax_of", "worth_of", "worth_with_personal_share"]

# Below a cent a year nothing is worth telling per dollar.
COST_MIN: Final = 0.01


@dataclass(frozen=True, slots=True)
class Compared:
    """One design for the first year, all people together, USD.

    Attributes:
        cost: what the employer pays, its payroll tax and any gross-up included.
        worth: the salary that is worth the same to staff.
        tokens: used at list price.
        employee_tax: on top of what they pay on their salary.
        employer_tax: payroll tax, and the employees' tax where the employer pays it.
        if_face: both sides' tax if all that is given were wages.
    """

    design: Design
    cost: float
    worth: float
    tokens: float
    imputed: float
    employee_tax: float
    employer_tax: float
    if_face: float


@dataclass(frozen=True, slots=True)
class _Payroll:
    """Taxes on one team's pay, one value a person."""

    case: Case
    curve: AnyTaxCurve
    pay: float

    def employee(self, imputed: Numeric) -> Array:
        return as_array(self.curve.tax_on(self.pay + as_array(imputed)) - self.curve.tax_on(self.pay))

    def employer(self, wages: Numeric) -> Array:
        if self.case.payroll is None:
            return np.zeros(np.shape(wages))
        before = contributions_on(self.case.payroll, self.pay)
        return as_array(contributions_on(self.case.payroll, self.pay + as_array(wages)) - before)

    def raise_for(self, cost: float) -> float:
        return cost if self.case.payroll is None else float(raise_costing(self.case.payroll, self.pay, cost))

    def salary(self, year: TokenYear, *, imputed: Numeric) -> Array:
        return gross_salary_equivalent(self.curve, self.pay, year.worth, imputed)


def compare_designs(case: Case, members: list[Member]) -> list[Compared]:
    """Cash, stipend, individual grant and pool, each costing the employer what the grant does.

    Everyone's grant is turned into the same cost of cash; the pool holds the money of all grants together.
    """
    grants = [_tokens(case, member, "grant", _granted(case, member)) for member in members]
    money = sum(_list_price(case, member, _granted(case, member)) for member in members)
    share = pool_share(members, money)
    found = {
        "cash": [_cash(case, m, g.cost / _heads(m)) for m, g in zip(members, grants, strict=True)],
        "stipend": [_stipend(case, m, g) for m, g in zip(members, grants, strict=True)],
        "grant": grants,
        "pool": [_tokens(case, m, "pool", pool_year(case, m, share)) for m in members],
    }
    return [_sum(parts) for parts in found.values()]


def worth_of(compared: Iterable[Compared]) -> DesignWorth | None:
    """Per dollar of employer cost; None where nothing costs anything."""
    some = [c for c in compared if c.cost > COST_MIN]
    if not some:
        return None
    return DesignWorth(
        worth_per_dollar={c.design: round(c.worth / c.cost, 3) for c in some},
        tokens_per_dollar={c.design: round(c.tokens / c.cost, 3) for c in some},
        tax_per_dollar={c.design: round((c.employee_tax + c.employer_tax) / c.cost, 3) for c in some},
    )


def tax_of(compared: Iterable[Compared]) -> dict[Design, TaxExposure]:
    """In dollars a year."""
    return {
        c.design: TaxExposure(
            imputed_usd=significant(c.imputed),
            employee_usd=significant(c.employee_tax),
            employer_usd=significant(c.employer_tax),
            if_face_usd=significant(c.if_face),
        )
        for c in compared
        if c.cost > COST_MIN
    }


def worth_with_personal_share(case: Case, members: list[Member], share: float) -> float:
    """What the grants are worth to staff, in salary, if at least this share of them may be used for oneself."""
    total = 0.0
    for member in members:
        p = {**member.p, "personal_share": np.maximum(member.p["personal_share"], share)}
        year = token_years(grant_terms(case, member.team), p, member.shocks)[0]
        total += _tokens(case, member, "grant", year).worth
    return total


def _granted(case: Case, member: Member) -> TokenYear:
    return token_years(grant_terms(case, member.team), member.p, member.shocks)[0] if case.pooled else member.used


def _heads(member: Member) -> float:
    return float(member.team.people[0])


def _payroll(case: Case, member: Member) -> _Payroll:
    pay = case.assumptions["staff_pay_usd_year"].base if member.team.pay_usd is None else member.team.pay_usd
    return _Payroll(case, case.taxed.years.pay[0], pay)


def _total(member: Member, values: Numeric) -> float:
    """One value a person, summed over the team."""
    return float(np.mean(as_array(values))) * _heads(member)


def _list_price(case: Case, member: Member, year: TokenYear) -> float:
    """What the grant costs at list price: used, or prepaid."""
    prepaid = grant_terms(case, member.team).prepaid
    return _total(member, year.face if prepaid else year.used)


def _tokens(case: Case, member: Member, design: Design, year: TokenYear) -> Compared:
    payroll = _payroll(case, member)
    grossed_up = case.terms.grossed_up
    extra = gross_up(payroll.curve, payroll.pay, year.imputed) if grossed_up else np.zeros(())
    employer = payroll.employer(year.imputed + extra) + extra
    face = year.face if design == "grant" and not isinf(member.team.budget_usd) else year.used
    return Compared(
        design=design,
        cost=_total(member, year.cost + employer),
        worth=_total(member, payroll.salary(year, imputed=0.0 if grossed_up else year.imputed)),
        tokens=_total(member, year.used),
        imputed=_total(member, year.imputed),
        employee_tax=0.0 if grossed_up else _total(member, payroll.employee(year.imputed)),
        employer_tax=_total(member, employer),
        if_face=_total(member, payroll.employee(face) + payroll.employer(face)),
    )


def _cash(case: Case, member: Member, cost: float) -> Compared:
    """A raise: worth itself. It buys whatever tokens people would have bought anyway, so none are counted."""
    payroll = _payroll(case, member)
    raised = payroll.raise_for(cost)
    employee, employer = _total(member, payroll.employee(raised)), _total(member, payroll.employer(raised))
    heads = _heads(member)
    return Compared("cash", cost * heads, raised * heads, 0.0, raised * heads, employee, employer, employee + employer)


def _stipend(case: Case, member: Member, grant: Compared) -> Compared:
    """An allowance for AI bought at list price on one's own account, claimed as used and taxed as wages.

    It pays for the same use as the grant, scaled to what the money buys: min(k*D, k*B) = k*min(D, B).
    """
    payroll = _payroll(case, member)
    claimed = payroll.raise_for(grant.cost / _heads(member))
    used = grant.tokens / _heads(member)
    share = min(claimed / used, 1.0) if used > 0.0 else 0.0
    budget = grant_terms(case, member.team).budget_usd[0] * share
    terms = replace(grant_terms(case, member.team, budget), imputed="personal_use", grossed_up=False, prepaid=False)
    p = {
        **member.p,
        "demand_usd_year": member.p["demand_usd_year"] * share,
        "personal_share": np.ones(1),
        "choice_quality": np.ones(1),
        "employer_discount": np.zeros(1),
    }
    year = token_years(terms, p, member.shocks)[0]
    employee, employer = payroll.employee(year.used), payroll.employer(year.used)
    return Compared(
        design="stipend",
        cost=_total(member, year.used + employer),
        worth=_total(member, payroll.salary(year, imputed=year.used)),
        tokens=_total(member, year.used),
        imputed=_total(member, year.used),
        employee_tax=_total(member, employee),
        employer_tax=_total(member, employer),
        if_face=_total(member, employee + employer),
    )


def _sum(parts: list[Compared]) -> Compared:
    return Compared(
        design=parts[0].design,
        cost=sum(part.cost for part in parts),
        worth=sum(part.worth for part in parts),
        tokens=sum(part.tokens for part in parts),
        imputed=sum(part.imputed for part in parts),
        employee_tax=sum(part.employee_tax for part in parts),
        employer_tax=sum(part.employer_tax for part in parts),
        if_face=sum(part.if_face for part in parts),
    )
