"""A whole offer, year by year and draw by draw: every component as the gross salary it is worth.

Step 6 and 7 of the model for tokens; base, bonus, sign-on, other benefits and shares beside them, all discounted
and survival-weighted alike. Arrays hold draws on the last axis, and one array stands for each year. `stacked` puts
many offers into one pass: each number of the terms is then a column, one row an offer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from tokenworth.valuation.arrays import Array, Numeric, any_positive, as_array
from tokenworth.valuation.discount import level_annuity, payback_share
from tokenworth.valuation.grants import ALL_ON, Factors, TokenTerms, TokenYear, token_years
from tokenworth.valuation.marketability import chaffe_discount, finnerty_discount
from tokenworth.valuation.option_holding import OptionTerms, option_amounts
from tokenworth.valuation.shares import NODES_SIMULATED, certainty_equivalent, firm_survival, outside_wealth
from tokenworth.valuation.tax_curve import AnyTaxCurve, gross_salary_equivalent
from tokenworth.valuation.vesting import VestingYear

__all__ = [
    "Component",
    "DiscountMethod",
    "Pay",
    "PayTerms",
    "ShareTerms",
    "TaxYears",
    "join_pays",
    "level_of",
    "levels_of",
    "value_pay",
]

ComponentName = Literal["base", "bonus", "sign_on", "shares", "options", "tokens", "other"]
DiscountMethod = Literal["certainty_equivalent", "chaffe", "finnerty"]


@dataclass(frozen=True, slots=True)
class ShareTerms:
    """All shares of one kind: `vesting` holds USD at today's price in `fraction`, one entry a year.

    Attributes:
        outstanding_usd: granted and not yet vested before each year's vests, at today's price: what is at risk.
        private: not listed, so it can only be sold at the company's exit, if it gets there.
        advertised_usd: what the offer says vests each year, where that is not what it is worth at today's price.
        discount_method: what stands for the wait until private shares can be sold.
    """

    vesting: tuple[VestingYear, ...]
    outstanding_usd: tuple[float, ...]
    private: bool = False
    advertised_usd: tuple[float, ...] = ()
    discount_method: DiscountMethod = "certainty_equivalent"

    @property
    def face_usd(self) -> tuple[float, ...]:
        """What the offer says vests each year."""
        return self.advertised_usd or tuple(vest.fraction for vest in self.vesting)


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
    options: tuple[OptionTerms, ...] = ()
    tokens: TokenTerms | None = None
    contractor: bool = False

    @property
    def horizon_years(self) -> int:
        """Years valued."""
        return len(self.base)


@dataclass(frozen=True, slots=True)
class TaxYears:
    """How each year's pay is taxed, and how the salary it is compared with would be."""

    pay: tuple[AnyTaxCurve, ...]
    salary: tuple[AnyTaxCurve, ...]


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

    @property
    def options(self) -> Component:
        """The options; only where any vest."""
        return next(part for part in self.components if part.name == "options")


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
        known: the same equity, salary and share parameters already valued, to take shares and options from.
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
        # Private shares and options are taxed when they can be sold, beyond this horizon; listed ones as wages at vest.
        taxable = [wages + vest for wages, vest in zip(taxable, market, strict=True)]
    if terms.options:
        parts.append(_options(terms, p, factors) if known is None else known.options)
    years: list[TokenYear] = []
    if terms.tokens is not None:
        years = token_years(terms.tokens, p, shocks, factors, deductible_tools=terms.contractor)
        amounts = [_as_salary(taxes, year, taxable[year], tokens, terms, factors) for year, tokens in enumerate(years)]
        parts.append(Component("tokens", terms.tokens.budget_usd, amounts, middles))
    if terms.contractor:
        parts = [_salary_for_fees(part, taxes, taxable, factors) for part in parts]
    shown = tuple(part for part in parts if part.name == "base" or any(map(any_positive, part.face)))
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
    # By identity: components share their times, which are arrays where many offers are valued in one pass.
    weights: dict[int, Array] = {}
    levels: dict[str, Array] = {}
    for component in components:
        total: Array = np.zeros(())
        for amount, when in zip(component.amounts, component.when, strict=True):
            if id(when) not in weights:
                weight = np.exp(-fall * when) / annuity
                weights[id(when)] = 1.0 / years + factors.timing * (weight - 1.0 / years)
            total = total + amount * weights[id(when)]
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
            if not any_positive(vest.fraction):
                continue
            worth = _vest(grant, vest, exposed, _wealth_now(terms, p), p)
            advertised = grant.face_usd[year]
            amounts[year] = amounts[year] + advertised + factors.shares * (worth - advertised)
            if not grant.private:
                market[year] = market[year] + vest.fraction * np.exp(p["share_drift"] * vest.when)
            face[year] += advertised
            moment[year] += advertised * vest.when
    return Component("shares", tuple(face), amounts, _mean_times(moment, face)), market


def _options(terms: PayTerms, p: Mapping[str, Array], factors: Factors) -> Component:
    """All grants of options, each year's vests at their mean time."""
    horizon = terms.horizon_years
    amounts: list[Array] = [np.zeros(())] * horizon
    face = [0.0] * horizon
    moment = [0.0] * horizon
    for grant in terms.options:
        worth = option_amounts(grant, p, _wealth_now(terms, p), factors.shares)
        amounts = [before + more for before, more in zip(amounts, worth, strict=True)]
        for year, vest in grant.vests:
            face[year] += grant.face_usd * vest.fraction
            moment[year] += grant.face_usd * vest.fraction * vest.when
    return Component("options", tuple(face), amounts, _mean_times(moment, face))


def _mean_times(moment: Sequence[float], face: Sequence[float]) -> tuple[float, ...]:
    return tuple(m / f if any_positive(f) else year + 0.5 for year, (m, f) in enumerate(zip(moment, face, strict=True)))


def _wealth_now(terms: PayTerms, p: Mapping[str, Array]) -> Array:
    """The person's other wealth today."""
    return outside_wealth(terms.base[0], p["outside_wealth_multiple"], 0.0, 0.0)


def _vest(grant: ShareTerms, vest: VestingYear, exposed: float, wealth_now: Array, p: Mapping[str, Array]) -> Array:
    """One year's vest: worth to the holder, at vest."""
    rate = p["discount_rate"]
    sold: Numeric = np.maximum(p["years_to_liquidity"], vest.when) if grant.private else vest.when
    volatility = p["volatility_private" if grant.private else "volatility_listed"]
    if grant.private and grant.discount_method != "certainty_equivalent":
        # A discount is off today's price, which waiting does not lower: only the company's survival comes on top.
        chaffe = grant.discount_method == "chaffe"
        off = chaffe_discount(sold, volatility, rate) if chaffe else finnerty_discount(sold, volatility)
        return vest.fraction * np.exp(rate * vest.when) * (1.0 - off) * firm_survival(p["firm_survival_5y"], sold)
    sure = certainty_equivalent(
        exposed,
        wealth_now * np.exp(rate * sold),
        years=sold,
        drift=p["share_drift"],
        volatility=volatility,
        gamma=p["risk_aversion"],
        nodes=NODES_SIMULATED,
    )
    worth = vest.fraction * sure / exposed
    if grant.private:
        worth = worth * firm_survival(p["firm_survival_5y"], sold) * np.exp(-rate * (sold - vest.when))
    return worth


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
