"""Grants of shares and options: contradictions refused, prices and counts read, what was not said listed and asked."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tokenworth.cases import question_for
from tokenworth.equity import (
    equity_notes,
    equity_readings,
    equity_unsaid,
    option_terms_of,
    share_terms_of,
    shares_usd,
)
from tokenworth.reading import Dollars
from tokenworth.terms import Offer

ISO = {"kind": "iso", "shares": 40_000, "strike": 2, "price_409a": 2, "last_round_price": 8}
NSO = {"kind": "nso", "value": 600_000, "strike": 48, "market_price": 60}

COUNTED = {"kind": "iso", "value": 8_000, "strike": 2, "price_409a": 2, "last_round_price": 8}


def offer(*grants, **rest):
    return Offer.model_validate({"base": 150_000, "equity": list(grants), **rest})


def refusal(*grants, **rest):
    with pytest.raises(ValidationError) as refused:
        offer(*grants, **rest)
    return str(refused.value)


@pytest.mark.parametrize(
    ("grant", "message"),
    [
        ({"kind": "rsu"}, "send either value (an amount) or shares (a count)"),
        ({"kind": "iso", "value": 1, "shares": 1, "strike": 1}, "send either value (an amount) or shares (a count)"),
        ({"kind": "rsu", "shares": 100}, "a count of shares needs market_price"),
        ({"kind": "private_shares", "shares": 100}, "a count of shares needs price_409a or last_round_price"),
        ({"kind": "iso", "shares": 100}, "options need strike"),
        ({"kind": "rsu", "value": 1, "strike": 1}, "strike does not go with rsu"),
        ({"kind": "rsu", "value": 1, "price_409a": 1}, "price_409a does not go with rsu"),
        ({"kind": "rsu", "value": 1, "discount_method": "chaffe"}, "discount_method does not go with rsu"),
        ({"kind": "private_shares", "value": 1, "market_price": 1}, "market_price does not go with private_shares"),
        (ISO | {"discount_method": "finnerty"}, "discount_method does not go with iso"),
        (NSO | {"refresh_per_year": 1}, "refresh_per_year does not go with nso"),
        (NSO | {"price_409a": 50}, "market_price is a listed share's"),
        (ISO | {"strike": 0}, "must be above 0"),
        (ISO | {"expiry_years": 3, "vesting": {"months": 48}}, "expire before they have vested"),
        (ISO | {"expiry_years": 3, "vesting": {"yearly": [0.25] * 4}}, "expire before they have vested"),
    ],
)
def test_contradictions_are_refused_with_what_to_send(grant, message):
    assert message in refusal(grant)


def test_incentive_options_are_for_employees():
    assert 'a contractor\'s options are "nso"' in refusal(ISO, employment="contractor")
    assert offer(NSO, employment="contractor").equity[0].kind == "nso"


def test_an_offer_with_options_survives_being_written_and_read():
    both = offer(ISO, NSO, {"kind": "private_shares", "value": "100k", "discount_method": "finnerty"})
    assert Offer.model_validate_json(both.model_dump_json()) == both


def test_options_are_private_unless_a_market_price_is_said():
    assert [grant.private for grant in option_terms_of(offer(ISO, NSO))] == [True, False]


def test_a_count_of_options_is_advertised_at_the_last_rounds_price():
    (terms,) = option_terms_of(offer(ISO))
    assert (terms.count, terms.strike, terms.price, terms.face_usd) == (40_000, 2.0, 2.0, 320_000.0)
    assert (terms.expiry_years, terms.window_years) == (10.0, 0.25)


def test_a_value_of_options_is_as_many_as_it_buys_at_the_price_it_is_counted_at():
    (listed,) = option_terms_of(offer(NSO | {"post_termination_months": 12, "expiry_years": 7}))
    assert (listed.count, listed.price, listed.strike) == (10_000.0, 60.0, 48.0)
    assert (listed.expiry_years, listed.window_years) == (7.0, 1.0)
    (private,) = option_terms_of(offer({"kind": "iso", "value": 400_000, "strike": 4, "last_round_price": 8}))
    assert (private.count, private.price, private.face_usd) == (50_000.0, 4.0, 400_000.0)
    (bare,) = option_terms_of(offer({"kind": "iso", "value": 400_000, "strike": 4}))
    assert (bare.count, bare.price) == (100_000.0, 4.0)


def test_amounts_of_options_are_read_in_the_offers_currency():
    (terms,) = option_terms_of(offer(NSO, currency="EUR", fx=1.5))
    assert (terms.count, terms.strike, terms.price, terms.face_usd) == (10_000.0, 72.0, 90.0, 900_000.0)


def test_shares_counted_at_the_last_round_are_worth_the_409a_price():
    (held,) = share_terms_of(offer({"kind": "private_shares", "value": 80_000, "price_409a": 2, "last_round_price": 8}))
    assert sum(held.face_usd) == pytest.approx(80_000)
    assert sum(vest.fraction for vest in held.vesting) == pytest.approx(20_000)
    assert held.outstanding_usd[0] == pytest.approx(20_000)
    (counted,) = share_terms_of(offer({"kind": "private_shares", "shares": 10_000, "price_409a": 2}))
    assert sum(counted.face_usd) == pytest.approx(20_000)
    (listed,) = share_terms_of(offer({"kind": "rsu", "shares": 1_000, "market_price": 50}))
    assert sum(listed.face_usd) == pytest.approx(50_000)


def test_shares_have_a_worth_at_todays_price_and_options_are_no_shares():
    grants = offer(
        {"kind": "private_shares", "shares": 1_000, "price_409a": 2, "last_round_price": 8},
        {"kind": "rsu", "value": 5_000},
        NSO,
        currency="EUR",
        fx=1.5,
    )
    assert [shares_usd(grant, Dollars(grants)) for grant in grants.equity] == pytest.approx([3_000, 7_500, 0])


def test_grants_under_different_discounts_are_held_apart_and_options_are_no_shares():
    grants = [{"kind": "private_shares", "value": 10, "discount_method": m} for m in ("chaffe", "finnerty", "chaffe")]
    held = share_terms_of(offer(*grants, ISO, {"kind": "rsu", "value": 10, "refresh_per_year": 4}))
    assert [(grant.private, grant.discount_method) for grant in held] == [
        (True, "chaffe"),
        (True, "finnerty"),
        (False, "certainty_equivalent"),
    ]
    assert sum(held[0].face_usd) == pytest.approx(20)
    assert sum(held[2].face_usd) > 10


def test_what_was_not_said_is_listed_with_what_is_taken():
    bare = equity_unsaid(offer({"kind": "nso", "value": 100_000, "strike": 4}))
    assert set(bare) == {
        f"offer.equity.0.{name}" for name in ("vesting", "price_409a", "expiry_years", "post_termination_months")
    }
    assert "3 months" in bare["offer.equity.0.post_termination_months"]
    vesting = {"months": 48}
    said = ISO | {"vesting": vesting, "expiry_years": 10, "post_termination_months": 3}
    assert equity_unsaid(offer(said)) == {}
    counted = {**said, "value": 320_000}
    del counted["shares"]
    assert set(equity_unsaid(offer(counted))) == {"offer.equity.0.shares"}
    shares = {"kind": "private_shares", "value": 1_000, "vesting": vesting}
    assert set(equity_unsaid(offer(shares))) == {"offer.equity.0.price_409a"}
    assert equity_unsaid(offer({"kind": "rsu", "value": 1_000, "vesting": vesting})) == {}


def test_every_unsaid_term_has_its_question():
    for field in equity_unsaid(offer({"kind": "nso", "value": 100_000, "strike": 4})):
        assert question_for(field).endswith("?")
    assert "409A" in question_for("offer.equity.3.price_409a")
    assert question_for("offer.tokens.unused") == "What happens to tokens you do not use?"


def reading(grant, name):
    before = offer(grant)
    (read,) = equity_readings(before.equity[0], name)
    return before, before.model_copy(update={"equity": [read]})


def test_an_unsaid_term_is_read_as_it_may_turn_out():
    def options(name, grant=ISO):
        before, after = reading(grant, name)
        return option_terms_of(before)[0], option_terms_of(after)[0]

    before, after = options("post_termination_months")
    assert (before.window_years, after.window_years) == (0.25, 10.0)
    before, after = options("expiry_years")
    assert (before.expiry_years, after.expiry_years) == (10.0, 7.0)
    before, after = options("price_409a", {"kind": "iso", "shares": 1_000, "strike": 2, "last_round_price": 8})
    assert (before.price, after.price) == (2.0, 8.0)
    before, after = options("price_409a", {"kind": "iso", "shares": 1_000, "strike": 2})
    assert (before.price, after.price) == (2.0, 3.0)
    before, after = options("shares", COUNTED)
    assert (before.count, after.count) == (1_000.0, 4_000.0)


@pytest.mark.parametrize("grant", [{"value": 8_000}, {"value": 8_000, "last_round_price": 8}])
def test_private_shares_may_turn_out_to_be_counted_at_twice_what_they_are_worth(grant):
    before, after = reading({"kind": "private_shares", **grant}, "price_409a")
    assert share_terms_of(before)[0].outstanding_usd[0] == pytest.approx(8_000)
    assert share_terms_of(after)[0].outstanding_usd[0] == pytest.approx(4_000)


def test_a_term_without_another_reading_has_none():
    assert equity_readings(offer(ISO).equity[0], "vesting") == []


@pytest.mark.parametrize(
    ("grant", "asked", "not_asked"),
    [
        (ISO, ["AMT", "83(b)", "QSBS", "preferences"], []),
        (ISO | {"early_exercise": False}, ["AMT", "QSBS"], ["83(b)"]),
        (NSO | {"early_exercise": True}, ["83(b)"], ["AMT", "QSBS", "preferences"]),
        ({"kind": "private_shares", "value": 1}, ["QSBS", "preferences"], ["AMT", "83(b)"]),
    ],
)
def test_what_is_not_counted_is_named_to_be_asked(grant, asked, not_asked):
    (note,) = equity_notes(offer(grant))
    for topic in asked:
        assert topic in note
    for topic in not_asked:
        assert topic not in note


def test_listed_shares_and_plain_listed_options_leave_nothing_to_ask():
    assert equity_notes(offer(NSO, {"kind": "rsu", "value": 1})) == ()


def test_preferences_that_are_said_are_named_and_not_counted():
    notes = equity_notes(offer(ISO | {"preferences_ahead": "40M"}))
    assert "preferences" not in notes[0]
    assert notes[1].startswith("$40,000,000 is paid ahead of common")
