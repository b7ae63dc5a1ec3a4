"""The answers in words: a headline a person could repeat, then the numbers, each list short enough to read aloud."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tokenworth.answers import ask_next_in_words, three_in_words
from tokenworth.assumptions.used import drawn_in_words, sourced_in_words
from tokenworth.lockin.employer_words import employer_in_words
from tokenworth.money import dollars, percent

if TYPE_CHECKING:
    from tokenworth.lockin.models import LockInExplained, PersonLockIn

__all__ = ["SMALL_CAUSES", "lock_in_in_words", "person_headline"]

# A cliff is worth waiting for, in a headline, when it takes off this share of the cost within a year.
CLIFF_WORTH_NAMING: Final = 0.1
# In a concise answer, what is left of the causes below one part in a hundred.
SMALL_CAUSES: Final = "small_causes"
NAMES: Final = {
    "unvested_equity": "unvested shares",
    "forfeited_tokens": "forfeited tokens",
    "clawback": "clawback",
    "options": "vested options",
    "compute_replacement": "paying for AI yourself",
    "artefacts": "work left behind",
    "re_skilling": "a slow new start",
    "ai_re_skilling": "learning other AI tools",
    SMALL_CAUSES: "smaller causes",
}
READINGS: Final = {
    "A": "free to go",
    "B": "a light tie",
    "C": "a real tie",
    "D": "a strong tie",
    "E": "golden handcuffs",
}


def person_headline(person: PersonLockIn, *, nothing_accrued: bool) -> str:
    """One to three sentences that stand alone."""
    cost = person.cost
    when = "today" if person.leave_in_months == 0 else f"in {person.leave_in_months} months"
    if cost.p90_usd == 0:
        sentence = f"Leaving {when} costs you nothing (grade A, {READINGS['A']})."
    else:
        of_cash = (
            f", {percent(cost.p50_usd / person.annual_cash_usd)} of a year's cash" if person.annual_cash_usd else ""
        )
        sentence = (
            f"Leaving {when} would cost you about {dollars(cost.p50_usd)} (P10 {dollars(cost.p10_usd)}, "
            f"P90 {dollars(cost.p90_usd)}){of_cash}: grade {person.grade}, {READINGS[person.grade]}."
        )
    if nothing_accrued:
        return f"No handcuff has accrued: tokens you do not use expire, so there is nothing to forfeit. {sentence}"
    soon = [cliff for cliff in person.cliffs if person.leave_in_months < cliff.in_months <= person.leave_in_months + 12]
    if soon and cost.p50_usd > 0:
        first = max(soon, key=lambda cliff: cliff.before_usd - cliff.after_usd)
        if first.before_usd - first.after_usd >= CLIFF_WORTH_NAMING * cost.p50_usd:
            after = person.curve[first.in_months][1]
            sentence += f" In {_months(first.in_months)}, once {first.what}, it is about {dollars(after)}."
    if person.token_caused_share is not None and person.token_caused_usd > 0:
        sentence += f" Tokens cause {percent(person.token_caused_share)} of it."
    return sentence


def lock_in_in_words(answer: LockInExplained) -> str:
    """The whole answer to explain_lock_in."""
    lines = [answer.headline, ""]
    if answer.person is not None:
        lines += _person_in_words(answer.person)
    if answer.employer is not None:
        lines += employer_in_words(answer.employer)
    freeing = [lever for lever in answer.levers if lever.frees_usd > 0]
    if freeing:
        asks = [f"{lever.ask_for} (frees {dollars(lever.frees_usd)})" for lever in freeing]
        lines.append("Worth asking for: " + "; ".join(asks) + ".")
    if answer.tornado:
        bars = [f"{name} {dollars(low)} to {dollars(high)}" for name, (low, high) in answer.tornado.items()]
        lines.append("What moves it most (P50 at low and high): " + "; ".join(bars) + ".")
    if answer.defaulted:
        taken = [
            f"{d.field} (took: {d.taken}; {dollars(d.low_usd)} to {dollars(d.high_usd)})" for d in answer.defaulted
        ]
        lines.append("Not said, so defaulted: " + "; ".join(taken) + ".")
    lines += [f"Note: {note}." for note in answer.notes]
    lines += sourced_in_words(answer.assumptions)
    lines.append(drawn_in_words(answer.assumptions_used, answer.seed, answer.draws))
    return "\n".join([*lines, *ask_next_in_words(answer.next_questions)])


def _person_in_words(person: PersonLockIn) -> list[str]:
    lines = [f"In gross salary (P10 / P50 / P90): {three_in_words(person.cost)}; mean {dollars(person.cost.mean_usd)}:"]
    lines += [
        f"- {NAMES[name]}: {dollars(term.mean_usd)} ({percent(term.share)})"
        for name, term in person.terms.items()
        if term.share
    ]
    if person.token_caused_share is not None:
        lines.append(
            f"Caused by tokens: {dollars(person.token_caused_usd)}, {percent(person.token_caused_share, places=1)}."
        )
    steps = [f"{month} {dollars(row[1])}" for month, row in person.curve.items()]
    lines.append("If you leave in month (P50): " + "; ".join(steps) + ".")
    if person.cliffs:
        falls = [
            f"month {cliff.in_months}, {cliff.what}: {dollars(cliff.before_usd)} the day before, "
            f"{dollars(cliff.after_usd)} the day after"
            for cliff in person.cliffs
        ]
        lines.append("Cliffs: " + "; ".join(falls) + ".")
    cheapest = [f"{dollars(usd)} in month {month}" for month, usd in person.cheapest.items()]
    lines.append("Cheapest in each year ahead: " + "; ".join(cheapest) + ".")
    lines.append(
        f"A new employer would owe you a sign-on of about {dollars(person.break_even_sign_on_usd)} to break even."
    )
    if person.other_offer is not None:
        other = person.other_offer
        lines.append(
            f"Against the other offer: {three_in_words(other)} over four years; better off in "
            f"{percent(other.chance_better_off)} of draws."
        )
    if person.compute_list_cost_usd:
        lines.append(f"The compute of the gap would be {dollars(person.compute_list_cost_usd)} at list price.")
    if person.ratchet is not None:
        r = person.ratchet
        lines.append(
            f"The bar the tokens set: {r.implied_output_multiple:g}x your output. {dollars(r.hourly_usd)} an hour "
            f"becomes {dollars(r.hourly_if_expected_usd)} for an hour's old output if part of that is expected, "
            f"{dollars(r.hourly_if_all_expected_usd)} if all is."
        )
    cuts = ", ".join(f"{grade} below {percent(cut)}" for grade, cut in person.grade_cut_offs.items())
    lines.append(f"Grades by share of a year's cash ({dollars(person.annual_cash_usd)}): {cuts}, E from there.")
    return lines


def _months(count: int) -> str:
    return "1 month" if count == 1 else f"{count} months"
