"""Laws that hold whatever the offer: more cash is better, scale does not matter, better offers rank first."""

from __future__ import annotations

import anyio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tokenworth.offers.compare_offers import compare_offers
from tokenworth.offers.models import CompareOffersRequest, ValueOfferRequest
from tokenworth.offers.value_offer import value_offer
from tokenworth.wiring import build_context

CONTEXT = build_context()
SLOW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])

amounts = st.integers(10_000, 900_000)
tokens = st.fixed_dictionaries(
    {},
    optional={
        "personal_share": st.sampled_from([0, 0.3, 1]),
        "models": st.sampled_from(["any", "one_provider"]),
        "taxed": st.sampled_from(["no", "personal_use", "face"]),
    },
).flatmap(
    lambda rights: st.one_of(
        st.integers(100, 200_000).map(lambda usd: {"per_year": usd, **rights}),
        st.integers(10, 20_000).map(lambda usd: {"per_month": usd, **rights}),
        st.integers(10, 20_000).map(lambda usd: {"per_month": usd, "unused": "rolls_over", **rights}),
    )
)
offers = st.fixed_dictionaries(
    {"base": amounts},
    optional={
        "tokens": tokens,
        "bonus": st.integers(0, 100_000),
        "sign_on": st.fixed_dictionaries(
            {"amount": st.integers(1, 100_000), "clawback_months": st.sampled_from([0, 24])}
        ),
        "equity": st.integers(1_000, 900_000).map(lambda usd: [{"kind": "rsu", "value": usd}]),
        "other_annual": st.integers(0, 30_000),
    },
)
people = st.sampled_from([{}, {"state": "CA"}, {"filing": "mfj", "household_income": 90_000}, {"marginal_rate": 0.4}])


def value(offer, person, **rest):
    request = ValueOfferRequest.model_validate({"offer": offer, "person": person, "draws": 1000, **rest})
    return anyio.run(value_offer, request, CONTEXT)


def compare(offers, person):
    request = CompareOffersRequest.model_validate({"offers": offers, "person": person, "draws": 1000, "detail": "full"})
    return anyio.run(compare_offers, request, CONTEXT)


@SLOW
@given(offer=offers, person=people, more=st.integers(1_000, 200_000), where=st.sampled_from(["base", "other_annual"]))
def test_more_cash_never_lowers_value(offer, person, more, where):
    richer = {**offer, where: offer.get(where, 0) + more}
    before, after = value(offer, person), value(richer, person)
    for name in ("p10_usd", "p50_usd", "p90_usd"):
        assert getattr(after.pay, name) >= getattr(before.pay, name)


def scaled(part, factor):
    if isinstance(part, dict):
        return {k: v if k in KEPT else scaled(v, factor) for k, v in part.items()}
    if isinstance(part, list):
        return [scaled(v, factor) for v in part]
    return part * factor if isinstance(part, int) and not isinstance(part, bool) else part


KEPT = {"personal_share", "clawback_months", "models", "taxed", "unused", "kind", "marginal_rate"}
SCALED_ASSUMPTIONS = ("demand_usd_year", "own_spend_usd_year", "work_tools_usd_year")


@SLOW
@given(offer=offers)
def test_at_a_flat_tax_rate_doubling_every_amount_doubles_the_value(offer):
    person = {"marginal_rate": 0.35}
    double = {
        name: {
            "low": CONTEXT.assumptions[name].low * 2,
            "base": CONTEXT.assumptions[name].base * 2,
            "high": CONTEXT.assumptions[name].high * 2,
        }
        for name in SCALED_ASSUMPTIONS
    }
    once = value(offer, person)
    twice = value(scaled(offer, 2), person, overrides=double)
    for name in ("p10_usd", "p50_usd", "p90_usd"):
        assert abs(getattr(twice.pay, name) - 2 * getattr(once.pay, name)) <= 2


@SLOW
@given(given_offers=st.lists(offers, min_size=2, max_size=4), person=people, order=st.randoms())
def test_permuting_the_offers_permutes_the_answer(given_offers, person, order):
    labelled = [{"label": f"offer {index}", **offer} for index, offer in enumerate(given_offers)]
    shuffled = list(labelled)
    order.shuffle(shuffled)
    first, second = compare(labelled, person), compare(shuffled, person)
    assert first.ranking == second.ranking
    assert first.equalizers == second.equalizers
    assert first.pairwise == second.pairwise


@SLOW
@given(offer=offers, person=people, less=st.integers(1_000, 9_000))
def test_a_dominated_offer_never_ranks_first(offer, person, less):
    worse = {**offer, "base": offer["base"] - less, "label": "a worse one"}
    answer = compare([worse, {**offer, "label": "the better one"}], person)
    assert answer.ranking[0].label == "the better one"
    assert answer.ranking[0].chance_best == 1.0


@SLOW
@given(given_offers=st.lists(offers, min_size=2, max_size=5), person=people)
def test_chances_of_being_best_sum_to_one_and_regret_orders_the_ranking(given_offers, person):
    answer = compare(given_offers, person)
    assert abs(sum(entry.chance_best for entry in answer.ranking) - 1) < 0.001
    regrets = [entry.regret_usd for entry in answer.ranking]
    assert regrets == sorted(regrets)
    assert [entry.rank for entry in answer.ranking] == list(range(1, len(given_offers) + 1))
