"""The tool that says what leaving costs: a person the employer, or an employer its provider of AI."""

from __future__ import annotations

from typing import Final

from tokenworth.assumptions.used import first_few
from tokenworth.context import Context
from tokenworth.lockin.employer import explain_employer
from tokenworth.lockin.employer_models import EmployerLockIn, EmployerPosition
from tokenworth.lockin.models import CURVE_MONTHS, ExplainLockInRequest, LockInExplained, PersonLockIn, Term
from tokenworth.lockin.person import explain_person
from tokenworth.lockin.words import SMALL_CAUSES

__all__ = ["explain_lock_in"]

# A concise answer stays under 800 tokens in each channel.
ASSUMPTIONS_SHOWN: Final = 3
SHOWN: Final = 2
CURVE_SHOWN: Final = (0, 12, 24, CURVE_MONTHS)
SMALL_SHARE: Final = 0.01
DATED_ONLY: Final = {"in_force": None, "article": None}


async def explain_lock_in(request: ExplainLockInRequest, context: Context) -> LockInExplained:
    """What leaving costs and when, what causes it, and what would loosen it; for a person or an employer.

    Raises:
        InvalidInputError: a fact or an override that cannot be used, no way to tax this person, or no spend known.
        NotPricedError: the grant counts tokens whose price nobody said.
    """
    if request.position is not None:
        answer = await explain_person(request, request.position, context)
    else:
        answer = await explain_employer(request, request.employer or EmployerPosition(), context)
    return answer if request.detail == "full" else _concise(answer)


def _concise(answer: LockInExplained) -> LockInExplained:
    """What fits in one breath: the ends of the lists, and a few months of the curve."""
    freeing = [lever for lever in answer.levers if lever.frees_usd > 0]
    return answer.model_copy(
        update={
            "person": answer.person and _concise_person(answer.person),
            "employer": answer.employer and _concise_employer(answer.employer),
            "levers": freeing[:SHOWN],
            "next_questions": answer.next_questions[:SHOWN],
            "defaulted": answer.defaulted[:1],
            "tornado": dict(list(answer.tornado.items())[:1]),
            "assumptions": first_few(answer.assumptions, ASSUMPTIONS_SHOWN),
        }
    )


def _concise_person(person: PersonLockIn) -> PersonLockIn:
    kept = {*CURVE_SHOWN, person.leave_in_months}
    largest = sorted(person.cliffs, key=lambda cliff: cliff.after_usd - cliff.before_usd)[:SHOWN]
    other = person.other_offer
    return person.model_copy(
        update={
            "terms": _main_terms(person.terms),
            "compute_list_cost_usd": None,
            "curve": {month: row for month, row in person.curve.items() if month in kept},
            "other_offer": other and other.model_copy(update={"raise_present_value_usd": None}),
            "cliffs": sorted(largest, key=lambda cliff: cliff.in_months),
        }
    )


def _main_terms(terms: dict[str, Term]) -> dict[str, Term]:
    """Causes of at least a hundredth each, and the others together: dollars and shares still add up."""
    small = {name: term for name, term in terms.items() if term.share is not None and term.share < SMALL_SHARE}
    main = {name: term for name, term in terms.items() if name not in small}
    left = [term for term in small.values() if term.share]
    if not left:
        return main
    share = round(sum(term.share or 0.0 for term in left), 4)
    return {**main, SMALL_CAUSES: Term(mean_usd=sum(term.mean_usd for term in left), share=share)}


def _concise_employer(employer: EmployerLockIn) -> EmployerLockIn:
    return employer.model_copy(
        update={
            "providers": employer.providers[:SHOWN],
            "switching_items": employer.switching_items[:SHOWN],
            "commitments": employer.commitments[:1],
            "exit_rights": [right.model_copy(update=DATED_ONLY) for right in employer.exit_rights],
            "concentration_reading": None,
            "second_source": employer.second_source.model_copy(update={"steps": None}),
        }
    )
