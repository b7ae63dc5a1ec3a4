"""Refusals in the caller's terms: the field, what is wrong, what to send; checked on a request with every shape."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, ValidationError

from tokenworth.answers import Detail, Fraction, MoneyField, Request, Strict, TokenCount
from tokenworth_mcp.problems import find_problems


class Rsu(Strict):
    kind: Literal["rsu"]
    face: MoneyField


class Options(Strict):
    kind: Literal["options"]
    shares: int = Field(ge=1)
    strike: MoneyField


class Range(Strict):
    low: float
    base: float
    high: float


class Tokens(Strict):
    per_year: MoneyField | TokenCount
    personal_share: Fraction | None = None
    models: list[str] = Field(default_factory=list, max_length=2)


class Offer(Strict):
    base_salary: MoneyField = Field(examples=["180k"])
    start_date: date | None = None
    tokens: tuple[Tokens, ...] = ()
    equity: Annotated[Rsu | Options, Field(discriminator="kind")] | None = None


class Shapes(Request):
    offer: Offer
    overrides: dict[str, float | Range] = Field(default_factory=dict)
    years: int = Field(default=4, ge=1, le=10)
    taxed: bool = False
    note: str | None = Field(default=None, min_length=2, max_length=5, pattern="^[a-z]+$")
    detail: Detail = "concise"


GOOD: dict[str, Any] = {"offer": {"base_salary": 180_000}}


def _problems(arguments: Any) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        Shapes.model_validate_json(json.dumps(arguments))
    return [str(problem) for problem in find_problems(caught.value, arguments, Shapes)[0]]


def _offer(**fields: Any) -> dict[str, Any]:
    return {"offer": {"base_salary": 1, **fields}}


def test_the_good_request_is_good():
    full = _offer(
        start_date="2027-01-15",
        tokens=[{"per_year": "5M", "personal_share": "15%"}],
        equity={"kind": "options", "shares": 3, "strike": 2},
    ) | {"overrides": {"a": 1, "b": {"low": 1, "base": 2, "high": 3}}}
    assert Shapes.model_validate_json(json.dumps(full)).offer.start_date == date(2027, 1, 15)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({}, "offer: required and missing. Send an object with base_salary; optionally start_date, tokens, equity"),
        ({"offer": {}}, 'offer.base_salary: required and missing. Send for example "180k"'),
        (GOOD | {"detial": "full"}, 'detial: unknown field. Did you mean "detail"?'),
        (_offer(baseSalary=1), 'offer.baseSalary: unknown field. Did you mean "base_salary"?'),
        (_offer(tokns=[]), 'offer.tokns: unknown field. Did you mean "tokens"?'),
        (GOOD | {"base_salary": 1}, "base_salary: unknown field. Did you mean offer.base_salary?"),
        (GOOD | {"per_year": 1}, "per_year: unknown field. Did you mean offer.tokens[0].per_year?"),
        (
            _offer(xyzzy=1),
            "offer.xyzzy: unknown field. Leave it out; known: base_salary, start_date, tokens, equity",
        ),
        (
            _offer(tokens=[{"per_year": 1}, {"peryear": 1, "per_year": 1}]),
            'offer.tokens[1].peryear: unknown field. Did you mean "per_year"?',
        ),
        ({"offer": '{"base_salary": 1}'}, "offer: JSON inside a string. Send the JSON itself. Send an object with "),
        ({"offer": [1]}, "offer: not an object. Send an object with base_salary; "),
        (_offer(tokens="[]"), "offer.tokens: JSON inside a string. Send the JSON itself. Send a list such as "),
        (_offer(tokens={}), "offer.tokens: not a list. Send a list such as "),
        (GOOD | {"years": "3"}, "years: not a whole number. Send for example 4"),
        (GOOD | {"years": True}, "years: not a whole number. Send for example 4"),
        (GOOD | {"years": 3.5}, "years: not a whole number. Send for example 4"),
        (GOOD | {"years": 0}, "years: must be at least 1. Send for example 4"),
        (GOOD | {"years": 11}, "years: must be at most 10. Send for example 4"),
        (GOOD | {"taxed": 1}, "taxed: not true or false. Send for example false"),
        (GOOD | {"note": 5}, "note: not text. Send for example"),
        (GOOD | {"note": "abcdef"}, "note: must have at most 5 characters. Send for example"),
        (GOOD | {"note": "a"}, "note: must have at least 2 characters. Send for example"),
        (GOOD | {"note": "ABC"}, "note: does not have the expected form. Send for example"),
        (GOOD | {"detail": "all"}, 'detail: is not one of the choices. Send "concise" or "full"'),
        ({"offer": {"base_salary": "lots"}}, "offer.base_salary: not an amount of money. Send a plain amount such as"),
        ({"offer": {"base_salary": -1}}, "offer.base_salary: negative. Send a plain amount such as"),
        ({"offer": {"base_salary": None}}, "offer.base_salary: not a number. Send a plain amount such as"),
        (_offer(start_date="soon"), 'offer.start_date: not a date such as "2027-01-15". Send '),
        (_offer(tokens=[{"per_year": 1, "personal_share": 2}]), "offer.tokens[0].personal_share: a share lies between"),
        (
            _offer(tokens=[{"per_year": 1, "models": ["a", "b", "c"]}]),
            "offer.tokens[0].models: must have at most 2 entries. Send a list such as",
        ),
        (
            _offer(equity={"kind": "gold"}),
            'offer.equity: is not one of the kinds. Send an object with kind "options" or "rsu"',
        ),
        (
            _offer(equity={"face": 1}),
            'offer.equity: does not say of which kind it is. Send an object with kind "options" or "rsu"',
        ),
        (_offer(equity={"kind": "rsu"}), 'offer.equity.face: required and missing. Send for example "375k"'),
        (
            _offer(equity={"kind": "options", "shares": 0, "strike": 1}),
            "offer.equity.shares: must be at least 1. Send for example 3",
        ),
        (GOOD | {"overrides": {"a": "x"}}, "overrides.a: not a number nor an object. Send for example 0.5"),
        (
            GOOD | {"overrides": {"a": {"low": 1, "base": 2}}},
            "overrides.a.high: required and missing. Send for example 0.5",
        ),
        (
            GOOD | {"overrides": {"a": {"low": 1, "base": 2, "hihg": 3}}},
            'overrides.a.hihg: unknown field. Did you mean "high"?',
        ),
        (GOOD | {"overrides": []}, "overrides: not an object. Send an object"),
    ],
)
def test_a_refusal_names_the_field_the_fault_and_what_to_send(arguments, line):
    assert _problems(arguments)[0].startswith(line)


def test_a_number_or_object_is_explained_by_what_is_inside_the_object_alone():
    assert len(_problems(GOOD | {"overrides": {"a": {"low": 1, "base": 2}}})) == 1


def test_at_most_eight_problems_are_listed_and_the_rest_are_counted():
    arguments = GOOD | {f"unknown_{n}": n for n in range(11)}
    with pytest.raises(ValidationError) as caught:
        Shapes.model_validate_json(json.dumps(arguments))
    problems, left_out = find_problems(caught.value, arguments, Shapes)
    assert (len(problems), left_out) == (8, 3)


@pytest.mark.parametrize("name", ["", "\n", "x" * 100, "a\u202eb", "\x00", "💰"])
def test_a_name_that_cannot_be_read_aloud_is_not_repeated(name):
    first = _problems(GOOD | {name: 1})[0]
    assert first.startswith("(unreadable name): unknown field. Leave it out; known: ")


def test_no_refusal_repeats_a_value_or_speaks_of_pydantic():
    for value in ("k4n4ry", ["k4n4ry"], {"k": "k4n4ry"}):
        for arguments in ({"offer": value}, _offer(start_date=value), _offer(equity=value), GOOD | {"years": value}):
            text = "\n".join(_problems(arguments))
            assert "k4n4ry" not in text
            assert "pydantic" not in text.lower()
            assert "http" not in text
