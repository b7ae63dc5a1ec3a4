"""What would happen under other prices and use, what to change, and what to find out first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from tokenworth.answers import Question
from tokenworth.money import brief_dollars, percent, significant
from tokenworth.programs.case import Case
from tokenworth.programs.designs import Compared, worth_with_personal_share
from tokenworth.programs.models import Lever, PlanProgramRequest, PooledBudget, Scenario
from tokenworth.programs.simulate import Outcome, World, first_crossing, shared_log_sd
from tokenworth.programs.staff import Member
from tokenworth.valuation.arrays import Array, as_array
from tokenworth.valuation.commitment import best_commitment, unused_commitment
from tokenworth.valuation.pooling import Members, individual_budgets, pooled_budget, square_root_rule
from tokenworth.valuation.price_paths import average_price_ratio
from tokenworth.valuation.sensitivity import width_removed
from tokenworth.valuation.usage import annual_log_sd

__all__ = [
    "LEVER_WORLDS",
    "NamedWorld",
    "levers_of",
    "month_of",
    "pooling_of",
    "questions_of",
    "scenario_worlds",
    "scenarios_of",
    "widths_of",
]

BUDGETS_CUT: Final = 0.8
PRICES_CUT: Final = 0.9
# As now, then what the levers change.
LEVER_WORLDS: Final = (World(), World(budgets=BUDGETS_CUT), World(prices=PRICES_CUT))
PRICES: Final = ("falling", "flat", "rising")
USE: Final = ("slow", "expected", "fast")
SLICES: Final = 8
# What the answer to each question is sent as, and the question.
ASKS: Final = {
    "demand_usd_year": ("What does a person in the programme use in a typical month, at list price?", "groups[].use"),
    "demand_growth": ("By how much has use per person grown in the last year?", "overrides.demand_growth"),
    "price_change_program": (
        "Which models do people use, and is their price fixed in the contract?",
        "overrides.price_change_program",
    ),
    "employer_discount": ("What discount on list price does the provider contract give?", "contract.discount"),
    "demand_correlation": ("When the last model or agent came out, did all take it up at once?", "risk.correlation"),
    "demand_sigma_people": ("What do the median person and the top tenth use in a month?", "groups[].use.p50, p90"),
}


@dataclass(frozen=True, slots=True)
class NamedWorld:
    """A world of prices and growth, named as the caller or we name it."""

    price: str
    use: str
    world: World


def scenario_worlds(request: PlanProgramRequest, case: Case) -> list[NamedWorld]:
    """Every price scenario with every scenario of use; what was said as one number leaves one."""
    prices = request.risk.prices or _named(case, "price_change_program", PRICES)
    growths = request.risk.use or _named(case, "demand_growth", USE)
    return [
        NamedWorld(price, use, World(price_change=change, use_growth=growth))
        for use, growth in growths.items()
        for price, change in prices.items()
    ]


def scenarios_of(case: Case, named: list[NamedWorld], outcomes: list[Outcome]) -> dict[str, Scenario]:
    """What each world comes to."""
    found: dict[str, Scenario] = {}
    for each, outcome in zip(named, outcomes, strict=True):
        crossing = first_crossing(case, outcome.paid)
        found[f"{each.price} prices, {each.use} use"] = Scenario(
            price_change=each.world.price_change,
            use_growth=each.world.use_growth,
            spend_p50_usd=significant(float(np.median(outcome.total))),
            promised_usd=significant(float(outcome.announced.sum(axis=0).mean())) if case.limited else None,
            chance_overspend=round(float(np.isfinite(crossing).mean()), 3) if case.windows else None,
            p50_month=month_of(crossing, 50.0) if case.windows else None,
        )
    return found


def month_of(crossing: Array, percentile: float) -> int | None:
    """A percentile of the month of exhaustion; None where that is never."""
    found = float(np.percentile(crossing, percentile, method="inverted_cdf"))
    return int(found) if np.isfinite(found) else None


def pooling_of(case: Case, safety: float) -> PooledBudget | None:
    """Budgets of a month of the first year that are enough with the same probability, one by one or as one pot.

    People whose budget is for a year are sized by their year, told a month.
    """
    base = {name: entry.base for name, entry in case.assumptions.items()}
    first_year = average_price_ratio(base["demand_growth"], 0.0, 1.0) * average_price_ratio(
        base["price_change_program"], 0.0, 1.0
    )
    members: list[Members] = []
    for team in case.teams:
        sigma = base["demand_sigma_people"] if team.log_sd is None else team.log_sd
        mean = base["demand_usd_year"] / 12.0 if team.mean_month_usd is None else team.mean_month_usd
        if team.period_months == 12:
            within = min(base["demand_sigma_month"], sigma)
            sigma = float(np.sqrt(max(sigma**2 - within**2, 0.0) + float(annual_log_sd(within)) ** 2))
        members.append(Members(team.people[0], mean * float(first_year), sigma))
    said = all(team.log_sd is not None for team in case.teams)
    names = ("demand_correlation",) if said else ("demand_correlation", "demand_sigma_people")
    p = {name: as_array(base[name]) for name in names}
    shared = float(shared_log_sd(case, p))
    own, pot = individual_budgets(members, safety), pooled_budget(members, safety, shared)
    mean = sum(member.count * member.mean for member in members)
    if case.people < 2 or own <= 0.0:
        return None
    return PooledBudget(
        safety=safety,
        individual_usd=significant(own),
        pooled_usd=significant(pot),
        pooled_share=round(pot / own, 3),
        square_root_rule_share=round(square_root_rule(own, mean, case.people) / own, 3),
    )


def levers_of(
    case: Case, worlds: list[Outcome], members: list[Member], compared: list[Compared], pooling: PooledBudget | None
) -> list[Lever]:
    """Changes that help, the largest first: dollars a year for the employer, or salary's worth for staff."""
    now, less, cheaper = worlds
    years = case.months / 12.0
    found = [
        _saving(case, f"budgets cut to {percent(BUDGETS_CUT)}", now, less, years),
        _saving(case, f"{percent(1.0 - PRICES_CUT)} lower prices by routing, caching or contract", now, cheaper, years),
    ]
    if case.prepaid:
        saved = float((now.paid - now.at_contract_price).sum(axis=0).mean()) / years
        found.append(Lever(change="pay as used, not in advance", usd_year=significant(saved), for_whom="employer"))
    if case.commitment_usd_year > 0.0 and case.assumptions["employer_discount"].base < 1.0:
        found.append(_smaller_commitment(case, now, years))
    promised = float(now.promised[:12].sum(axis=0).mean()) * 12.0 / min(case.months, 12)
    if pooling is not None and not case.pooled and case.limited:
        freed = promised - 12.0 * pooling.pooled_usd
        pool = brief_dollars(pooling.pooled_usd)
        text = f"own budgets pooled: {pool} a month is {percent(pooling.safety)} safe, the rest freed"
        found.append(Lever(change=text, usd_year=significant(freed), for_whom="employer"))
    grant = next((c for c in compared if c.design == "grant"), None)
    if grant is not None:
        gain = worth_with_personal_share(case, members, 0.5) - grant.worth
        found.append(
            Lever(change="half of the tokens for personal use", usd_year=significant(gain), for_whom="employees")
        )
    return sorted((lever for lever in found if lever.usd_year > 0), key=lambda lever: -lever.usd_year)


def widths_of(case: Case, p: Mapping[str, Array], total: Array) -> dict[str, float]:
    """How many dollars of the range of total spend each uncertain assumption accounts for, the widest first."""
    uncertain = [name for name in case.assumptions if name in p and len(p[name]) > 1]
    widths = {name: width_removed(total, p[name], slices=SLICES) for name in uncertain}
    return dict(sorted(widths.items(), key=lambda entry: -entry[1]))


def questions_of(case: Case, widths: Mapping[str, float]) -> list[Question]:
    """What to ask next, by the dollars that the answer takes off the range of total spend."""
    questions = [
        Question(ask=ASKS[name][0], field=ASKS[name][1], worth_usd=significant(width, 2))
        for name, width in widths.items()
        if name in ASKS and case.assumptions[name].origin == "default"
    ]
    return [question for question in questions if question.worth_usd > 0]


def _named(case: Case, name: str, labels: tuple[str, str, str]) -> dict[str, float]:
    entry = case.assumptions[name]
    if entry.low == entry.high:
        return {"as said": entry.base}
    return dict(zip(labels, (entry.low, entry.base, entry.high), strict=True))


def _saving(case: Case, change: str, now: Outcome, then: Outcome, years: float) -> Lever:
    saved = float((now.total - then.total).mean()) / years
    crossing = first_crossing(case, then.paid)
    return Lever(
        change=change,
        usd_year=significant(saved),
        for_whom="employer",
        chance_overspend=round(float(np.isfinite(crossing).mean()), 3) if case.windows else None,
    )


def _smaller_commitment(case: Case, now: Outcome, years: float) -> Lever:
    """The commitment of least expected cost, if that is smaller: the quantile of use at the discount."""
    yearly = now.used.sum(axis=0) / years
    discount = case.assumptions["employer_discount"].base
    committed = case.commitment_usd_year / (1.0 - discount)
    best = min(best_commitment(yearly, discount), committed)
    saved = unused_commitment(committed, yearly, discount) - unused_commitment(best, yearly, discount)
    return Lever(
        change=f"a commitment of {brief_dollars(best * (1.0 - discount))} a year",
        usd_year=significant(float(saved.mean())),
        for_whom="employer",
    )
