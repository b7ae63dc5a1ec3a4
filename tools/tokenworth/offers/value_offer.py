"""The tool that values one offer: salary, bonus, equity and tokens together, in money a person can compare."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from tokenworth.answers import UsdRange
from tokenworth.assumptions.benchmarks import compared_with_published
from tokenworth.assumptions.used import assumptions_used, first_few
from tokenworth.budgets import BudgetUse
from tokenworth.cases import HORIZON_YEARS, Case, build_case
from tokenworth.context import Context
from tokenworth.denominations import ready_prices
from tokenworth.money import whole
from tokenworth.offers.employer import OptionCosts, employer_cost_of
from tokenworth.offers.explain import (
    defaulted_facts,
    explanation_run,
    levers_of,
    questions_of,
    tornado_of,
    unsaid_values,
    waterfall_of,
)
from tokenworth.offers.models import (
    Career,
    ComponentValue,
    Face,
    OfferValue,
    OptionsExplained,
    PayValue,
    TokensExplained,
    ValueOfferRequest,
    YearRange,
)
from tokenworth.offers.simulate import OPTION_COST_PARAMETERS, Run, parameters_of, run_case, total_level
from tokenworth.offers.words import offer_headline
from tokenworth.own_use import use_asked_for
from tokenworth.valuation.arrays import Array
from tokenworth.valuation.career import career_value, extra_compute, implied_output_multiple
from tokenworth.valuation.discount import level_annuity
from tokenworth.valuation.draws import Sampler
from tokenworth.valuation.grants import token_share
from tokenworth.valuation.option_holding import black_scholes_cost
from tokenworth.valuation.options import expected_holding_years
from tokenworth.valuation.sensitivity import percentiles
from tokenworth.work import off_the_loop

__all__ = ["face_of", "pay_by_year", "pay_range", "value_offer"]

# A concise answer stays under 800 tokens in each channel.
SHOWN: Final = 2
ASSUMPTIONS_SHOWN: Final = 3


async def value_offer(request: ValueOfferRequest, context: Context) -> OfferValue:
    """Value one offer, with what drives it, what to ask and what to negotiate.

    Raises:
        InvalidInputError: a fact or an override that cannot be used, or no way to tax this person.
        NotPricedError: the grant counts tokens whose price nobody said.
    """
    use = await use_asked_for(request.person, context)
    await ready_prices([request.offer], context)
    return await off_the_loop(partial(_value, use), request, context)


def _value(use: BudgetUse | None, request: ValueOfferRequest, context: Context) -> OfferValue:
    offer = request.offer
    case = build_case(offer, request.person, request.overrides, context, label=offer.label or "offer", use=use)
    run = run_case(case, Sampler(request.seed, request.draws), career=True)
    case.work.reached(0.3, f"valued on {request.draws:,} draws")
    few, sampler = explanation_run(case, request.seed)
    face, pay = face_of(case), _pay(case, run)
    tornado = tornado_of(case, few)
    unsaid = unsaid_values(case, few, sampler)
    defaulted = defaulted_facts(case, unsaid, tornado)
    questions = questions_of(case, run, unsaid)
    case.work.reached(0.7, "found what drives it and what to ask")
    tokens = _tokens(case, run, few) if case.terms.tokens is not None else None
    granted = any(grant.vests for grant in case.terms.options)
    options = _options(case, request.seed) if granted and request.detail == "full" else None
    named = (*parameters_of(case.terms), *(OPTION_COST_PARAMETERS if options is not None else ()))
    used = assumptions_used(case.assumptions, named, tornado)
    answer = OfferValue(
        headline=offer_headline(face, pay, tokens, questions),
        label=offer.label,
        face=face,
        pay=pay,
        components=_components(run),
        tokens=tokens,
        options=options,
        waterfall=waterfall_of(case, request.seed, face.total_usd, pay.p50_usd),
        tornado=tornado,
        next_questions=questions,
        levers=levers_of(case, few, sampler),
        defaulted=defaulted,
        defaulted_count=len(defaulted),
        assumptions=used,
        assumptions_used=len(used),
        career=_career(run),
        employer_cost_usd=whole(employer_cost_of(case, run, options.company_cost_usd if options else 0.0).total),
        tax=case.tax,
        tax_source=case.tax_source,
        notes=list(case.notes),
        seed=request.seed,
        draws=request.draws,
    )
    return answer if request.detail == "full" else _concise(answer)


def face_of(case: Case) -> Face:
    """What the offer says, averaged over the horizon."""
    terms = case.terms
    by_name: dict[str, tuple[float, ...]] = {
        "base": terms.base,
        "bonus": terms.bonus_target,
        "sign_on": (terms.sign_on, *[0.0] * (HORIZON_YEARS - 1)),
        "shares": tuple(sum(grant.face_usd[year] for grant in terms.shares) for year in range(HORIZON_YEARS)),
        "options": tuple(
            sum(grant.face_usd * grant.vesting[year].fraction for grant in terms.options)
            for year in range(HORIZON_YEARS)
        ),
        "tokens": terms.tokens.budget_usd if terms.tokens is not None else (0.0,) * HORIZON_YEARS,
        "other": terms.other,
    }
    yearly = {name: sum(values) / HORIZON_YEARS for name, values in by_name.items() if any(values)}
    total, tokens = sum(yearly.values()), yearly.get("tokens", 0.0)
    return Face(
        total_usd=whole(total),
        token_share=round(token_share(total - tokens, tokens), 4),
        by_component_usd={name: whole(value) for name, value in yearly.items()},
        by_year_usd=[whole(sum(values[year] for values in by_name.values())) for year in range(HORIZON_YEARS)],
    )


def pay_range(values: Array) -> UsdRange:
    """P10, P50 and P90 in whole dollars."""
    low, middle, high = percentiles(values)
    return UsdRange(p10_usd=whole(low), p50_usd=whole(middle), p90_usd=whole(high))


def pay_by_year(run: Run) -> list[YearRange]:
    """What each year pays to who is still employed then."""
    years: list[YearRange] = []
    for year in range(HORIZON_YEARS):
        amount = sum((part.amounts[year] for part in run.pay.components), np.zeros(1))
        years.append(YearRange(year=year + 1, **pay_range(np.atleast_1d(amount)).model_dump()))
    return years


def _pay(case: Case, run: Run) -> PayValue:
    middle = pay_range(run.total)
    fall = run.p["discount_rate"] + run.p["separation_hazard"]
    annuity = level_annuity(fall, HORIZON_YEARS)
    present = pay_range(run.total * annuity)
    return PayValue(
        **middle.model_dump(),
        mean_usd=whole(float(run.total.mean())),
        per_hour_p50_usd=whole(middle.p50_usd / case.hours_per_year),
        present_value_p50_usd=present.p50_usd,
        present_value=present,
        by_year=pay_by_year(run),
    )


def _components(run: Run) -> list[ComponentValue]:
    found: list[ComponentValue] = []
    for part in run.pay.components:
        worth = pay_range(run.level[part.name])
        sure = worth.p10_usd == worth.p90_usd
        found.append(
            ComponentValue(
                name=part.name,
                face_usd=whole(sum(part.face) / HORIZON_YEARS),
                p10_usd=None if sure else worth.p10_usd,
                p50_usd=worth.p50_usd,
                p90_usd=None if sure else worth.p90_usd,
            )
        )
    return found


def _tokens(case: Case, run: Run, few: Run) -> TokensExplained:
    years = run.pay.tokens
    terms = case.terms.tokens
    face = sum(terms.budget_usd) / HORIZON_YEARS if terms is not None else 0.0
    worth = float(np.mean([year.worth.mean() for year in years]))
    open_question = case.assumptions["personal_share"].origin == "default"
    level = run.level.get("tokens", np.zeros(1))  # a grant of nothing is no component
    return TokensExplained(
        advertised_usd=whole(face),
        used_usd=whole(float(np.mean([year.used.mean() for year in years]))),
        yours_usd=whole(float(np.mean([year.personal.mean() for year in years]))),
        as_salary_p50_usd=whole(float(np.median(level))),
        cents_on_the_dollar=whole(100.0 * worth / face) if face > 0.0 else 0,
        work_only_as_salary_usd=_as_salary_if(case, few, 0.0) if open_question else None,
        half_yours_as_salary_usd=_as_salary_if(case, few, 0.5) if open_question else None,
        employer_cost_usd=whole(employer_cost_of(case, run).tokens),
        compared=compared_with_published(face / 12.0),
    )


def _as_salary_if(case: Case, few: Run, personal_share: float) -> int:
    """P50 of what the tokens add in salary when the share that is one's own is known."""
    p = {**few.p, "personal_share": np.array([personal_share])}
    with_tokens = total_level(case, p, few.shocks)
    without = total_level(case, p, few.shocks, terms=replace(case.terms, tokens=None))
    return whole(float(np.median(with_tokens - without)))


def _career(run: Run) -> Career | None:
    if not run.pay.tokens:
        return None
    used = run.pay.tokens[0].used
    extra = extra_compute(used, run.p["counterfactual_compute_usd_year"])
    multiple = implied_output_multiple(extra, run.p["counterfactual_compute_usd_year"], run.p["output_elasticity"])
    pay = sum((part.amounts[0] for part in run.pay.components[:1]), np.zeros(()))
    return Career(
        p50_usd=whole(float(np.median(career_value(pay, used, run.p)))),
        implied_output_multiple=round(float(np.median(multiple)), 2),
    )


def _options(case: Case, seed: int) -> OptionsExplained:
    """What the options cost the company, on a few stratified draws."""
    costs = OptionCosts(seed)
    p = costs.draws_for(case)
    held = [(grant, vest) for grant in case.terms.options for _, vest in grant.vests]
    counts = [grant.count * vest.fraction for grant, vest in held]
    lives = [
        expected_holding_years(p["separation_hazard"], vest.when, grant.expiry_years, grant.window_years).mean()
        for grant, vest in held
    ]
    return OptionsExplained(
        options=whole(sum(grant.count for grant in case.terms.options)),
        company_cost_usd=costs.total_usd(case),
        black_scholes_usd=whole(float(sum(black_scholes_cost(grant, p).mean() for grant in case.terms.options))),
        expected_life_years=round(float(np.average(lives, weights=counts)), 1),
    )


def _concise(answer: OfferValue) -> OfferValue:
    """What fits in one breath: the ends of the lists, and no yearly tables."""
    return answer.model_copy(
        update={
            "face": answer.face.model_copy(update={"by_component_usd": None, "by_year_usd": None}),
            "pay": answer.pay.model_copy(update={"mean_usd": None, "by_year": None, "present_value": None}),
            "tokens": answer.tokens and answer.tokens.model_copy(update={"compared": None}),
            "tornado": dict(list(answer.tornado.items())[:ASSUMPTIONS_SHOWN]),
            "next_questions": answer.next_questions[:SHOWN],
            "levers": answer.levers[:SHOWN],
            "defaulted": answer.defaulted[:SHOWN],
            "assumptions": first_few(answer.assumptions, ASSUMPTIONS_SHOWN),
            "career": None,
            "employer_cost_usd": None,
            "tax_source": None,
        }
    )
