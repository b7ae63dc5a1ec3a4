"""The cost of leaving, cause by cause, month by month and draw by draw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from tokenworth.lockin.models import CURVE_MONTHS
from tokenworth.lockin.position import Holding, Leaving, OptionTerms, TokensHeld
from tokenworth.valuation.arrays import Array, as_array
from tokenworth.valuation.balances import lost_on_leaving, monthly_balances
from tokenworth.valuation.draws import Sampler
from tokenworth.valuation.grants import ALL_ON, own_worth
from tokenworth.valuation.retention import (
    artefact_loss,
    clawback_owed,
    exercise_financing,
    lapse_probability,
    ramp_loss,
    risk_fall,
    unvested_by_month,
)
from tokenworth.valuation.shares import firm_survival, outside_wealth
from tokenworth.valuation.taxes import gross_salary_equivalent
from tokenworth.valuation.usage import demand_swing, use_within_budget
from tokenworth.valuation.willingness import willingness_to_pay

__all__ = ["TOKEN_CAUSES", "Costs", "Run", "cost_of_leaving", "parameters_of", "run_leaving"]

ALWAYS: Final = (
    "discount_rate",
    "separation_hazard",
    "reskilling_ramp_months",
    "reskilling_gap",
    "reskilling_share_borne",
)
TOKENS: Final = (
    "demand_usd_year",
    "demand_sigma_month",
    "demand_growth",
    "own_spend_usd_year",
    "demand_elasticity",
    "compute_gap_months",
    "reskilling_ai_share",
    "counterfactual_compute_usd_year",
    "output_elasticity",
    "ratchet",
)
ROLLING: Final = ("personal_share", "choice_quality")
DENOMINATED: Final = {
    "usd": (),
    "model": ("price_change_model", "model_retirement_hazard"),
    "flagship": ("price_change_flagship",),
    "capability": ("price_change_capability", "price_floor_capability"),
}
SHARES: Final = ("share_drift", "risk_aversion", "outside_wealth_multiple")
PRIVATE: Final = ("volatility_private", "firm_survival_5y", "years_to_liquidity")
OPTIONS: Final = ("option_lapse_share", "exercise_financing_rate", "years_to_liquidity")
TOKEN_CAUSES: Final = ("tokens", "compute", "artefacts", "ai_skills")
MONTHS: Final = CURVE_MONTHS + 1
# Nobody waits longer for a private share to be sold.
SALE_YEARS_MAX: Final = 30.0
NOTHING: Final[Array] = np.zeros(1)
NO_CURVE: Final[Array] = np.zeros((MONTHS, 1))


@dataclass(frozen=True, slots=True)
class Costs:
    """The causes in gross-salary dollars: curves have a row a month from 0 (now), the rest are the same each month.

    Attributes:
        equity: E, unvested shares, one curve a kind of share.
        balance: what is taken back of a token balance, face; token_rate: its worth by the dollar, so that F is both.
        clawback: K, one number a month.
        options: X; compute: R; artefacts: H.
        other_skills: J but for AI tools; ai_skills: J for them.
        vesting: what vests at the end of each month, to someone who stays that day; mean, USD, one number a month.
        used: of the grant in a year at today's level, USD.
        compute_list: what the compute of the gap would cost at list price, before anyone's willingness to pay it.
    """

    equity: tuple[Array, ...]
    balance: Array
    token_rate: Array
    clawback: Array
    options: Array
    compute: Array
    artefacts: Array
    other_skills: Array
    ai_skills: Array
    vesting: Array
    used: Array
    compute_list: Array

    def by_cause(self, month: int) -> dict[str, Array]:
        """Each cause for who leaves in a month, one value a draw."""
        return {
            "equity": sum((curve[month] for curve in self.equity), NOTHING),
            "tokens": self.balance[month] * self.token_rate,
            "clawback": self.clawback[month],
            "options": self.options,
            "compute": self.compute,
            "artefacts": self.artefacts,
            "other_skills": self.other_skills,
            "ai_skills": self.ai_skills,
        }

    def at(self, month: int) -> Array:
        """All of it for who leaves in a month."""
        return sum(self.by_cause(month).values(), NOTHING)

    def curve(self) -> Iterator[Array]:
        """All of it, month after month; a month at a time stays in the processor's cache."""
        level = self.options + self.compute + self.artefacts + self.other_skills + self.ai_skills
        for month in range(MONTHS):
            shares = sum((curve[month] for curve in self.equity), NOTHING)
            yield shares + self.balance[month] * self.token_rate + self.clawback[month] + level


@dataclass(frozen=True, slots=True)
class Run:
    """A position on draws: parameters, standard normals of use by month of the year, and the costs."""

    p: Mapping[str, Array]
    shocks: list[Array]
    costs: Costs
    seed: int


def parameters_of(leaving: Leaving) -> tuple[str, ...]:
    """Names of the assumptions that this position depends on."""
    names = [*ALWAYS]
    if leaving.tokens is not None:
        names += TOKENS
        if leaving.tokens.terms.carries:
            names += [*ROLLING, *DENOMINATED[leaving.tokens.terms.denomination]]
    if leaving.holdings:
        names += SHARES
        if any(not holding.private for holding in leaving.holdings):
            names.append("volatility_listed")
        if any(holding.private for holding in leaving.holdings):
            names += PRIVATE
    if leaving.options is not None and not leaving.options.listed:
        names += OPTIONS
    if any(work.portability is None for work in leaving.built):
        names.append("artefact_portability")
    return tuple(dict.fromkeys(names))


def run_leaving(leaving: Leaving, sampler: Sampler) -> Run:
    """Draw the parameters and cost the position."""
    p = sampler.draw_all({name: leaving.case.assumptions[name].spread() for name in parameters_of(leaving)})
    shocks = [sampler.normals(f"token_use_{month}") for month in range(12)] if leaving.tokens is not None else []
    return Run(p, shocks, cost_of_leaving(leaving, p, shocks), sampler.seed)


def cost_of_leaving(
    leaving: Leaving, p: Mapping[str, Array], shocks: Sequence[Array], like: tuple[Leaving, Costs] | None = None
) -> Costs:
    """L(m) = E + F + K + X + R + H + J by cause, for the 48 months ahead.

    Args:
        like: another position on the same draws with its costs: what the two have in common is not computed again.
    """
    leaving.case.work.check()
    other, known = like if like is not None else (None, None)
    if known is not None and other is not None and leaving.tokens == other.tokens:
        used, balance, rate = known.used, known.balance, known.token_rate
    else:
        used, balance, rate = _tokens(leaving, leaving.tokens, p, shocks)
    compute, list_cost = _compute(leaving, p, used)
    if known is not None and other is not None and leaving.holdings == other.holdings:
        equity, vesting = known.equity, known.vesting
    else:
        parts = [_equity(leaving, holding, p) for holding in leaving.holdings]
        equity = tuple(worth for worth, _ in parts)
        vesting = sum((vests for _, vests in parts), np.zeros(MONTHS))
    skills = ramp_loss(
        leaving.annual_cash_usd, p["reskilling_ramp_months"], p["reskilling_gap"], p["reskilling_share_borne"]
    )
    ai_skills = skills * (p["reskilling_ai_share"] if leaving.tokens is not None else NOTHING)
    return Costs(
        equity=equity,
        balance=balance,
        token_rate=rate,
        clawback=_clawback(leaving),
        options=_options(leaving, leaving.options, p) if leaving.options is not None else NOTHING,
        compute=compute,
        artefacts=_artefacts(leaving, p),
        other_skills=skills - ai_skills,
        ai_skills=NOTHING if leaving.same_tools else ai_skills,
        vesting=vesting,
        used=used,
        compute_list=list_cost,
    )


def _tokens(
    leaving: Leaving, held: TokensHeld | None, p: Mapping[str, Array], shocks: Sequence[Array]
) -> tuple[Array, Array, Array]:
    """Use of the grant in a year, what is forfeited by month at face, and its worth by the dollar."""
    if held is None:
        return NOTHING, NO_CURVE, NOTHING
    swings = [demand_swing(p["demand_sigma_month"], shock) for shock in shocks]
    return _year_of_use(held, p, swings), *_forfeited(leaving, held, p, swings)


def _equity(leaving: Leaving, holding: Holding, p: Mapping[str, Array]) -> tuple[Array, Array]:
    """E: survival weighted, at the certainty equivalent; a private share waits for its sale after it vests.

    Beside it the mean worth of each month's vest on its day.
    """
    leaving.case.work.check()
    rate = p["discount_rate"]
    vested: Array = as_array(holding.mean_years)
    sale = np.minimum(p["years_to_liquidity"], SALE_YEARS_MAX) if holding.private else vested
    years = np.maximum(sale, vested)
    wealth = outside_wealth(leaving.case.terms.base[0], p["outside_wealth_multiple"], rate, years)
    volatility = p["volatility_private" if holding.private else "volatility_listed"]
    fall = rate + risk_fall(
        holding.value_usd, wealth, years, drift=p["share_drift"], volatility=volatility, gamma=p["risk_aversion"]
    )
    delivered: list[float | Array] = [1.0] * len(holding.vests_usd)
    if holding.private:
        fall = fall - np.log(firm_survival(p["firm_survival_5y"], 1.0))
        delivered = [
            np.exp(-fall * np.maximum(sale - month / 12.0, 0.0)) if usd > 0.0 else 0.0
            for month, usd in enumerate(holding.vests_usd, start=1)
        ]
    fall = fall + p["separation_hazard"]
    worth = unvested_by_month(holding.vests_usd, fall, delivered, horizon_months=CURVE_MONTHS)
    vesting = np.zeros(MONTHS)
    means = [usd * float(np.mean(left)) for usd, left in zip(holding.vests_usd, delivered, strict=True)]
    vesting[1 : len(means) + 1] = means[:CURVE_MONTHS]
    return worth, vesting


def _clawback(leaving: Leaving) -> Array:
    owed = [
        sum(
            clawback_owed(claim.amount_usd, claim.months, claim.served + month, pro_rata=claim.pro_rata)
            for claim in leaving.claims
        )
        for month in range(MONTHS)
    ]
    return np.array(owed, dtype=np.float64)[:, np.newaxis]


def _forfeited(leaving: Leaving, held: TokensHeld, p: Mapping[str, Array], swings: list[Array]) -> tuple[Array, Array]:
    """F: what has accrued and may roll over, less what may be kept, at its worth by the dollar of face."""
    terms = held.terms
    if not terms.carries:
        return NO_CURVE, NOTHING
    start = as_array(held.unspent_usd or 0.0)
    if held.past_budget:
        level = {**p, "demand_growth": NOTHING}
        start = monthly_balances(terms, held.past_budget, level, swings, start)[-1]
    balances = monthly_balances(terms, held.budget_by_month, p, swings, start)
    lost = lost_on_leaving(terms, balances, p)
    # One rate a draw, at the mean balance: W is concave, and a rate at each month's own balance differs little.
    typical = lost.mean(axis=0)
    personal = typical * p["personal_share"]
    worth = own_worth(p, ALL_ON, 0, personal, terms.denomination, p["own_spend_usd_year"])
    imputed = personal if terms.imputed == "personal_use" and not terms.grossed_up else NOTHING
    as_salary = np.maximum(_as_salary(leaving, worth, imputed), 0.0)
    return lost, np.asarray(as_salary / np.maximum(typical, 1e-9))


def _options(leaving: Leaving, options: OptionTerms, p: Mapping[str, Array]) -> Array:
    """X: what lapses, and what financing the exercise costs where it does not; never more than the options' worth."""
    if options.listed:
        return NOTHING
    years = p["years_to_liquidity"]
    lapse = lapse_probability(p["option_lapse_share"], options.window_months, years)
    financing = exercise_financing(options.strike_usd + options.tax_usd, p["exercise_financing_rate"], years)
    exercised = np.minimum(_as_salary(leaving, financing), options.value_usd)
    return np.asarray(lapse * options.value_usd + (1.0 - lapse) * exercised)


def _compute(leaving: Leaving, p: Mapping[str, Array], used: Array) -> tuple[Array, Array]:
    """R: the months without tokens at the lower of their price and what one would pay for them; and at list price."""
    if leaving.tokens is None:
        return NOTHING, NOTHING
    gap = p["compute_gap_months"]
    needed = np.maximum(used - leaving.other_tokens_usd, 0.0) / 12.0
    paid = willingness_to_pay(needed, p["own_spend_usd_year"] / 12.0, p["demand_elasticity"])
    return _as_salary(leaving, gap * np.minimum(needed, paid)), np.asarray(gap * needed)


def _year_of_use(held: TokensHeld, p: Mapping[str, Array], swings: list[Array]) -> Array:
    """What is used of the grant in a year at today's level, USD."""
    wanted = np.stack([p["demand_usd_year"] / 12.0 * swing for swing in swings])
    if held.terms.periods_per_year == 12:
        return as_array(use_within_budget(wanted, held.year_budget / 12.0).used.sum(axis=0))
    return as_array(np.minimum(wanted.sum(axis=0), held.year_budget))


def _artefacts(leaving: Leaving, p: Mapping[str, Array]) -> Array:
    losses = (
        artefact_loss(
            work.hours,
            p["artefact_portability"] if work.portability is None else work.portability,
            leaving.hourly_usd,
        )
        for work in leaving.built
    )
    return sum(losses, NOTHING)


def _as_salary(leaving: Leaving, worth: Array, imputed: Array = NOTHING) -> Array:
    """Dollars after tax as gross salary on top of the year's cash."""
    return gross_salary_equivalent(leaving.case.taxes.pay[0], leaving.annual_cash_usd, worth, imputed)
