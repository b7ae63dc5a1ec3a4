"""The dated tax tables that ship, as the schedules and curves that `valuation` computes with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from tokenworth.assumptions.catalogue import load_assumptions
from tokenworth.assumptions.tax_data import (
    Filing,
    TableFile,
    contributions_of,
    german_tariff_of,
    payroll_of,
    read_index,
    read_table,
    schedule_of,
)
from tokenworth.errors import InvalidInputError
from tokenworth.valuation.brackets import IncomeTaxSchedule
from tokenworth.valuation.german_tax import GermanTariff, german_curve
from tokenworth.valuation.payroll import Contribution, PayrollTax, employer_halves
from tokenworth.valuation.taxes import TaxCurve, contractor_curve, employee_curve

__all__ = [
    "FILINGS",
    "TAX_YEARS",
    "Basis",
    "Filing",
    "TaxTables",
    "country_currency",
    "load_tax_tables",
    "tax_curve",
]

FILINGS: Final[tuple[Filing, ...]] = ("single", "mfj")
# The years whose national tables ship; the tables of a state may reach further.
TAX_YEARS: Final = (2025, 2026)


@dataclass(frozen=True, slots=True)
class Basis:
    """Which year's income tax table stands behind a year, and how: as published, indexed, or left as it was."""

    name: str
    law_year: int
    how: Literal["published", "indexed", "unchanged"]


@dataclass(frozen=True, slots=True)
class TaxTables:
    """One year's taxes for one person, in the country's currency.

    Attributes:
        name: of the country's tables, for people.
        withheld: what the country calls social security on wages.
        year: the year asked for.
        law_year: the year whose national tables these are; earlier than `year` when those are not out yet.
        federal: the country's own brackets; None where it has a formula instead (`tariff`).
        joint: whether filing jointly matters; the UK taxes everyone alone.
        payroll: FICA, in the US only.
        contributions: what else is withheld from an employee's wages.
        employer: what the employer pays on top of wages.
        bases: which table stands behind each income tax.
        notes: what a reader must know about these tables, in plain words.
    """

    name: str
    withheld: str
    currency: str
    year: int
    law_year: int
    federal: IncomeTaxSchedule | None
    tariff: GermanTariff | None
    state: IncomeTaxSchedule | None
    locality: IncomeTaxSchedule | None
    joint: bool
    payroll: PayrollTax | None
    contributions: tuple[Contribution, ...]
    employer: tuple[Contribution, ...]
    bases: tuple[Basis, ...]
    source: str
    notes: tuple[str, ...]

    @property
    def schedules(self) -> tuple[IncomeTaxSchedule, ...]:
        """All income taxes by brackets that apply."""
        return tuple(each for each in (self.federal, self.state, self.locality) if each is not None)


def country_currency(country: str) -> str:
    """The currency of a country's tables.

    Raises:
        InvalidInputError: no tables for that country.
    """
    index = read_index()
    if country not in index:
        raise InvalidInputError(
            "person.country",
            "no tax tables for that country",
            f"Send one of {', '.join(index)}, or person.marginal_rate, the tax on your next unit of pay, such as 0.42",
        )
    return read_table(index[country]["file"]).currency


@lru_cache(maxsize=256)
def load_tax_tables(
    year: int,
    filing: Filing,
    state: str | None = None,
    *,
    locality: str | None = None,
    country: str = "US",
    inflation: float | None = None,
) -> TaxTables:
    """National, state and local tables and payroll taxes for a year.

    Years after the last table use that table, indexed where the law ties it to prices; `law_year` and `bases` say so.

    Args:
        year: the tax year (for the UK, the calendar year in which it begins).
        filing: alone or jointly; the UK taxes everyone alone.
        state: two letters, in the US.
        locality: a city with its own tax, such as NYC.
        country: two letters.
        inflation: what later years are indexed by; the assumption `tax_inflation` if None.

    Raises:
        InvalidInputError: a year before the first table, or a place without one.
    """
    if year < TAX_YEARS[0]:
        raise InvalidInputError("offer.start_year", "no tax table that old", f"Send a year from {TAX_YEARS[0]}")
    country_currency(country)
    rise = load_assumptions()["tax_inflation"].base if inflation is None else inflation
    entry = read_index()[country]
    national = read_table(entry["file"])
    local = _tables_of(country, state, locality)
    tables = {entry["name"]: national, **local}
    payroll = payroll_of(national, year, filing, rise)
    halves = employer_halves(payroll) if payroll is not None else ()
    incomes = {name: schedule_of(table, year, filing, rise) for name, table in tables.items()}
    bases = tuple(_basis(name, table, year) for name, table in tables.items() if table.years("income"))
    return TaxTables(
        name=entry["name"],
        withheld=entry["withheld"],
        currency=national.currency,
        year=year,
        law_year=bases[0].law_year,
        federal=incomes[entry["name"]],
        tariff=german_tariff_of(national, year, filing, rise),
        state=incomes.get(state) if state is not None else None,
        locality=incomes.get(locality) if locality is not None else None,
        joint=national.joint,
        payroll=payroll,
        contributions=tuple(c for table in tables.values() for c in contributions_of(table, "employee", year, rise)),
        employer=halves
        + tuple(c for table in tables.values() for c in contributions_of(table, "employer", year, rise)),
        bases=bases,
        source="; ".join(table.source for table in tables.values()),
        notes=tuple(note for name, table in tables.items() if (note := _early_index(name, table, year))),
    )


def tax_curve(tables: TaxTables, *, household_income: float = 0.0, contractor: bool = False) -> TaxCurve:
    """What one person pays on wages, or a contractor on profit, in the tables' currency.

    Raises:
        InvalidInputError: a contractor where the tables are for employees only.
    """
    if tables.tariff is not None and not contractor:
        return german_curve(tables.tariff, tables.contributions, household_income=household_income)
    if not contractor:
        return employee_curve(
            tables.schedules,
            tables.payroll,
            household_income=household_income,
            contributions=tables.contributions,
        )
    if tables.payroll is None:
        raise InvalidInputError(
            "person.marginal_rate",
            f"the {tables.name} tables are for employees, and this is a contract",
            "Send the tax and social security on your next unit of profit, such as 0.42",
        )
    return contractor_curve(tables.schedules, tables.payroll, household_income=household_income)


def _tables_of(country: str, state: str | None, locality: str | None) -> dict[str, TableFile]:
    """Tables below the country's, by the name they are asked for."""
    entry = read_index()[country]
    found: dict[str, TableFile] = {}
    states, localities = entry.get("states", {}), entry.get("localities", {})
    if state is not None:
        if state not in states:
            raise InvalidInputError(
                "person.state",
                "no tax table for that state",
                f"Send one of {', '.join(states)}, leave it out for federal tax only, or send person.marginal_rate"
                if states
                else "Leave it out: only the US has states here",
            )
        found[state] = read_table(states[state])
    if locality is not None:
        known = localities.get(locality)
        if known is None or known["state"] != state:
            choices = " or ".join(f"{name} with state {each['state']}" for name, each in localities.items())
            raise InvalidInputError(
                "person.locality",
                "no tax table for that place and state",
                f"Send {choices}, or leave it out" if choices else "Leave it out",
            )
        found[locality] = read_table(known["file"])
    return found


def _basis(name: str, table: TableFile, year: int) -> Basis:
    law_year = table.in_force("income", year)
    if year <= max(law_year, table.stands_until):
        return Basis(
            name, law_year, "published" if "indexed_from" not in table.rules("income", law_year) else "indexed"
        )
    return Basis(name, law_year, "indexed" if table.indexed else "unchanged")


def _early_index(name: str, table: TableFile, year: int) -> str | None:
    """A past or present year whose own table was not to be had."""
    if not table.years("income"):
        return None
    law_year = table.in_force("income", year)
    if "indexed_from" not in table.rules("income", law_year):
        return None
    return f"{name} {law_year} is the earlier schedule indexed, not the published one"
