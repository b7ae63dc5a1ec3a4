"""The employer's answer in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenworth.answers import three_in_words
from tokenworth.money import dollars, percent
from tokenworth.valuation.concentration import HIGHLY_CONCENTRATED, MODERATELY_CONCENTRATED

if TYPE_CHECKING:
    from tokenworth.lockin.employer_models import CommitmentOutcome, EmployerLockIn

__all__ = ["concentration_reading", "employer_headline", "employer_in_words"]


def concentration_reading(index: float) -> str:
    """What a concentration index says, by the agencies' words."""
    if index > HIGHLY_CONCENTRATED:
        return "highly concentrated (US DOJ: above 1,800)"
    return "moderately concentrated" if index > MODERATELY_CONCENTRATED else "not concentrated"


def employer_headline(answer: EmployerLockIn) -> str:
    """One to three sentences that stand alone."""
    share = answer.providers[0].share
    part = "All" if len(answer.providers) == 1 else percent(share)
    sentence = (
        f"{part} of {dollars(answer.spend_usd)} a year goes to {answer.largest}: leaving would cost about "
        f"{dollars(answer.switching.p50_usd)} (P10 {dollars(answer.switching.p10_usd)}, "
        f"P90 {dollars(answer.switching.p90_usd)}), so it could raise prices by "
        f"{percent(answer.price_rise_ceiling.p50)} for {answer.horizon_months} months before leaving pays."
    )
    worst = max(answer.commitments, key=lambda each: each.saves_usd, default=None)
    if worst is not None and worst.saves_usd > 0:
        more = "less" if worst.best_usd < worst.committed_usd else "more"
        sentence += (
            f" Commit {more}: {dollars(worst.best_usd)} a year instead of {dollars(worst.committed_usd)} saves "
            f"{dollars(worst.saves_usd)} a year on average."
        )
    return sentence


def employer_in_words(answer: EmployerLockIn) -> list[str]:
    """The numbers behind the headline."""
    spend = [f"{each.provider} {dollars(each.per_year_usd)} ({percent(each.share)})" for each in answer.providers]
    items = [
        f"{item.what}" + (f" x{item.count}" if item.count else "") + f" {item.hours:,} h, {dollars(item.usd)}"
        for item in answer.switching_items
    ]
    ceiling = [percent(end) for end in answer.price_rise_ceiling.model_dump().values()]
    lines = [
        f"Spend a year: {'; '.join(spend)}.",
        f"Concentration {answer.concentration:,}: {concentration_reading(answer.concentration)}.",
        f"Leaving {answer.largest}: {three_in_words(answer.switching)}; about {answer.switching_hours:,} hours.",
        "The switch, job by job: " + "; ".join(items) + ".",
        f"Price-rise ceiling: {' / '.join(ceiling)} over {answer.horizon_months} months (P10 / P50 / P90 throughout).",
        *(_commitment_in_words(each) for each in answer.commitments),
    ]
    second = answer.second_source
    lines.append(
        f"A second source: {dollars(second.one_off_usd)} once and {dollars(second.per_year_usd)} a year; it leaves a "
        f"ceiling of {percent(second.ceiling_after)}." + (f" Plan: {'; '.join(second.steps)}." if second.steps else "")
    )
    rights = [
        f"{right.right} ({right.article + ', ' if right.article else ''}from {right.applies_from})"
        for right in answer.exit_rights
    ]
    if rights:
        lines.append(f"Exit rights, {answer.exit_law}: " + "; ".join(rights) + ".")
    lines += [
        f"Price of {change.model} {percent(change.change)} on {change.on}: {dollars(change.usd_per_year)} a year "
        f"({change.source})."
        for change in answer.coming_prices or []
    ]
    return [*lines, answer.coming_prices_said.capitalize() + "."]


def _commitment_in_words(each: CommitmentOutcome) -> str:
    return (
        f"Commitment of {dollars(each.committed_usd)} a year to {each.provider} at {percent(each.discount)} off: "
        f"not used up in {percent(each.chance_unused)} of draws, {dollars(each.unused_usd)} a year wasted on average, "
        f"exposure {dollars(each.exposure_usd)}. Best: {dollars(each.best_usd)}, "
        f"the {percent(each.discount)} quantile of demand."
    )
