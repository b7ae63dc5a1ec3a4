"""How an offer and a person meet the tables: currency, place, later years, and what is noted or refused."""

from __future__ import annotations

import pytest

from tokenworth.assumptions import load_assumptions
from tokenworth.assumptions.tax_tables import load_tax_tables, tax_curve
from tokenworth.errors import InvalidInputError
from tokenworth.taxation import taxes_for, unsaid_about_taxes
from tokenworth.terms import Offer, Person

ASSUMPTIONS = load_assumptions()


def taxed(offer, person, assumptions=ASSUMPTIONS):
    return taxes_for(Offer.model_validate(offer), Person.model_validate(person), assumptions)


def test_a_british_offer_is_taxed_in_pounds_and_told_in_dollars():
    found = taxed({"base": 100_000, "currency": "GBP", "fx": 1.3}, {"country": "GB"})
    pounds = tax_curve(load_tax_tables(2026, "single", country="GB"))
    assert float(found.years.pay[0].tax_on(130_000)) == pytest.approx(1.3 * float(pounds.tax_on(100_000)))
    assert found.employer[0][0].above == pytest.approx(5_000 * 1.3)
    assert found.name == "UK (England) 2026, National Insurance"
    assert found.notes == ()


def test_a_german_couple_is_taxed_by_splitting_with_the_other_income_converted():
    offer = {"base": 90_000, "currency": "EUR", "fx": 1.25}
    found = taxed(offer, {"country": "DE", "filing": "mfj", "household_income": 50_000})
    euros = tax_curve(load_tax_tables(2026, "mfj", country="DE"), household_income=40_000.0)
    assert float(found.years.pay[0].tax_on(112_500)) == pytest.approx(1.25 * float(euros.tax_on(90_000)))
    assert found.name == "Germany 2026 (mfj), social security"


def test_every_tax_of_the_place_is_named_and_counted():
    found = taxed({"base": 1}, {"state": "NY", "locality": "NYC"})
    assert found.name == "US federal 2026 (single), FICA, NY, NYC"
    without = taxed({"base": 1}, {"state": "NY"})
    city = float(found.years.pay[0].tax_on(200_000) - without.years.pay[0].tax_on(200_000))
    # IT-201-I: $1,813 plus 3.876% over $50,000 of $192,000.
    assert city == pytest.approx(1_813 + 0.03876 * 142_000, abs=0.6)


def test_later_years_are_noted_once_with_the_inflation_used():
    assert taxed({"base": 1}, {"state": "CA"}).notes[-1] == "US federal, CA from 2027: 2026 tables +2.5% a year"
    faster = ASSUMPTIONS.replaced({"tax_inflation": 0.04}, field="overrides", origin="override")
    assert taxed({"base": 1}, {}, faster).notes == ("US federal from 2027: 2026 tables +4.0% a year",)
    distant = taxed({"base": 1, "start_year": 2033}, {"state": "NY"})
    assert "NY from 2033: 2027 tables" in distant.notes
    assert distant.notes_of_first_year == ()


def test_faster_inflation_taxes_the_same_later_wages_less():
    faster = ASSUMPTIONS.replaced({"tax_inflation": 0.08}, field="overrides", origin="override")
    slow, fast = (taxed({"base": 1}, {}, a).years.pay[3].tax_on(200_000) for a in (ASSUMPTIONS, faster))
    assert float(fast) < float(slow)


def test_a_contractor_pays_both_halves_and_no_employees_contributions():
    found = taxed({"base": 1, "employment": "contractor"}, {"state": "CA"})
    assert found.name == "US federal 2026 (single), self-employment tax, CA"
    assert float(found.years.pay[0].tax_on(100_000)) > float(found.years.salary[0].tax_on(100_000))
    assert found.employer == ((), (), (), ())


def test_a_marginal_rate_stands_for_all_tables():
    found = taxed({"base": 1, "currency": "EUR", "fx": 1.1}, {"marginal_rate": 0.42, "country": "FR"})
    assert float(found.years.pay[2].tax_on(1_000)) == pytest.approx(420)
    assert found.employer is None
    assert "no payroll tax" in found.notes[0]


@pytest.mark.parametrize(
    ("offer", "person", "field", "hint"),
    [
        ({"base": 1, "currency": "EUR", "fx": 1.1}, {}, "person.country", "marginal_rate"),
        ({"base": 1, "currency": "EUR", "fx": 1.1}, {"country": "FR"}, "person.country", "US, GB, DE"),
        ({"base": 1}, {"country": "GB"}, "offer.currency", "GBP"),
        ({"base": 1, "currency": "EUR", "fx": 1.1}, {"country": "GB"}, "offer.currency", "GBP"),
        (
            {"base": 1, "currency": "GBP", "fx": 1.3, "employment": "contractor"},
            {"country": "GB"},
            "person.marginal_rate",
            "0.42",
        ),
        ({"base": 1}, {"locality": "NYC"}, "person.locality", "NY"),
    ],
)
def test_what_cannot_be_taxed_is_refused_with_what_to_send(offer, person, field, hint):
    with pytest.raises(InvalidInputError) as refused:
        taxed(offer, person)
    assert refused.value.field == field
    assert hint in refused.value.instead


def test_an_offer_abroad_may_be_taxed_at_home():
    found = taxed({"base": 1, "currency": "EUR", "fx": 1.1}, {"country": "US", "state": "TX"})
    assert found.name.startswith("US federal")


@pytest.mark.parametrize(
    ("person", "fields"),
    [
        ({}, {"person.filing", "person.state"}),
        ({"state": "WA", "filing": "single"}, set()),
        ({"country": "GB"}, set()),
        ({"country": "DE"}, {"person.filing"}),
        ({"marginal_rate": 0.4}, set()),
    ],
)
def test_only_what_the_tables_ask_for_is_listed_as_unsaid(person, fields):
    assert set(unsaid_about_taxes(Person.model_validate(person))) == fields
