"""From a programme to what the simulation computes with; what was not said is noted on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import inf, isinf
from typing import Final, Literal

import numpy as np

from tokenworth.assumptions import Assumptions
from tokenworth.assumptions.benchmarks import published_use
from tokenworth.context import Context
from tokenworth.errors import InvalidInputError
from tokenworth.money import Money, dollars
from tokenworth.programs.models import Group, PlanProgramRequest, TokenUse
from tokenworth.taxation import Taxed, taxes_for
from tokenworth.terms import Offer, Person
from tokenworth.valuation.grants import Imputed, TokenTerms
from tokenworth.valuation.lognormal_fit import Lognormal, from_amounts, from_mean_and_percentile, from_percentiles
from tokenworth.valuation.payroll import Contribution

__all__ = ["Case", "Team", "Window", "build_case"]

# Person-months drawn in one call: some four seconds of one processor.
WORK_MAX: Final = 800_000_000
DRAWS_MIN: Final = 200
IMPUTED: Final[dict[str, Imputed]] = {"no": "none", "personal_use": "personal_use", "face": "face"}
# The fewest months that say how far apart people are.
LEDGER_AMOUNTS_MIN: Final = 12


@dataclass(frozen=True, slots=True)
class Team:
    """One group in numbers.

    Attributes:
        people: in each month.
        budget_usd: of one person a period, at today's prices; infinite for none.
        mean_month_usd: one person's mean use today at list price; None if nobody said.
        log_sd: of a month's use over people; None if nobody said.
        pay_usd: a year; None if nobody said.
    """

    name: str
    people: tuple[int, ...]
    budget_usd: float
    period_months: Literal[1, 12]
    mean_month_usd: float | None
    log_sd: float | None
    pay_usd: float | None

    @property
    def budget_month_usd(self) -> float:
        """The budget of one person a month."""
        return self.budget_usd / self.period_months


@dataclass(frozen=True, slots=True)
class Window:
    """A budget for the months from `first` up to `last`, counted from 0; what is left lapses."""

    first: int
    last: int
    budget_usd: float


@dataclass(frozen=True, slots=True)
class Case:
    """A programme, ready to be run.

    Attributes:
        terms: what every grant has in common; the amount is the team's.
        payroll: what the employer pays on top of wages; None where it is not known.
        windows: what the employer has set aside; empty if nothing limits it.
        assumptions: with what the request states in place of the defaults.
        unsaid: facts that were not said, each with what is taken in its place.
    """

    teams: tuple[Team, ...]
    months: int
    windows: tuple[Window, ...]
    pooled: bool
    in_tokens: bool
    commitment_usd_year: float
    prepaid: bool
    terms: TokenTerms
    taxed: Taxed
    payroll: tuple[Contribution, ...] | None
    assumptions: Assumptions
    unsaid: Mapping[str, str]
    sources: tuple[str, ...]
    notes: tuple[str, ...]
    seed: int
    draws: int

    @property
    def people(self) -> int:
        """How many there are at the start."""
        return sum(team.people[0] for team in self.teams)

    @property
    def limited(self) -> bool:
        """Whether every person has a budget."""
        return not any(isinf(team.budget_usd) for team in self.teams)


async def build_case(request: PlanProgramRequest, context: Context) -> Case:
    """Turn a request into numbers; asks the ledger where a group's use is to come from it.

    Raises:
        InvalidInputError: an unknown override or state, a ledger without that team, or more people than can be drawn.
    """
    assumptions = context.assumptions.with_said(_said(request))
    if request.overrides:
        assumptions = assumptions.replaced(request.overrides, field="overrides", origin="override")
    unsaid: dict[str, str] = {}
    sources: list[str] = []
    uses = [await _use(group.use, f"groups[{place}]", context, sources) for place, group in enumerate(request.groups)]
    teams = tuple(_team(group, use, request.months) for group, use in zip(request.groups, uses, strict=True))
    unsaid |= _unsaid_of_groups(request)
    draws, notes = _draws(request, teams)
    taxed = _taxed(request, assumptions, unsaid)
    return Case(
        teams=teams,
        months=request.months,
        windows=_windows(request, teams, assumptions, unsaid),
        pooled=request.pooled,
        in_tokens=request.terms.counted_in == "tokens",
        commitment_usd_year=_usd(request.contract.commitment_per_year),
        prepaid=request.contract.prepaid,
        terms=TokenTerms(
            budget_usd=(0.0,),
            imputed=IMPUTED[request.terms.taxed],
            grossed_up=request.terms.tax_paid_by_employer,
            prepaid=request.contract.prepaid,
        ),
        taxed=taxed,
        payroll=None if taxed.employer is None else taxed.employer[0],
        assumptions=assumptions,
        unsaid=unsaid | _unsaid(request),
        sources=tuple(dict.fromkeys(sources)),
        notes=(*notes, *taxed.notes_of_first_year),
        seed=request.seed,
        draws=draws,
    )


def _team(group: Group, use: Lognormal | None, months: int) -> Team:
    growth = (1.0 + group.growth) ** (np.arange(months) / 12.0)
    budget, period = _budget(group)
    return Team(
        name=group.name,
        people=tuple(int(count) for count in np.rint(group.headcount * growth)),
        budget_usd=budget,
        period_months=period,
        mean_month_usd=None if use is None else use.mean,
        log_sd=None if use is None or use.log_sd < 0.0 else use.log_sd,
        pay_usd=None if group.pay is None else float(group.pay),
    )


def _budget(group: Group) -> tuple[float, Literal[1, 12]]:
    if group.per_month is not None:
        return float(group.per_month), 1
    if group.per_year is not None:
        return float(group.per_year), 12
    if group.share_of_pay is not None:
        year = float(group.share_of_pay) * _usd(group.pay)
        return year if year >= CENT else 0.0, 12
    return inf, 1


UNKNOWN_SPREAD: Final = -1.0
# Percentiles further apart than this are no use of people: the top tenth at 600 times the median.
LOG_SD_MAX: Final = 5.0
CENT: Final = 0.01


async def _use(use: TokenUse | None, at: str, context: Context, sources: list[str]) -> Lognormal | None:
    """A month's use of one person; a log standard deviation below 0 stands for one that nobody said."""
    if use is None:
        return None
    if use.published is not None:
        published = published_use(use.published)
        sources.append(f"{published.source}: use of {published.what}")
        return published.month
    if use.ledger is not None:
        return await _from_ledger(use.ledger, at, context, sources)
    try:
        if use.p50 is not None:
            said = {0.5: use.p50, 0.9: use.p90, 0.99: use.p99}
            return _near(from_percentiles({p: float(amount) for p, amount in said.items() if amount is not None}))
        mean = _usd(use.mean)
        if use.p90 is None:
            return Lognormal(mean, UNKNOWN_SPREAD)
        return from_mean_and_percentile(mean, 0.9, float(use.p90))
    except ValueError as error:
        raise InvalidInputError(
            f"{at}.use", str(error), "Send figures of one month, such as p50: 120, p90: 900"
        ) from None


def _near(fitted: Lognormal) -> Lognormal:
    if fitted.log_sd > LOG_SD_MAX:
        raise ValueError("the percentiles are too far apart")
    return fitted


async def _from_ledger(team: str, at: str, context: Context, sources: list[str]) -> Lognormal:
    found = None
    if context.staff_use is not None:
        found = await context.staff_use.person_months(team, context.clock())
    if found is None or len(found.usd) < LEDGER_AMOUNTS_MIN:
        raise InvalidInputError(
            f"{at}.use.ledger",
            f"the ledger has fewer than {LEDGER_AMOUNTS_MIN} person-months of that team",
            "Send what people use instead, such as mean: 400",
        )
    sources.append(found.source)
    fitted = from_amounts(np.array([float(amount) for amount in found.usd]))
    if fitted.mean <= 0.0:
        raise InvalidInputError(f"{at}.use.ledger", "the ledger has no use of that team", "Send mean: 400 instead")
    return fitted


def _said(request: PlanProgramRequest) -> dict[str, float]:
    facts = {
        "employer_discount": request.contract.discount,
        "demand_correlation": request.risk.correlation,
        "personal_share": request.terms.personal_share,
    }
    return {name: float(value) for name, value in facts.items() if value is not None}


def _unsaid(request: PlanProgramRequest) -> dict[str, str]:
    taken = {
        "contract.discount": (request.contract.discount, "assumption employer_discount"),
        "risk.correlation": (request.risk.correlation, "assumption demand_correlation"),
        "terms.personal_share": (request.terms.personal_share, "assumption personal_share: most likely work only"),
    }
    return {name: text for name, (said, text) in taken.items() if said is None}


def _unsaid_of_groups(request: PlanProgramRequest) -> dict[str, str]:
    """Facts missing in some groups, each once, with how many it is missing in."""
    taken = {"use": "assumption demand_usd_year, an engineer's use", "pay": "assumption staff_pay_usd_year"}
    found: dict[str, str] = {}
    for name, text in taken.items():
        missing = sum(getattr(group, name) is None for group in request.groups)
        if missing:
            some = f"in {missing} of {len(request.groups)} groups " if missing < len(request.groups) else ""
            found[f"groups[].{name}"] = some + text
    return found


def _windows(
    request: PlanProgramRequest, teams: tuple[Team, ...], assumptions: Assumptions, unsaid: dict[str, str]
) -> tuple[Window, ...]:
    months = request.months
    if request.budget is not None and request.budget.total is not None:
        return (Window(0, months, float(request.budget.total)),)
    if request.budget is not None:
        yearly = _usd(request.budget.per_year)
        spans = [(first, min(first + 12, months)) for first in range(0, months, 12)]
        return tuple(Window(first, last, yearly * (last - first) / 12.0) for first, last in spans)
    promised = sum(team.people[0] * team.budget_month_usd for team in teams) * months
    if isinf(promised):
        unsaid["budget"] = "none: nothing limits spend"
        return ()
    promised *= 1.0 - assumptions["employer_discount"].base
    unsaid["budget"] = f"{dollars(promised)}: all budgets of today's headcount, at contract prices"
    return (Window(0, months, promised),)


def _taxed(request: PlanProgramRequest, assumptions: Assumptions, unsaid: dict[str, str]) -> Taxed:
    """How staff are taxed this year, and what the employer pays on top."""
    terms = request.terms
    if terms.state is None and terms.marginal_rate is None:
        unsaid["terms.state"] = "US federal tax only"
    someone = Person(state=terms.state, marginal_rate=terms.marginal_rate)
    try:
        return taxes_for(Offer(base=Money(Decimal(0))), someone, assumptions)
    except InvalidInputError as error:
        field, instead = (text.replace("person.", "terms.") for text in (error.field, error.instead))
        raise InvalidInputError(field, error.problem, instead) from None


def _draws(request: PlanProgramRequest, teams: tuple[Team, ...]) -> tuple[int, list[str]]:
    work = sum(sum(team.people) for team in teams)
    affordable = WORK_MAX // work
    if request.draws <= affordable:
        return request.draws, []
    if "draws" in request.model_fields_set or affordable < DRAWS_MIN:
        raise InvalidInputError(
            "draws" if affordable >= DRAWS_MIN else "groups",
            f"{work:,} person-months in each draw are more than one call may take",
            f"Send at most {affordable} draws" if affordable >= DRAWS_MIN else "Plan fewer people or months",
        )
    return affordable, [f"{affordable:,} draws in place of {request.draws:,}: there are many people"]


def _usd(amount: Money | None) -> float:
    return 0.0 if amount is None else float(amount)
