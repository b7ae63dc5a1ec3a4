"""The tool that ranks offers on common draws: how surely one is best, what would make them equal or flip them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Final

import numpy as np

from tokenworth.answers import Question
from tokenworth.assumptions import Assumption
from tokenworth.assumptions.used import AssumptionUsed, first_few, used_in_full
from tokenworth.budgets import BudgetUse
from tokenworth.cases import HORIZON_YEARS, Case, build_case, question_for
from tokenworth.context import Context
from tokenworth.denominations import ready_prices
from tokenworth.money import dollars, percent, whole
from tokenworth.offers.explain import explanation_run, lead_tornado_of, questions_of, unsaid_values
from tokenworth.offers.models import (
    CompareOffersRequest,
    Equalizer,
    Flip,
    OfferComparison,
    Pairwise,
    Ranked,
)
from tokenworth.offers.simulate import Run, parameters_of, run_case, total_level
from tokenworth.offers.value_offer import face_of, pay_by_year, pay_range
from tokenworth.own_use import use_asked_for
from tokenworth.terms import Offer
from tokenworth.valuation.arrays import Array
from tokenworth.valuation.choice import chance_best, chance_first_beats_second, crossover_year, expected_regret
from tokenworth.valuation.discount import level_annuity
from tokenworth.valuation.draws import Sampler
from tokenworth.valuation.pay import PayTerms
from tokenworth.valuation.sensitivity import value_of_knowing
from tokenworth.work import off_the_loop

__all__ = ["compare_offers"]

SHOWN: Final = 2
ASSUMPTIONS_SHOWN: Final = 3
REGRETS_SHOWN: Final = 5
SLICES: Final = 10
# The equalizer's secant search: steps, and how near in dollars a year counts as equal.
SEARCH_STEPS: Final = 8
NEAR_USD: Final = 0.25


@dataclass(frozen=True, slots=True)
class _Entry:
    """One offer with its place as sent, its run, and the few stratified draws that explanations share."""

    place: int
    case: Case
    run: Run
    mean: float
    few: Run
    sampler: Sampler


async def compare_offers(request: CompareOffersRequest, context: Context) -> OfferComparison:
    """Rank offers by expected pay value, all on the same draws.

    Raises:
        InvalidInputError: a fact or an override that cannot be used, or no way to tax this person.
        NotPricedError: a grant counts tokens whose price nobody said.
    """
    use = await use_asked_for(request.person, context)
    await ready_prices(request.offers, context)
    return await off_the_loop(partial(_compare, use), request, context)


def _compare(use: BudgetUse | None, request: CompareOffersRequest, context: Context) -> OfferComparison:
    work = context.work
    labels = _labels(request.offers)
    entries: list[_Entry] = []
    for place, (offer, label) in enumerate(zip(request.offers, labels, strict=True)):
        case = build_case(offer, request.person, request.overrides, context, label=label, use=use)
        run = run_case(case, Sampler(request.seed, request.draws))
        entries.append(_Entry(place, case, run, float(run.total.mean()), *explanation_run(case, request.seed)))
        work.reached(0.5 * len(entries) / len(labels), f"valued {len(entries)} of {len(labels)} offers")
    # By expected value, which is also least expected regret; a tie goes by label, so that the order sent is no matter.
    entries.sort(key=lambda entry: (-entry.mean, entry.case.label))
    values = np.stack([entry.run.total for entry in entries])
    questions, flips = _what_would_change_it(entries, values)
    work.reached(0.8, "found what would change the ranking")
    full = request.detail == "full"
    ranking = _ranking(entries, values, years=full)
    tornado = lead_tornado_of([(entry.case, entry.few) for entry in entries]) if full else {}
    used = _assumptions(entries, tornado)
    answer = OfferComparison(
        headline=_headline(entries, ranking, questions),
        ranking=ranking,
        lead_usd=whole(entries[0].mean - entries[1].mean),
        tornado=tornado,
        pairwise=[_pair(a, b) for i, a in enumerate(entries) for b in entries[i + 1 :]],
        equalizers=[_equalizer(entries[0], entry) for entry in entries[1:]],
        flips=flips,
        next_questions=questions,
        defaulted=_unsaid(entries),
        assumptions=used,
        assumptions_used=len(used),
        notes=list(dict.fromkeys(note for entry in entries for note in entry.case.notes)),
        seed=request.seed,
        draws=request.draws,
    )
    return answer if full else _concise(answer)


def _concise(answer: OfferComparison) -> OfferComparison:
    """What fits in one breath: every place, but neighbours only, and the ends of the lists."""
    order = [entry.label for entry in answer.ranking]
    neighbours = set(pairwise(order[: SHOWN + 1]))
    dropped: dict[str, None] = (
        {"mean_usd": None} if len(order) <= REGRETS_SHOWN else {"mean_usd": None, "regret_usd": None}
    )
    return answer.model_copy(
        update={
            "ranking": [entry.model_copy(update=dropped) for entry in answer.ranking],
            "lead_usd": None,
            "tornado": None,
            "pairwise": [pair for pair in answer.pairwise if (pair.first, pair.second) in neighbours],
            "equalizers": answer.equalizers[:SHOWN],
            "flips": answer.flips[:SHOWN],
            "next_questions": answer.next_questions[:SHOWN],
            "defaulted": answer.defaulted[: 2 * SHOWN],
            "assumptions": first_few(answer.assumptions, ASSUMPTIONS_SHOWN),
        }
    )


def _labels(offers: list[Offer]) -> list[str]:
    """Each offer's label, made unique; by place where none was given."""
    given = [offer.label or f"offer {place}" for place, offer in enumerate(offers, start=1)]
    seen: Counter[str] = Counter()
    labels: list[str] = []
    for label in given:
        seen[label] += 1
        labels.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return labels


def _ranking(entries: list[_Entry], values: Array, *, years: bool) -> list[Ranked]:
    best, regret = chance_best(values), expected_regret(values)
    faces = [face_of(entry.case) for entry in entries]
    return [
        Ranked(
            label=entry.case.label,
            rank=place + 1,
            face_usd=faces[place].total_usd,
            mean_usd=whole(entry.mean),
            chance_best=round(float(best[place]), 4),
            regret_usd=whole(float(regret[place])),
            face_by_year_usd=faces[place].by_year_usd if years else None,
            by_year=pay_by_year(entry.run) if years else None,
            **pay_range(entry.run.total).model_dump(),
        )
        for place, entry in enumerate(entries)
    ]


def _pair(first: _Entry, second: _Entry) -> Pairwise:
    early, late = _expected_years(first), _expected_years(second)
    year = crossover_year(early, late)
    ahead_later = None
    if year is not None:
        ahead_later = (first if early[:year].sum() > late[:year].sum() else second).case.label
    return Pairwise(
        first=first.case.label,
        second=second.case.label,
        chance_first_better=round(chance_first_beats_second(first.run.total, second.run.total), 4),
        crossover_year=year,
        ahead_later=ahead_later,
    )


def _expected_years(entry: _Entry) -> Array:
    """Expected present value of each year's pay."""
    fall = entry.run.p["discount_rate"] + entry.run.p["separation_hazard"]
    years = [
        float(np.mean(sum(part.amounts[year] * np.exp(-fall * part.when[year]) for part in entry.run.pay.components)))
        for year in range(HORIZON_YEARS)
    ]
    return np.array(years)


def _equalizer(best: _Entry, other: _Entry) -> Equalizer:
    """What the other offer lacks, found on the same draws with the whole model."""

    def with_salary(terms: PayTerms, usd: float) -> PayTerms:
        return replace(terms, base=tuple(amount + usd for amount in terms.base))

    terms = other.case.terms
    gap = best.mean - other.mean
    salary = _search(lambda usd: _mean(other, with_salary(terms, usd)) - best.mean, gap)
    # A sign-on is added beside the one there is, so it is free of that one's clawback: its level value is exact.
    fall = other.run.p["discount_rate"] + other.run.p["separation_hazard"]
    annuity = level_annuity(fall, HORIZON_YEARS)
    return Equalizer(
        label=other.case.label, salary_usd=whole(salary), sign_on_usd=whole(gap / float(np.mean(1.0 / annuity)))
    )


def _mean(entry: _Entry, terms: PayTerms) -> float:
    return float(np.mean(total_level(entry.case, entry.run.p, entry.run.shocks, terms=terms)))


def _search(lacking: Callable[[float], float], guess: float) -> float:
    """The amount at which nothing is lacking, by the secant method: the mean is nearly linear in salary."""
    before, at = 0.0, guess
    lack_before, lack = -guess, lacking(at)
    for _ in range(SEARCH_STEPS):
        if abs(lack) < NEAR_USD or lack == lack_before:
            break
        before, at, lack_before = at, at - lack * (at - before) / (lack - lack_before), lack
        lack = lacking(at)
    return at


def _what_would_change_it(entries: list[_Entry], values: Array) -> tuple[list[Question], list[Flip]]:
    """Facts worth knowing before choosing, by expected value of knowing them, and those that flip the first place."""
    questions: dict[str, Question] = {}
    flips: list[Flip] = []
    names = dict.fromkeys(name for entry in entries for name in parameters_of(entry.case.terms))
    for name in names:
        draws = next(entry.run.p[name] for entry in entries if name in entry.run.p)
        if draws.shape[-1] == 1:
            continue
        entries[0].case.work.check()
        assumption = entries[0].case.assumptions[name]
        worth = value_of_knowing(values, draws, slices=SLICES)
        if assumption.ask is not None and assumption.fact is not None and assumption.origin == "default":
            questions[assumption.fact] = Question(ask=assumption.ask, field=assumption.fact, worth_usd=whole(worth))
        low, high = _winners_at_ends(values, draws)
        if low != high:
            flips.append(
                Flip(assumption=name, winner_at_low=entries[low].case.label, winner_at_high=entries[high].case.label)
            )
    for question in _unsaid_questions(entries):
        known = questions.get(question.field)
        if known is None or known.worth_usd < question.worth_usd:
            questions[question.field] = question
    ranked = sorted((q for q in questions.values() if q.worth_usd > 0), key=lambda q: q.worth_usd, reverse=True)
    return ranked or _narrowing(entries[0]), flips


def _narrowing(best: _Entry) -> list[Question]:
    """Where nothing would change the choice: what would narrow the first offer's own range."""
    return questions_of(best.case, best.run, unsaid_values(best.case, best.few, best.sampler))


def _winners_at_ends(values: Array, draws: Array) -> tuple[int, int]:
    """Who is first on average in the lowest and in the highest tenth of a parameter."""
    order = np.argsort(draws, kind="stable")
    tenth = max(len(order) // SLICES, 1)
    low, high = values[:, order[:tenth]].mean(axis=1), values[:, order[-tenth:]].mean(axis=1)
    return int(low.argmax()), int(high.argmax())


def _unsaid_questions(entries: list[_Entry]) -> list[Question]:
    """Unsaid terms whose reading changes which offer is first; worth half of what choosing wrongly would cost."""
    found: list[Question] = []
    best = entries[0].mean
    challenger = entries[1].mean
    for place, entry in enumerate(entries):
        now = float(entry.few.total.mean())
        for name, readings in unsaid_values(entry.case, entry.few, entry.sampler).items():
            moves = [float(reading.mean()) - now for reading in readings]
            shortfall = max((challenger - (entry.mean + move) for move in moves), default=0.0)
            overtake = max((entry.mean + move - best for move in moves), default=0.0)
            worth = max((shortfall if place == 0 else overtake) / 2.0, 0.0)
            # A label that is a number would be read as a place among the offers.
            which = entry.place if entry.case.label.isdecimal() else entry.case.label
            field = name.replace("offer.", f"offers[{which}].", 1)
            found.append(Question(ask=question_for(name), field=field, worth_usd=whole(worth)))
    return found


def _unsaid(entries: list[_Entry]) -> list[str]:
    return list(
        dict.fromkeys(
            name.replace("offer.", f"{entry.case.label}: ", 1) for entry in entries for name in entry.case.unsaid
        )
    )


def _assumptions(entries: list[_Entry], tornado: Mapping[str, tuple[int, int]]) -> list[AssumptionUsed]:
    """Every assumption that an offer depends on, those that separate them first; no range where offers differ in it."""
    found: dict[str, list[Assumption]] = {}
    for entry in entries:
        for name in parameters_of(entry.case.terms):
            found.setdefault(name, []).append(entry.case.assumptions[name])
    return [_used(found[name]) for name in dict.fromkeys([*tornado, *found])]


def _used(held: list[Assumption]) -> AssumptionUsed:
    used = used_in_full(held[0])
    return used if all(one == held[0] for one in held) else used.model_copy(update={"low": None, "high": None})


def _headline(entries: list[_Entry], ranking: list[Ranked], questions: list[Question]) -> str:
    first, second = ranking[0], ranking[1]
    ahead = entries[0].mean - entries[1].mean
    sentence = (
        f"{first.label} is worth most: about {dollars(first.p50_usd)} a year in salary, {dollars(ahead)} more than "
        f"{second.label} on average, and best in {percent(first.chance_best)} of draws."
    )
    if whole(ahead) == 0:
        sentence = f"{first.label} and {second.label} are worth the same: about {dollars(first.p50_usd)} a year."
    return f"{sentence} Ask first: {questions[0].ask}" if questions else sentence
