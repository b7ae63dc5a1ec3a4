"""A whole offer, year by year and draw by draw: every component as the gross salary it is worth.

Step 6 and 7 of the model for tokens; base, bonus, sign-on, other benefits and shares beside them, all discounted
and survival-weighted alike. Arrays hold draws on the last axis, and one array stands for each year.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

import numpy as np

from tokenworth.valuation.arrays import Array, Numeric, as_array
from tokenworth.valuation.discount import level_annuity, payback_share
from tokenworth.valuation.grants import ALL_ON, Factors, TokenTerms, TokenYear, token_years
from tokenworth.valuation.shares import NODES_SIMULATED, certainty_equivalent, firm_survival
from tokenworth.valuation.taxes import TaxCurve, gross_salary_equivalent
from tokenworth.valuation.vesting import VestingYear

__all__ = ["Component", "Pay", "PayTerms", "ShareTerms", "TaxYears", "join_pays", "level_of", "levels_of", "value_pay"]

SALARY_FOR_WEALTH_MIN: Final = 1000.0

ComponentName = Literal["base", "bonus", "sign_on", "shares", "tokens", "other"]


@dataclass(frozen=True, slots=True)
class ShareTerms:
    """All shares of one kind: `vesting` holds USD at today's price in `fraction`, one entry a year.

    Attributes:
        outstanding_usd: granted and not yet vested before each year's vests, at today's price: what is at risk.
        private: not listed, so it can only be sold at the company's exit, if it gets there.
    """

    vesting: tuple[VestingYear, ...]
    outstanding_usd: tuple[float, ...]
    private: bool = False


@dataclass(frozen=True, slots=True)
class PayTerms:
    """What the contract pays, USD, one entry a year of the horizon.

    Attributes:
        bonus_guaranteed: the target is paid whatever happens.
        clawback_years: how long the sign-on can be claimed back.
        clawback_pro_rata: what was served is deducted from it.
        contractor: self-employed; pay is told as the employee's salary that leaves the same after tax.
    """

    base: tuple[float, ...]
    bonus_target: tuple[float, ...]
    bonus_guaranteed: bool = False
    sign_on: float = 0.0
    clawback_years: float = 0.0
    clawback_pro_rata: bool = True
    other: tuple[float, ...] = ()
    shares: tuple[ShareTerms, ...] = ()
    tokens: TokenTerms | None = None
    contractor: bool = False

    @property
    def horizon_years(self) -> int:
        """Years valued."""
        return len(self.base)


@dataclass(frozen=True, slots=True)
class TaxYears:
    """How each year's pay is taxed, and how the salary it is compared with would be."""

    pay: tuple[TaxCurve, ...]
    salary: tuple[TaxCurve, ...]


@dataclass(frozen=True, slots=True)
class Component:
    """One part of pay.

    Attributes:
        face: advertised, USD, one number a year.
        amounts: worth as gross salary, USD, one array a year, if still employed then.
        when: when each year's part is paid, years from the start.
    """

    name: ComponentName
    face: tuple[float, ...]
    amounts: list[Array]
    when: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Pay:
    """All components and, where tokens are granted, their own years before tax."""

    components: tuple[Component, ...]
    tokens: list[TokenYear] = field(default_factory=list[TokenYear])
    market_shares: list[Array] = field(default_factory=list[Array])

    @property
    def shares(self) -> Component:
        """The shares; only where there are any."""
        return next(part for part in self.components if part.name == "shares")


def value_pay(
    terms: PayTerms,
    p: Mapping[str, Array],
    shocks: Sequence[Array],
    taxes: TaxYears,
    factors: Factors = ALL_ON,
    known: Pay | None = None,
) -> Pay:
    """Every component of an offer as gross salary.

    Args:
        terms: the contract.
        p: draws of the parameters, by name.
        shocks: standard normals for token use; see `grants.token_years`.
        taxes: one curve a year.
        factors: which steps between face and value apply.
        known: the same shares, salary and share parameters already valued, to take the shares from.
    """
    middles = tuple(year + 0.5 for year in range(terms.horizon_years))
    payout = 1.0 if terms.bonus_guaranteed else 1.0 + factors.bonus * (p["bonus_payout"] - 1.0)
    sign_on = (terms.sign_on, *[0.0] * (terms.horizon_years - 1))
    parts = [
        Component("base", terms.base, [as_array(amount) for amount in terms.base], middles),
        Component("bonus", terms.bonus_target, [target * as_array(payout) for target in terms.bonus_target], middles),
        Component("sign_on", sign_on, _sign_on(terms, p, factors), (0.0, *middles[1:])),
        Component("other", terms.other, [as_array(amount) for amount in terms.other], middles),
    ]
    taxable = [sum((part.amounts[year] for part in parts[:2]), as_array(sign_on[year])) for year in range(len(middles))]
    market: list[Array] = []
    if terms.shares:
        shares, market = _shares(terms, p, factors) if known is None else (known.shares, known.market_shares)
        parts.append(shares)
        # Private shares are taxed when they can be sold, beyond this horizon; listed ones as wages at vest.
        taxable = [wages + vest for wages, vest in zip(taxable, market, strict=True)]
    years: list[TokenYear] = []
    if terms.tokens is not None:
        years = token_years(terms.tokens, p, shocks, factors, deductible_tools=terms.contractor)
        amounts = [_as_salary(taxes, year, taxable[year], tokens, terms, factors) for year, tokens in enumerate(years)]
        parts.append(Component("tokens", terms.tokens.budget_usd, amounts, middles))
    if terms.contractor:
        parts = [_salary_for_fees(part, taxes, taxable, factors) for part in parts]
    shown = tuple(part for part in parts if part.name == "base" or any(part.face))
    return Pay(shown, years, market)


def join_pays(pays: Sequence[Pay], sizes: Sequence[int]) -> Pay:
    """One pay from those of consecutive blocks of draws.

    Args:
        sizes: draws in each block.
    """

    def joined(blocks: Sequence[Array]) -> Array:
        whole = [np.broadcast_to(block, (size,)) for block, size in zip(blocks, sizes, strict=True)]
        return np.concatenate(whole)

    first = pays[0]
    years = range(len(first.components[0].amounts))
    components = tuple(
        replace(part, amounts=[joined([pay.components[place].amounts[year] for pay in pays]) for year in years])
        for place, part in enumerate(first.components)
    )
    tokens = [
        TokenYear(**{name: joined([getattr(pay.tokens[year], name) for pay in pays]) for name in TokenYear.__slots__})
        for year in range(len(first.tokens))
    ]
    market = [joined([pay.market_shares[year] for pay in pays]) for year in range(len(first.market_shares))]
    return Pay(components, tokens, market)


def level_of(component: Component, p: Mapping[str, Array], factors: Factors = ALL_ON) -> Array:
    """One component's `levels_of`."""
    return levels_of((component,), p, factors)[component.name]


def levels_of(components: Sequence[Component], p: Mapping[str, Array], factors: Factors = ALL_ON) -> dict[str, Array]:
    """Each component's level yearly salary of the same present value, by name.

    sum(DF*S*G) over sum(DF*S), the same discount and survival for all; with the `timing` factor off, the plain
    average over the years.
    """
    fall = p["discount_rate"] + p["separation_hazard"]
    years = len(components[0].amounts)
    annuity = level_annuity(fall, years)
    weights: dict[float, Array] = {}
    levels: dict[str, Array] = {}
    for component in components:
        total: Array = np.zeros(())
        for amount, when in zip(component.amounts, component.when, strict=True):
            if when not in weights:
                weight = np.exp(-fall * when) / annuity
                weights[when] = 1.0 / years + factors.timing * (weight - 1.0 / years)
            total = total + amount * weights[when]
        levels[component.name] = total
    return levels


def _sign_on(terms: PayTerms, p: Mapping[str, Array], factors: Factors) -> list[Array]:
    """Paid at the start, less the expected present value of paying it back."""
    back = payback_share(
        p["separation_hazard"], p["discount_rate"], terms.clawback_years, pro_rata=terms.clawback_pro_rata
    )
    first = terms.sign_on * (1.0 - factors.timing * back)
    return [first, *[np.zeros(())] * (terms.horizon_years - 1)]


def _shares(terms: PayTerms, p: Mapping[str, Array], factors: Factors) -> tuple[Component, list[Array]]:
    """Certainty equivalents at each year's mean vest; sold at vest, so what is at risk is what has not vested."""
    horizon = terms.horizon_years
    amounts: list[Array] = [np.zeros(())] * horizon
    market: list[Array] = [np.zeros(())] * horizon
    face = [0.0] * horizon
    moment = [0.0] * horizon
    for grant in terms.shares:
        for year, (vest, exposed) in enumerate(zip(grant.vesting, grant.outstanding_usd, strict=True)):
            if vest.fraction <= 0.0:
                continue
            value, worth = _vest(grant, vest, exposed, terms.base[0], p, factors)
            amounts[year] = amounts[year] + value
            market[year] = market[year] + (0.0 if grant.private else worth)
            face[year] += vest.fraction
            moment[year] += vest.fraction * vest.when
    when = tuple(m / f if f > 0.0 else year + 0.5 for year, (m, f) in enumerate(zip(moment, face, strict=True)))
    return Component("shares", tuple(face), amounts, when), market


def _vest(
    grant: ShareTerms, vest: VestingYear, exposed: float, base: float, p: Mapping[str, Array], factors: Factors
) -> tuple[Array, Array]:
    """One year's vest: worth to the holder, and expected market value at vest."""
    drift, rate = p["share_drift"], p["discount_rate"]
    expected = vest.fraction * np.exp(drift * vest.when)
    sold: Numeric = np.maximum(p["years_to_liquidity"], vest.when) if grant.private else vest.when
    # A salary near zero says nothing about wealth: the multiple then stands on a small one.
    wealth = max(base, SALARY_FOR_WEALTH_MIN) * p["outside_wealth_multiple"] * np.exp(rate * sold)
    volatility = p["volatility_private" if grant.private else "volatility_listed"]
    sure = certainty_equivalent(
        exposed, wealth, years=sold, drift=drift, volatility=volatility, gamma=p["risk_aversion"], nodes=NODES_SIMULATED
    )
    worth = vest.fraction * sure / exposed
    if grant.private:
        worth = worth * firm_survival(p["firm_survival_5y"], sold) * np.exp(-rate * (sold - vest.when))
    return vest.fraction + factors.shares * (worth - vest.fraction), expected


def _as_salary(taxes: TaxYears, year: int, wages: Array, tokens: TokenYear, terms: PayTerms, factors: Factors) -> Array:
    """Step 6: the change in gross salary that leaves the same as the tokens do."""
    grossed_up = terms.tokens is not None and terms.tokens.grossed_up
    imputed = np.zeros(()) if grossed_up else tokens.imputed
    taxed = gross_salary_equivalent(taxes.pay[year], wages, tokens.worth, imputed)
    return tokens.worth + factors.tax * (taxed - tokens.worth)


def _salary_for_fees(component: Component, taxes: TaxYears, taxable: Sequence[Array], factors: Factors) -> Component:
    """A contractor's part of pay as the employee's salary that leaves as much after tax, in proportion."""
    amounts: list[Array] = []
    for year, amount in enumerate(component.amounts):
        fees = np.maximum(taxable[year], 1.0)
        ratio = taxes.salary[year].wages_netting(taxes.pay[year].net_of(fees)) / fees
        amounts.append(amount * (1.0 + factors.tax * (ratio - 1.0)))
    return Component(component.name, component.face, amounts, component.when)
