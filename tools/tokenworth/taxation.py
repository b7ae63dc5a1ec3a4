"""Which taxes an offer and a person meet in each year of the horizon, as curves in USD, and what to know about them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from tokenworth.assumptions import Assumptions
from tokenworth.assumptions.tax_tables import TAX_YEARS, TaxTables, country_currency, load_tax_tables, tax_curve
from tokenworth.errors import InvalidInputError
from tokenworth.reading import HORIZON_YEARS
from tokenworth.terms import Offer, Person
from tokenworth.valuation.pay import TaxYears
from tokenworth.valuation.payroll import Contribution
from tokenworth.valuation.tax_curve import TaxCurve, flat_curve

__all__ = ["Taxed", "taxes_for", "unsaid_about_taxes"]

HOME: Final = "US"


@dataclass(frozen=True, slots=True)
class Taxed:
    """How a person's pay is taxed over the horizon, who says so, and what to know about it.

    Attributes:
        notes: for all years; `notes_of_first_year` for whoever looks at that one only.
        employer: what the employer pays on top of wages in each year; None where that is not known.
    """

    years: TaxYears
    name: str
    source: str
    notes: tuple[str, ...]
    notes_of_first_year: tuple[str, ...]
    employer: tuple[tuple[Contribution, ...], ...] | None


def taxes_for(offer: Offer, person: Person, assumptions: Assumptions) -> Taxed:
    """The tax curves of each year, in USD.

    Raises:
        InvalidInputError: neither a table nor a marginal rate fits.
    """
    if person.marginal_rate is not None:
        return _at_one_rate(float(person.marginal_rate))
    usd_per_unit = _usd_per_unit(offer, person)
    contractor = offer.employment == "contractor"
    first = offer.start_year or TAX_YEARS[-1]
    inflation = assumptions["tax_inflation"].base
    tables = [_tables(first + i, person, inflation) for i in range(HORIZON_YEARS)]
    household = float(person.household_income.number) / usd_per_unit if person.household_income else 0.0
    pay = tuple(_curve(table, household, usd_per_unit, contractor=contractor) for table in tables)
    salary = tuple(_curve(table, household, usd_per_unit, contractor=False) for table in tables) if contractor else pay
    withheld = "self-employment tax" if contractor else tables[0].withheld
    filing = f" ({person.filing or 'single'})" if tables[0].joint else ""
    places = [place for place in (person.state, person.locality) if place is not None]
    employer = [() if contractor else _employer(table, usd_per_unit) for table in tables]
    return Taxed(
        TaxYears(pay, salary),
        ", ".join([f"{tables[0].name} {first}{filing}", withheld, *places]),
        tables[0].source,
        _notes(tables, inflation),
        tables[0].notes,
        tuple(employer),
    )


def unsaid_about_taxes(person: Person) -> dict[str, str]:
    """Facts about the person that the tables ask for and nobody said, each with what is taken in its place."""
    if person.marginal_rate is not None:
        return {}
    taken: dict[str, str] = {}
    tables = _tables(TAX_YEARS[-1], person, 0.0)
    if person.filing is None and tables.joint:
        taken["person.filing"] = "single"
    if person.state is None and person.country in (None, HOME):
        taken["person.state"] = "federal tax only"
    return taken


def _at_one_rate(rate: float) -> Taxed:
    flat = (flat_curve(rate),) * HORIZON_YEARS
    note = ("no payroll tax for the employer: none is known where a marginal rate is stated",)
    return Taxed(TaxYears(flat, flat), f"your marginal rate of {rate:.1%}", "the caller", note, note, None)


def _usd_per_unit(offer: Offer, person: Person) -> float:
    """USD per unit of the currency of the person's tax tables."""
    if person.country is None and offer.currency != "USD":
        raise InvalidInputError(
            "person.country",
            f"an offer in {offer.currency} does not say where it is taxed",
            "Send person.country, such as GB, or person.marginal_rate, the tax on your next unit of pay, such as 0.42",
        )
    currency = country_currency(person.country or HOME)
    if currency == "USD":
        return 1.0
    if offer.currency != currency or offer.fx is None:
        raise InvalidInputError(
            "offer.currency",
            f"that country's tax is in {currency}, and the offer is in {offer.currency}",
            f"Send the amounts in {currency} with fx, the USD that one {currency} buys, or person.marginal_rate",
        )
    return float(offer.fx.number)


def _tables(year: int, person: Person, inflation: float) -> TaxTables:
    return load_tax_tables(
        year,
        person.filing or "single",
        person.state,
        locality=person.locality,
        country=person.country or HOME,
        inflation=inflation,
    )


@lru_cache(maxsize=256)
def _curve(tables: TaxTables, household: float, usd_per_unit: float, *, contractor: bool) -> TaxCurve:
    """The curve in USD."""
    return tax_curve(tables, household_income=household, contractor=contractor).scaled(usd_per_unit)


@lru_cache(maxsize=256)
def _employer(tables: TaxTables, usd_per_unit: float) -> tuple[Contribution, ...]:
    """What the employer pays on top of wages, its limits in USD."""
    return tuple(each.scaled(usd_per_unit) for each in tables.employer)


def _notes(tables: list[TaxTables], inflation: float) -> tuple[str, ...]:
    """What stands behind the years whose tables are not out, in one sentence for each kind of ground."""
    notes = list(dict.fromkeys(note for table in tables for note in table.notes))
    since: dict[str, int] = {}
    grounds: dict[tuple[int, int, str], list[str]] = {}
    for table in tables:
        for basis in table.bases:
            if basis.law_year < table.year and basis.how != "published" and basis.name not in since:
                since[basis.name] = table.year
                grounds.setdefault((table.year, basis.law_year, basis.how), []).append(basis.name)
    for (year, law_year, how), names in grounds.items():
        growth = f" +{inflation:.1%} a year" if how == "indexed" else ""
        notes.append(f"{', '.join(names)} from {year}: {law_year} tables{growth}")
    return tuple(notes)
