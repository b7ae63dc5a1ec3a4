"""What compare_offers promises: a ranking on common draws, and exactly what would make offers equal."""

from __future__ import annotations

import json

import bpe_openai
import pytest

O200K = bpe_openai.get_encoding("o200k_base")

CASH = {"label": "cash", "base": 260_000}
SHARES = {"label": "shares", "base": 170_000, "equity": [{"kind": "rsu", "value": "400k"}]}
TOKENS = {"label": "tokens", "base": 200_000, "tokens": {"per_year": 120_000}}


async def test_face_does_not_win_over_value(compare):
    answer = await compare(CASH, TOKENS)
    assert answer.ranking[0].label == "cash"
    assert answer.ranking[0].face_usd < answer.ranking[1].face_usd
    assert answer.ranking[0].chance_best == 1.0
    assert "cash is worth most" in answer.headline


async def test_the_equalizing_salary_makes_the_offers_equal(compare):
    answer = await compare(CASH, SHARES, TOKENS, detail="full")
    best = answer.ranking[0].mean_usd
    originals = {offer["label"]: offer for offer in (CASH, SHARES, TOKENS)}
    for gap in answer.equalizers:
        raised = originals[gap.label] | {"base": originals[gap.label]["base"] + gap.salary_usd}
        check = await compare(originals[answer.ranking[0].label], raised, detail="full")
        assert {entry.mean_usd for entry in check.ranking} <= {best - 1, best, best + 1}


async def test_the_equalizing_sign_on_makes_the_offers_equal(compare):
    answer = await compare(CASH, TOKENS, detail="full")
    (gap,) = answer.equalizers
    check = await compare(CASH, TOKENS | {"sign_on": {"amount": gap.sign_on_usd, "clawback_months": 0}}, detail="full")
    means = [entry.mean_usd for entry in check.ranking]
    assert abs(means[0] - means[1]) <= 50


async def test_an_offer_behind_at_first_overtakes_in_a_named_year(compare):
    early = {"label": "early", "base": 200_000, "sign_on": {"amount": "60k", "clawback_months": 0}}
    late = {"label": "late", "base": 230_000}
    answer = await compare(early, late, detail="full")
    (pair,) = answer.pairwise
    assert pair.crossover_year in {3, 4}
    assert pair.ahead_later == "late"
    assert "late is ahead from year" in answer.text()


async def test_what_would_flip_the_ranking_is_named(compare):
    risky = {"label": "shares", "base": 172_000, "equity": [{"kind": "rsu", "value": "400k"}]}
    answer = await compare({"label": "cash", "base": 255_000}, risky, detail="full")
    named = {flip.assumption for flip in answer.flips}
    assert "volatility_listed" in named or "outside_wealth_multiple" in named
    assert answer.next_questions


async def test_equal_offers_are_said_to_be_equal(compare):
    answer = await compare({"base": 100_000}, {"base": 100_000})
    assert [entry.label for entry in answer.ranking] == ["offer 1", "offer 2"]
    assert [entry.chance_best for entry in answer.ranking] == [0.5, 0.5]
    assert "the same" in answer.headline
    assert answer.equalizers[0].salary_usd == 0


async def test_two_offers_of_one_name_are_told_apart(compare):
    answer = await compare({"label": "x", "base": 1000}, {"label": "x", "base": 2000})
    assert [entry.label for entry in answer.ranking] == ["x (2)", "x"]


async def test_an_unsaid_term_that_could_change_the_choice_is_asked_about(compare):
    answer = await compare({"label": "cash", "base": 201_000}, TOKENS | {"base": 202_000})
    fields = {question.field for question in answer.next_questions}
    assert "offers[tokens].tokens.taxed" in fields


async def test_of_offers_whose_labels_are_numbers_the_one_that_is_meant_is_asked_about(compare):
    offers = ({"label": "1", "base": 201_000}, TOKENS | {"label": "0", "base": 202_000}, {"label": "2", "base": 1_000})
    answer = await compare(*offers, detail="full")
    fields = {question.field for question in answer.next_questions if question.field.startswith("offers")}
    assert {field.split(".")[0] for field in fields} == {"offers[1]"}


async def test_a_concise_comparison_of_ten_stays_short(compare):
    offers = [TOKENS | {"label": f"company {i}", "base": 200_000 + 1_000 * i} for i in range(10)]
    answer = await compare(*offers)
    data = json.dumps(answer.data(), separators=(",", ":"))
    assert len(O200K.encode(answer.text())) < 800
    assert len(O200K.encode(data)) < 800


async def test_every_pair_is_there_in_full(compare):
    answer = await compare(CASH, SHARES, TOKENS, detail="full")
    assert len(answer.pairwise) == 3
    assert all(0 <= pair.chance_first_better <= 1 for pair in answer.pairwise)


async def test_in_full_each_offer_has_the_years_that_it_has_alone(compare, value):
    answer = await compare(CASH, SHARES, detail="full")
    alone = {offer["label"]: await value(offer, detail="full") for offer in (CASH, SHARES)}
    for place in answer.ranking:
        assert place.by_year == alone[place.label].pay.by_year
        assert place.face_by_year_usd == alone[place.label].face.by_year_usd
    assert "shares, if still employed: year 1 $" in answer.text()


async def test_the_lead_at_an_end_is_the_lead_when_that_end_is_known(compare):
    fixed = {"label": "cash", "base": 262_000}
    answer = await compare(fixed, SHARES, detail="full")
    assert answer.lead_usd == answer.ranking[0].mean_usd - answer.ranking[1].mean_usd
    name, ends = next(iter(answer.tornado.items()))
    (entry,) = [one for one in answer.assumptions if one.name == name]
    for at, lead in zip((entry.low, entry.high), ends, strict=True):
        known = await compare(fixed, SHARES, detail="full", overrides={name: at})
        means = {place.label: place.mean_usd for place in known.ranking}
        assert means[answer.ranking[0].label] - means[answer.ranking[1].label] == pytest.approx(lead, abs=1_500)


async def test_an_assumption_about_which_one_offer_says_more_has_no_range_to_move(compare):
    said = TOKENS | {"label": "said", "tokens": {"per_year": 120_000, "personal_share": 0.3}}
    answer = await compare(TOKENS, said, detail="full")
    found = {entry.name: entry for entry in answer.assumptions}
    assert found["personal_share"].low is None
    assert found["cut_hazard"].low < found["cut_hazard"].high


async def test_a_concise_comparison_has_neither_years_nor_leads(compare):
    data = (await compare(CASH, SHARES)).data()
    assert not {"tornado", "lead_usd"} & set(data)
    assert not any({"by_year", "face_by_year_usd"} & set(place) for place in data["ranking"])


@pytest.mark.parametrize("count", [1, 11])
async def test_two_to_ten_offers_are_compared(compare, count):
    with pytest.raises(ValueError, match="offers"):
        await compare(*[CASH] * count)
