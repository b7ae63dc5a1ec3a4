"""A token grant, year by year and draw by draw: from what is advertised to what it is worth to the one who gets it.

Steps 1 to 5 of the model, before tax: use, rights, willingness to pay, pocket spared and cash-out, quality and
revocation. Arrays hold draws on the last axis; leading axes are scenarios or on/off factors and broadcast.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from tokenworth.valuation.arrays import Array, Numeric, as_array
from tokenworth.valuation.price_paths import average_price_ratio
from tokenworth.valuation.usage import YearOfUse, annual_log_sd, demand_swing, use_with_carry, use_within_budget
from tokenworth.valuation.willingness import willingness_to_pay

__all__ = [
    "ALL_ON",
    "PRICE_CHANGE",
    "RETIREMENT_HAZARD",
    "Factors",
    "TokenTerms",
    "TokenYear",
    "own_worth",
    "token_share",
    "token_years",
]

Denomination = Literal["usd", "model", "flagship", "capability"]
Imputed = Literal["none", "personal_use", "face"]

# Tokens kept for longer than this are used up first.
KEPT_MONTHS_MAX: Final = 120.0
PRICE_CHANGE: Final[dict[Denomination, str]] = {
    "model": "price_change_model",
    "flagship": "price_change_flagship",
    "capability": "price_change_capability",
}
RETIREMENT_HAZARD: Final = "model_retirement_hazard"


@dataclass(frozen=True, slots=True)
class TokenTerms:
    """What the contract says about the tokens, in USD and numbers.

    Attributes:
        budget_usd: granted in each year, at today's price of what the grant is counted in.
        periods_per_year: 12 when the budget comes by the month, 1 when by the year or at once.
        carries: whether what is left rolls over.
        carry_cap_usd: the most that may roll over, infinite if the contract names none.
        cash_out: share of face paid out for tokens not used; 0 for none.
        denomination: what the grant is counted in.
        usd_per_million: today's price of that, USD per million tokens; matters for the price floor only.
        lasts_years: when what the grant is counted in is withdrawn, after which nothing of it can be used.
        kept_months: how long what has rolled over may be used after leaving; 0 lost, infinite portable.
        imputed: what the employer taxes the grant as.
        grossed_up: whether the employer pays that tax.
        prepaid: whether the employer pays for the budget rather than for use.
    """

    budget_usd: tuple[float, ...]
    periods_per_year: Literal[1, 12] = 1
    carries: bool = False
    carry_cap_usd: float = float("inf")
    cash_out: float = 0.0
    denomination: Denomination = "usd"
    usd_per_million: float = 1.0
    lasts_years: float = float("inf")
    kept_months: float = 0.0
    imputed: Imputed = "personal_use"
    grossed_up: bool = False
    prepaid: bool = False


@dataclass(frozen=True, slots=True)
class Factors:
    """How far each step between face and value applies: 1 as modelled, 0 not at all; arrays for coalitions."""

    unused: Numeric = 1.0
    work_only: Numeric = 1.0
    would_not_buy: Numeric = 1.0
    quality: Numeric = 1.0
    tax: Numeric = 1.0
    bonus: Numeric = 1.0
    shares: Numeric = 1.0
    timing: Numeric = 1.0


ALL_ON: Final = Factors()


@dataclass(frozen=True, slots=True)
class TokenYear:
    """One year of a grant, USD of that year, before tax.

    Attributes:
        face: what is advertised for the year at that year's prices.
        used: what is used of it.
        personal: what of that is the person's own.
        worth: what the person would pay for it: personal use, cash-out and pocket spared, quality and cuts applied.
        imputed: the income it is taxed as.
        cost: what the employer's provider bills for it.
    """

    face: Array
    used: Array
    personal: Array
    worth: Array
    imputed: Array
    cost: Array


def token_share(other_pay: float, tokens: float) -> float:
    """The tokens' share of the whole package at face; 0 where nothing is paid."""
    total = other_pay + tokens
    return tokens / total if total > 0.0 else 0.0


def token_years(
    terms: TokenTerms,
    p: Mapping[str, Array],
    shocks: Sequence[Array],
    factors: Factors = ALL_ON,
    *,
    deductible_tools: bool = False,
) -> list[TokenYear]:
    """Each year of the grant.

    Args:
        terms: the contract.
        p: draws of the parameters, by name.
        shocks: standard normals of the person's swings: one array a month, the same twelve each year, when the
            budget comes by the month, else one array a year. Each year's distribution is exact either way; only
            how years move together depends on it.
        factors: which steps apply.
        deductible_tools: the person deducts work tools (a contractor), so sparing them adds to income.
    """
    years: list[TokenYear] = []
    carried: Array = np.zeros(())
    price_before: Array = np.ones(())
    swings = _swings(terms, p, shocks, factors)
    for year, budget in enumerate(terms.budget_usd):
        price = _price_index(terms, p, year, factors)
        usable = np.clip(terms.lasts_years - year, 0.0, 1.0)
        wanted = usable * p["demand_usd_year"] * (1.0 + p["demand_growth"]) ** year / terms.periods_per_year
        demand = wanted * (swings if terms.periods_per_year == 12 else swings[year : year + 1])
        granted = budget * price / terms.periods_per_year
        if terms.carries:
            use = use_with_carry(demand, granted, carried * price / price_before, terms.carry_cap_usd)
        else:
            use = use_within_budget(demand, granted)
        carried, price_before = use.left, price
        years.append(_worth(terms, p, factors, year, budget * price, use, deductible_tools=deductible_tools))
    return years


def _swings(terms: TokenTerms, p: Mapping[str, Array], shocks: Sequence[Array], factors: Factors) -> Array:
    """Demand over its level: periods on a new first axis, before any axis of scenarios or factors."""
    sd = p["demand_sigma_month"] if terms.periods_per_year == 12 else annual_log_sd(p["demand_sigma_month"])
    rank = max(as_array(value).ndim for value in (sd, p["demand_usd_year"], p["demand_growth"], factors.quality))
    stacked = np.stack(shocks).reshape((len(shocks),) + (1,) * (max(rank, 1) - 1) + (-1,))
    return demand_swing(sd, stacked)


def _price_index(terms: TokenTerms, p: Mapping[str, Array], year: int, factors: Factors) -> Array:
    """That year's price over today's."""
    if terms.denomination == "usd":
        return np.ones(())
    ratio = average_price_ratio(p[PRICE_CHANGE[terms.denomination]], year, year + 1)
    if terms.denomination == "capability":
        ratio = np.maximum(ratio, np.minimum(p["price_floor_capability"] / terms.usd_per_million, 1.0))
    return 1.0 + factors.quality * (ratio - 1.0)


def _worth(
    terms: TokenTerms,
    p: Mapping[str, Array],
    factors: Factors,
    year: int,
    face: Array,
    use: YearOfUse,
    *,
    deductible_tools: bool,
) -> TokenYear:
    """Steps 2 to 5 for one year: each period's worth by itself, then added up."""
    periods = terms.periods_per_year
    stays = 1.0 + factors.quality * (np.exp(-p["cut_hazard"] * (year + 0.5)) - 1.0)
    share = 1.0 + factors.work_only * (p["personal_share"] - 1.0)
    own_spend = p["own_spend_usd_year"] / periods
    unused, period_face = as_array(factors.unused), face / periods
    # A period axis stays first: what it meets has its own axes, or fewer.
    by_period = use.used.reshape(
        use.used.shape[:1] + (1,) * max(unused.ndim - use.used.ndim + 1, 0) + use.used.shape[1:]
    )
    all_counts = unused.ndim == 0 and unused == 1.0
    used = by_period if all_counts else by_period + (1.0 - unused) * (period_face - by_period)
    if share.any():
        own = own_worth(p, factors, year, used * share, terms.denomination, own_spend)
    else:
        own = np.zeros((periods, 1))
    cashed: Array = np.zeros(())
    if terms.cash_out > 0.0:
        pays_out = terms.cash_out * used * share
        rest = terms.cash_out * use.lost * unused
        cashed = np.where(pays_out > own, pays_out, 0.0).sum(axis=0) + rest
        worth = np.maximum(own, pays_out).sum(axis=0) + rest
    else:
        worth = own.sum(axis=0)
    total_used = used.sum(axis=0)
    if terms.kept_months > 0.0 and terms.carries:
        worth = worth + _kept_on_leaving(terms, p, factors, year, use.left, share)
    total_personal = total_used * share
    spared = (1.0 - p["funded_anyway"]) * np.minimum(p["work_tools_usd_year"], total_used - total_personal)
    imputed = _imputed(terms, face, total_personal, cashed)
    if deductible_tools:
        imputed = imputed + spared
    billed = face if terms.prepaid else total_used
    return TokenYear(
        face=face,
        used=total_used,
        personal=total_personal,
        worth=(worth + spared) * stays,
        imputed=imputed * stays,
        cost=billed * (1.0 - p["employer_discount"]),
    )


def own_worth(
    p: Mapping[str, Array], factors: Factors, year: int, personal: Array, denomination: Denomination, own_spend: Array
) -> Array:
    """Willingness to pay for personal use, after quality and a named model's retirement; by period, USD."""
    quality = p["choice_quality"]
    if denomination == "model":
        quality = quality * np.exp(-p[RETIREMENT_HAZARD] * (year + 0.5))
    paid = willingness_to_pay(personal, own_spend, p["demand_elasticity"])
    paid = personal + factors.would_not_buy * (paid - personal)
    return paid * (1.0 + factors.quality * (quality - 1.0))


def _kept_on_leaving(
    terms: TokenTerms, p: Mapping[str, Array], factors: Factors, year: int, left: Array, share: Array
) -> Array:
    """What rolled-over tokens are worth to someone who leaves this year, times the chance of leaving.

    Nobody funds the employer's work any more, so what may be kept is personal, bounded by what the person would use.
    """
    months = min(terms.kept_months, KEPT_MONTHS_MAX)
    wanted_a_month = p["demand_usd_year"] * (1.0 + p["demand_growth"]) ** year / 12.0
    kept = np.minimum(left, wanted_a_month * months) * np.where(share > 0.0, 1.0, 0.0)
    own_spend = p["own_spend_usd_year"] / 12.0 * months
    worth = own_worth(p, factors, year, kept, terms.denomination, own_spend)
    return worth * -np.expm1(-p["separation_hazard"]) * factors.unused


def _imputed(terms: TokenTerms, face: Array, personal: Array, cashed: Array) -> Array:
    if terms.imputed == "face":
        return face
    if terms.imputed == "none":
        return cashed
    return np.maximum(personal, cashed)
