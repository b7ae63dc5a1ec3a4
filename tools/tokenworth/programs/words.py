"""The plan in words: a headline finance and HR could both repeat, then the numbers, each list short."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenworth.answers import ask_next_in_words
from tokenworth.assumptions.used import drawn_in_words, sourced_in_words
from tokenworth.money import brief_dollars, percent

if TYPE_CHECKING:
    from tokenworth.answers import UsdRange
    from tokenworth.programs.models import (
        Exhaustion,
        PooledBudget,
        ProgramPlan,
        Revenue,
        Scenario,
        Spread,
        TaxExposure,
    )

__all__ = ["plan_headline", "plan_in_words"]


def plan_headline(
    people: int, months: int, total: UsdRange, exhaustion: Exhaustion | None, revenue: Revenue, *, by_year: bool
) -> str:
    """Two or three sentences that stand alone."""
    who = "1 person costs" if people == 1 else f"{people:,} people cost"
    spend = (
        f"{who} about {brief_dollars(total.p50_usd)} over {months} months "
        f"(P10 {brief_dollars(total.p10_usd)}, P90 {brief_dollars(total.p90_usd)})"
    )
    lasts = "" if exhaustion is None else f"; {_lasts(exhaustion, months, by_year=by_year)}"
    expected = revenue.guaranteed_usd + revenue.hoped_for_usd
    announced = (
        f" Of {brief_dollars(revenue.allocated_usd)} announced for the first year "
        f"{brief_dollars(revenue.guaranteed_usd)} is owed whatever is used, {brief_dollars(expected)} expected in all."
    )
    return f"{spend}{lasts}.{announced}"


def plan_in_words(answer: ProgramPlan) -> str:
    """The whole answer to plan_program."""
    lines = [answer.headline, "", "Paid by the end of month (P10 / P50 / P90):"]
    lines += [f"- {month}: {_three(paid)}" for month, paid in answer.paid_by_month.items()]
    if answer.exhaustion is not None:
        lines.append(_exhaustion(answer.exhaustion))
    lines.append("Other prices and use per person (P50):")
    lines += [_scenario(name, scenario) for name, scenario in answer.scenarios.items()]
    if answer.pooling is not None:
        lines.append(_pooling(answer.pooling))
    if answer.designs is not None:
        lines.append(
            "A dollar of employer cost is worth to staff, in salary: "
            + "; ".join(
                f"{name} {_cents(worth)}, ${answer.designs.tokens_per_dollar[name]:.2f} of tokens"
                for name, worth in answer.designs.worth_per_dollar.items()
            )
            + "."
        )
    lines.append(_revenue(answer.revenue))
    lines += _spread(answer.spread)
    if answer.tax:
        lines.append(
            f"Tax a year ({answer.tax_basis}; numbers, not advice): "
            + "; ".join(_tax(name, each) for name, each in answer.tax.items())
            + "."
        )
    if answer.levers:
        levers = [f"{each.change} ({brief_dollars(each.usd_year)} for {each.for_whom})" for each in answer.levers]
        lines.append("What would help, a year: " + "; ".join(levers) + ".")
    lines += _small_print(answer)
    lines += ask_next_in_words(answer.next_questions)
    return "\n".join(lines)


def _lasts(exhaustion: Exhaustion, months: int, *, by_year: bool) -> str:
    budget = f"the budget of {brief_dollars(exhaustion.budget_usd)}"
    if exhaustion.p50_month is None:
        return f"{budget} lasts all {months} months with {percent(1.0 - exhaustion.chance_overspend)} probability"
    over = ", a part each year, is first overspent in" if by_year else " is gone by"
    return f"{budget}{over} month {exhaustion.p50_month} (P50), {percent(exhaustion.chance_overspend)} likely"


def _exhaustion(exhaustion: Exhaustion) -> str:
    if exhaustion.p10_month is None:
        return (
            f"The budget of {brief_dollars(exhaustion.budget_usd)} lasts in "
            f"{percent(1.0 - exhaustion.chance_overspend)} of draws."
        )
    ends = (exhaustion.p10_month, exhaustion.p50_month, exhaustion.p90_month)
    months = " / ".join("never" if month is None else str(month) for month in ends)
    return (
        f"The budget of {brief_dollars(exhaustion.budget_usd)} runs out in month {months} (P10 / P50 / P90); "
        f"overspent in {percent(exhaustion.chance_overspend)} of draws, never in the rest."
    )


def _scenario(name: str, each: Scenario) -> str:
    rates = (
        ""
        if each.price_change is None or each.use_growth is None
        else f" ({each.price_change:+.0%} and {each.use_growth:+.0%} a year)"
    )
    line = f"- {name}{rates}: {brief_dollars(each.spend_p50_usd)}"
    if each.promised_usd is not None:
        line = f"{line} of {brief_dollars(each.promised_usd)} promised"
    if each.chance_overspend is None:
        return line
    when = "lasts" if each.p50_month is None else f"gone by month {each.p50_month}"
    return f"{line}; overspent {percent(each.chance_overspend)}, {when}"


def _pooling(pooling: PooledBudget) -> str:
    return (
        f"Enough {percent(pooling.safety)} of the time: {brief_dollars(pooling.individual_usd)} a month as "
        f"own budgets, {brief_dollars(pooling.pooled_usd)} as one pool "
        f"({percent(pooling.pooled_share)}; the square-root rule would promise "
        f"{percent(pooling.square_root_rule_share)})."
    )


def _revenue(revenue: Revenue) -> str:
    return (
        f"The provider's first year, of {brief_dollars(revenue.allocated_usd)} announced: "
        f"{brief_dollars(revenue.guaranteed_usd)} guaranteed, {brief_dollars(revenue.hoped_for_usd)} hoped for, "
        f"{brief_dollars(revenue.not_expected_usd)} neither; the rest is discount."
    )


def _spread(spread: Spread) -> list[str]:
    ratio = "" if spread.p90_over_p50 is None else f", p90/p50 {spread.p90_over_p50:g}x"
    unlimited = "" if spread.wanted_gini is None else f"; {spread.wanted_gini:.2f} without budgets"
    divide = (
        f"; {spread.most} uses {spread.divide:g}x what {spread.least} does per person"
        if spread.divide is not None
        else ""
    )
    whole = (
        f"Spread of use: Gini {spread.gini:.2f}{ratio} ({spread.gini_between_groups:.2f} between groups alone)"
        f"{unlimited}{divide}."
    )
    lines = [whole, f"Published spreads, none between your staff: {'; '.join(spread.published)}."]
    for group in spread.groups or []:
        tail = "" if group.p90_over_p50 is None else f", p90/p50 {group.p90_over_p50:g}x"
        lines.append(
            f"- {group.group} ({group.people:,}): {brief_dollars(group.used_usd)} a person, Gini {group.gini:.2f}{tail}"
        )
    return lines


def _tax(name: str, each: TaxExposure) -> str:
    return (
        f"{name} staff {brief_dollars(each.employee_usd)}, employer {brief_dollars(each.employer_usd)}, "
        f"{brief_dollars(each.if_face_usd)} if taxed at face"
    )


def _small_print(answer: ProgramPlan) -> list[str]:
    lines: list[str] = []
    if answer.defaulted:
        lines.append("Not said: " + "; ".join(f"{each.field} (took {each.taken})" for each in answer.defaulted) + ".")
    lines += [f"Note: {note}." for note in answer.notes]
    lines += sourced_in_words(answer.assumptions)
    lines += [f"Source: {source}." for source in answer.sources or []]
    names = ", ".join(entry.name for entry in answer.assumptions if entry.source is None)
    first = f", first {names}" if names else ""
    return [*lines, drawn_in_words(answer.assumptions_used, answer.seed, answer.draws, first)]


def _three(values: UsdRange) -> str:
    return " / ".join(map(brief_dollars, (values.p10_usd, values.p50_usd, values.p90_usd)))


def _cents(share: float) -> str:
    return f"{100.0 * share:.0f} cents"
