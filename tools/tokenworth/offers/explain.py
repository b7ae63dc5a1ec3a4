"""Why the number is what it is: waterfall, tornado, defaulted facts, questions and levers, all on common draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from tokenworth.answers import Defaulted, Question
from tokenworth.cases import Case, question_for
from tokenworth.money import whole
from tokenworth.offers.models import Lever
from tokenworth.offers.scenarios import improvements, unsaid_alternatives, value_scenario
from tokenworth.offers.simulate import Run, parameters_of, run_case, total_level
from tokenworth.offers.words import FACE_STEP, VALUE_STEP
from tokenworth.valuation.arrays import Array
from tokenworth.valuation.draws import Sampler
from tokenworth.valuation.grants import Factors
from tokenworth.valuation.rounding import whole_summing
from tokenworth.valuation.sensitivity import one_at_a_time, width_of_readings, width_removed
from tokenworth.valuation.shapley import shapley_from_table

__all__ = [
    "defaulted_facts",
    "explanation_run",
    "lead_tornado_of",
    "levers_of",
    "questions_of",
    "tornado_of",
    "unsaid_values",
    "waterfall_of",
]

# 256 coalitions on 64 stratified draws, scaled to the full run, say what 256 full runs would in a fraction of the time.
WATERFALL_DRAWS: Final = 64
SCENARIO_DRAWS: Final = 256
# Independent draws that questions are ranked on, and the slices within which a fact counts as known.
QUESTION_DRAWS: Final = 4096
QUESTION_SLICES: Final = 8

STEPS: Final = {
    "unused": "tokens not used",
    "work_only": "work only",
    "would_not_buy": "beyond own demand",
    "quality": "limits and cuts",
    "tax": "tax",
    "bonus": "bonus against target",
    "shares": "share risk",
    "timing": "timing and leaving",
}
# The step of share risk where there are options too, whose strike is most of it.
OPTIONS_STEP: Final = "strike and share risk"


def waterfall_of(case: Case, seed: int, face: int, value: int) -> dict[str, int]:
    """Shapley shares of the way from face to value; they sum to the difference, to the dollar."""
    names = _factors_at_work(case)
    if not names:
        return {FACE_STEP: face, VALUE_STEP: value}
    run = run_case(case, Sampler(seed, WATERFALL_DRAWS, stratified=True))
    switches: dict[str, Array] = {}
    for axis, name in enumerate(names):
        shape = [1] * (len(names) + 1)
        shape[axis] = 2
        switches[name] = np.array([0.0, 1.0]).reshape(shape)
    off: dict[str, float] = {name: 0.0 for name in STEPS if name not in names}
    total = total_level(case, run.p, run.shocks, Factors(**off, **switches))
    every = np.broadcast_to(total, (2,) * len(names) + (WATERFALL_DRAWS,))
    shares = shapley_from_table(np.median(every, axis=-1))
    moved = shares.sum()
    scaled = shares * ((value - face) / moved) if abs(moved) > 1e-9 else np.zeros_like(shares)
    labels = [OPTIONS_STEP if name == "shares" and case.terms.options else STEPS[name] for name in names]
    steps = dict(zip(labels, whole_summing(scaled, value - face), strict=True))
    return {FACE_STEP: face, **steps, VALUE_STEP: value}


def tornado_of(case: Case, run: Run) -> dict[str, tuple[int, int]]:
    """P50 with each uncertain assumption at its low and at its high, widest first, on stratified draws."""
    return _widest_first(
        {
            name: (whole(float(np.median(low))), whole(float(np.median(high))))
            for name, (low, high) in _at_ends(case, run).items()
        }
    )


def lead_tornado_of(explained: Sequence[tuple[Case, Run]]) -> dict[str, tuple[int, int]]:
    """How far the first of several offers is ahead of the best of the others on average, with an assumption of theirs
    at its low and at its high, widest first, on stratified draws.
    """
    now = [float(run.total.mean()) for _, run in explained]
    moved = [
        {name: (float(low.mean()), float(high.mean())) for name, (low, high) in _at_ends(case, run).items()}
        for case, run in explained
    ]

    def lead(name: str, end: int) -> int:
        first, *others = [ends[name][end] if name in ends else mean for ends, mean in zip(moved, now, strict=True)]
        return whole(first - max(others))

    return _widest_first({name: (lead(name, 0), lead(name, 1)) for name in dict.fromkeys(n for m in moved for n in m)})


def _at_ends(case: Case, run: Run) -> dict[str, tuple[Array, Array]]:
    """What the case is worth on each draw with every assumption that has a range at its low, and at its high."""
    names = [n for n in parameters_of(case.terms) if case.assumptions[n].low < case.assumptions[n].high]
    if not names:
        return {}
    ends = {name: (case.assumptions[name].low, case.assumptions[name].high) for name in names}
    p = one_at_a_time(run.p, ends, SCENARIO_DRAWS)
    totals = np.broadcast_to(total_level(case, p, run.shocks), (2 * len(names), SCENARIO_DRAWS))
    return {name: (totals[2 * row], totals[2 * row + 1]) for row, name in enumerate(names)}


def _widest_first(bars: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    moving = sorted((name for name, (low, high) in bars.items() if low != high), key=lambda n: -_width(bars[n]))
    return {name: bars[name] for name in moving}


def unsaid_values(case: Case, run: Run, sampler: Sampler) -> dict[str, list[Array]]:
    """For each unsaid term, the value as defaulted and under each thing the contract may turn out to say."""
    return {
        name: [run.total, *(value_scenario(case, run, scenario, sampler) for scenario in scenarios)]
        for name, scenarios in unsaid_alternatives(case).items()
    }


def defaulted_facts(
    case: Case, unsaid: Mapping[str, list[Array]], tornado: Mapping[str, tuple[int, int]]
) -> list[Defaulted]:
    """What was not said, widest range first: terms of the contract, and assumptions that a fact would replace."""
    found: list[Defaulted] = []
    for name, values in unsaid.items():
        middles = [float(np.median(value)) for value in values]
        low, high = whole(min(middles)), whole(max(middles))
        found.append(Defaulted(field=name, taken=case.unsaid[name], low_usd=low, high_usd=high))
    for name, bar in tornado.items():
        entry = case.assumptions[name]
        if entry.origin == "default" and entry.fact is not None:
            found.append(Defaulted(field=entry.fact, taken=f"assumed {name}", low_usd=min(bar), high_usd=max(bar)))
    return sorted(found, key=lambda entry: entry.high_usd - entry.low_usd, reverse=True)


def questions_of(case: Case, run: Run, unsaid: Mapping[str, list[Array]]) -> list[Question]:
    """What to ask next, by the dollars of P10-P90 that the answer takes off.

    For an unsaid term the range before the answer is that of its possible readings together, each as likely.
    """
    total = run.total[:QUESTION_DRAWS]
    questions: list[Question] = []
    for name in parameters_of(case.terms):
        entry, draws = case.assumptions[name], run.p[name]
        if entry.ask is None or entry.fact is None or entry.origin != "default" or draws.shape[-1] == 1:
            continue
        worth = width_removed(total, draws[:QUESTION_DRAWS], slices=QUESTION_SLICES)
        questions.append(Question(ask=entry.ask, field=entry.fact, worth_usd=whole(worth)))
    for name, values in unsaid.items():
        worth = width_of_readings(values)
        questions.append(Question(ask=question_for(name), field=name, worth_usd=whole(worth)))
    return sorted((q for q in questions if q.worth_usd > 0), key=lambda q: q.worth_usd, reverse=True)


def levers_of(case: Case, run: Run, sampler: Sampler) -> list[Lever]:
    """Terms to negotiate, by what they add on average on common draws."""
    now = float(run.total.mean())
    gains = [
        Lever(ask_for=scenario.text, gain_usd=whole(float(value_scenario(case, run, scenario, sampler).mean()) - now))
        for scenario in improvements(case, run)
    ]
    return sorted((lever for lever in gains if lever.gain_usd > 0), key=lambda lever: lever.gain_usd, reverse=True)


def explanation_run(case: Case, seed: int) -> tuple[Run, Sampler]:
    """The stratified draws that tornado, defaults and levers share."""
    sampler = Sampler(seed, SCENARIO_DRAWS, stratified=True)
    return run_case(case, sampler), sampler


def _factors_at_work(case: Case) -> list[str]:
    terms = case.terms
    names: list[str] = []
    if terms.tokens is not None:
        names += ["unused", "work_only", "would_not_buy", "quality"]
    if terms.tokens is not None or terms.contractor:
        names.append("tax")
    if any(terms.bonus_target) and not terms.bonus_guaranteed:
        names.append("bonus")
    if terms.shares or terms.options:
        names.append("shares")
    uneven = terms.tokens is not None and len(set(terms.tokens.budget_usd)) > 1
    if terms.shares or terms.options or terms.sign_on > 0.0 or uneven:
        names.append("timing")
    return names


def _width(bar: tuple[int, int]) -> int:
    return abs(bar[1] - bar[0])
