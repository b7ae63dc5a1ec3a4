"""Why leaving costs what it does and what would change that, on common draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from tokenworth.answers import Defaulted, Question
from tokenworth.cases import question_for
from tokenworth.lockin.levers import loosened, readings_of
from tokenworth.lockin.models import Lever, Position
from tokenworth.lockin.position import Leaving
from tokenworth.lockin.simulate import Run, cost_of_leaving, parameters_of, run_leaving
from tokenworth.money import whole
from tokenworth.valuation.arrays import Array
from tokenworth.valuation.draws import Sampler
from tokenworth.valuation.sensitivity import one_at_a_time, width_of_readings, width_removed

__all__ = [
    "EXPLANATION_DRAWS",
    "defaulted_facts",
    "explanation_run",
    "levers_of",
    "questions_of",
    "tornado_of",
    "unsaid_costs",
]

EXPLANATION_DRAWS: Final = 256
QUESTION_DRAWS: Final = 4096
QUESTION_SLICES: Final = 8
# Only the ratchet, which is no cost of leaving, depends on these.
RATCHET_ONLY: Final = ("counterfactual_compute_usd_year", "output_elasticity", "ratchet")
ASKS: Final = {
    "position.months_served": "How many months of this contract have you served?",
    "position.unspent_tokens": "What is your unspent token balance today?",
    "position.built": "What have you built that would stay behind, and how many hours would making it again take?",
    "position.options.window_months": "How long after leaving may you exercise vested options?",
}


def explanation_run(leaving: Leaving, seed: int) -> Run:
    """The stratified draws that levers, tornado and readings share."""
    return run_leaving(leaving, Sampler(seed, EXPLANATION_DRAWS, stratified=True))


def levers_of(leaving: Leaving, few: Run) -> list[Lever]:
    """Terms to ask for, by the mean dollars they take off the cost of leaving; none adds to it."""
    now = few.costs.at(leaving.leave_in)
    levers = [
        Lever(ask_for=change.text, frees_usd=whole(float(np.mean(now - _cost(change.leaving, leaving, few)))))
        for change in loosened(leaving)
    ]
    return sorted(levers, key=lambda lever: lever.frees_usd, reverse=True)


def tornado_of(leaving: Leaving, few: Run) -> dict[str, tuple[int, int]]:
    """The cost (P50) with each uncertain assumption at its low and at its high, widest first."""
    assumptions = leaving.case.assumptions
    names = [n for n in parameters_of(leaving) if n not in RATCHET_ONLY and assumptions[n].low < assumptions[n].high]
    if not names:
        return {}
    ends = {name: (assumptions[name].low, assumptions[name].high) for name in names}
    p = one_at_a_time(few.p, ends, EXPLANATION_DRAWS)
    costs = cost_of_leaving(leaving, p, few.shocks).at(leaving.leave_in)
    totals = np.broadcast_to(costs, (2 * len(names), EXPLANATION_DRAWS))
    middles = [whole(float(middle)) for middle in np.median(totals, axis=-1)]
    bars = {name: (middles[2 * row], middles[2 * row + 1]) for row, name in enumerate(names)}
    moving = sorted((name for name, (low, high) in bars.items() if low != high), key=lambda n: -_width(bars[n]))
    return {name: bars[name] for name in moving}


def unsaid_costs(leaving: Leaving, position: Position, few: Run) -> dict[str, list[Array]]:
    """For each unsaid term, the cost as defaulted and under each thing the contract may turn out to say."""
    now = np.broadcast_to(few.costs.at(leaving.leave_in), (EXPLANATION_DRAWS,))
    return {
        name: [now, *(np.broadcast_to(_reading(other, leaving, few), (EXPLANATION_DRAWS,)) for other in others)]
        for name, others in readings_of(leaving, position).items()
    }


def defaulted_facts(
    leaving: Leaving, unsaid: Mapping[str, list[Array]], tornado: Mapping[str, tuple[int, int]]
) -> list[Defaulted]:
    """What was not said, widest range first: terms of the contract, and assumptions that a fact would replace."""
    found: list[Defaulted] = []
    for name, values in unsaid.items():
        middles = [whole(float(np.median(value))) for value in values]
        taken = leaving.case.unsaid[name]
        found.append(Defaulted(field=name, taken=taken, low_usd=min(middles), high_usd=max(middles)))
    for name, bar in tornado.items():
        entry = leaving.case.assumptions[name]
        if entry.origin == "default" and entry.fact is not None:
            field = _field(entry.fact)
            found.append(Defaulted(field=field, taken=f"assumed {name}", low_usd=min(bar), high_usd=max(bar)))
    return sorted(found, key=lambda entry: entry.high_usd - entry.low_usd, reverse=True)


def questions_of(leaving: Leaving, run: Run, unsaid: Mapping[str, list[Array]]) -> list[Question]:
    """What to ask next, by the dollars of P10-P90 that the answer takes off."""
    total = run.costs.at(leaving.leave_in)[:QUESTION_DRAWS]
    questions: list[Question] = []
    for name in parameters_of(leaving):
        entry, draws = leaving.case.assumptions[name], run.p[name]
        if entry.ask is None or entry.fact is None or entry.origin != "default" or draws.shape[-1] == 1:
            continue
        if total.shape[-1] > 1:
            worth = width_removed(total, draws[:QUESTION_DRAWS], slices=QUESTION_SLICES)
            questions.append(Question(ask=entry.ask, field=_field(entry.fact), worth_usd=whole(worth)))
    for name, values in unsaid.items():
        ask = ASKS.get(name) or question_for(name.replace("position.contract.", "offer.", 1))
        questions.append(Question(ask=ask, field=name, worth_usd=whole(width_of_readings(values))))
    return sorted((q for q in questions if q.worth_usd > 0), key=lambda q: q.worth_usd, reverse=True)


def _cost(changed: Leaving, leaving: Leaving, few: Run) -> Array:
    return cost_of_leaving(changed, few.p, few.shocks, (leaving, few.costs)).at(changed.leave_in)


def _reading(changed: Leaving, leaving: Leaving, few: Run) -> Array:
    """As `_cost`; a reading may need parameters that the position as said does not."""
    missing = [name for name in parameters_of(changed) if name not in few.p]
    sampler = Sampler(few.seed, EXPLANATION_DRAWS, stratified=True)
    more = sampler.draw_all({name: leaving.case.assumptions[name].spread() for name in missing})
    known = (leaving, few.costs)
    return cost_of_leaving(changed, {**few.p, **more}, few.shocks, known).at(changed.leave_in)


def _field(fact: str) -> str:
    """Where in this tool's request a fact goes."""
    return fact.replace("offer.", "position.contract.", 1) if fact.startswith("offer.") else fact


def _width(bar: tuple[int, int]) -> int:
    return abs(bar[1] - bar[0])
