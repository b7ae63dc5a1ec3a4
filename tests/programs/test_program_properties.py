"""Properties that hold for any programme."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenworth.programs.models import PlanProgramRequest
from tokenworth.programs.plan_program import plan_program
from tokenworth.wiring import build_context

CONTEXT = build_context()


@st.composite
def groups(draw):
    found = []
    for place in range(draw(st.integers(1, 3))):
        group = {"name": f"group {place}", "headcount": draw(st.integers(1, 40)), "growth": draw(st.floats(-0.5, 1.0))}
        budget = draw(st.sampled_from(["per_month", "per_year"]))
        group[budget] = draw(st.integers(0, 20_000))
        mean = draw(st.one_of(st.none(), st.integers(1, 5_000)))
        found.append(group | ({} if mean is None else {"use": {"mean": mean}}))
    return found


requests = st.fixed_dictionaries(
    {
        "groups": groups(),
        "months": st.integers(1, 30),
        "pooled": st.booleans(),
        "contract": st.fixed_dictionaries({"discount": st.floats(0, 0.5), "prepaid": st.booleans()}),
        "terms": st.fixed_dictionaries(
            {
                "counted_in": st.sampled_from(["dollars", "tokens"]),
                "taxed": st.sampled_from(["no", "personal_use", "face"]),
            }
        ),
        "seed": st.integers(0, 50),
    }
)


def ask(request, **changes):
    asked = {"draws": 200, "detail": "full"} | request | changes
    return asyncio.run(plan_program(PlanProgramRequest.model_validate(asked), CONTEXT))


def overspent(answer):
    return answer.exhaustion.chance_overspend


@settings(deadline=None, max_examples=25)
@given(requests)
def test_any_programme_has_ordered_paths_shares_between_0_and_1_and_both_channels(request):
    answer = ask(request)
    for paid in answer.paid_by_month.values():
        assert 0 <= paid.p10_usd <= paid.p50_usd <= paid.p90_usd
    spread = answer.spread
    for share in (spread.gini, spread.wanted_gini, spread.gini_between_groups, overspent(answer)):
        assert 0.0 <= share <= 1.0
    assert spread.gini_between_groups <= spread.wanted_gini + spread.gini + 1e-9
    exhaustion = answer.exhaustion
    months = [m for m in (exhaustion.p10_month, exhaustion.p50_month, exhaustion.p90_month) if m is not None]
    assert months == sorted(months)
    assert exhaustion.chance_never == pytest.approx(1.0 - exhaustion.chance_overspend, abs=1e-9)
    assert answer.text().startswith(answer.headline)


@settings(deadline=None, max_examples=20)
@given(requests, st.integers(1_000, 2_000_000), st.floats(1.0, 3.0))
def test_more_budget_never_means_more_chance_of_overspending(request, total, times):
    less = ask(request, budget={"total": total})
    more = ask(request, budget={"total": int(total * times) + 1})
    assert overspent(more) <= overspent(less)
    assert less.paid_by_month == more.paid_by_month


@settings(deadline=None, max_examples=15)
@given(requests)
def test_a_pool_never_needs_more_than_own_budgets_at_equal_safety(request):
    pooling = ask(request).pooling
    if pooling is not None:
        # The spread of the default people, 1.4, is light enough for pooling to help at 95%.
        assert pooling.pooled_share <= 1.001


@settings(deadline=None, max_examples=15)
@given(requests)
def test_one_pot_lets_people_use_at_least_what_own_budgets_do(request):
    staying = [group | {"growth": max(group["growth"], 0.0)} for group in request["groups"]]
    changes = {"contract": {"discount": 0}, "groups": staying}
    own, pool = [ask(request, pooled=pooled, **changes) for pooled in (False, True)]
    last = str(own.months)
    monthly = {name for group in request["groups"] for name in group if name.startswith("per_")}
    if len(monthly) == 1:
        # Both are rounded to whole dollars.
        assert pool.paid_by_month[last].p50_usd >= own.paid_by_month[last].p50_usd * 0.999 - 1


@settings(deadline=None, max_examples=15)
@given(requests)
def test_the_spread_between_people_has_no_unit(request):
    def scaled(by):
        return [
            group
            | {name: group[name] * by for name in ("per_month", "per_year") if name in group}
            | {"use": {"mean": group.get("use", {"mean": 100})["mean"] * by}}
            for group in request["groups"]
        ]

    one, ten = [ask(request, groups=scaled(by)) for by in (1, 10)]
    assert ten.spread.gini == pytest.approx(one.spread.gini, abs=0.001)
    assert ten.spread.wanted_gini == pytest.approx(one.spread.wanted_gini, abs=0.001)
    assert ten.spread.gini_between_groups == pytest.approx(one.spread.gini_between_groups, abs=0.001)
