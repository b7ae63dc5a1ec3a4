"""From an offer and a person to what the valuation computes with; what was not said is noted on the way.

This is the only place where a default stands in for a fact of the contract, and it lists each one with the question
that would replace it. Every family that reads a contract starts here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from tokenworth.answers import Overrides
from tokenworth.assumptions import Assumptions
from tokenworth.budgets import BudgetUse
from tokenworth.context import Context
from tokenworth.denominations import Denominated, denominate
from tokenworth.equity import (
    EQUITY_ASKS,
    REFRESH_VESTING,
    equity_notes,
    equity_unsaid,
    option_terms_of,
    share_terms_of,
    vests_of,
)
from tokenworth.money import Money
from tokenworth.own_use import informed, notes_on_use
from tokenworth.reading import HORIZON_YEARS, Dollars
from tokenworth.taxation import taxes_for, unsaid_about_taxes
from tokenworth.terms import Offer, Person, TokenGrant
from tokenworth.valuation.grants import Denomination, Imputed, TokenTerms
from tokenworth.valuation.pay import PayTerms, TaxYears
from tokenworth.valuation.payroll import Contribution
from tokenworth.work import UNWATCHED, Work

__all__ = [
    "HORIZON_YEARS",
    "REFRESH_VESTING",
    "Case",
    "build_case",
    "question_for",
    "share_terms_of",
    "vests_of",
]

HOURS_PER_YEAR: Final = 2080
# What is left of the worth for each stated freedom of choice; unsaid, the assumption's whole range applies.
CHOICE_QUALITY: Final = {"any": 1.0, "one_provider": 0.9, "one_model": 0.7}
IMPUTED: Final[dict[str, Imputed]] = {"no": "none", "personal_use": "personal_use", "face": "face"}

ASKS: Final = {
    "offer.tokens.unused": "What happens to tokens you do not use?",
    "offer.tokens.on_leaving": "What happens to unspent tokens when you leave?",
    "offer.tokens.taxed": "Will the tokens be taxed as income, and at what value?",
    "offer.tokens.years": "For how many years is the token grant promised?",
    "offer.sign_on.clawback_months": "For how long can the sign-on be claimed back?",
    "person.filing": "Do you file taxes alone or jointly?",
    "person.state": "In which state would you be taxed?",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One offer, ready to be valued.

    Attributes:
        assumptions: with what the request states in place of the defaults.
        unsaid: fields of the contract that were not said, each with what is taken in its place.
        employer_taxes: what the employer pays on top of wages in each year; None where that is not known.
        tax: which taxes are in the numbers; `tax_source` says whose tables.
        work: checked between blocks of draws.
        notes: what a reader must know, in plain words; `token_notes` of them are about the price of the tokens.
    """

    label: str
    offer: Offer
    person: Person
    terms: PayTerms
    taxes: TaxYears
    employer_taxes: tuple[tuple[Contribution, ...], ...] | None
    tax: str
    tax_source: str
    assumptions: Assumptions
    unsaid: Mapping[str, str]
    notes: tuple[str, ...]
    token_notes: tuple[str, ...] = ()
    work: Work = UNWATCHED

    @property
    def hours_per_year(self) -> float:
        """Hours the offer asks for."""
        return HOURS_PER_YEAR * float(self.offer.fte or 1)

    def usd(self, amount: Money | None) -> float:
        """An amount of the offer in USD; nothing where there is none."""
        return Dollars(self.offer)(amount)

    def with_terms(self, terms: PayTerms) -> Case:
        """The same case under other terms."""
        return replace(self, terms=terms)


def build_case(
    offer: Offer,
    person: Person,
    overrides: Overrides,
    context: Context,
    *,
    label: str,
    months_served: int = 0,
    use: BudgetUse | None = None,
) -> Case:
    """Turn an offer into terms in USD, taxes and assumptions.

    Args:
        months_served: how long ago the job started; 0 for an offer.
        use: what the person really used, in place of a guess.

    Raises:
        InvalidInputError: no tax table or marginal rate for this person, or an unknown override.
        NotPricedError: tokens of something whose price nobody said.
    """
    unsaid: dict[str, str] = {}
    usd = Dollars(offer)
    denominated = denominate(offer, context, months_served)
    terms = _pay_terms(offer, usd, denominated, unsaid)
    measured = context.assumptions.with_measured(denominated.measured)
    assumptions = informed(measured, use, context.clock()).with_said(_said(offer, person, terms.base[0]))
    if overrides:
        assumptions = assumptions.replaced(overrides, field="overrides", origin="override")
    taxed = taxes_for(offer, person, assumptions)
    unsaid |= unsaid_about_taxes(person)
    seen = notes_on_use(use, assumptions) if terms.tokens is not None else ()
    notes = (*seen, *taxed.notes, *equity_notes(offer), *denominated.notes)
    if offer.fx is not None:
        notes = (*notes, f"amounts converted at {offer.fx.number:f} USD per {offer.currency}")
    return Case(
        label=label,
        offer=offer,
        person=person,
        terms=terms,
        taxes=taxed.years,
        employer_taxes=taxed.employer,
        tax=taxed.name,
        tax_source=taxed.source,
        assumptions=assumptions,
        unsaid=unsaid,
        notes=notes,
        token_notes=denominated.notes,
        work=context.work,
    )


def question_for(field: str) -> str:
    """What to ask about a term that the contract left unsaid."""
    return ASKS.get(field) or EQUITY_ASKS[field.rpartition(".")[2]]


def _pay_terms(offer: Offer, usd: Dollars, denominated: Denominated, unsaid: dict[str, str]) -> PayTerms:
    base = usd(offer.base)
    unsaid |= equity_unsaid(offer)
    bonus = offer.bonus
    share = float(bonus.target_share) if bonus is not None and bonus.target_share is not None else 0.0
    target = usd(bonus.target) if bonus is not None and bonus.target is not None else base * share
    sign_on = offer.sign_on
    if sign_on is not None and "clawback_months" not in sign_on.model_fields_set:
        unsaid["offer.sign_on.clawback_months"] = "no clawback"
    return PayTerms(
        base=(base,) * HORIZON_YEARS,
        bonus_target=(target,) * HORIZON_YEARS,
        bonus_guaranteed=bonus is not None and bonus.guaranteed,
        sign_on=usd(sign_on.amount) if sign_on is not None else 0.0,
        clawback_years=sign_on.clawback_months / 12.0 if sign_on is not None else 0.0,
        clawback_pro_rata=sign_on is None or sign_on.clawback == "pro_rata",
        other=(usd(offer.other_annual),) * HORIZON_YEARS,
        shares=share_terms_of(offer),
        options=option_terms_of(offer),
        tokens=None if offer.tokens is None else _token_terms(offer.tokens, base, usd, denominated, unsaid),
        contractor=offer.employment == "contractor",
    )


def _token_terms(
    grant: TokenGrant, base: float, usd: Dollars, denominated: Denominated, unsaid: dict[str, str]
) -> TokenTerms | None:
    """The grant as the valuation takes it; None where it grants nothing."""
    budget, once, monthly = _budget(grant, base, usd, denominated)
    years = 1 if once else min(grant.years or HORIZON_YEARS, HORIZON_YEARS)
    lasts = denominated.lasts_years
    # A lump may be used up before the end; of what comes by the year, what would come later never does.
    usable = [float(lasts > 0.0) if once else min(max(lasts - year, 0.0), 1.0) for year in range(years)]
    lasting = [budget * share for share in usable] + [0.0] * (HORIZON_YEARS - years)
    if not any(lasting):
        return None
    for name, taken in _grant_defaults(grant, once=once).items():
        unsaid[f"offer.tokens.{name}"] = taken
    unused = grant.unused or ("rolls_over" if once else "expires")
    kept = {"portable": float("inf"), "kept": float(grant.kept_months or 0)}
    denomination: Denomination = grant.of or "usd"
    return TokenTerms(
        budget_usd=tuple(lasting),
        periods_per_year=12 if monthly else 1,
        carries=unused == "rolls_over",
        carry_cap_usd=usd(grant.rollover_cap) if grant.rollover_cap is not None else float("inf"),
        cash_out=float(grant.cash_out_share) if grant.cash_out_share is not None else 0.0,
        denomination=denomination,
        usd_per_million=denominated.usd_per_million,
        lasts_years=lasts,
        kept_months=kept.get(grant.on_leaving or "lost", 0.0),
        imputed=IMPUTED[grant.taxed or "personal_use"],
        grossed_up=grant.tax_paid_by_employer,
        prepaid=grant.prepaid,
    )


def _grant_defaults(grant: TokenGrant, *, once: bool) -> dict[str, str]:
    """Terms of the grant that were not said, and what is taken in their place."""
    taken = {
        "unused": "rolls over until used" if once else "expires at the end of each period",
        "on_leaving": "lost",
        "taxed": "personal use is taxed, work use is not",
    }
    if not once:
        taken["years"] = f"every year of {HORIZON_YEARS}"
    return {name: text for name, text in taken.items() if getattr(grant, name) is None}


def _budget(grant: TokenGrant, base: float, usd: Dollars, denominated: Denominated) -> tuple[float, bool, bool]:
    """The grant in USD a year (or once), whether it comes once, and whether monthly."""
    once = grant.total is not None or grant.tokens_total is not None
    monthly = grant.per_month is not None or grant.tokens_per_month is not None
    times = 12.0 if monthly else 1.0
    if grant.counted is not None:
        return grant.counted * times * denominated.usd_per_million / 1e6, once, monthly
    if grant.share_of_base is not None:
        return base * float(grant.share_of_base), once, monthly
    amount = next(a for a in (grant.per_year, grant.per_month, grant.total) if a is not None)
    return usd(amount) * times, once, monthly


def _said(offer: Offer, person: Person, base: float) -> dict[str, float]:
    """Facts in the request that stand in place of assumptions, by assumption name."""
    facts: dict[str, float] = {}
    amounts: dict[str, Money | None] = {
        "demand_usd_year": person.token_use_per_year,
        "own_spend_usd_year": person.own_token_spend_per_year,
        "work_tools_usd_year": person.work_tools_per_year,
    }
    facts |= {name: float(amount.number) for name, amount in amounts.items() if amount is not None}
    if person.funded_anyway is not None:
        facts["funded_anyway"] = float(person.funded_anyway)
    if person.outside_wealth is not None:
        facts["outside_wealth_multiple"] = float(person.outside_wealth.number) / max(base, 1000.0)
    grant = offer.tokens
    if grant is not None:
        if grant.personal_share is not None:
            facts["personal_share"] = float(grant.personal_share)
        if grant.models is not None:
            facts["choice_quality"] = CHOICE_QUALITY[grant.models]
    return facts
