"""What explain_lock_in promises a person: causes that add up, cliffs, grades, levers, and no handcuff that is none."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tokenworth.budgets import BudgetUse, WeeksUsed
from tokenworth.errors import InvalidInputError

CASH = {"base": 200_000}
NO_RE_SKILLING = {"reskilling_share_borne": 0}
RSU = [{"kind": "rsu", "value": 400_000, "vesting": {"months": 48, "cliff_months": 12, "every_months": 3}}]
ROLLING = {"per_month": 2_000, "unused": "rolls_over", "personal_share": 0.5, "on_leaving": "lost"}
SURE = {
    "separation_hazard": 0,
    "discount_rate": 0,
    "share_drift": 0,
    "risk_aversion": 0,
    **NO_RE_SKILLING,
}


def term(answer, name):
    return answer.person.terms[name].mean_usd


async def test_the_engineer_before_a_cliff_sees_it_and_what_waiting_saves(explain, fixture_position):
    answer = await explain(fixture_position("engineer-before-a-cliff"), detail="full")
    first = answer.person.cliffs[0]
    assert (first.in_months, first.what) == (3, "shares vest")
    assert first.before_usd - first.after_usd == 100_000
    assert answer.person.curve[3][1] < answer.person.curve[2][1] - 80_000
    assert "In 3 months" in answer.headline
    assert answer.person.grade == "E"
    assert term(answer, "clawback") == 25_000


async def test_tokens_that_expire_hold_nobody_and_the_answer_says_so(explain, fixture_position):
    document = fixture_position("use-it-or-lose-it")
    answer = await explain(document, detail="full")
    assert answer.headline.startswith("No handcuff has accrued")
    assert any("nothing has accrued" in note for note in answer.notes)
    assert term(answer, "forfeited_tokens") == 0
    assert answer.person.grade == "A"


async def test_an_unspent_expiring_budget_adds_nothing(explain, fixture_position):
    document = fixture_position("use-it-or-lose-it")
    position = {name: value for name, value in document["position"].items() if name != "unspent_tokens"}
    spent = await explain({**document, "position": position})
    unspent = await explain(document)
    assert spent.person == unspent.person


async def test_with_nothing_at_stake_leaving_is_free_and_shares_are_null(explain):
    answer = await explain({"position": {"contract": CASH}}, overrides=NO_RE_SKILLING)
    assert answer.person.cost.p90_usd == 0
    assert answer.person.grade == "A"
    assert answer.person.token_caused_share is None
    data = answer.data()["person"]
    assert data["token_caused_share"] is None
    assert {entry["share"] for entry in data["terms"].values()} == {None}
    assert "costs you nothing" in answer.headline
    assert "Ask next" in answer.text()


async def test_sure_unvested_shares_cost_their_market_value(explain):
    answer = await explain(
        {"position": {"contract": {**CASH, "equity": RSU}, "months_served": 14}}, overrides=SURE, detail="full"
    )
    assert term(answer, "unvested_equity") == 300_000
    assert answer.person.curve[1] == (275_000, 275_000, 275_000)
    assert answer.person.curve[34] == (0, 0, 0)


async def test_refreshers_count_once_granted(explain):
    equity = [{**RSU[0], "refresh_per_year": 160_000}]
    before = await explain({"position": {"contract": {**CASH, "equity": equity}, "months_served": 11}}, overrides=SURE)
    after = await explain({"position": {"contract": {**CASH, "equity": equity}, "months_served": 12}}, overrides=SURE)
    assert term(before, "unvested_equity") == 400_000
    assert term(after, "unvested_equity") == 300_000 + 160_000


async def test_vests_as_the_person_knows_them_replace_the_schedule(explain):
    vesting = [{"in_months": 2, "value": "50k"}, {"in_months": 8, "value": "30k", "kind": "private_shares"}]
    position = {"contract": {**CASH, "equity": RSU}, "months_served": 9, "vesting_left": vesting}
    answer = await explain({"position": position}, detail="full")
    assert 50_000 < term(answer, "unvested_equity") < 80_000
    assert {cliff.in_months for cliff in answer.person.cliffs} == {2, 8}
    private = next(cliff for cliff in answer.person.cliffs if cliff.in_months == 8)
    assert 0 < private.before_usd - private.after_usd < 30_000


async def test_a_full_clawback_ends_in_a_cliff_and_a_pro_rata_one_fades(explain):
    clawbacks = [
        {"what": "relocation", "amount": 20_000, "months": 12, "terms": "full", "paid_months_ago": 5},
        {"what": "tuition", "amount": 12_000, "months": 24},
    ]
    position = {"contract": CASH, "months_served": 12, "clawbacks": clawbacks}
    answer = await explain({"position": position}, overrides=NO_RE_SKILLING, detail="full")
    assert answer.person.curve[0][1] == 26_000
    assert answer.person.curve[6][1] == 23_000
    (cliff,) = answer.person.cliffs
    assert (cliff.in_months, cliff.what, cliff.before_usd, cliff.after_usd) == (
        7,
        "relocation is no longer owed",
        22_500,
        2_500,
    )


async def test_buying_shares_by_exercise_is_not_a_cost(explain):
    def position(strike):
        return {"position": {"contract": CASH, "options": {"value": 90_000, "strike_cost": strike}}}

    sure = {**NO_RE_SKILLING, "exercise_financing_rate": 0}
    cheap = await explain(position(0), overrides=sure)
    dear = await explain(position(500_000), overrides=sure)
    assert cheap.person.cost == dear.person.cost
    financed = await explain(position(20_000), overrides=NO_RE_SKILLING)
    assert term(cheap, "options") < term(financed, "options") <= 90_000


async def test_options_on_listed_shares_can_be_sold_and_cost_nothing(explain):
    options = {"value": 90_000, "strike_cost": 40_000, "listed": True}
    answer = await explain({"position": {"contract": CASH, "options": options}}, overrides=NO_RE_SKILLING)
    assert answer.person.cost.p90_usd == 0


async def test_a_longer_window_is_asked_for_where_options_would_lapse(explain):
    options = {"value": 90_000, "strike_cost": 10_000, "tax_on_exercise": 15_000}
    answer = await explain({"position": {"contract": CASH, "options": options}}, detail="full")
    asked = {lever.ask_for: lever.frees_usd for lever in answer.levers}
    assert asked["ten years to exercise vested options after leaving"] > 30_000
    assert "position.options.window_months" in {entry.field for entry in answer.defaulted}


async def test_a_balance_that_rolls_over_is_lost_unless_it_may_be_kept(explain):
    def position(**rights):
        tokens = {**ROLLING, **rights}
        return {"position": {"contract": {**CASH, "tokens": tokens}, "unspent_tokens": 20_000, "months_served": 12}}

    lost = await explain(position(), detail="full")
    kept = await explain(position(on_leaving="portable"), detail="full")
    assert term(lost, "forfeited_tokens") > 500
    assert term(kept, "forfeited_tokens") == 0
    freed = {lever.ask_for: lever.frees_usd for lever in lost.levers}
    assert freed["unspent tokens paid out or kept when you leave"] == pytest.approx(
        term(lost, "forfeited_tokens"), rel=0.1
    )
    work_only = await explain(position(personal_share=0), detail="full")
    assert term(work_only, "forfeited_tokens") == 0


async def test_an_unsaid_balance_is_run_from_the_contracts_start(explain):
    position = {"contract": {**CASH, "tokens": ROLLING}, "months_served": 24}
    answer = await explain({"position": position}, detail="full")
    new = await explain({"position": {**position, "months_served": 0}}, detail="full")
    assert term(answer, "forfeited_tokens") > term(new, "forfeited_tokens") == 0
    assert "position.unspent_tokens" in {entry.field for entry in answer.defaulted}


@pytest.mark.parametrize(
    "amount",
    [
        {"per_year": 24_000},
        {"total": 60_000},
        {"per_year": 24_000, "years": 2},
        {"tokens_per_year": "4B", "of": "capability", "name": "frontier", "usd_per_million": 6},
        {"tokens_per_month": "300M", "of": "model", "name": "acme-large", "usd_per_million": 6},
    ],
    ids=["by the year", "a lump", "for two years", "of a capability", "of a model"],
)
async def test_every_kind_of_grant_that_rolls_over_has_a_finite_cost(explain, amount):
    tokens = {**amount, "unused": "rolls_over", "personal_share": 0.5}
    position = {"contract": {**CASH, "tokens": tokens}, "months_served": 30, "unspent_tokens": 10_000}
    answer = await explain({"position": position}, detail="full")
    assert 0 < answer.person.cost.p50_usd < 40_000
    assert all(low <= middle <= high for low, middle, high in answer.person.curve.values())


async def test_work_in_ones_own_account_stays_and_the_rest_costs_its_hours(explain):
    built = [{"what": "agents", "count": 10, "hours_each": 20.8, "portability": 0}]
    theirs = await explain({"position": {"contract": CASH, "built": built}}, overrides=NO_RE_SKILLING, detail="full")
    assert term(theirs, "artefacts") == 20_000
    freed = {lever.ask_for: lever.frees_usd for lever in theirs.levers}
    assert freed == {"your own account or key, so that what you build stays yours": 20_000}
    own = await explain(
        {"position": {"contract": CASH, "built": built, "account": "own"}}, overrides=NO_RE_SKILLING, detail="full"
    )
    assert [lever.ask_for for lever in own.levers] == ["an IP carve-out for the prompts and agents you built"]


async def test_the_other_offer_is_held_against_the_cost(explain):
    position = {"contract": {**CASH, "sign_on": {"amount": 30_000, "clawback_months": 12}}, "months_served": 0}
    poor = {**position, "other_offer": {"pay_per_year": 200_000, "sign_on": 20_000}}
    rich = {**position, "other_offer": {"pay_per_year": 230_000}}
    worse = (await explain({"position": poor}, overrides=NO_RE_SKILLING)).person.other_offer
    better = (await explain({"position": rich}, overrides=NO_RE_SKILLING)).person.other_offer
    assert (worse.p50_usd, worse.chance_better_off) == (-10_000, 0.0)
    assert better.chance_better_off == 1.0
    assert better.p50_usd > 30_000
    unknown = await explain({"position": {**position, "other_offer": {"gap_months": 0}}})
    assert unknown.person.other_offer is None


async def test_a_new_job_with_the_same_tools_and_tokens_leaves_no_cost_by_tokens(explain):
    contract = {**CASH, "tokens": {"per_year": 30_000, "unused": "expires"}}
    other = {"tokens_per_year": 40_000, "same_tools": True}
    answer = await explain({"position": {"contract": contract, "other_offer": other, "built": []}})
    assert answer.person.token_caused_usd == 0
    assert answer.person.token_caused_share == 0.0


async def test_the_ratchet_has_numbers(explain):
    contract = {"base": 208_000, "tokens": {"per_year": 100_000}}
    sure = {"counterfactual_compute_usd_year": 2_400, "demand_sigma_month": 0, "ratchet": 1}
    answer = await explain(
        {"position": {"contract": contract}, "person": {"token_use_per_year": 24_000}}, overrides=sure, detail="full"
    )
    # Ten times the compute is twice the output (Jellyfish), so half the pay for an hour's old output.
    assert answer.person.ratchet.implied_output_multiple == pytest.approx(2.0, abs=0.01)
    assert answer.person.ratchet.hourly_usd == 100
    assert answer.person.ratchet.hourly_if_expected_usd == 50
    assert answer.person.ratchet.hourly_if_all_expected_usd == 50


class Ledger:
    """A ledger with one budget, charged the same in each four weeks of a year."""

    def __init__(self, usd, budget="default"):
        self.usd = usd
        self.budget = budget

    async def use_of(self, budget, until):
        assert until.tzinfo is UTC
        if budget != self.budget:
            return None
        return BudgetUse(budget, 365, [WeeksUsed(Decimal(self.usd), limited=False)] * 13)


def _seeing(context, ledger, **more):
    clock = lambda: datetime(2026, 11, 1, tzinfo=UTC)  # noqa: E731 - a clock in a line
    return dataclasses.replace(context, use_history=ledger, clock=clock, **more)


def _used(answer, name="demand_usd_year"):
    return {entry.name: entry for entry in answer.assumptions}[name]


GRANT = {"position": {"contract": {**CASH, "tokens": {"per_year": 30_000}}}}


async def test_real_use_replaces_a_guess_but_not_what_the_person_says(explain, context):
    world = _seeing(context, Ledger(2_000))
    measured = await explain(GRANT, world, detail="full")
    # $2,000 in each of 13 spans are $26,000 in 364 days, and a year outweighs the guess of $6,000.
    assert 20_000 < _used(measured).base < 26_100
    assert _used(measured).origin == _used(measured, "demand_sigma_month").origin == "observed"
    assert any("your budget default: 365 days, $2,173 a month" in note for note in measured.notes)
    said = await explain({**GRANT, "person": {"token_use_per_year": 4_000}}, world, detail="full")
    assert (_used(said).base, _used(said).origin) == (4_000, "said")
    assert any("budget default shows 365 days" in note and "goes before it" in note for note in said.notes)
    overridden = await explain(GRANT, world, detail="full", overrides={"demand_usd_year": 5_000})
    assert (_used(overridden).base, _used(overridden).origin) == (5_000, "override")
    nothing = await explain(GRANT, _seeing(context, Ledger(0)), detail="full")
    assert _used(nothing).origin == "default"
    assert not any("budget default" in note for note in nothing.notes)


async def test_a_budget_that_is_named_goes_before_one_s_own_and_needs_no_leave_to_be_looked_at(explain, context):
    named = {**GRANT, "person": {"token_use_from_budget": "work"}}
    world = _seeing(context, Ledger(2_000, "work"), observed_use=None)
    answer = await explain(named, world, detail="full")
    assert _used(answer).origin == "observed"
    unasked = await explain(GRANT, _seeing(context, Ledger(2_000), observed_use=None), detail="full")
    assert _used(unasked).origin == "default"
    with pytest.raises(InvalidInputError, match=r"person\.token_use_from_budget: no budget of yours has that id"):
        await explain(named, _seeing(context, Ledger(2_000)))
    with pytest.raises(InvalidInputError, match=r"person\.token_use_from_budget"):
        await explain(named, _seeing(context, None))


async def test_amounts_in_another_currency_are_told_in_dollars(explain):
    contract = {"base": 100_000, "currency": "EUR", "fx": 1.1, "sign_on": {"amount": 10_000, "clawback_months": 12}}
    answer = await explain(
        {"position": {"contract": contract}, "person": {"marginal_rate": 0.42}}, overrides=NO_RE_SKILLING
    )
    assert term(answer, "clawback") == 11_000
    assert any("1.1 USD per EUR" in note for note in answer.notes)


async def test_leaving_later_is_graded_as_of_then(explain):
    document = {"position": {"contract": {**CASH, "equity": RSU}, "months_served": 9, "leave_in_months": 3}}
    answer = await explain(document, overrides=SURE, detail="full")
    assert answer.person.cost.p50_usd == 300_000 == answer.person.break_even_sign_on_usd
    assert answer.headline.startswith("Leaving in 3 months")


async def test_what_was_not_said_is_listed_and_asked_for(explain):
    contract = {
        **CASH,
        "sign_on": 40_000,
        "tokens": {"per_month": 1_000},
        "equity": [{"kind": "rsu", "value": 200_000}],
    }
    answer = await explain({"position": {"contract": contract}}, detail="full")
    listed = {entry.field for entry in answer.defaulted}
    assert {
        "position.months_served",
        "position.built",
        "position.contract.equity.0.vesting",
        "position.contract.sign_on.clawback_months",
        "position.contract.tokens.unused",
    } <= listed
    asked = {question.field: question.ask for question in answer.next_questions}
    assert asked["position.contract.sign_on.clawback_months"] == "For how long can the sign-on be claimed back?"
    assert asked["position.months_served"].startswith("How many months")
    worths = [question.worth_usd for question in answer.next_questions]
    assert worths == sorted(worths, reverse=True)
    assert worths[-1] > 0


async def test_an_override_of_an_unknown_name_is_refused(explain):
    with pytest.raises(InvalidInputError, match="compute_gap_months"):
        await explain({"position": {"contract": CASH}}, overrides={"compute_gap_month": 1})


@pytest.mark.parametrize("sides", [{}, {"position": {"contract": CASH}, "employer": {}}], ids=["neither", "both"])
async def test_one_side_is_explained_at_a_time(explain, sides):
    with pytest.raises(ValueError, match="either position"):
        await explain(sides)
