"""The same offer under one changed term: what to negotiate, and what an unsaid term may hide."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from tokenworth.cases import HORIZON_YEARS, Case
from tokenworth.equity import equity_readings, option_terms_of, share_terms_of
from tokenworth.money import dollars
from tokenworth.offers.simulate import Run, token_shocks, total_level
from tokenworth.taxation import taxes_for
from tokenworth.terms import EquityGrant, Vesting
from tokenworth.valuation.arrays import Array
from tokenworth.valuation.draws import Sampler
from tokenworth.valuation.grants import TokenTerms
from tokenworth.valuation.pay import PayTerms

__all__ = ["Scenario", "improvements", "unsaid_alternatives", "value_scenario"]

HALF: Final = np.array([0.5])
EVEN_MONTHLY: Final = Vesting(months=48, cliff_months=0, every_months=1)
LONG_WINDOW_YEARS: Final = 10.0
YEARLY_CLIFFS: Final = Vesting(months=48, cliff_months=12, every_months=12)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One changed term.

    Attributes:
        text: what to ask for, or what the contract may turn out to say.
        terms: the terms with the change, or None to keep them.
        parameters: parameters with the change, computed from the draws.
        case: another case (another tax), or None to keep it.
    """

    text: str
    terms: PayTerms | None = None
    parameters: Callable[[Mapping[str, Array]], dict[str, Array]] | None = None
    case: Case | None = None


def value_scenario(case: Case, run: Run, scenario: Scenario, sampler: Sampler) -> Array:
    """Total level salary under the scenario, on the run's own draws."""
    terms = scenario.terms or case.terms
    p = {**run.p, **scenario.parameters(run.p)} if scenario.parameters else run.p
    same_periods = terms.tokens is None or (
        case.terms.tokens is not None and terms.tokens.periods_per_year == case.terms.tokens.periods_per_year
    )
    shocks = run.shocks if same_periods else token_shocks(terms, sampler)
    same_equity = (terms.shares, terms.options, terms.base) == (case.terms.shares, case.terms.options, case.terms.base)
    held = {"shares": terms.shares, "options": terms.options}
    valued = any(held.values()) and all(name in run.level for name, grants in held.items() if grants)
    known = run.pay if same_equity and valued and not terms.contractor else None
    return total_level(scenario.case or case, p, shocks, terms=terms, known=known)


def improvements(case: Case, run: Run) -> Iterator[Scenario]:
    """Terms worth asking for that this offer does not have yet."""
    terms = case.terms
    if terms.tokens is not None:
        yield from _token_improvements(terms, terms.tokens, run)
    if terms.sign_on > 0.0 and terms.clawback_years > 0.0:
        yield Scenario("a sign-on without clawback", replace(terms, clawback_years=0.0))
    if any(terms.bonus_target) and not terms.bonus_guaranteed:
        yield Scenario("a guaranteed bonus", replace(terms, bonus_guaranteed=True))
    if terms.shares or terms.options:
        yield Scenario("monthly vesting without a cliff", _revested(case, EVEN_MONTHLY))
    if any(grant.window_years < LONG_WINDOW_YEARS for grant in terms.options):
        longer = tuple(replace(grant, window_years=LONG_WINDOW_YEARS) for grant in terms.options)
        yield Scenario("ten years to exercise options after leaving", replace(terms, options=longer))


def unsaid_alternatives(case: Case) -> dict[str, list[Scenario]]:
    """For each unsaid term, what the contract may turn out to say instead."""
    found: dict[str, list[Scenario]] = {}
    for name in case.unsaid:
        if alternatives := list(_alternatives(case, name)):
            found[name] = alternatives
    return found


def _token_improvements(terms: PayTerms, tokens: TokenTerms, run: Run) -> Iterator[Scenario]:
    def with_tokens(**changes: Any) -> PayTerms:  # noqa: ANN401 - fields of TokenTerms, each of its own type
        return replace(terms, tokens=replace(tokens, **changes))

    if float(run.p["personal_share"].mean()) < 0.5:
        yield Scenario(
            "the right to use half of the tokens for yourself",
            parameters=lambda p: {"personal_share": np.maximum(p["personal_share"], HALF)},
        )
    if not tokens.carries and tokens.cash_out == 0.0:
        yield Scenario("unused tokens that roll over", with_tokens(carries=True))
    if tokens.cash_out < 0.5:
        yield Scenario("cash for half the face of unused tokens", with_tokens(cash_out=0.5, carries=False))
    if not (tokens.carries and tokens.kept_months > 12.0):
        kept = with_tokens(carries=True, kept_months=float("inf"), cash_out=0.0)
        yield Scenario("unused tokens that roll over and stay yours when you leave", kept)
    if float(run.p["choice_quality"].mean()) < 1.0:
        yield Scenario("any model from any provider", parameters=lambda _: {"choice_quality": np.ones(1)})
    if float(run.p["cut_hazard"].mean()) > 0.0:
        yield Scenario("the grant fixed in the contract", parameters=lambda _: {"cut_hazard": np.zeros(1)})
    if tokens.imputed != "none" and not tokens.grossed_up:
        yield Scenario("the employer paying the tax on the tokens", with_tokens(grossed_up=True))
    cost = float(np.mean([year.cost.mean() for year in run.pay.tokens]))
    swapped = replace(terms, tokens=None, base=tuple(amount + cost for amount in terms.base))
    yield Scenario(f"their cost to the employer, about {dollars(cost)} a year, as salary instead of tokens", swapped)


def _alternatives(case: Case, name: str) -> Iterator[Scenario]:
    terms = case.terms
    tokens = terms.tokens
    if tokens is not None and name.startswith("offer.tokens."):
        for text, changes in TOKEN_ALTERNATIVES.get(name.removeprefix("offer.tokens."), {}).items():
            yield Scenario(text, replace(terms, tokens=replace(tokens, **changes)))
        if name == "offer.tokens.years":
            first_year_only = (tokens.budget_usd[0], *[0.0] * (HORIZON_YEARS - 1))
            yield Scenario("the first year only", replace(terms, tokens=replace(tokens, budget_usd=first_year_only)))
    elif name == "offer.sign_on.clawback_months":
        yield Scenario("two years, pro rata", replace(terms, clawback_years=2.0, clawback_pro_rata=True))
    elif name.endswith(".vesting"):
        yield Scenario("monthly without a cliff", _revested(case, EVEN_MONTHLY))
        yield Scenario("once a year", _revested(case, YEARLY_CLIFFS))
    elif name.startswith("offer.equity."):
        index, _, term = name.removeprefix("offer.equity.").partition(".")
        for reading in equity_readings(case.offer.equity[int(index)], term):
            yield Scenario("another reading", _with_equity(case, {int(index): reading}))
    elif name == "person.filing":
        yield Scenario("married, jointly", case=_taxed(case, filing="mfj"))
    elif name == "person.state":
        yield Scenario("California", case=_taxed(case, state="CA"))


TOKEN_ALTERNATIVES: Final[dict[str, dict[str, dict[str, Any]]]] = {
    "unused": {"rolls over": {"carries": True}, "expires": {"carries": False}},
    "on_leaving": {"portable": {"kept_months": float("inf")}},
    "taxed": {"not at all": {"imputed": "none"}, "at face": {"imputed": "face"}},
}


def _revested(case: Case, vesting: Vesting) -> PayTerms:
    grants = enumerate(case.offer.equity)
    return _with_equity(case, {i: grant.model_copy(update={"vesting": vesting}) for i, grant in grants})


def _with_equity(case: Case, changed: Mapping[int, EquityGrant]) -> PayTerms:
    """The terms with some grants read otherwise."""
    equity = [changed.get(index, grant) for index, grant in enumerate(case.offer.equity)]
    offer = case.offer.model_copy(update={"equity": equity})
    return replace(case.terms, shares=share_terms_of(offer), options=option_terms_of(offer))


def _taxed(case: Case, **facts: str) -> Case:
    taxed = taxes_for(case.offer, case.person.model_copy(update=facts), case.assumptions)
    return replace(case, taxes=taxed.years)
