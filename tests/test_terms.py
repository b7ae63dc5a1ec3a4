"""An offer is what the contract says: nothing converted silently, contradictions refused with what to send."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import ValidationError

from tokenworth.money import Money
from tokenworth.terms import Offer


def problems(document):
    with pytest.raises(ValidationError) as refusal:
        Offer.model_validate(document)
    return [(".".join(str(part) for part in error["loc"]), error["msg"]) for error in refusal.value.errors()]


def test_base_alone_is_an_offer():
    offer = Offer.model_validate({"base": 375000})
    assert offer.base == Money(Decimal(375000))
    assert offer.tokens is None
    assert offer.equity == []


def test_a_bonus_or_sign_on_may_be_an_amount():
    offer = Offer.model_validate({"base": 1, "bonus": "20k", "sign_on": 5000})
    assert offer.bonus is not None
    assert offer.bonus.target == Money(Decimal(20000))
    assert offer.sign_on is not None
    assert offer.sign_on.amount == Money(Decimal(5000))


def test_an_offer_survives_being_written_and_read():
    offer = Offer.model_validate(
        {
            "base": "95k €",
            "currency": "EUR",
            "fx": 1.08,
            "bonus": {"target_share": "10%"},
            "tokens": {"tokens_total": "5B", "of": "model", "name": "m", "usd_per_million": 8},
            "equity": [{"kind": "rsu", "value": "100k", "vesting": {"yearly": [0.5, 0.5]}}],
        }
    )
    assert Offer.model_validate_json(offer.model_dump_json()) == offer


@pytest.mark.parametrize(
    ("document", "field", "message"),
    [
        ({}, "base", "required"),
        ({"base": True}, "base", "not a number"),
        ({"base": -1}, "base", "negative"),
        ({"base": 1, "salary": 2}, "salary", "Extra"),
        ({"base": "€5"}, "", "base is marked EUR but must be in USD"),
        ({"base": 1, "currency": "EUR"}, "", "needs fx"),
        ({"base": 1, "currency": "EUR", "fx": 0}, "", "needs fx"),
        ({"base": 1, "fx": 2}, "", "leave it out"),
        ({"base": 1, "currency": "euro"}, "currency", "pattern"),
        ({"base": 1, "bonus": {"target": 5, "target_share": 0.1}}, "bonus", "not both"),
        ({"base": 1, "bonus": {}}, "bonus", "either target"),
        ({"base": 1, "fte": 0}, "fte", "greater than 0"),
        ({"base": 1, "start_year": 2019}, "start_year", "2025"),
        ({"base": 1, "start_year": "2026"}, "start_year", "valid integer"),
        ({"base": 1, "tokens": {}}, "tokens", "exactly one amount (found none)"),
        ({"base": 1, "tokens": {"per_year": 1, "total": 2}}, "tokens", "found per_year and total"),
        ({"base": 1, "tokens": {"tokens_total": 5}}, "tokens", 'needs "of"'),
        ({"base": 1, "tokens": {"tokens_total": 5, "of": "model"}}, "tokens", "needs the name"),
        ({"base": 1, "tokens": {"per_year": 5, "of": "model", "name": "m"}}, "tokens", "leave it out"),
        ({"base": 1, "tokens": {"per_year": 5, "rollover_cap": 5}}, "tokens", "rollover_cap needs"),
        ({"base": 1, "tokens": {"per_year": 5, "cash_out_share": 0.5}}, "tokens", "go together"),
        ({"base": 1, "tokens": {"per_year": 5, "unused": "cash_out"}}, "tokens", "go together"),
        ({"base": 1, "tokens": {"per_year": 5, "on_leaving": "kept"}}, "tokens", "go together"),
        ({"base": 1, "tokens": {"per_year": 5, "taxed": "no", "tax_paid_by_employer": True}}, "tokens", "drop one"),
        (
            {"base": 1, "equity": [{"kind": "rsu", "value": 1, "vesting": {"yearly": [0.5]}}]},
            "equity.0.vesting",
            "add up",
        ),
        (
            {"base": 1, "equity": [{"kind": "rsu", "value": 1, "vesting": {"yearly": [1], "months": 48}}]},
            "equity.0.vesting",
            "not both",
        ),
        (
            {"base": 1, "equity": [{"kind": "rsu", "value": 1, "vesting": {"months": 6, "cliff_months": 12}}]},
            "equity.0.vesting",
            "cliff lies after",
        ),
    ],
    ids=repr,
)
def test_a_contradiction_is_refused_where_it_stands(document, field, message):
    assert any(where == field and message in what for where, what in problems(document))
