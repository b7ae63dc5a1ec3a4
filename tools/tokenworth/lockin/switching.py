"""An employer's position as numbers: who gets the spend, what is promised, and the work of leaving the largest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from tokenworth.assumptions import Assumptions
from tokenworth.context import UseSeen
from tokenworth.errors import InvalidInputError
from tokenworth.lockin.employer_models import EmployerPosition
from tokenworth.valuation.arrays import Array
from tokenworth.valuation.commitment import best_commitment, commitment_cost, unused_commitment
from tokenworth.valuation.discount import hazard_annuity

__all__ = [
    "WORK",
    "Employer",
    "Job",
    "Promise",
    "Promised",
    "Tied",
    "build_employer",
    "employer_parameters",
    "tie_of",
]

HORIZON_MONTHS: Final = 36
FIXED: Final = "contract, security review, evaluation"
ALWAYS: Final = (
    "discount_rate",
    "engineer_hour_usd",
    "switch_hours_fixed",
    "second_source_share",
    "second_source_hours",
    "second_source_upkeep_hours_month",
    "second_source_kept_share",
)
DEMAND: Final = ("employer_spend_growth", "employer_spend_sigma")


@dataclass(frozen=True, slots=True)
class Job:
    """One kind of work in a switch: how many, and hours for each, given or by an assumption's name."""

    what: str
    count: int
    hours_each: float | None
    assumption: str | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """One commitment, USD a year."""

    provider: str
    committed_usd: float
    discount: float
    months_left: int
    fee_usd: float | None


@dataclass(frozen=True, slots=True)
class Employer:
    """An employer ready to be explained.

    Attributes:
        spend: USD a year by provider, the largest first.
        models: USD a year by model, of those named.
        unsaid: fields that were not said, each with what is taken in its place.
    """

    spend: Mapping[str, float]
    models: Mapping[str, float]
    promises: tuple[Promise, ...]
    jobs: tuple[Job, ...]
    horizon_months: int
    assumptions: Assumptions
    unsaid: Mapping[str, str]
    notes: tuple[str, ...]

    @property
    def largest(self) -> str:
        """The provider with most of the spend."""
        return next(iter(self.spend))

    @property
    def total_usd(self) -> float:
        """All spend a year."""
        return sum(self.spend.values())


@dataclass(frozen=True, slots=True)
class Promised:
    """One commitment on draws, USD a year: what is left unused, what it costs, and the one of least expected cost."""

    promise: Promise
    unused: Array
    cost: float
    best_usd: float
    best_cost: float

    @property
    def exposure(self) -> Array:
        """E[(C - D)+]*(1 - discount) over the rest of the term, and the fee for ending it, USD."""
        return self.unused * self.promise.months_left / 12.0 + (self.promise.fee_usd or 0.0)


@dataclass(frozen=True, slots=True)
class Tied:
    """An employer on draws.

    Attributes:
        hours: of each job.
        work: what all jobs cost, USD.
        stranded: what leaving the largest provider now forfeits in commitments to it, USD.
        spend_value: present value of the spend with the largest provider over the horizon.
    """

    p: Mapping[str, Array]
    hours: dict[str, Array]
    work: Array
    stranded: float
    spend_value: Array
    promised: tuple[Promised, ...]

    @property
    def switching(self) -> Array:
        """S: what leaving the largest provider costs."""
        return self.work + self.stranded

    @property
    def exposure(self) -> Array:
        """What all commitments expose the employer to, USD; see `Promised.exposure`."""
        return sum((each.exposure for each in self.promised), np.zeros(1))


def build_employer(position: EmployerPosition, assumptions: Assumptions, seen: UseSeen | None) -> Employer:
    """Read an employer's position; spend that was not given comes from real use.

    Raises:
        InvalidInputError: no spend given and none seen, or a commitment to a provider without spend.
    """
    entries = [(each.provider, each.model, float(each.per_year)) for each in position.spend or []]
    notes: list[str] = []
    unsaid: dict[str, str] = {}
    if not entries:
        if seen is None or seen.usd_per_year <= 0 or not all(provider for provider, _ in seen.usd):
            raise InvalidInputError(
                "employer.spend",
                "no spend given, and no ledger has seen any",
                'Send what goes to each provider in a year, such as [{"provider": "Acme", "per_year": "1.2M"}]',
            )
        pace = 365.0 / max(seen.days, 1)
        entries = [(provider, model, float(usd) * pace) for (provider, model), usd in seen.usd.items()]
        notes.append(f"spend as seen over {seen.days} days ({seen.source})")
    spend = _summed((provider, usd) for provider, _, usd in entries)
    for index, commitment in enumerate(position.commitments):
        if commitment.provider not in spend:
            raise InvalidInputError(
                f"employer.commitments.{index}.provider",
                "no spend goes to that provider",
                "Write the provider as in spend, or add what goes to it",
            )
    if position.features is None:
        unsaid["employer.features"] = "nothing that only this provider has"
    if position.horizon_months is None:
        unsaid["employer.horizon_months"] = f"{HORIZON_MONTHS} months"
    return Employer(
        spend=spend,
        models=_summed((model, usd) for _, model, usd in entries if model is not None),
        promises=tuple(
            Promise(
                provider=each.provider,
                committed_usd=float(each.per_year),
                discount=float(each.discount),
                months_left=each.months_left,
                fee_usd=None if each.termination_fee is None else float(each.termination_fee),
            )
            for each in position.commitments
        ),
        jobs=(Job(FIXED, 1, None, "switch_hours_fixed"), *_jobs(position)),
        horizon_months=position.horizon_months or HORIZON_MONTHS,
        assumptions=assumptions,
        unsaid=unsaid,
        notes=tuple(notes),
    )


def employer_parameters(employer: Employer) -> tuple[str, ...]:
    """Names of the assumptions that this position depends on."""
    names = [*ALWAYS, *(job.assumption for job in employer.jobs if job.assumption is not None)]
    return tuple(dict.fromkeys([*names, *DEMAND] if employer.promises else names))


def tie_of(employer: Employer, p: Mapping[str, Array], shocks: Mapping[str, Array]) -> Tied:
    """Cost the position on draws.

    Args:
        shocks: standard normals of next year's demand, by provider with a commitment.
    """
    hours = {job.what: job.count * _hours_each(job, p) for job in employer.jobs}
    work = sum(hours.values(), np.zeros(1)) * p["engineer_hour_usd"]
    largest = employer.largest
    monthly = employer.spend[largest] / 12.0
    return Tied(
        p=p,
        hours=hours,
        work=work,
        stranded=sum(_forfeit(each) for each in employer.promises if each.provider == largest),
        spend_value=hazard_annuity(monthly, employer.horizon_months, p["discount_rate"], 0.0),
        promised=tuple(_promised(employer, each, p, shocks[each.provider]) for each in employer.promises),
    )


def _summed(pairs: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Totals by name, the largest first."""
    totals: dict[str, float] = {}
    for name, usd in pairs:
        totals[name] = totals.get(name, 0.0) + usd
    return dict(sorted(totals.items(), key=lambda item: -item[1]))


def _jobs(position: EmployerPosition) -> list[Job]:
    """Features of one kind together; hours of the caller's own stand by themselves."""
    jobs: list[Job] = []
    counts: dict[str, int] = {}
    for feature in position.features or []:
        if feature.hours_each is None:
            counts[feature.what] = counts.get(feature.what, 0) + feature.count
        else:
            jobs.append(Job(_named(feature.what, jobs), feature.count, feature.hours_each))
    usual = [Job(WORK[what], count, None, f"switch_hours_{what}") for what, count in counts.items()]
    return [*usual, *jobs]


def _named(what: str, jobs: list[Job]) -> str:
    """A name of its own for each job with hours of its own."""
    same = sum(job.what.startswith(f"{WORK[what]}, your hours") for job in jobs)
    return f"{WORK[what]}, your hours" + (f" ({same + 1})" if same else "")


def _hours_each(job: Job, p: Mapping[str, Array]) -> Array:
    return p[job.assumption] if job.assumption is not None else np.array([job.hours_each or 0.0])


def _forfeit(promise: Promise) -> float:
    """What leaving now costs under a commitment: the fee where one is agreed, else the rest of the promise."""
    rest = promise.committed_usd * (1.0 - promise.discount) * promise.months_left / 12.0
    return rest if promise.fee_usd is None else min(promise.fee_usd, rest)


def _promised(employer: Employer, promise: Promise, p: Mapping[str, Array], shock: Array) -> Promised:
    """Demand next year is lognormal around the grown spend."""
    median = employer.spend[promise.provider] * (1.0 + p["employer_spend_growth"])
    demand = median * np.exp(p["employer_spend_sigma"] * shock)
    best = best_commitment(demand, promise.discount)
    return Promised(
        promise=promise,
        unused=unused_commitment(promise.committed_usd, demand, promise.discount),
        cost=float(commitment_cost(promise.committed_usd, demand, promise.discount).mean()),
        best_usd=best,
        best_cost=float(commitment_cost(best, demand, promise.discount).mean()),
    )


WORK: Final = {
    "caching": "prompt caching",
    "fine_tune": "fine-tuned models",
    "proprietary_tool": "provider-only tools",
    "format": "provider-only formats",
    "prompt": "prompts and agents",
    "embedding_index": "embedding indexes",
    "other": "other work",
}
