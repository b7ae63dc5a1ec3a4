"""What plan_program promises: paths, exhaustion, pools, designs, revenue, spread, tax, and what was not said."""

from __future__ import annotations

import dataclasses
import json
import time
from decimal import Decimal

import anyio
import bpe_openai
import pytest
from pydantic import ValidationError

from tokenworth.context import PersonMonths
from tokenworth.errors import InvalidInputError
from tokenworth.programs.case import build_case
from tokenworth.programs.models import PlanProgramRequest
from tokenworth.programs.plan_program import plan_program

O200K = bpe_openai.get_encoding("o200k_base")
TOKENS_MAX = 800
TEAM = {"name": "team", "headcount": 30, "per_month": 500, "pay": "150k", "use": {"mean": 400}}
FEW = {"draws": 400, "months": 12}


async def test_a_concise_answer_stays_short_in_both_channels(plan, fixture_program, program):
    answer = await plan(**fixture_program(program))
    assert len(O200K.encode(answer.text())) < TOKENS_MAX
    assert len(O200K.encode(json.dumps(answer.data(), separators=(",", ":")))) < TOKENS_MAX


async def test_the_longest_concise_answer_still_fits(plan):
    groups = [TEAM | {"name": f"{place} {'long name ' * 3}", "headcount": 3 + place} for place in range(12)]
    rates = {
        f"{word} and quite long": rate for rate, word in enumerate(("falling", "flat", "rising", "soaring", "mad"))
    }
    answer = await plan(
        groups=groups, months=60, budget={"per_year": "20M"}, terms={"state": "CA"}, draws=400,
        contract={"commitment_per_year": "7M"}, risk={"prices": rates, "use": rates},
    )  # fmt: skip
    assert len(O200K.encode(answer.text())) < TOKENS_MAX
    assert len(O200K.encode(json.dumps(answer.data(), separators=(",", ":")))) < TOKENS_MAX


async def test_each_channel_stands_alone(plan, fixture_program, program):
    answer = await plan(**fixture_program(program))
    text, data = answer.text(), answer.data()
    for needed in ("headline", "paid_by_month", "scenarios", "designs", "revenue", "spread", "tax", "next_questions"):
        assert needed in data
    assert text.startswith(answer.headline)
    assert "Ask next:" in text
    assert "guaranteed" in text
    assert "Gini" in text


async def test_a_full_answer_says_every_month_scenario_group_and_source(plan, fixture_program, program):
    answer = await plan(**fixture_program(program), detail="full")
    assert list(answer.paid_by_month) == [str(month + 1) for month in range(answer.months)]
    assert len(answer.month_p50_usd) == answer.months
    assert len(answer.spread.groups) == len(fixture_program(program)["groups"])
    assert {entry.source for entry in answer.assumptions} - {None}
    assert answer.sources
    text = answer.text()
    for entry in answer.assumptions:
        assert entry.name in text
    for group in answer.spread.groups:
        assert group.group in text


async def test_paths_are_ordered_and_never_fall(plan, fixture_program, program):
    answer = await plan(**fixture_program(program), detail="full")
    paid = list(answer.paid_by_month.values())
    for entry in paid:
        assert entry.p10_usd <= entry.p50_usd <= entry.p90_usd
    for name in ("p10_usd", "p50_usd", "p90_usd"):
        path = [getattr(entry, name) for entry in paid]
        assert path == sorted(path)


async def test_revenue_parts_sum_to_what_is_allocated(plan, fixture_program, program):
    revenue = (await plan(**fixture_program(program))).revenue
    parts = revenue.guaranteed_usd + revenue.hoped_for_usd + revenue.discount_usd + revenue.not_expected_usd
    assert parts == pytest.approx(revenue.allocated_usd, rel=0.001)


async def test_the_same_seed_gives_the_same_digits_and_another_does_not(plan):
    request = {"groups": [TEAM], "months": 6}
    first, again, other = [await plan(**request, seed=seed) for seed in (11, 11, 12)]
    assert first.data() == again.data()
    assert first.paid_by_month != other.paid_by_month


async def test_more_draws_move_the_middle_little(plan):
    few, many = [await plan(groups=[TEAM], months=12, draws=draws) for draws in (2_000, 20_000)]
    assert few.paid_by_month["12"].p50_usd == pytest.approx(many.paid_by_month["12"].p50_usd, rel=0.02)


async def test_headcount_of_one_group_does_not_move_the_draws_of_another(plan):
    other = TEAM | {"name": "other", "use": {"mean": 50}}
    both = await plan(groups=[TEAM, other], detail="full", **FEW)
    alone = await plan(groups=[TEAM], detail="full", **FEW)
    assert both.spread.groups[0] == alone.spread.groups[0] or both.spread.groups[0].used_usd == pytest.approx(
        alone.spread.groups[0].used_usd, rel=0.05
    )


async def test_a_year_s_budget_renews_and_a_total_does_not(plan):
    yearly = await plan(groups=[TEAM], months=24, budget={"per_year": "60k"}, draws=400)
    total = await plan(groups=[TEAM], months=24, budget={"total": "120k"}, draws=400)
    assert yearly.exhaustion.budget_usd == total.exhaustion.budget_usd == 120_000
    assert yearly.exhaustion.chance_overspend >= total.exhaustion.chance_overspend


async def test_without_budgets_nothing_runs_out_and_it_is_said(plan):
    answer = await plan(groups=[{"name": "api", "headcount": 5, "use": {"mean": 300}}], detail="full", **FEW)
    assert answer.exhaustion is None
    assert "none: nothing limits spend" in answer.text()
    assert answer.revenue.not_expected_usd == 0
    assert all(scenario.chance_overspend is None for scenario in answer.scenarios.values())
    assert "overspent" not in answer.text()


async def test_groups_with_and_without_budgets_stand_beside_each_other_until_nobody_is_left(plan):
    free = {"name": "free", "headcount": 1, "growth": -0.9, "use": {"mean": 50}}
    answer = await plan(groups=[TEAM, free], months=24, draws=400, detail="full")
    assert answer.exhaustion is None
    assert all(scenario.promised_usd is None for scenario in answer.scenarios.values())


async def test_free_tokens_cost_nothing_and_compare_with_nothing(plan):
    answer = await plan(
        groups=[TEAM], contract={"discount": 1, "commitment_per_year": 100}, terms={"taxed": "no"}, **FEW
    )
    assert answer.designs is None
    assert answer.tax == {}


async def test_without_a_total_the_promise_to_today_s_headcount_is_the_budget(plan):
    answer = await plan(groups=[TEAM], months=12, contract={"discount": 0}, draws=400, detail="full")
    assert answer.exhaustion.budget_usd == 30 * 500 * 12
    assert answer.exhaustion.chance_overspend == 0.0
    growing = await plan(groups=[TEAM | {"growth": 2.0}], months=12, contract={"discount": 0}, draws=400)
    assert growing.exhaustion.chance_overspend > 0.0


async def test_prepaid_budgets_are_guaranteed_and_nothing_is_hoped_for(plan):
    answer = await plan(groups=[TEAM], contract={"prepaid": True, "discount": 0.1}, **FEW)
    assert answer.revenue.guaranteed_usd == pytest.approx(30 * 500 * 12 * 0.9)
    assert answer.revenue.hoped_for_usd == 0
    assert answer.paid_by_month["12"].p10_usd == answer.paid_by_month["12"].p90_usd
    levers = [lever.change for lever in answer.levers]
    assert any("pool" in change or "as used" in change for change in levers)


async def test_a_commitment_is_paid_even_if_nobody_uses_it(plan):
    quiet = TEAM | {"use": {"mean": 1}}
    answer = await plan(groups=[quiet], contract={"commitment_per_year": "90k"}, months=18, draws=400, detail="full")
    assert answer.paid_by_month["12"].p10_usd == 90_000
    assert answer.paid_by_month["18"].p10_usd == 135_000
    assert answer.paid_by_month["11"].p90_usd < 1_000
    assert any(lever.change.startswith("a commitment of") for lever in answer.levers)


async def test_a_pool_serves_more_than_own_budgets_of_the_same_money(plan):
    own, pool = [await plan(groups=[TEAM], pooled=pooled, **FEW) for pooled in (False, True)]
    assert pool.paid_by_month["12"].p50_usd >= own.paid_by_month["12"].p50_usd


async def test_a_pool_of_yearly_budgets_lasts_the_year(plan):
    yearly = {name: value for name, value in TEAM.items() if name != "per_month"} | {"per_year": 6_000}
    answer = await plan(groups=[yearly], pooled=True, months=30, contract={"discount": 0}, draws=400)
    assert answer.paid_by_month["12"].p90_usd <= 180_000
    assert answer.revenue.allocated_usd == 180_000


async def test_budgets_counted_in_tokens_cost_more_when_prices_rise(plan):
    heavy = TEAM | {"use": {"mean": 5_000}}
    rates = {"prices": {"down": -0.5, "up": 0.5}, "use": {"same": 0}}
    tokens = await plan(groups=[heavy], terms={"counted_in": "tokens"}, risk=rates, detail="full", **FEW)
    dollars = await plan(groups=[heavy], risk=rates, detail="full", **FEW)
    down, up = (tokens.scenarios[f"{name} prices, same use"].promised_usd for name in ("down", "up"))
    assert up > 1.5 * down
    assert len({scenario.promised_usd for scenario in dollars.scenarios.values()}) == 1


async def test_cash_beats_work_only_tokens_for_staff_and_tokens_reach_further(plan):
    answer = await plan(groups=[TEAM], terms={"personal_share": 0}, contract={"discount": 0.17}, detail="full", **FEW)
    worth, tokens = answer.designs.worth_per_dollar, answer.designs.tokens_per_dollar
    # 1/1.0765: the employer's 7.65% comes off first; pay of 150k lies below the wage base.
    assert worth["cash"] == pytest.approx(1 / 1.0765, abs=0.001)
    assert abs(worth["grant"]) < 0.05
    assert tokens["grant"] == pytest.approx(1 / 0.83, rel=0.01)
    assert tokens["cash"] == 0.0
    assert answer.tax["grant"].imputed_usd == 0


async def test_tokens_taxed_at_face_cost_staff_more_than_they_are_worth(plan):
    terms = {"personal_share": 0, "taxed": "face"}
    answer = await plan(groups=[TEAM], terms=terms, detail="full", **FEW)
    assert answer.designs.worth_per_dollar["grant"] < 0
    assert answer.tax["grant"].imputed_usd == 30 * 6_000
    paid = await plan(groups=[TEAM], terms=terms | {"tax_paid_by_employer": True}, detail="full", **FEW)
    assert paid.designs.worth_per_dollar["grant"] >= 0
    assert paid.tax["grant"].employee_usd == 0
    assert paid.tax["grant"].employer_usd > answer.tax["grant"].employer_usd


async def test_untaxed_tokens_expose_nobody_until_someone_taxes_them_at_face(plan):
    answer = await plan(groups=[TEAM], terms={"personal_share": 0.5, "taxed": "no"}, detail="full", **FEW)
    exposure = answer.tax["grant"]
    assert (exposure.employee_usd, exposure.employer_usd) == (0, 0)
    assert exposure.if_face_usd > 0


async def test_a_marginal_rate_stands_in_for_tables_and_leaves_payroll_tax_out(plan):
    answer = await plan(groups=[TEAM], terms={"marginal_rate": 0.42}, detail="full", **FEW)
    assert answer.designs.worth_per_dollar["cash"] == pytest.approx(1.0)
    assert "no payroll tax for the employer" in answer.text()
    assert answer.tax["cash"].employer_usd == 0


async def test_the_right_to_personal_use_is_a_lever_for_employees(plan):
    answer = await plan(groups=[TEAM], terms={"personal_share": 0}, detail="full", **FEW)
    lever = next(each for each in answer.levers if each.for_whom == "employees")
    assert lever.usd_year > 0
    assert "personal use" in lever.change


async def test_levers_help_and_are_ranked(plan, fixture_program, program):
    answer = await plan(**fixture_program(program), detail="full")
    gains = [lever.usd_year for lever in answer.levers]
    assert gains == sorted(gains, reverse=True)
    assert all(gain > 0 for gain in gains)
    worths = [question.worth_usd for question in answer.next_questions]
    assert worths == sorted(worths, reverse=True)


async def test_what_is_said_is_not_asked_again_and_not_listed_as_defaulted(plan):
    facts = {"contract": {"discount": 0.1}, "risk": {"correlation": 0.1}, "terms": {"personal_share": 0, "state": "CA"}}
    said = await plan(groups=[TEAM], budget={"total": "100k"}, detail="full", **facts, **FEW)
    assert said.defaulted == []
    fields = {question.field for question in said.next_questions}
    assert not fields & {"contract.discount", "risk.correlation", "groups[].use"}
    bare = {"name": "team", "headcount": 30, "per_month": 500}
    unsaid = await plan(groups=[bare, TEAM | {"name": "other"}], detail="full", **FEW)
    listed = {entry.field: entry.taken for entry in unsaid.defaulted}
    assert {"groups[].use", "groups[].pay", "contract.discount", "risk.correlation", "budget"} <= set(listed)
    assert "1 of 2 groups" in listed["groups[].use"]


@pytest.mark.parametrize(
    "use",
    [{"p50": 150, "p90": 900}, {"p50": 150, "p90": 900, "p99": 4_000}, {"mean": 400, "p90": 850},
     {"published": "claude_code"}, {"published": "ramp"}, {"p50": 20, "p90": 20}],
)  # fmt: skip
async def test_use_may_be_said_in_several_ways(plan, use):
    answer = await plan(groups=[TEAM | {"use": use}], detail="full", **FEW)
    assert answer.paid_by_month["12"].p50_usd > 0
    if "published" in use:
        assert any("use of" in source for source in answer.sources)


class RecordedUse:
    """A ledger with one team: 20 people over 6 months."""

    async def person_months(self, team, until):
        assert until.tzinfo is not None
        if team == "quiet":
            return PersonMonths([Decimal(0)] * 30, "test ledger")
        if team != "core":
            return None
        return PersonMonths([Decimal(50 * (1 + place % 20)) for place in range(120)], "test ledger")


async def test_the_ledger_s_use_takes_the_place_of_guesses(context):
    with_ledger = dataclasses.replace(context, staff_use=RecordedUse())
    request = {"groups": [TEAM | {"use": {"ledger": "core"}}], "detail": "full", **FEW}
    answer = await plan_program(PlanProgramRequest.model_validate(request), with_ledger)
    assert "test ledger" in answer.sources
    given = {"groups": [TEAM | {"use": {"mean": 525}}], "detail": "full", **FEW}
    stated = await plan_program(PlanProgramRequest.model_validate(given), context)
    assert answer.paid_by_month["12"].p50_usd > 0.9 * stated.paid_by_month["12"].p50_usd
    assert "demand_sigma_people" not in {entry.name for entry in answer.assumptions}


@pytest.mark.parametrize("team", ["unknown", "quiet"])
async def test_a_team_the_ledger_cannot_tell_of_is_refused(context, team):
    with_ledger = dataclasses.replace(context, staff_use=RecordedUse())
    request = PlanProgramRequest.model_validate({"groups": [TEAM | {"use": {"ledger": team}}]})
    with pytest.raises(InvalidInputError, match=r"groups\[0\]\.use\.ledger"):
        await plan_program(request, with_ledger)


async def test_without_a_ledger_the_refusal_says_what_to_send(plan):
    with pytest.raises(InvalidInputError, match="mean: 400"):
        await plan(groups=[TEAM | {"use": {"ledger": "core"}}])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"groups": [TEAM, TEAM]}, "same name"),
        ({"groups": [TEAM | {"per_year": 5}]}, "one budget per person"),
        ({"groups": [{"name": "x", "headcount": 3, "share_of_pay": 0.5}]}, "share_of_pay needs pay"),
        ({"groups": [{"name": "x", "headcount": 3}], "pooled": True}, "need a budget per person"),
        ({"groups": [TEAM], "budget": {}}, "either total"),
        ({"groups": [TEAM], "budget": {"total": 0}}, "above 0"),
        ({"groups": [TEAM], "contract": {"prepaid": True, "commitment_per_year": 5}}, "paid in full already"),
        ({"groups": [TEAM], "terms": {"taxed": "no", "tax_paid_by_employer": True}}, "not taxed"),
        ({"groups": [TEAM | {"per_month": "€500"}]}, "planned in USD"),
        ({"groups": [TEAM | {"use": {"mean": 0.001}}]}, "less than a cent"),
        ({"groups": [TEAM | {"use": {}}]}, "exactly one of mean"),
        ({"groups": [TEAM | {"use": {"p50": 5}}]}, "p50 needs p90"),
        ({"groups": [TEAM | {"use": {"mean": 5, "p99": 50}}]}, "p99 with p50"),
        ({"groups": [TEAM], "months": 61}, "60"),
        ({"groups": [TEAM], "risk": {"prices": {"gone": -1}}}, "equal to -0.99"),
    ],
)
def test_requests_that_contradict_themselves_are_refused(changes, says):
    with pytest.raises(ValidationError, match=says):
        PlanProgramRequest.model_validate(changes)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"groups": [TEAM | {"use": {"p50": 50, "p90": 20}}]}, r"groups\[0\]\.use"),
        ({"groups": [TEAM | {"use": {"mean": 50, "p90": 500}}]}, r"groups\[0\]\.use"),
        ({"groups": [TEAM | {"use": {"p50": 1, "p90": "1M"}}]}, "too far apart"),
        ({"groups": [TEAM], "terms": {"state": "ZZ"}}, r"terms\.state"),
        ({"groups": [TEAM], "overrides": {"demand_groth": 1}}, "demand_growth"),
        ({"groups": [TEAM | {"headcount": 100_000}], "draws": 2_000}, "draws"),
        ({"groups": [TEAM | {"name": str(i), "headcount": 100_000} for i in range(9)], "months": 60}, "groups"),
    ],
)
async def test_facts_that_cannot_be_used_are_refused_by_their_field(plan, changes, field):
    with pytest.raises(InvalidInputError, match=field):
        await plan(**changes)


async def test_many_people_are_drawn_less_often_and_it_is_said(context):
    request = PlanProgramRequest.model_validate({"groups": [TEAM | {"headcount": 60_000}], "months": 60})
    case = await build_case(request, context)
    assert 200 <= case.draws < 2_000
    assert any("there are many people" in note for note in case.notes)


async def test_a_cancelled_call_stops_drawing():
    request = {"groups": [TEAM | {"headcount": 9_000}], "months": 60}
    from tokenworth.wiring import build_context  # noqa: PLC0415 - its own context, timed alone

    context, start = build_context(), time.monotonic()
    with anyio.move_on_after(0.2) as scope:
        await plan_program(PlanProgramRequest.model_validate(request), context)
    assert scope.cancelled_caught
    assert time.monotonic() - start < 3.0


async def test_other_work_goes_on_while_people_are_drawn(plan):
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            await anyio.lowlevel.checkpoint()
            ticks += 1

    async with anyio.create_task_group() as group:
        group.start_soon(tick)
        await plan(groups=[TEAM | {"headcount": 2_000}], months=12)
        group.cancel_scope.cancel()
    assert ticks > 10
