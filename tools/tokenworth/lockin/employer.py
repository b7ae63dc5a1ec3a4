"""An employer's answer: concentration, the price rise it would bear, commitments, the way out and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

import numpy as np

from tokenworth.answers import Defaulted, Question, UsdRange
from tokenworth.assumptions.exit_rights import ExitLaw, exit_law
from tokenworth.assumptions.used import assumptions_used
from tokenworth.context import Context, UseSeen
from tokenworth.lockin.employer_models import (
    ComingPrice,
    CommitmentOutcome,
    EmployerLockIn,
    EmployerPosition,
    ExitRight,
    ProviderSpend,
    SecondSource,
    ShareRange,
    SwitchItem,
)
from tokenworth.lockin.employer_words import concentration_reading, employer_headline
from tokenworth.lockin.models import ExplainLockInRequest, Lever, LockInExplained
from tokenworth.lockin.switching import WORK, Employer, Job, Promised, Tied, build_employer, employer_parameters, tie_of
from tokenworth.money import dollars, whole
from tokenworth.valuation.arrays import Array
from tokenworth.valuation.concentration import herfindahl, price_rise_ceiling
from tokenworth.valuation.draws import Sampler
from tokenworth.valuation.sensitivity import (
    percentiles,
    width_of_readings,
    width_removed,
)
from tokenworth.work import off_the_loop

__all__ = ["explain_employer"]

EXPLANATION_DRAWS: Final = 256
QUESTION_SLICES: Final = 8
STRANDED: Final = "commitment forfeited"
# What a young product on one provider typically rests on; what the unsaid features may turn out to be.
FEATURES_NOT_SAID: Final = (("prompt", 20), ("caching", 2), ("proprietary_tool", 2))
FEATURES_ASK: Final = (
    "Which features of this provider do you use that others lack: caching, fine-tunes, tools, formats?"
)


async def explain_employer(
    request: ExplainLockInRequest, position: EmployerPosition, context: Context
) -> LockInExplained:
    """How hard this employer is tied to its providers, in full.

    Raises:
        InvalidInputError: no spend given or seen, a commitment to nobody, or an unknown override.
    """
    seen = None
    if position.spend is None and context.observed_use is not None:
        seen = await context.observed_use.use_seen(context.clock())
    names_models = seen is not None or any(each.model for each in position.spend or ())
    if context.price_schedule is not None and names_models:
        await context.price_schedule.ready()
    return await off_the_loop(partial(_explained, position, seen), request, context)


def _explained(
    position: EmployerPosition, seen: UseSeen | None, request: ExplainLockInRequest, context: Context
) -> LockInExplained:
    assumptions = context.assumptions.with_said(_said(position))
    if request.overrides:
        assumptions = assumptions.replaced(request.overrides, field="overrides", origin="override")
    employer = build_employer(position, assumptions, seen)
    tied, few = _run(employer, Sampler(request.seed, request.draws)), _few(employer, request.seed)
    context.work.reached(0.5, f"drew what leaving each provider costs on {request.draws:,} draws")
    tornado = _tornado(employer, few, request.seed)
    answer = _employer(employer, tied, position, context)
    used = assumptions_used(assumptions, employer_parameters(employer), tornado)
    unsaid = _unsaid_costs(employer, few, request.seed)
    return LockInExplained(
        headline=employer_headline(answer),
        employer=answer,
        levers=_levers(employer, tied),
        next_questions=_questions(employer, tied, unsaid),
        defaulted=_defaulted(employer, unsaid, tornado),
        tornado=tornado,
        assumptions=used,
        assumptions_used=len(used),
        notes=[*employer.notes, *_notes(position)],
        seed=request.seed,
        draws=request.draws,
    )


# Models without a price that are named before the rest are counted.
UNKNOWN_SHOWN: Final = 2


def _said(position: EmployerPosition) -> dict[str, float]:
    facts: dict[str, float] = {}
    if position.spend_growth is not None:
        facts["employer_spend_growth"] = position.spend_growth
    if position.engineer_hour_usd is not None:
        facts["engineer_hour_usd"] = float(position.engineer_hour_usd)
    return facts


def _notes(position: EmployerPosition) -> list[str]:
    if position.region is None:
        return ["no region was given, so no statutory exit rights are listed; customers in the EU have some"]
    law = exit_law(position.region)
    return (
        [f"{law.name}: {law.note}"]
        if law is not None
        else ["no statutory exit rights are known here: the contract decides"]
    )


def _run(employer: Employer, sampler: Sampler) -> Tied:
    p = sampler.draw_all({name: employer.assumptions[name].spread() for name in employer_parameters(employer)})
    return tie_of(
        employer, p, {each.provider: sampler.normals(f"demand_{each.provider}") for each in employer.promises}
    )


def _few(employer: Employer, seed: int) -> Tied:
    return _run(employer, Sampler(seed, EXPLANATION_DRAWS, stratified=True))


def _at_stake(tied: Tied) -> Array:
    """What leaving, or staying with too large a promise, may cost."""
    return tied.switching + tied.exposure


def _employer(employer: Employer, tied: Tied, position: EmployerPosition, context: Context) -> EmployerLockIn:
    largest, spend = employer.largest, employer.spend
    low, middle, high = percentiles(tied.switching)
    ceiling = [round(end, 4) for end in percentiles(price_rise_ceiling(tied.switching, tied.spend_value))]
    index = herfindahl(list(spend.values()))
    coming, said = _coming(employer, context)
    law = exit_law(position.region) if position.region is not None else None
    return EmployerLockIn(
        spend_usd=whole(employer.total_usd),
        providers=[
            ProviderSpend(provider=name, per_year_usd=whole(usd), share=round(usd / employer.total_usd, 4))
            for name, usd in spend.items()
        ],
        concentration=whole(index),
        concentration_reading=concentration_reading(index),
        largest=largest,
        switching=UsdRange(p10_usd=whole(low), p50_usd=whole(middle), p90_usd=whole(high)),
        switching_hours=whole(float(np.median(sum(tied.hours.values(), np.zeros(1))))),
        switching_items=_items(employer, tied),
        price_rise_ceiling=ShareRange(p10=ceiling[0], p50=ceiling[1], p90=ceiling[2]),
        horizon_months=employer.horizon_months,
        commitments=sorted((_commitment(each) for each in tied.promised), key=lambda each: -each.saves_usd),
        exit_law=law.name if law is not None else None,
        exit_rights=_exit_rights(law, context.clock()),
        coming_prices=coming,
        coming_prices_said=said,
        second_source=_second_source(employer, tied),
    )


def _items(employer: Employer, tied: Tied) -> list[SwitchItem]:
    """The switch job by job, means, the dearest first."""
    rate = tied.p["engineer_hour_usd"]
    items = [
        SwitchItem(
            what=job.what,
            count=job.count if job.count > 1 else None,
            hours=whole(float(np.mean(tied.hours[job.what]))),
            usd=whole(float(np.mean(tied.hours[job.what] * rate))),
        )
        for job in employer.jobs
    ]
    if tied.stranded > 0.0:
        items.append(SwitchItem(what=STRANDED, hours=0, usd=whole(tied.stranded)))
    return sorted(items, key=lambda item: -item.usd)


def _commitment(each: Promised) -> CommitmentOutcome:
    promise = each.promise
    return CommitmentOutcome(
        provider=promise.provider,
        committed_usd=whole(promise.committed_usd),
        discount=promise.discount,
        chance_unused=round(float(np.mean(each.unused > 0.0)), 4),
        unused_usd=whole(float(np.mean(each.unused))),
        exposure_usd=whole(float(np.mean(each.exposure))),
        best_usd=whole(each.best_usd),
        saves_usd=whole(each.cost - each.best_cost),
    )


def _exit_rights(law: ExitLaw | None, now: datetime) -> list[ExitRight]:
    if law is None:
        return []
    return [
        ExitRight(
            right=right.right,
            applies_from=right.applies_from.isoformat(),
            in_force=now.date() >= right.applies_from,
            article=right.source,
        )
        for right in law.rights
    ]


def _coming(employer: Employer, context: Context) -> tuple[list[ComingPrice] | None, str]:
    """Announced changes of the models in use, and how much is known about them, in words."""
    if context.price_schedule is None:
        return None, "coming price changes are not known: no price list here"
    if not employer.models:
        return None, "coming price changes are not known: name the models in spend"
    found: list[ComingPrice] = []
    unknown: list[str] = []
    for model, usd in employer.models.items():
        changes = context.price_schedule.coming_changes(model, context.clock())
        if changes is None:
            unknown.append(model)
            continue
        found += [
            ComingPrice(
                model=model,
                on=change.at.date().isoformat(),
                change=round(float(change.change), 4),
                usd_per_year=whole(usd * float(change.change)),
                source=change.source,
            )
            for change in changes
        ]
    said = "no price change announced" if not found else f"{len(found)} announced"
    more = f" and {len(unknown) - UNKNOWN_SHOWN} more" if len(unknown) > UNKNOWN_SHOWN else ""
    missing = f"; unknown: {', '.join(unknown[:UNKNOWN_SHOWN])}{more}" if unknown else ""
    return sorted(found, key=lambda change: change.on), said + missing


def _second_source(employer: Employer, tied: Tied) -> SecondSource:
    """Keeping a second provider warm: what it takes, and the ceiling it leaves."""
    p, rate = tied.p, tied.p["engineer_hour_usd"]
    share = p["second_source_share"]
    lost_discount = sum(
        each.discount * employer.spend[employer.largest]
        for each in employer.promises
        if each.provider == employer.largest
    )
    upkeep = 12.0 * p["second_source_upkeep_hours_month"] * rate + share * min(lost_discount, employer.total_usd)
    ceiling = price_rise_ceiling(_with_second_source(tied), tied.spend_value)
    return SecondSource(
        steps=[
            "one interface in front of both providers, with prompts and evaluations that run on either",
            f"about {float(np.mean(share)):.0%} of traffic on the second one, so that it stays proven",
            "open formats and tools of your own where the provider's exist only there",
        ],
        one_off_usd=whole(float(np.mean(p["second_source_hours"] * rate))),
        per_year_usd=whole(float(np.mean(upkeep))),
        ceiling_after=round(float(np.median(ceiling)), 4),
    )


def _with_second_source(tied: Tied) -> Array:
    """S once a second provider is in place: part of the work is done, the commitment is still forfeited."""
    return tied.work * tied.p["second_source_kept_share"] + tied.stranded


def _levers(employer: Employer, tied: Tied) -> list[Lever]:
    """What would loosen the tie, by mean dollars; none adds to it."""
    levers = [
        Lever(
            ask_for="a second provider kept warm",
            frees_usd=whole(float(np.mean(tied.switching - _with_second_source(tied)))),
        )
    ]
    own = [tied.hours[WORK[what]] for what in ("proprietary_tool", "format") if WORK[what] in tied.hours]
    if own:
        hours = sum(own, np.zeros(1))
        usd = whole(float(np.mean(hours * tied.p["engineer_hour_usd"])))
        levers.append(Lever(ask_for="open tools and formats instead of the provider's own", frees_usd=usd))
    for each in tied.promised:
        name = each.promise.provider
        best = dollars(each.best_usd)
        levers.append(
            Lever(
                ask_for=f"a commitment to {name} of {best} a year instead of {dollars(each.promise.committed_usd)}",
                frees_usd=whole(each.cost - each.best_cost),
            )
        )
        carried = whole(float(np.mean(each.unused)))
        levers.append(Lever(ask_for=f"unused commitment to {name} carried over to the next year", frees_usd=carried))
        if name == employer.largest:
            ask = f"the right to end the commitment to {name} without paying the rest"
            levers.append(Lever(ask_for=ask, frees_usd=whole(tied.stranded)))
    return sorted(levers, key=lambda lever: lever.frees_usd, reverse=True)


def _tornado(employer: Employer, few: Tied, seed: int) -> dict[str, tuple[int, int]]:
    """What leaving and the commitments put at stake (P50), each uncertain assumption at its low and high."""
    names = [n for n in employer_parameters(employer) if employer.assumptions[n].low < employer.assumptions[n].high]
    ends = {name: (employer.assumptions[name].low, employer.assumptions[name].high) for name in names}
    bars: dict[str, tuple[int, int]] = {}
    for name in names:
        low, high = (_median_with(employer, few, {name: np.array([end])}, seed) for end in ends[name])
        if low != high:
            bars[name] = (low, high)
    return dict(sorted(bars.items(), key=lambda bar: -abs(bar[1][1] - bar[1][0])))


def _median_with(employer: Employer, few: Tied, changed: Mapping[str, Array], seed: int) -> int:
    return whole(float(np.median(_at_stake(tie_of(employer, {**few.p, **changed}, _shocks(employer, seed))))))


def _shocks(employer: Employer, seed: int) -> dict[str, Array]:
    sampler = Sampler(seed, EXPLANATION_DRAWS, stratified=True)
    return {each.provider: sampler.normals(f"demand_{each.provider}") for each in employer.promises}


def _unsaid_costs(employer: Employer, few: Tied, seed: int) -> dict[str, list[Array]]:
    """The features that were not said: as defaulted, and as they may turn out to be."""
    if "employer.features" not in employer.unsaid:
        return {}
    more = tuple(Job(WORK[what], count, None, f"switch_hours_{what}") for what, count in FEATURES_NOT_SAID)
    other = _few(replace(employer, jobs=(*employer.jobs, *more)), seed)
    size = (EXPLANATION_DRAWS,)
    return {"employer.features": [np.broadcast_to(_at_stake(each), size) for each in (few, other)]}


def _questions(employer: Employer, tied: Tied, unsaid: Mapping[str, Sequence[Array]]) -> list[Question]:
    """What to ask next, by the dollars of P10-P90 at stake that the answer takes off."""
    total = np.broadcast_to(_at_stake(tied), (max(values.shape[-1] for values in tied.p.values()),))
    questions = [
        Question(ask=FEATURES_ASK, field=name, worth_usd=whole(width_of_readings(values)))
        for name, values in unsaid.items()
    ]
    for name in employer_parameters(employer):
        entry, draws = employer.assumptions[name], tied.p[name]
        if (
            entry.ask is not None
            and entry.fact is not None
            and entry.origin == "default"
            and draws.shape == total.shape
        ):
            worth = width_removed(total, draws, slices=QUESTION_SLICES)
            questions.append(Question(ask=entry.ask, field=entry.fact, worth_usd=whole(worth)))
    return sorted((q for q in questions if q.worth_usd > 0), key=lambda q: q.worth_usd, reverse=True)


def _defaulted(
    employer: Employer, unsaid: Mapping[str, Sequence[Array]], tornado: Mapping[str, tuple[int, int]]
) -> list[Defaulted]:
    found: list[Defaulted] = []
    for name, values in unsaid.items():
        middles = [whole(float(np.median(value))) for value in values]
        taken = employer.unsaid[name]
        found.append(Defaulted(field=name, taken=taken, low_usd=min(middles), high_usd=max(middles)))
    for name, bar in tornado.items():
        entry = employer.assumptions[name]
        if entry.origin == "default" and entry.fact is not None:
            found.append(Defaulted(field=entry.fact, taken=f"assumed {name}", low_usd=min(bar), high_usd=max(bar)))
    return sorted(found, key=lambda entry: entry.high_usd - entry.low_usd, reverse=True)
