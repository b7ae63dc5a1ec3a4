"""Grants counted in tokens: today's price, how it moved, and until when, from the list, each with who says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tokenworth.assumptions import load_assumptions
from tokenworth.cases import build_case
from tokenworth.denominations import denominate, ready_prices
from tokenworth.errors import NotPricedError
from tokenworth.offers import ValueOfferRequest, value_offer
from tokenworth.terms import Offer, Person
from tokenworth.wiring import build_context

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ME = Person(marginal_rate="0.4")


def offer(**tokens):
    return Offer.model_validate({"base": 200_000, "tokens": {"tokens_per_year": "1B", **tokens}})


@pytest.fixture(scope="module")
def context():
    return replace(build_context(), clock=lambda: NOW)


@pytest.fixture
def worth(context):
    async def ask(at=NOW, **tokens):
        request = ValueOfferRequest(offer=offer(**tokens), person=ME, detail="full", draws=2_000)
        return await value_offer(request, replace(context, clock=lambda: at))

    return ask


@pytest.mark.parametrize(
    ("of", "name", "usd_per_million"),
    [
        # 3 in to 1 out at list: Opus 5.5 is $4 and $20, GPT-6 Luna $0.1 and $0.5.
        ("model", "claude-opus-5-5", 8.0),
        ("flagship", "anthropic", 8.0),
        ("flagship", "Claude Opus", 8.0),
        ("capability", "GPT-4", 0.2),
    ],
)
def test_the_price_is_the_lists_and_the_note_says_whose_and_as_of_when(context, of, name, usd_per_million):
    found = denominate(offer(of=of, name=name), context)
    assert found.usd_per_million == usd_per_million
    assert f"${usd_per_million:g} per million" in found.notes[0]
    assert "genai_prices, litellm" in found.notes[0]
    assert "as of 2026-11-20" in found.notes[0]


def test_the_contracts_own_price_goes_before_the_lists(context):
    found = denominate(offer(of="flagship", name="anthropic", usd_per_million="6.5"), context)
    assert found.usd_per_million == 6.5
    assert not any("per million" in note for note in found.notes)


def test_a_price_that_rises_while_the_offer_is_open_is_that_of_the_day(context):
    december = replace(context, clock=lambda: datetime(2026, 12, 2, tzinfo=UTC))
    asked = offer(of="model", name="gemini-4-argon")
    assert denominate(asked, december).usd_per_million == 2 * denominate(asked, context).usd_per_million


@pytest.mark.parametrize("name", ["house-model-7", "claude-opus-9"])
def test_what_the_list_does_not_know_is_refused(context, name):
    with pytest.raises(NotPricedError, match=r"offer\.tokens\.usd_per_million"):
        denominate(offer(of="model", name=name), context)
    with pytest.raises(NotPricedError, match=r"offer\.tokens\.usd_per_million"):
        denominate(offer(of="model", name="claude-opus-5-5"), replace(context, prices=None))


@pytest.mark.parametrize(
    ("of", "name", "assumption", "published", "range_"),
    # Published: Opus fell by 38% a year, the class of GPT-4 by 7.3 times (-86%) over its first years.
    [
        ("flagship", "anthropic", "price_change_flagship", (-0.40, -0.36), (-0.45, 0.30)),
        ("capability", "gpt-4", "price_change_capability", (-0.87, -0.70), (-0.90, -0.35)),
        # o3 came at $10 and $40 and was cut to a fifth: below the shipped range, which then reaches down to it.
        ("model", "o3", "price_change_model", (-0.70, -0.60), (None, 0.05)),
    ],
)
def test_the_measured_change_is_the_middle_of_the_shipped_range_widened_to_hold_it(
    context, of, name, assumption, published, range_
):
    entry = build_case(offer(of=of, name=name), ME, {}, context, label="x").assumptions[assumption]
    assert published[0] <= entry.base <= published[1]
    assert (entry.low, entry.high) == (entry.base if range_[0] is None else range_[0], range_[1])
    assert (entry.origin, entry.kind, entry.date) == ("measured", "read", "2026-11")
    assert "list prices of each date" in entry.source


def test_what_was_measured_is_the_same_every_day_while_the_list_is(context):
    later = replace(context, clock=lambda: datetime(2027, 5, 1, tzinfo=UTC))
    asked = offer(of="flagship", name="openai")
    assert denominate(asked, later).measured == denominate(asked, context).measured


def test_a_path_of_less_than_a_year_leaves_the_default(context):
    case = build_case(offer(of="model", name="claude-opus-5-5"), ME, {}, context, label="x")
    assert case.assumptions["price_change_model"].origin == "default"


def test_the_callers_overrides_and_file_stay_on_top(context, tmp_path):
    asked = offer(of="flagship", name="openai")
    overridden = build_case(asked, ME, {"price_change_flagship": -0.1}, context, label="x").assumptions
    assert (overridden["price_change_flagship"].base, overridden["price_change_flagship"].origin) == (-0.1, "override")
    (tmp_path / "mine.toml").write_text("price_change_flagship = 0.2\n")
    mine = replace(context, assumptions=load_assumptions(tmp_path / "mine.toml"))
    kept = build_case(asked, ME, {}, mine, label="x").assumptions["price_change_flagship"]
    assert (kept.base, kept.origin) == (0.2, "file")


def test_an_announced_retirement_takes_the_place_of_the_chance_of_one(context):
    # claude-sonnet-4-5 is announced to stop on 2026-11-30, six days after this offer.
    case = build_case(offer(of="model", name="claude-sonnet-4-5"), ME, {}, context, label="x")
    hazard = case.assumptions["model_retirement_hazard"]
    assert (hazard.low, hazard.base, hazard.high, hazard.origin) == (0.0, 0.0, 0.0, "measured")
    assert case.terms.tokens.lasts_years == pytest.approx(6 / 365.25)
    face = 1_000 * case.terms.tokens.usd_per_million
    assert case.terms.tokens.budget_usd == (pytest.approx(face * 6 / 365.25), 0.0, 0.0, 0.0)
    assert any("is to stop working on 2026-11-30" in note for note in case.notes)


async def test_nothing_of_a_grant_is_worth_anything_after_the_model_has_stopped(worth):
    named = {"of": "model", "name": "claude-sonnet-4-5", "personal_share": 1}
    months_before = await worth(datetime(2026, 5, 24, tzinfo=UTC), **named)
    before = await worth(**named)
    after = await worth(datetime(2026, 12, 24, tzinfo=UTC), **named)
    assert months_before.tokens.as_salary_p50_usd > 10 * before.tokens.as_salary_p50_usd
    assert after.tokens is None
    assert any("was to stop working on 2026-11-30" in note for note in after.notes)


async def test_a_lump_is_used_until_the_model_stops_and_no_longer(worth):
    lump = {"tokens_per_year": None, "tokens_total": "100B", "of": "model", "name": "claude-sonnet-4-5"}
    one_month = await worth(datetime(2026, 10, 31, tzinfo=UTC), **lump)
    six_months = await worth(datetime(2026, 5, 31, tzinfo=UTC), **lump)
    assert one_month.tokens.advertised_usd == six_months.tokens.advertised_usd == 150_000
    assert 5 < six_months.tokens.used_usd / one_month.tokens.used_usd < 7


def test_months_of_the_job_that_are_past_were_usable(context):
    asked = offer(of="model", name="claude-sonnet-4-5")
    case = build_case(asked, ME, {}, context, label="x", months_served=24)
    assert case.terms.tokens.budget_usd[:2] == (6_000.0, 6_000.0)
    assert 0.0 < case.terms.tokens.budget_usd[2] < 200.0


async def test_a_grant_in_dollars_or_no_grant_reads_no_prices(context):
    untouched = replace(build_context(), clock=lambda: NOW)
    in_dollars = Offer.model_validate({"base": 1, "tokens": {"per_year": 5}})
    await ready_prices([in_dollars, Offer.model_validate({"base": 1})], untouched)
    assert denominate(in_dollars, untouched).notes == ()
    assert untouched.prices._opened is None
    await ready_prices([offer(of="model", name="o3")], untouched)
    assert untouched.prices._opened is not None
