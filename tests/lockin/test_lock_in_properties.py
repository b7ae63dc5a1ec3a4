"""Laws that hold whatever the position: cliffs only free, levers only free, shares add up or are null."""

from __future__ import annotations

import json

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tokenworth.lockin.explain_lock_in import explain_lock_in
from tokenworth.lockin.models import ExplainLockInRequest
from tokenworth.wiring import build_context

CONTEXT = build_context()
SLOW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

usd = st.integers(0, 400_000)
months = st.integers(1, 60)
vesting = st.one_of(
    st.builds(
        lambda total, cliff, every: {"months": total, "cliff_months": min(cliff, total), "every_months": every},
        months,
        st.integers(0, 24),
        st.sampled_from([1, 3, 6, 12]),
    ),
    st.sampled_from([{"yearly": [0.05, 0.15, 0.4, 0.4]}, {"yearly": [1]}, {}]),
)
equity = st.lists(
    st.fixed_dictionaries(
        {"kind": st.sampled_from(["rsu", "private_shares"]), "value": usd, "vesting": vesting},
        optional={"refresh_per_year": usd},
    ),
    max_size=3,
)
tokens = st.builds(
    lambda amount, unused, leaving, rights: {**amount, **unused, **leaving, **rights},
    st.one_of(
        st.integers(1, 100_000).map(lambda amount: {"per_year": amount}),
        st.integers(1, 9_000).map(lambda amount: {"per_month": amount}),
        st.integers(1, 200_000).map(lambda amount: {"total": amount}),
    ),
    st.sampled_from(
        [{}, {"unused": "expires"}, {"unused": "rolls_over"}, {"unused": "cash_out", "cash_out_share": 0.5}]
    ),
    st.sampled_from([{}, {"on_leaving": "lost"}, {"on_leaving": "portable"}, {"on_leaving": "kept", "kept_months": 6}]),
    st.sampled_from([{}, {"personal_share": 0.4}, {"personal_share": 1, "taxed": "face"}, {"taxed": "no"}]),
)
contracts = st.fixed_dictionaries(
    {"base": st.integers(1, 900_000)},
    optional={
        "tokens": tokens,
        "equity": equity,
        "sign_on": st.builds(
            lambda amount, length, kind: {"amount": amount, "clawback_months": length, "clawback": kind},
            usd,
            st.integers(0, 36),
            st.sampled_from(["pro_rata", "full"]),
        ),
    },
)
clawbacks = st.lists(
    st.fixed_dictionaries(
        {"amount": usd, "months": months, "terms": st.sampled_from(["pro_rata", "full"])},
        optional={"paid_months_ago": months},
    ),
    max_size=3,
)
options = st.fixed_dictionaries(
    {"value": usd},
    optional={
        "strike_cost": usd,
        "tax_on_exercise": usd,
        "window_months": st.integers(0, 120),
        "listed": st.booleans(),
    },
)
built = st.lists(
    st.fixed_dictionaries(
        {"what": st.just("agents"), "hours_each": st.integers(0, 300)},
        optional={
            "portability": st.sampled_from([0, 0.3, 1]),
            "held_by": st.sampled_from(["account", "ip", "format"]),
        },
    ),
    max_size=3,
)
positions = st.fixed_dictionaries(
    {"contract": contracts},
    optional={
        "months_served": st.integers(0, 60),
        "clawbacks": clawbacks,
        "options": options,
        "unspent_tokens": usd,
        "account": st.sampled_from(["employer", "own"]),
        "built": built,
        "leave_in_months": st.integers(0, 48),
        "other_offer": st.fixed_dictionaries(
            {},
            optional={
                "pay_per_year": usd,
                "tokens_per_year": usd,
                "gap_months": st.integers(0, 12),
                "same_tools": st.booleans(),
            },
        ),
    },
)


def explain(document, **rest):
    request = {**document, "draws": 1000, "detail": "full", "person": {"marginal_rate": 0.4}, **rest}
    return anyio.run(explain_lock_in, ExplainLockInRequest.model_validate_json(json.dumps(request)), CONTEXT)


@SLOW
@given(position=positions)
def test_the_day_after_a_cliff_never_costs_more_and_nothing_adds_to_the_cost(position):
    answer = explain({"position": position})
    person = answer.person
    assert all(cliff.after_usd <= cliff.before_usd for cliff in person.cliffs)
    assert all(lever.frees_usd >= 0 for lever in answer.levers)
    assert all(0 <= low <= middle <= high for low, middle, high in person.curve.values())
    assert sorted(person.curve) == list(range(49))


@SLOW
@given(position=positions)
def test_causes_add_up_to_the_cost_and_their_shares_to_one_or_none(position):
    person = explain({"position": position}).person
    assert sum(term.mean_usd for term in person.terms.values()) == person.cost.mean_usd
    shares = [term.share for term in person.terms.values()]
    if person.cost.mean_usd == 0:
        assert set(shares) == {None}
        assert person.token_caused_share is None
    else:
        assert sum(shares) == pytest.approx(1.0, abs=1e-9)
        assert 0.0 <= person.token_caused_share <= 1.0


@SLOW
@given(position=positions, concise=st.booleans())
def test_a_concise_answer_adds_up_too(position, concise):
    answer = explain({"position": position}, detail="concise" if concise else "full")
    shares = [term.share for term in answer.person.terms.values() if term.share is not None]
    assert not shares or sum(shares) == pytest.approx(1.0, abs=1e-9)
    assert answer.text().startswith(answer.headline)


@SLOW
@given(base=st.integers(1, 900_000), served=st.integers(0, 60), expiring=st.integers(1, 200_000), unspent=usd)
def test_without_shares_clawbacks_or_a_slow_start_grade_a_and_expiring_tokens_add_nothing(
    base, served, expiring, unspent
):
    bare = {"contract": {"base": base}, "months_served": served}
    free = explain({"position": bare}, overrides={"reskilling_share_borne": 0}).person
    assert (free.grade, free.cost.p90_usd, free.token_caused_share) == ("A", 0, None)
    tokens = {**bare, "contract": {"base": base, "tokens": {"per_year": expiring, "unused": "expires"}}}
    without = explain({"position": tokens}).person
    held = explain({"position": {**tokens, "unspent_tokens": unspent}}).person
    assert held == without
    assert held.terms["forfeited_tokens"].mean_usd == 0


@SLOW
@given(position=positions, more=st.integers(1, 300_000))
def test_more_unvested_shares_never_make_leaving_cheaper(position, more):
    def with_shares(value):
        shares = [{"kind": "rsu", "value": value}]
        return {"position": {**position, "contract": {**position["contract"], "equity": shares}}}

    less, richer = explain(with_shares(50_000)).person, explain(with_shares(50_000 + more)).person
    assert richer.terms["unvested_equity"].mean_usd >= less.terms["unvested_equity"].mean_usd


employers = st.fixed_dictionaries(
    {
        "spend": st.lists(
            st.fixed_dictionaries(
                {"provider": st.sampled_from(["A", "B", "C"]), "per_year": st.integers(1, 5_000_000)}
            ),
            min_size=1,
            max_size=5,
        )
    },
    optional={
        "features": st.lists(
            st.fixed_dictionaries(
                {
                    "what": st.sampled_from(["caching", "fine_tune", "format", "prompt", "embedding_index"]),
                    "count": st.integers(1, 50),
                },
                optional={"hours_each": st.integers(0, 80)},
            ),
            max_size=5,
        ),
        "spend_growth": st.sampled_from([-0.5, 0, 1]),
    },
)


@SLOW
@given(
    employer=employers,
    committed=st.integers(0, 5_000_000),
    discount=st.sampled_from([0, 0.17, 0.5, 1]),
    fee=st.none() | usd,
)
def test_no_lever_of_an_employer_costs_anything_and_a_second_source_lowers_the_ceiling(
    employer, committed, discount, fee
):
    promise = {"provider": employer["spend"][0]["provider"], "per_year": committed, "discount": discount}
    if fee is not None:
        promise["termination_fee"] = fee
    answer = explain({"employer": {**employer, "commitments": [promise]}})
    assert all(lever.frees_usd >= 0 for lever in answer.levers)
    assert all(outcome.saves_usd >= 0 and outcome.unused_usd >= 0 for outcome in answer.employer.commitments)
    assert answer.employer.second_source.ceiling_after <= answer.employer.price_rise_ceiling.p50
    assert 0 < answer.employer.concentration <= 10_000
    assert sum(each.share for each in answer.employer.providers) == pytest.approx(1.0, abs=1e-3)
