"""A person's answer: what leaving costs and when, what causes it, and what would make it cheaper."""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np

from tokenworth.assumptions.used import assumptions_used
from tokenworth.budgets import BudgetUse
from tokenworth.context import Context
from tokenworth.denominations import ready_prices
from tokenworth.lockin.explain import (
    defaulted_facts,
    explanation_run,
    levers_of,
    questions_of,
    tornado_of,
    unsaid_costs,
)
from tokenworth.lockin.models import (
    CURVE_MONTHS,
    Cliff,
    ExplainLockInRequest,
    LeavingCost,
    LockInExplained,
    OtherOutcome,
    PersonLockIn,
    Position,
    Ratchet,
    Term,
)
from tokenworth.lockin.position import Leaving, build_leaving
from tokenworth.lockin.simulate import TOKEN_CAUSES, Run, parameters_of, run_leaving
from tokenworth.lockin.words import person_headline
from tokenworth.money import whole
from tokenworth.own_use import own_use, use_asked_for
from tokenworth.valuation.arrays import Array
from tokenworth.valuation.career import extra_compute, implied_output_multiple, ratcheted_hourly
from tokenworth.valuation.discount import level_annuity
from tokenworth.valuation.draws import Sampler
from tokenworth.valuation.retention import GRADE_CUT_OFFS, grade_of
from tokenworth.valuation.rounding import whole_summing
from tokenworth.valuation.sensitivity import percentiles
from tokenworth.work import off_the_loop

__all__ = ["explain_person"]

RAISE_YEARS: Final = 4
SHARE_UNITS: Final = 10_000
CAUSES: Final = {
    "equity": "unvested_equity",
    "tokens": "forfeited_tokens",
    "clawback": "clawback",
    "options": "options",
    "compute": "compute_replacement",
    "artefacts": "artefacts",
    "other_skills": "re_skilling",
    "ai_skills": "ai_re_skilling",
}


async def explain_person(request: ExplainLockInRequest, position: Position, context: Context) -> LockInExplained:
    """What leaving costs this person, in full.

    Raises:
        InvalidInputError: a fact or an override that cannot be used, or no way to tax this person.
        NotPricedError: the grant counts tokens whose price nobody said.
    """
    use = await _use(request, position, context)
    await ready_prices([position.contract], context)
    return await off_the_loop(partial(_explained, position, use), request, context)


async def _use(request: ExplainLockInRequest, position: Position, context: Context) -> BudgetUse | None:
    """The use of the budget that the person names; on their own machine, else that of their own budget."""
    named = await use_asked_for(request.person, context)
    if named is not None or context.observed_use is None or position.contract.tokens is None:
        return named
    return await own_use(context)


def _explained(
    position: Position, use: BudgetUse | None, request: ExplainLockInRequest, context: Context
) -> LockInExplained:
    leaving = build_leaving(position, request.person, request.overrides, context, use)
    run = run_leaving(leaving, Sampler(request.seed, request.draws))
    context.work.reached(0.5, f"drew what leaving costs in each month on {request.draws:,} draws")
    few = explanation_run(leaving, request.seed)
    unsaid, tornado = unsaid_costs(leaving, position, few), tornado_of(leaving, few)
    person = _person(leaving, run, position)
    questions = questions_of(leaving, run, unsaid)
    used = assumptions_used(leaving.case.assumptions, parameters_of(leaving), tornado)
    return LockInExplained(
        headline=person_headline(person, nothing_accrued=_nothing_accrued(leaving)),
        person=person,
        levers=levers_of(leaving, few),
        next_questions=questions,
        defaulted=defaulted_facts(leaving, unsaid, tornado),
        tornado=tornado,
        assumptions=used,
        assumptions_used=len(used),
        notes=[f"after-tax dollars are told as salary at {leaving.case.tax}", *leaving.notes],
        seed=request.seed,
        draws=request.draws,
    )


def _person(leaving: Leaving, run: Run, position: Position) -> PersonLockIn:
    month = leaving.leave_in
    rows, means = _months(run)
    cost = run.costs.at(month)
    middle = rows[month][1]
    terms, total = _terms(run, month)
    from_tokens = [terms[CAUSES[cause]] for cause in TOKEN_CAUSES]
    shares = [term.share for term in from_tokens if term.share is not None]
    return PersonLockIn(
        leave_in_months=month,
        cost=LeavingCost(p10_usd=rows[month][0], p50_usd=middle, p90_usd=rows[month][2], mean_usd=total),
        annual_cash_usd=whole(leaving.annual_cash_usd),
        grade=grade_of(middle, leaving.annual_cash_usd),
        grade_cut_offs={**GRADE_CUT_OFFS},
        terms=terms,
        token_caused_usd=sum(term.mean_usd for term in from_tokens),
        token_caused_share=round(sum(shares), 4) if shares else None,
        curve=dict(enumerate(rows)),
        cliffs=_cliffs(leaving, run, means),
        cheapest=_cheapest([row[1] for row in rows]),
        break_even_sign_on_usd=middle,
        other_offer=_other_offer(leaving, run, position, cost),
        compute_list_cost_usd=whole(float(np.median(run.costs.compute_list))) if leaving.tokens is not None else None,
        ratchet=_ratchet(leaving, run),
    )


def _months(run: Run) -> tuple[list[tuple[int, int, int]], list[float]]:
    """P10, P50 and P90 of leaving in each month from now, and its mean."""
    rows: list[tuple[int, int, int]] = []
    means: list[float] = []
    for costs in run.costs.curve():
        low, middle, high = percentiles(costs)
        rows.append((whole(low), whole(middle), whole(high)))
        means.append(float(costs.mean()))
    return rows, means


def _terms(run: Run, month: int) -> tuple[dict[str, Term], int]:
    """Each cause's mean and share, and the mean of the whole: dollars and shares both add up."""
    means = {CAUSES[cause]: float(np.mean(values)) for cause, values in run.costs.by_cause(month).items()}
    exact = sum(means.values())
    total = whole(exact)
    usd = whole_summing(list(means.values()), total)
    if total == 0:
        return {name: Term(mean_usd=0, share=None) for name in means}, 0
    parts = whole_summing([value / exact * SHARE_UNITS for value in means.values()], SHARE_UNITS)
    return {
        name: Term(mean_usd=mean, share=part / SHARE_UNITS) for name, mean, part in zip(means, usd, parts, strict=True)
    }, total


def _cliffs(leaving: Leaving, run: Run, after: list[float]) -> list[Cliff]:
    """Days on which a vest or the end of a clawback makes leaving cheaper at once, in order."""
    cliffs: list[Cliff] = []
    for month in range(1, CURVE_MONTHS + 1):
        vests = float(run.costs.vesting[month])
        ended = [claim for claim in leaving.claims if not claim.pro_rata and claim.months - claim.served == month]
        freed = sum(claim.amount_usd for claim in ended)
        what = [f"{claim.what} is no longer owed" for claim in ended]
        if vests > 0.0:
            what.insert(0, "shares vest")
        left = whole(after[month])
        if what:
            before = left + whole(vests + freed)
            cliffs.append(Cliff(in_months=month, what=" and ".join(what), before_usd=before, after_usd=left))
    return cliffs


def _cheapest(middles: list[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for start in range(0, CURVE_MONTHS, 12):
        months = range(start, min(start + 12, CURVE_MONTHS) + (start + 12 == CURVE_MONTHS))
        month = min(months, key=lambda m: middles[m])
        found[month] = middles[month]
    return found


def _other_offer(leaving: Leaving, run: Run, position: Position, cost: Array) -> OtherOutcome | None:
    """Sign-on and the raise over four years, less what leaving costs."""
    other = position.other_offer
    if other is None or (other.pay_per_year is None and other.sign_on is None):
        return None
    fall = run.p["discount_rate"] + run.p["separation_hazard"]
    more = 0.0 if other.pay_per_year is None else leaving.case.usd(other.pay_per_year) - leaving.annual_cash_usd
    raised = more * level_annuity(fall, RAISE_YEARS)
    low, middle, high = percentiles(leaving.case.usd(other.sign_on) + raised - cost)
    better = np.mean(leaving.case.usd(other.sign_on) + raised > cost)
    return OtherOutcome(
        p10_usd=whole(low),
        p50_usd=whole(middle),
        p90_usd=whole(high),
        chance_better_off=round(float(better), 4),
        raise_present_value_usd=whole(float(np.median(raised))),
    )


def _ratchet(leaving: Leaving, run: Run) -> Ratchet | None:
    """The output multiple that the employer can point at, and what it does to pay by the hour of old output."""
    if leaving.tokens is None:
        return None
    had = run.p["counterfactual_compute_usd_year"]
    extra = extra_compute(run.costs.used, had)
    multiple = implied_output_multiple(extra, had, run.p["output_elasticity"])
    hourly = leaving.hourly_usd
    expected = ratcheted_hourly(hourly, multiple, run.p["ratchet"])
    everything = ratcheted_hourly(hourly, multiple, 1.0)
    return Ratchet(
        implied_output_multiple=round(float(np.median(multiple)), 2),
        hourly_usd=whole(hourly),
        hourly_if_expected_usd=whole(float(np.median(expected))),
        hourly_if_all_expected_usd=whole(float(np.median(everything))),
    )


def _nothing_accrued(leaving: Leaving) -> bool:
    """Whether tokens that expire are all there is to hold the person."""
    claimed = any(claim.served < claim.months for claim in leaving.claims)
    expiring = leaving.tokens is not None and not leaving.tokens.terms.carries
    return expiring and not (leaving.holdings or claimed or leaving.options is not None)
