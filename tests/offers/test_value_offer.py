"""What value_offer promises: face, pay value, explanations that add up, and defaults that are listed."""

from __future__ import annotations

import json

import bpe_openai
import pytest
from pydantic import ValidationError

from tokenworth.errors import InvalidInputError, NotPricedError

O200K = bpe_openai.get_encoding("o200k_base")
TOKENS_MAX = 800


async def test_half_of_500k_in_tokens_is_750k_at_face(value, fixture_offer):
    answer = await value(**fixture_offer("half-in-tokens"))
    assert answer.face.total_usd == 750_000
    assert "$750,000" in answer.headline


async def test_100k_of_tokens_beside_375k_is_one_dollar_in_five(value, fixture_offer):
    answer = await value(**fixture_offer("base-plus-100k"))
    assert answer.face.total_usd == 475_000
    assert answer.face.token_share == pytest.approx(0.21, abs=0.005)
    assert "21%" in answer.headline


async def test_two_numbers_are_an_offer_and_everything_else_is_listed(value):
    answer = await value({"base": 375000, "tokens": {"per_year": 100000}}, detail="full")
    listed = {entry.field: entry for entry in answer.defaulted}
    assert {"offer.tokens.taxed", "offer.tokens.unused", "offer.tokens.years", "person.state"} <= set(listed)
    assert "offer.tokens.personal_share" in listed
    taxed = listed["offer.tokens.taxed"]
    assert taxed.high_usd - taxed.low_usd > 30_000
    assert answer.defaulted_count == len(answer.defaulted)


async def test_work_only_tokens_taxed_at_face_are_worth_less_than_nothing(value, fixture_offer):
    answer = await value(**fixture_offer("work-only-taxed-at-face"))
    tokens = next(part for part in answer.components if part.name == "tokens")
    assert tokens.p90_usd is not None
    assert tokens.p90_usd < 0


async def test_work_only_tokens_funded_anyway_are_worth_nothing(value, fixture_offer):
    answer = await value(**fixture_offer("work-only"))
    assert answer.pay.p50_usd == 210_000
    assert answer.pay.p10_usd == answer.pay.p90_usd


async def test_a_personal_account_is_worth_more_than_an_employers(value, fixture_offer):
    request = fixture_offer("personal-account")
    own = await value(**request)
    tied = request["offer"]["tokens"] | {"models": "one_model", "unused": "expires", "on_leaving": "lost"}
    bound = await value({**request["offer"], "tokens": tied}, person=request["person"])
    assert own.pay.p50_usd > bound.pay.p50_usd


@pytest.mark.parametrize("detail", ["concise", "full"])
async def test_the_waterfall_sums_from_face_to_value(value, fixture_offer, valued_fixture, detail):
    answer = await value(**fixture_offer(valued_fixture), detail=detail)
    first, *moves, last = answer.waterfall.values()
    assert first == answer.face.total_usd
    assert last == answer.pay.p50_usd
    assert first + sum(moves) == last


async def test_percentiles_are_in_order_everywhere(value, fixture_offer, valued_fixture):
    answer = await value(**fixture_offer(valued_fixture), detail="full")
    ranges = [answer.pay, *answer.pay.by_year, answer.pay.present_value]
    ranges += [part for part in answer.components if part.p10_usd is not None]
    for entry in ranges:
        assert entry.p10_usd <= entry.p50_usd <= entry.p90_usd


async def test_a_concise_answer_stays_short_in_both_channels(value, fixture_offer, valued_fixture):
    answer = await value(**fixture_offer(valued_fixture))
    text, data = answer.text(), json.dumps(answer.data(), separators=(",", ":"))
    assert len(O200K.encode(text)) < TOKENS_MAX
    assert len(O200K.encode(data)) < TOKENS_MAX


async def test_each_channel_stands_alone(value, fixture_offer, valued_fixture):
    answer = await value(**fixture_offer(valued_fixture))
    text, data = answer.text(), answer.data()
    for needed in ("face", "pay", "components", "next_questions", "levers", "assumptions", "headline"):
        assert needed in data
    for number in (answer.pay.p10_usd, answer.pay.p50_usd, answer.pay.p90_usd, answer.face.total_usd):
        assert f"{number:,}" in text
    assert text.startswith(answer.headline)
    assert "Ask next:" in text


async def test_the_same_seed_gives_the_same_digits_and_another_does_not(value):
    offer = {"base": 200_000, "bonus": 30_000, "tokens": {"per_month": 900, "personal_share": 0.4}}
    first, again, other = [await value(offer, seed=seed) for seed in (11, 11, 12)]
    assert first.data() == again.data()
    assert first.pay != other.pay


async def test_more_draws_move_the_middle_little(value):
    offer = {"base": 200_000, "bonus": 30_000, "equity": [{"kind": "rsu", "value": "400k"}]}
    few, many = [await value(offer, draws=draws) for draws in (20_000, 100_000)]
    assert few.pay.p50_usd == pytest.approx(many.pay.p50_usd, rel=0.002)


async def test_levers_and_questions_are_ranked_in_dollars(value, fixture_offer, valued_fixture):
    answer = await value(**fixture_offer(valued_fixture), detail="full")
    gains = [lever.gain_usd for lever in answer.levers]
    worths = [question.worth_usd for question in answer.next_questions]
    assert gains == sorted(gains, reverse=True)
    assert worths == sorted(worths, reverse=True)
    assert all(gain > 0 for gain in gains)
    assert all(worth > 0 for worth in worths)
    widths = [abs(high - low) for low, high in answer.tornado.values()]
    assert widths == sorted(widths, reverse=True)


async def test_saying_a_fact_takes_its_question_away(value):
    offer = {"base": 200_000, "tokens": {"per_year": 50_000}}
    before = await value(offer, detail="full")
    said = {**offer, "tokens": {"per_year": 50_000, "taxed": "no", "personal_share": 1, "unused": "expires"}}
    after = await value(said, person={"token_use_per_year": 9_000}, detail="full")
    asked_before = {question.field for question in before.next_questions}
    asked_after = {question.field for question in after.next_questions}
    assert "offer.tokens.taxed" in asked_before
    assert "offer.tokens.taxed" not in asked_after
    assert "person.token_use_per_year" not in asked_after
    origins = {entry.name: entry.origin for entry in after.assumptions}
    assert origins["demand_usd_year"] == origins["personal_share"] == "said"


async def test_an_override_is_used_and_labelled(value):
    offer = {"base": 100_000, "bonus": 50_000}
    answer = await value(offer, overrides={"bonus_payout": 0.5}, detail="full")
    assert answer.pay.p50_usd == 125_000
    assert {entry.name: entry.origin for entry in answer.assumptions}["bonus_payout"] == "override"


async def test_an_override_nobody_knows_is_refused_with_the_near_name(value):
    with pytest.raises(InvalidInputError, match="bonus_payout"):
        await value({"base": 1}, overrides={"bonus_payot": 1})


async def test_a_sign_on_is_worth_more_without_its_clawback(value):
    kept, owed = [
        await value({"base": 200_000, "sign_on": {"amount": 60_000, "clawback_months": months}}) for months in (0, 24)
    ]
    assert kept.pay.p50_usd > owed.pay.p50_usd
    full = await value({"base": 200_000, "sign_on": {"amount": 60_000, "clawback_months": 24, "clawback": "full"}})
    assert full.pay.p50_usd < owed.pay.p50_usd


async def test_private_shares_are_worth_less_than_listed_ones(value):
    listed, private = [
        await value({"base": 200_000, "equity": [{"kind": kind, "value": "400k"}]})
        for kind in ("rsu", "private_shares")
    ]
    assert listed.pay.p50_usd > private.pay.p50_usd + 20_000


async def test_a_refresher_adds_to_face_and_value(value):
    grant = {"kind": "rsu", "value": "400k"}
    without, with_refresh = [
        await value({"base": 200_000, "equity": [g]}) for g in (grant, grant | {"refresh_per_year": "80k"})
    ]
    # Granted after each year, a quarter of it vesting a year: 20k + 40k + 60k within the four years.
    assert with_refresh.face.total_usd - without.face.total_usd == 30_000
    assert with_refresh.pay.p50_usd > without.pay.p50_usd


async def test_a_contractor_is_told_the_employees_salary_that_leaves_the_same(value):
    answer = await value({"base": 180_000, "employment": "contractor"})
    assert answer.pay.p50_usd < 180_000
    assert "self-employment" in answer.tax


async def test_part_time_pay_is_told_by_the_hour_too(value):
    answer = await value({"base": 104_000, "fte": 0.5})
    assert answer.pay.per_hour_p50_usd == 100


async def test_another_currency_is_converted_and_both_are_echoed(value, fixture_offer):
    answer = await value(**fixture_offer("euro"))
    base = next(part for part in answer.components if part.name == "base")
    assert base.face_usd == 102_600
    assert any("1.08 USD per EUR" in note for note in answer.notes)


async def test_a_country_without_tables_needs_a_marginal_rate(value):
    with pytest.raises(InvalidInputError, match=r"person\.marginal_rate"):
        await value({"base": 90_000, "currency": "CHF", "fx": 1.2})
    with pytest.raises(InvalidInputError, match=r"person\.marginal_rate"):
        await value({"base": 90_000}, person={"country": "JP"})


async def test_unpriced_tokens_are_refused_never_taken_as_zero(value, fixture_offer):
    with pytest.raises(NotPricedError, match="usd_per_million"):
        await value(**fixture_offer("unpriced-tokens"))


async def test_contradictions_are_refused(value, fixture_offer):
    with pytest.raises(ValidationError) as refusal:
        await value(**fixture_offer("contradiction"))
    assert {error["loc"][1] for error in refusal.value.errors()} == {"bonus", "tokens"}


async def test_career_value_stands_apart(value):
    offer = {"base": 300_000, "tokens": {"per_year": 100_000}}
    answer = await value(offer, detail="full")
    assert answer.career is not None
    assert answer.career.implied_output_multiple >= 1
    assert sum(answer.waterfall.values()) - 2 * answer.pay.p50_usd == 0


async def test_the_full_answer_has_every_year_and_every_source(value, fixture_offer):
    answer = await value(**fixture_offer("big-company"), detail="full")
    assert [entry.year for entry in answer.pay.by_year] == [1, 2, 3, 4]
    assert len(answer.face.by_year_usd) == 4
    assert all(entry.source for entry in answer.assumptions)
    text = answer.text()
    assert "Year 4, if still employed" in text
    assert "Hall and Murphy" in text


async def test_joint_filers_keep_more_of_a_taxed_grant(value):
    offer = {"base": 200_000, "tokens": {"per_year": 50_000, "taxed": "face", "personal_share": 0}}
    alone, joint = [await value(offer, person={"filing": filing}) for filing in ("single", "mfj")]
    assert joint.pay.p50_usd > alone.pay.p50_usd


async def test_a_base_of_nothing_is_still_an_offer(value):
    answer = await value({"base": 0, "equity": [{"kind": "private_shares", "value": "100k"}]})
    assert answer.face.total_usd == 25_000
    assert 0 < answer.pay.p50_usd < 25_000
    empty = await value({"base": 0})
    assert empty.face.token_share == 0


async def test_a_grant_of_nothing_is_no_grant(value):
    answer = await value({"base": 100_000, "tokens": {"per_year": 0}})
    assert [part.name for part in answer.components] == ["base"]
    assert answer.tokens is None


async def test_a_named_models_tokens_are_priced_from_the_list_and_say_so(value, fixture_offer):
    answer = await value(**fixture_offer("named-model"), detail="full")
    # claude-opus-5-5 lists at $4 in and $20 out: $8 a million at three in to one out, so 2B tokens are $16,000.
    assert answer.face.by_component_usd["tokens"] == 16_000
    (note,) = (note for note in answer.notes if "$8 per million" in note)
    assert "anthropic/claude-opus-5-5" in note
    assert "as of 2026-11-20" in note


async def test_a_flagships_own_price_history_stands_in_place_of_the_default(value, fixture_offer):
    answer = await value(**fixture_offer("vendor-flagship"), detail="full")
    used = {entry.name: entry for entry in answer.assumptions}["price_change_flagship"]
    assert used.origin == "measured"
    assert used.base == pytest.approx(-0.45, abs=0.03)
    overridden = await value(
        **fixture_offer("vendor-flagship"), overrides={"price_change_flagship": 0.0}, detail="full"
    )
    assert {entry.name: entry for entry in overridden.assumptions}["price_change_flagship"].base == 0.0


async def test_tokens_that_cost_more_than_they_bring_are_less_salary(value, fixture_offer):
    # Work pays for them anyway, and payroll taxes the whole grant: only tax is left of it.
    answer = await value(**fixture_offer("work-only-taxed-at-face"))
    worth = answer.tokens.as_salary_p50_usd
    assert worth < 0
    assert f"is like this much less salary: about ${-worth:,}." in answer.headline
