"""The tool that says what leaving costs: a person the employer, or an employer its provider of AI."""

from __future__ import annotations

from typing import Final

from tokenworth.assumptions.used import bare
from tokenworth.context import Context
from tokenworth.lockin.employer import explain_employer
from tokenworth.lockin.employer_models import EmployerLockIn, EmployerPosition
from tokenworth.lockin.models import CURVE_MONTHS, ExplainLockInRequest, LockInExplained, PersonLockIn
from tokenworth.lockin.person import explain_person

__all__ = ["explain_lock_in"]

# A concise answer stays under 800 tokens in each channel.
SHOWN: Final = 3
QUESTIONS_SHOWN: Final = 2
CURVE_SHOWN: Final = (0, 3, 6, 12, 24, CURVE_MONTHS)


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
            "next_questions": answer.next_questions[:QUESTIONS_SHOWN],
            "defaulted": answer.defaulted[:QUESTIONS_SHOWN],
            "tornado": dict(list(answer.tornado.items())[:SHOWN]),
            "assumptions": [bare(entry) for entry in answer.assumptions[:SHOWN]],
        }
    )


def _concise_person(person: PersonLockIn) -> PersonLockIn:
    kept = {*CURVE_SHOWN, person.leave_in_months}
    largest = sorted(person.cliffs, key=lambda cliff: cliff.after_usd - cliff.before_usd)[:SHOWN]
    return person.model_copy(
        update={
            "terms": [term for term in person.terms if term.mean_usd > 0 or term.share is None],
            "curve": {month: row for month, row in person.curve.items() if month in kept},
            "cliffs": sorted(largest, key=lambda cliff: cliff.in_months),
        }
    )


def _concise_employer(employer: EmployerLockIn) -> EmployerLockIn:
    return employer.model_copy(
        update={
            "providers": employer.providers[:SHOWN],
            "switching_items": employer.switching_items[:SHOWN],
            "commitments": employer.commitments[:SHOWN],
            "second_source": employer.second_source.model_copy(update={"steps": employer.second_source.steps[:1]}),
        }
    )
