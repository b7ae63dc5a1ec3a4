"""Options and private shares in a whole offer: a component, its cost, its questions and its levers."""

from __future__ import annotations

import pytest

ISO = {
    "kind": "iso",
    "shares": 40_000,
    "strike": 2,
    "price_409a": 2,
    "last_round_price": 8,
    "expiry_years": 10,
    "post_termination_months": 3,
    "vesting": {"months": 48, "cliff_months": 12},
}


def component(answer, name):
    return next(part for part in answer.components if part.name == name)


def with_grant(**changes):
    return {"base": 165_000, "equity": [ISO | changes]}


async def test_options_are_a_component_between_nothing_and_their_face(value):
    answer = await value(with_grant())
    options = component(answer, "options")
    assert options.face_usd == 80_000
    assert 0 < options.p10_usd < options.p50_usd < options.p90_usd < options.face_usd
    assert "strike and share risk" in answer.waterfall
    assert "options: $" in answer.text()


async def test_what_options_cost_the_company_is_more_than_they_are_worth_to_the_holder(value):
    answer = await value(with_grant(), detail="full")
    assert answer.options.options == 40_000
    worth = 4 * component(answer, "options").p50_usd
    assert worth < answer.options.company_cost_usd < answer.options.black_scholes_usd < 80_000
    assert 4 < answer.options.expected_life_years < 8
    # The employer's half of FICA on $165,000, FUTA on $7,000; no state was said.
    payroll_tax = 0.0765 * 165_000 + 0.006 * 7_000
    assert answer.employer_cost_usd == pytest.approx(165_000 + payroll_tax + answer.options.company_cost_usd / 4, abs=1)
    assert "Hull-White" in answer.text()
    assert {"option_exercise_multiple", "dividend_yield", "option_lapse_share"} <= {e.name for e in answer.assumptions}


async def test_a_concise_answer_leaves_the_cost_out(value):
    answer = await value(with_grant())
    assert answer.options is None
    assert answer.employer_cost_usd is None


async def test_options_that_vest_after_the_horizon_are_worth_nothing_in_it(value):
    late = {"months": 96, "cliff_months": 60}
    answer = await value(with_grant(vesting=late), detail="full")
    assert [part.name for part in answer.components] == ["base"]
    assert answer.options is None
    assert answer.pay.p50_usd == 165_000


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"strike": 1}, {"strike": 2}),
        ({"price_409a": 4}, {"price_409a": 2}),
        ({"shares": 50_000}, {"shares": 40_000}),
        ({"post_termination_months": 120}, {"post_termination_months": 0}),
        ({"vesting": {"months": 48, "cliff_months": 0}}, {"vesting": {"months": 48, "cliff_months": 24}}),
    ],
)
async def test_better_terms_are_worth_more(value, better, worse):
    assert (await value(with_grant(**better))).pay.p50_usd > (await value(with_grant(**worse))).pay.p50_usd


async def test_what_was_not_said_about_options_is_asked_in_dollars(value):
    bare = {"base": 165_000, "equity": [{"kind": "iso", "value": 320_000, "strike": 2, "last_round_price": 8}]}
    answer = await value(bare, detail="full")
    listed = {entry.field for entry in answer.defaulted}
    terms = {"vesting", "price_409a", "expiry_years", "post_termination_months"}
    assert {f"offer.equity.0.{name}" for name in terms} <= listed
    assert any(question.field == "offer.equity.0.price_409a" for question in answer.next_questions)
    assert any("AMT" in note and "83(b)" in note and "QSBS" in note for note in answer.notes)


async def test_a_long_window_is_a_lever_until_the_contract_has_it(value):
    def asks(answer):
        return [lever.ask_for for lever in answer.levers]

    window = "ten years to exercise options after leaving"
    assert window in asks(await value(with_grant(), detail="full"))
    assert window not in asks(await value(with_grant(post_termination_months=120), detail="full"))


async def test_options_beside_tokens_are_worth_what_they_are_alone(value):
    alone = await value(with_grant())
    both = await value({**with_grant(), "tokens": {"per_year": 20_000}}, detail="full")
    assert component(both, "options") == component(alone, "options")


async def test_a_contractors_options_are_told_as_the_salary_they_equal(value):
    contract = {"base": 165_000, "employment": "contractor", "equity": [ISO | {"kind": "nso"}]}
    answer = await value(contract)
    assert component(answer, "options").p50_usd > 0
    assert answer.waterfall["face"] + sum(list(answer.waterfall.values())[1:-1]) == answer.pay.p50_usd


async def test_the_discount_method_replaces_the_certainty_equivalent(value):
    def shares(method):
        grant = {"kind": "private_shares", "value": 400_000, "discount_method": method}
        return value({"base": 175_000, "equity": [grant]}, detail="full")

    by_method = {m: await shares(m) for m in ("certainty_equivalent", "chaffe", "finnerty")}
    worth = {m: component(a, "shares").p50_usd for m, a in by_method.items()}
    # Finnerty's discount stops at 32%, Chaffe's does not, and a holder with little else minds most.
    assert worth["certainty_equivalent"] < worth["chaffe"] < worth["finnerty"] < 100_000
    used = {m: {entry.name for entry in a.assumptions} for m, a in by_method.items()}
    assert "risk_aversion" in used["certainty_equivalent"]
    assert not {"risk_aversion", "outside_wealth_multiple", "share_drift"} & (used["chaffe"] | used["finnerty"])


async def test_shares_counted_at_the_last_round_fall_to_the_409a_price(value):
    def shares(**prices):
        return value({"base": 175_000, "equity": [{"kind": "private_shares", "value": 400_000, **prices}]})

    counted = component(await shares(price_409a=3, last_round_price=12), "shares")
    plain = component(await shares(price_409a=12, last_round_price=12), "shares")
    assert counted.face_usd == plain.face_usd == 100_000
    assert counted.p50_usd < 0.35 * plain.p50_usd


async def test_two_offers_with_options_are_compared_on_the_same_draws(compare):
    few = {**with_grant(), "label": "few"}
    many = {**with_grant(shares=60_000), "label": "many"}
    answer = await compare(few, many)
    assert answer.ranking[0].label == "many"
    assert answer.ranking[0].chance_best == 1.0
