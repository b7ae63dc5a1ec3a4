"""The tool that plans a token programme: whether it can last, what it costs, and what it is worth to whom."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

import numpy as np

from tokenworth.answers import UsdRange
from tokenworth.assumptions.used import assumptions_used, first_few
from tokenworth.context import Context
from tokenworth.money import significant, whole
from tokenworth.programs.case import Case, build_case
from tokenworth.programs.designs import compare_designs, tax_of, worth_of
from tokenworth.programs.explain import (
    LEVER_WORLDS,
    levers_of,
    month_of,
    pooling_of,
    questions_of,
    scenario_worlds,
    scenarios_of,
    widths_of,
)
from tokenworth.programs.models import (
    Defaulted,
    Exhaustion,
    PlanProgramRequest,
    ProgramPlan,
    Revenue,
)
from tokenworth.programs.simulate import Outcome, World, draw_parameters, first_crossing, run_worlds
from tokenworth.programs.staff import VALUATION, sample_staff, spread_of
from tokenworth.programs.words import plan_headline
from tokenworth.valuation.arrays import Array
from tokenworth.valuation.provider_revenue import split_revenue
from tokenworth.valuation.sensitivity import percentiles
from tokenworth.work import off_the_loop

__all__ = ["plan_program"]

# Other worlds are compared on fewer, stratified draws: limits on person-months and numbers kept, and the fewest draws.
OTHERS_WORK: Final = 20_000_000
OTHERS_KEPT: Final = 2_000_000
OTHERS_DRAWS_MIN: Final = 100
SHOWN: Final = 2
ASSUMPTIONS_SHOWN: Final = 2


async def plan_program(request: PlanProgramRequest, context: Context) -> ProgramPlan:
    """Plan a token programme on draws of every person in it, off the event loop; a cancelled call stops drawing.

    Raises:
        InvalidInputError: a fact that cannot be used, or more people and months than one call may draw.
    """
    case = await build_case(request, context)
    return await off_the_loop(partial(_plan, case), request, context)


def _plan(case: Case, request: PlanProgramRequest, context: Context) -> ProgramPlan:
    work = context.work
    p = draw_parameters(case, case.draws)
    (now,) = run_worlds(case, p, [World()], work.check)
    work.reached(0.4, f"drew {case.people:,} people over {case.months} months")
    named = scenario_worlds(request, case)
    worlds = [*(each.world for each in named), *LEVER_WORLDS]
    few = draw_parameters(case, _draws_of_others(case, len(worlds)), stratified=True)
    others = run_worlds(case, few, worlds, work.check)
    work.reached(0.8, f"drew {len(worlds)} other worlds")
    members = sample_staff(case)
    compared = compare_designs(case, members)
    pooling = pooling_of(case, request.risk.safety)
    exhaustion = _exhaustion(case, now)
    revenue = _revenue(case, now)
    path = _path(now)
    widths = widths_of(case, p, now.total)
    questions = questions_of(case, widths)
    used = assumptions_used(case.assumptions, _names(case, p), {name: (0, whole(w)) for name, w in widths.items()})
    answer = ProgramPlan(
        headline=plan_headline(
            case.people, case.months, path[str(case.months)], exhaustion, revenue, by_year=len(case.windows) > 1
        ),
        people=case.people,
        months=case.months,
        paid_by_month=path,
        month_p50_usd=[significant(float(middle)) for middle in np.median(now.paid, axis=1)],
        exhaustion=exhaustion,
        scenarios=scenarios_of(case, named, others[: len(named)]),
        pooling=pooling,
        designs=worth_of(compared),
        revenue=revenue,
        spread=spread_of(members),
        tax=tax_of(compared),
        levers=levers_of(case, others[len(named) :], members, compared, pooling),
        next_questions=questions,
        defaulted=[Defaulted(field=field, taken=taken) for field, taken in case.unsaid.items()],
        assumptions=used,
        assumptions_used=len(used),
        sources=[*case.sources, case.taxed.source],
        notes=list(case.notes),
        tax_basis=case.taxed.name,
        seed=case.seed,
        draws=case.draws,
    )
    return answer if request.detail == "full" else _concise(answer)


def _draws_of_others(case: Case, worlds: int) -> int:
    work = sum(sum(team.people) for team in case.teams)
    affordable = min(OTHERS_WORK // work, OTHERS_KEPT // (worlds * case.months))
    return min(max(affordable, OTHERS_DRAWS_MIN), case.draws)


def _names(case: Case, p: Mapping[str, Array]) -> list[str]:
    """Every assumption behind the answer."""
    names = [name for name in case.assumptions if name in p or name in VALUATION]
    return [*names, "staff_pay_usd_year"] if any(team.pay_usd is None for team in case.teams) else names


def _path(now: Outcome) -> dict[str, UsdRange]:
    found: dict[str, UsdRange] = {}
    for month, by_then in enumerate(np.cumsum(now.paid, axis=0), start=1):
        low, middle, high = (significant(value) for value in percentiles(by_then))
        found[str(month)] = UsdRange(p10_usd=low, p50_usd=middle, p90_usd=high)
    return found


def _exhaustion(case: Case, now: Outcome) -> Exhaustion | None:
    if not case.windows:
        return None
    crossing = first_crossing(case, now.paid)
    never = round(float(np.isinf(crossing).mean()), 3)
    return Exhaustion(
        budget_usd=significant(sum(window.budget_usd for window in case.windows)),
        chance_overspend=round(1.0 - never, 3),
        chance_never=never,
        p10_month=month_of(crossing, 10.0),
        p50_month=month_of(crossing, 50.0),
        p90_month=month_of(crossing, 90.0),
    )


def _revenue(case: Case, now: Outcome) -> Revenue:
    """The first year; a shorter programme is told as a year."""
    months = min(case.months, 12)
    year = slice(0, months)
    billed = now.at_contract_price[year].sum(axis=0) * 12.0 / months
    listed = (now.promised if case.limited else now.used)[year].sum(axis=0) * 12.0 / months
    announced = now.announced[year].sum(axis=0) * 12.0 / months if case.limited else billed
    split = split_revenue(billed, announced if case.prepaid else case.commitment_usd_year)
    allocated, guaranteed = significant(float(listed.mean())), significant(split.guaranteed)
    hoped_for, discount = significant(split.expected_beyond), significant(float((listed - announced).mean()))
    return Revenue(
        allocated_usd=allocated,
        discount_usd=discount,
        guaranteed_usd=guaranteed,
        hoped_for_usd=hoped_for,
        not_expected_usd=max(allocated - discount - guaranteed - hoped_for, 0) if case.limited else 0,
    )


def _concise(answer: ProgramPlan) -> ProgramPlan:
    """What fits in one breath: years in place of months, expected use in place of every scenario."""
    ends = [month for month in answer.paid_by_month if int(month) % 12 == 0 or int(month) == answer.months]
    growths = list(dict.fromkeys(scenario.use_growth for scenario in answer.scenarios.values()))
    expected = [name for name, each in answer.scenarios.items() if each.use_growth == growths[len(growths) // 2]]
    plain = {"price_change": None, "use_growth": None, "promised_usd": None}
    return answer.model_copy(
        update={
            "paid_by_month": {month: answer.paid_by_month[month] for month in _ends_and_middle(ends)},
            "month_p50_usd": None,
            "exhaustion": answer.exhaustion and answer.exhaustion.model_copy(update={"chance_never": None}),
            "scenarios": {name: answer.scenarios[name].model_copy(update=plain) for name in _ends_and_middle(expected)},
            "designs": answer.designs and answer.designs.model_copy(update={"tax_per_dollar": None}),
            "spread": answer.spread.model_copy(update={"groups": None, "wanted_gini": None}),
            "tax": {design: each for design, each in answer.tax.items() if design == "grant"},
            "levers": [each.model_copy(update={"chance_overspend": None}) for each in answer.levers[:SHOWN]],
            "next_questions": answer.next_questions[:1],
            "defaulted": answer.defaulted[:1],
            "assumptions": first_few(answer.assumptions, ASSUMPTIONS_SHOWN),
            "sources": None,
        }
    )


def _ends_and_middle(names: list[str]) -> list[str]:
    return list(dict.fromkeys((names[0], names[len(names) // 2], names[-1])))
