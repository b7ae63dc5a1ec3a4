"""From a person's position to what the cost of leaving is computed from; what was not said is noted on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from tokenworth.answers import Overrides
from tokenworth.assumptions import Assumptions
from tokenworth.budgets import BudgetUse
from tokenworth.cases import HORIZON_YEARS, REFRESH_VESTING, Case, build_case, vests_of
from tokenworth.context import Context
from tokenworth.equity import fair_share, shares_usd
from tokenworth.lockin.models import CURVE_MONTHS, Position
from tokenworth.own_use import notes_on_use
from tokenworth.reading import Dollars
from tokenworth.terms import Offer, Person
from tokenworth.valuation.grants import TokenTerms

__all__ = ["Claim", "Holding", "Leaving", "OptionTerms", "TokensHeld", "Work", "build_leaving", "holdings_of"]

WINDOW_MONTHS: Final = 3
# A vest of less is none.
CENT: Final = 0.01
Blocked = Literal["account", "ip", "format"]


@dataclass(frozen=True, slots=True)
class Holding:
    """Unvested shares of one kind: USD at today's price that vest at the end of months 1, 2, ... from now."""

    vests_usd: tuple[float, ...]
    private: bool

    @property
    def value_usd(self) -> float:
        """All of it."""
        return sum(self.vests_usd)

    @property
    def mean_years(self) -> float:
        """Mean time to vest, weighted by value."""
        weighted = sum(month * usd for month, usd in enumerate(self.vests_usd, start=1))
        return weighted / self.value_usd / 12.0


@dataclass(frozen=True, slots=True)
class Claim:
    """Something paid that can be claimed back for `months`, of which `served` have passed."""

    what: str
    amount_usd: float
    months: int
    served: int
    pro_rata: bool


@dataclass(frozen=True, slots=True)
class OptionTerms:
    """Vested options, USD: spread, cash to exercise and tax that exercising brings forward."""

    value_usd: float
    strike_usd: float
    tax_usd: float
    window_months: int
    listed: bool


@dataclass(frozen=True, slots=True)
class Work:
    """Hours of work that stay behind, by what holds them; portability None where nobody said it."""

    what: str
    hours: float
    portability: float | None
    held_by: Blocked


@dataclass(frozen=True, slots=True)
class TokensHeld:
    """The grant from now on.

    Attributes:
        budget_by_month: granted at the start of months 1 to 48 from now, USD at today's price.
        past_budget: the same for the months served, the latest last; empty when the balance is known.
        year_budget: granted in the present year, which bounds a year's use.
        unspent_usd: balance today; None to run it from the contract's start.
    """

    terms: TokenTerms
    budget_by_month: tuple[float, ...]
    past_budget: tuple[float, ...]
    year_budget: float
    unspent_usd: float | None


@dataclass(frozen=True, slots=True)
class Leaving:
    """A person who may leave.

    Attributes:
        other_tokens_usd: AI use a year that the new job pays for.
        gap_months: months of paying for it oneself; None to draw them.
        same_tools: whether the new job uses the same AI tools, so that there is nothing to learn anew.
        notes: what a reader must know, in plain words.
    """

    case: Case
    served: int
    leave_in: int
    holdings: tuple[Holding, ...]
    claims: tuple[Claim, ...]
    options: OptionTerms | None
    tokens: TokensHeld | None
    built: tuple[Work, ...]
    other_tokens_usd: float = 0.0
    gap_months: float | None = None
    same_tools: bool = False
    notes: tuple[str, ...] = ()

    @property
    def annual_cash_usd(self) -> float:
        """Base and target bonus."""
        return self.case.terms.base[0] + self.case.terms.bonus_target[0]

    @property
    def hourly_usd(self) -> float:
        """Base and target bonus by the hour."""
        return self.annual_cash_usd / self.case.hours_per_year


def build_leaving(
    position: Position, person: Person, overrides: Overrides, context: Context, use: BudgetUse | None
) -> Leaving:
    """Read a position.

    Args:
        use: what the person really used, in place of a guess.

    Raises:
        InvalidInputError: no tax table or marginal rate for this person, or an unknown override.
        NotPricedError: tokens of something whose price nobody said.
    """
    served = position.months_served or 0
    label = position.contract.label or "contract"
    case = build_case(position.contract, person, {}, context, label=label, months_served=served, use=use)
    case = replace(
        case,
        assumptions=_informed(case.assumptions, position, overrides),
        unsaid={**_renamed(case.unsaid), **_unsaid(position, case)},
    )
    other = position.other_offer
    return Leaving(
        case=case,
        served=served,
        leave_in=position.leave_in_months,
        holdings=holdings_of(case, position, position.contract, served),
        claims=_claims(case, position, served),
        options=_options(case, position),
        tokens=_tokens(case, position, served),
        built=_built(position),
        other_tokens_usd=case.usd(other.tokens_per_year) if other is not None else 0.0,
        gap_months=other.gap_months if other is not None else None,
        same_tools=other is not None and other.same_tools is True,
        notes=(*_notes(position), *notes_on_use(use, case.assumptions), *case.token_notes),
    )


def holdings_of(case: Case, position: Position, contract: Offer, served: int) -> tuple[Holding, ...]:
    """What has been granted and has not vested, month by month from now; as stated, else by the contract's schedules.

    Refreshers count from the day they are granted: what an employer may grant later is not lost today.
    """
    vests: dict[bool, dict[int, float]] = {}
    if position.vesting_left is not None:
        for left in position.vesting_left:
            _add(vests, left.kind == "private_shares", left.in_months, case.usd(left.value))
    else:
        for grant in contract.equity:
            private, value = grant.is_private, shares_usd(grant, Dollars(contract))
            for vest in vests_of(grant.vesting):
                _add(vests, private, vest.month - served, value * vest.fraction)
            refresh = case.usd(grant.refresh_per_year) * fair_share(grant)
            for start in range(12, served + 1, 12):
                for vest in vests_of(REFRESH_VESTING):
                    _add(vests, private, start + vest.month - served, refresh * vest.fraction)
    return tuple(
        Holding(tuple(by_month.get(month, 0.0) for month in range(1, max(by_month) + 1)), private)
        for private, by_month in vests.items()
    )


def _add(vests: dict[bool, dict[int, float]], private: bool, month: int, usd: float) -> None:
    if month >= 1 and usd >= CENT:
        by_month = vests.setdefault(private, {})
        by_month[month] = by_month.get(month, 0.0) + usd


def _claims(case: Case, position: Position, served: int) -> tuple[Claim, ...]:
    claims: list[Claim] = []
    sign_on = position.contract.sign_on
    if sign_on is not None and sign_on.clawback_months > 0:
        pro_rata = sign_on.clawback == "pro_rata"
        claims.append(Claim("sign-on", case.usd(sign_on.amount), sign_on.clawback_months, served, pro_rata))
    for clawback in position.clawbacks:
        since = served if clawback.paid_months_ago is None else clawback.paid_months_ago
        what = CLAWED[clawback.what]
        claims.append(Claim(what, case.usd(clawback.amount), clawback.months, since, clawback.terms == "pro_rata"))
    return tuple(claims)


def _options(case: Case, position: Position) -> OptionTerms | None:
    said = position.options
    if said is None:
        return None
    return OptionTerms(
        value_usd=case.usd(said.value),
        strike_usd=case.usd(said.strike_cost),
        tax_usd=case.usd(said.tax_on_exercise),
        window_months=WINDOW_MONTHS if said.window_months is None else said.window_months,
        listed=said.listed,
    )


def _tokens(case: Case, position: Position, served: int) -> TokensHeld | None:
    terms = case.terms.tokens
    if terms is None:
        return None
    coming = tuple(_budget(case, served + month) for month in range(CURVE_MONTHS))
    past = tuple(_budget(case, month) for month in range(served))
    unspent = None if position.unspent_tokens is None else case.usd(position.unspent_tokens)
    year = sum(_budget(case, month) for month in range(served // 12 * 12, served // 12 * 12 + 12))
    terms = replace(terms, lasts_years=max(terms.lasts_years - served / 12.0, 0.0))
    return TokensHeld(terms, coming, () if unspent is not None else past, year, unspent)


def _budget(case: Case, month: int) -> float:
    """Granted at the start of a month of the job: a twelfth each month, or a year's (or all) at the year's start."""
    terms, grant = case.terms.tokens, case.offer.tokens
    if terms is None or grant is None:
        return 0.0
    year = month // 12
    # Beyond the horizon that offers are valued over, a grant goes on unless it came once or for fewer years.
    once = grant.total is not None or grant.tokens_total is not None
    lasts = not once and (grant.years is None or year < grant.years)
    lasts = lasts and month < 12.0 * terms.lasts_years
    budget = terms.budget_usd[year] if year < HORIZON_YEARS else terms.budget_usd[0] * lasts
    if terms.periods_per_year == 12:
        return budget / 12.0
    return budget if month % 12 == 0 else 0.0


def _built(position: Position) -> tuple[Work, ...]:
    own = position.account == "own"
    return tuple(
        Work(
            what=artefact.what,
            hours=artefact.count * artefact.hours_each,
            portability=None if artefact.portability is None else float(artefact.portability),
            # In one's own account nothing is out of reach: what still stays behind does so by right.
            held_by=artefact.held_by or ("ip" if own else "account"),
        )
        for artefact in position.built or []
    )


def _informed(assumptions: Assumptions, position: Position, overrides: Overrides) -> Assumptions:
    """What the position states, then the caller's overrides."""
    other = position.other_offer
    if other is not None and other.gap_months is not None:
        assumptions = assumptions.with_said({"compute_gap_months": other.gap_months})
    if overrides:
        assumptions = assumptions.replaced(overrides, field="overrides", origin="override")
    return assumptions


def _renamed(unsaid: Mapping[str, str]) -> dict[str, str]:
    """Fields of the contract as the caller of this tool writes them; terms that bear on no one who leaves go."""
    kept = {name: taken for name, taken in unsaid.items() if name not in BEARS_ON_NOTHING}
    return {name.replace("offer.", CONTRACT, 1): taken for name, taken in kept.items()}


def _unsaid(position: Position, case: Case) -> dict[str, str]:
    found: dict[str, str] = {}
    tokens = case.terms.tokens
    if position.months_served is None:
        found["position.months_served"] = "0, not started yet"
    if tokens is not None and tokens.carries and position.unspent_tokens is None:
        found["position.unspent_tokens"] = "run from the contract's start at today's use"
    if position.built is None and tokens is not None:
        found["position.built"] = "nothing that stays behind"
    if position.options is not None and position.options.window_months is None:
        found["position.options.window_months"] = f"{WINDOW_MONTHS} months"
    return found


def _notes(position: Position) -> list[str]:
    notes: list[str] = []
    tokens = position.contract.tokens
    expiring = tokens is not None and (tokens.unused == "expires" or (tokens.unused is None and not _once(position)))
    if expiring:
        notes.append("the token budget expires unless used: an unspent budget is no handcuff, nothing has accrued")
    if position.contract.fx is not None:
        notes.append(f"amounts converted at {position.contract.fx.number:f} USD per {position.contract.currency}")
    if any(grant.refresh_per_year is not None for grant in position.contract.equity):
        notes.append("refreshers count once granted; later ones are left out")
    if any(grant.is_option for grant in position.contract.equity):
        notes.append("the contract's options are not counted; send what is vested of them as position.options")
    if position.options is not None and not position.options.listed and position.options.tax_on_exercise is None:
        notes.append("no tax on exercising was given, so none is counted; incentive options may owe AMT")
    return notes


def _once(position: Position) -> bool:
    tokens = position.contract.tokens
    return tokens is not None and (tokens.total is not None or tokens.tokens_total is not None)


CONTRACT: Final = "position.contract."
BEARS_ON_NOTHING: Final = ("offer.tokens.years", "offer.tokens.taxed")
CLAWED: Final = {"sign_on": "sign-on", "relocation": "relocation", "tuition": "tuition", "other": "clawback"}
