"""The answers in words: a headline a person could repeat, then the numbers, each list short enough to read aloud."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tokenworth.answers import ask_next_in_words, three_in_words
from tokenworth.assumptions.used import drawn_in_words, sourced_in_words
from tokenworth.money import dollars, percent

if TYPE_CHECKING:
    from tokenworth.answers import Question, UsdRange
    from tokenworth.offers.models import (
        ComponentValue,
        Face,
        OfferComparison,
        OfferValue,
        OptionsExplained,
        Pairwise,
        PayValue,
        Ranked,
        TokensExplained,
        YearRange,
    )

__all__ = ["FACE_STEP", "VALUE_STEP", "comparison_in_words", "offer_headline", "offer_in_words"]

FACE_STEP: Final = "face"
VALUE_STEP: Final = "pay value P50"
NAMES: Final = {
    "base": "base salary",
    "bonus": "bonus",
    "sign_on": "sign-on",
    "shares": "shares",
    "options": "options",
    "tokens": "tokens",
    "other": "other benefits",
}


def offer_headline(face: Face, pay: PayValue, tokens: TokensExplained | None, questions: list[Question]) -> str:
    """One or two sentences that stand alone."""
    worth = f"{dollars(face.total_usd)} a year at face is worth about {dollars(pay.p50_usd)} in salary ({_range(pay)})"
    if tokens is None:
        return worth + "."
    change = "more"
    if tokens.work_only_as_salary_usd is not None and tokens.half_yours_as_salary_usd is not None:
        cases = (
            f"work only, about {dollars(tokens.work_only_as_salary_usd)}; "
            f"if half is yours, about {dollars(tokens.half_yours_as_salary_usd)}"
        )
    else:
        cases = f"about {dollars(abs(tokens.as_salary_p50_usd))}"
        change = "less" if tokens.as_salary_p50_usd < 0 else "more"
    sentence = (
        f"{worth}. The {dollars(tokens.advertised_usd)} of tokens ({percent(face.token_share)} of it) "
        f"is like this much {change} salary: {cases}."
    )
    return f"{sentence} Biggest unknown: {questions[0].ask}" if questions else sentence


def offer_in_words(answer: OfferValue) -> str:
    """The whole answer to value_offer."""
    lines = [answer.headline, ""]
    lines.append("Per year, as gross salary (P10 / P50 / P90; face):")
    lines += [f"- {NAMES[part.name]}: {_worth(part)}; face {dollars(part.face_usd)}" for part in answer.components]
    lines.append(f"- total: {three_in_words(answer.pay)}; face {dollars(answer.face.total_usd)}")
    lines.append(f"Present value of 4 years: {dollars(answer.pay.present_value_p50_usd)} (P50).")
    if answer.pay.by_year is not None:
        lines += [f"Year {year.year}, if still employed: {three_in_words(year)}" for year in answer.pay.by_year]
    if answer.tokens is not None:
        lines.append(_tokens_in_words(answer.tokens))
    if answer.options is not None:
        lines.append(_options_in_words(answer.options))
    lines += ["", "From face to value: " + "; ".join(_steps(answer)) + "."]
    if answer.tornado:
        bars = [f"{name} {dollars(low)} to {dollars(high)}" for name, (low, high) in answer.tornado.items()]
        lines.append("What moves it most (P50 at low and high): " + "; ".join(bars) + ".")
    if answer.defaulted:
        taken = [
            f"{d.field} (took: {d.taken}; {dollars(d.low_usd)} to {dollars(d.high_usd)})" for d in answer.defaulted
        ]
        more = answer.defaulted_count - len(taken)
        lines.append("Not said, so defaulted: " + "; ".join(taken) + (f"; and {more} more." if more else "."))
    if answer.levers:
        asks = [f"{lever.ask_for} (+{dollars(lever.gain_usd)})" for lever in answer.levers]
        lines.append("Worth negotiating, gain a year: " + "; ".join(asks) + ".")
    if answer.career is not None:
        lines.append(
            f"Career value, apart and uncertain: about {dollars(answer.career.p50_usd)} a year; "
            f"the bar it sets: {answer.career.implied_output_multiple:g}x your output."
        )
    lines += _small_print(answer)
    lines += ask_next_in_words(answer.next_questions)
    return "\n".join(lines)


def comparison_in_words(answer: OfferComparison) -> str:
    """The whole answer to compare_offers."""
    lines = [answer.headline, "", "Per year, as gross salary (P10 / P50 / P90):"]
    lines += [_place(entry) for entry in answer.ranking]
    lines += [_years(entry, entry.by_year) for entry in answer.ranking if entry.by_year is not None]
    lines += [_pair(pair) for pair in answer.pairwise]
    lines += [
        f"{gap.label} would equal the first with {dollars(gap.salary_usd)} more salary a year, "
        f"or a sign-on of {dollars(gap.sign_on_usd)}."
        for gap in answer.equalizers
    ]
    lines += [
        f"{flip.assumption} decides: {flip.winner_at_low} is first at its low, {flip.winner_at_high} at its high."
        for flip in answer.flips
    ]
    if answer.tornado:
        bars = [f"{name} {dollars(low)} to {dollars(high)}" for name, (low, high) in answer.tornado.items()]
        lines.append(f"What moves the lead of {answer.ranking[0].label} most (at low and high): {'; '.join(bars)}.")
    if answer.defaulted:
        lines.append("Not said, so defaulted: " + ", ".join(answer.defaulted) + ".")
    names = ", ".join(entry.name for entry in answer.assumptions)
    lines.append(f"{answer.assumptions_used} assumptions used, first: {names}. explain_assumptions shows them all.")
    lines += [f"Note: {note}." for note in answer.notes]
    lines += ask_next_in_words(answer.next_questions)
    return "\n".join(lines)


def _place(entry: Ranked) -> str:
    regret = "" if entry.regret_usd is None else f"; choosing it costs {dollars(entry.regret_usd)} on average"
    return (
        f"{entry.rank}. {entry.label}: {three_in_words(entry)}; face {dollars(entry.face_usd)}; best in "
        f"{percent(entry.chance_best)} of draws{regret}"
    )


def _years(entry: Ranked, years: list[YearRange]) -> str:
    told = [f"year {year.year} {three_in_words(year)}" for year in years]
    return f"{entry.label}, if still employed: {'; '.join(told)}."


def _pair(pair: Pairwise) -> str:
    crossing = (
        f"; {pair.ahead_later} is ahead from year {pair.crossover_year}" if pair.crossover_year is not None else ""
    )
    return f"{pair.first} beats {pair.second} in {percent(pair.chance_first_better)} of draws{crossing}."


def _tokens_in_words(tokens: TokensExplained) -> str:
    return (
        f"Of {dollars(tokens.advertised_usd)} advertised a year you would probably use {dollars(tokens.used_usd)}, "
        f"of which {dollars(tokens.yours_usd)} would be your own; worth {tokens.cents_on_the_dollar} cents on the "
        f"advertised dollar before tax. It costs the employer about {dollars(tokens.employer_cost_usd)}."
        + (f" The budget is {tokens.compared}." if tokens.compared else "")
    )


def _options_in_words(options: OptionsExplained) -> str:
    return (
        f"The {options.options:,} options cost the company about {dollars(options.company_cost_usd)} at the grant "
        f"(Hull-White lattice; {dollars(options.black_scholes_usd)} by Black-Scholes over an expected life of "
        f"{options.expected_life_years:g} years); they are worth less to a holder who can neither sell nor hedge them."
    )


def _steps(answer: OfferValue) -> list[str]:
    ends = (FACE_STEP, VALUE_STEP)
    return [
        f"{step} {'+' if usd > 0 and step not in ends else ''}{dollars(usd)}"
        for step, usd in answer.waterfall.items()
        if usd != 0 or step in ends
    ]


def _small_print(answer: OfferValue) -> list[str]:
    lines = [f"Taxed as {answer.tax}; numbers, not advice."]
    lines += [f"Note: {note}." for note in answer.notes]
    lines += sourced_in_words(answer.assumptions)
    lines.append(drawn_in_words(answer.assumptions_used, answer.seed, answer.draws))
    return lines


def _range(values: UsdRange) -> str:
    return f"P10 {dollars(values.p10_usd)}, P90 {dollars(values.p90_usd)}"


def _worth(part: ComponentValue) -> str:
    if part.p10_usd is None or part.p90_usd is None:
        return dollars(part.p50_usd)
    return f"{dollars(part.p10_usd)} / {dollars(part.p50_usd)} / {dollars(part.p90_usd)}"
