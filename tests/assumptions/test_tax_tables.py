"""Which tables are in force where and when, what the reader is told of them, and what is refused."""

from __future__ import annotations

import datetime as dt
from importlib.resources import files

import pytest

from tokenworth.assumptions.tax_data import read_index, read_table
from tokenworth.assumptions.tax_tables import country_currency, load_tax_tables, tax_curve
from tokenworth.errors import InvalidInputError

# Statutes are cited with their year of publication at most; no table may be older than this without a look.
OLDEST = dt.date(2024, 12, 1)


def table_files():
    folder = files("tokenworth.assumptions").joinpath("tax")
    return sorted(entry.name for entry in folder.iterdir() if entry.name != "index.toml")


@pytest.mark.parametrize("name", table_files())
def test_every_file_says_who_says_so_and_since_when(name):
    import tomllib  # noqa: PLC0415 - the file as it ships, without the reader under test

    data = tomllib.loads(files("tokenworth.assumptions").joinpath("tax", name).read_text(encoding="utf-8"))
    assert len(data["source"]) > 20
    assert dt.datetime.strptime(data["date"], "%Y-%m").replace(tzinfo=dt.UTC).date() >= OLDEST
    assert data["currency"] in {"USD", "GBP", "EUR"}


def test_every_file_is_in_the_index_and_the_other_way_round():
    index = read_index()
    named = {entry["file"] for entry in index.values()}
    named |= {name for entry in index.values() for name in entry.get("states", {}).values()}
    named |= {place["file"] for entry in index.values() for place in entry.get("localities", {}).values()}
    assert named == set(table_files())


def test_a_file_is_parsed_once():
    assert read_table("us_ny.toml") is read_table("us_ny.toml")
    assert load_tax_tables(2026, "single", "NY") is load_tax_tables(2026, "single", "NY")


# Rev. Proc. 2025-32 as it is, and 2.5% a year from there, to whole dollars.
def test_years_to_come_are_the_last_table_indexed():
    now, later = (load_tax_tables(year, "single") for year in (2026, 2028))
    assert later.law_year == 2026
    assert later.bases[0].how == "indexed"
    assert later.federal.thresholds == tuple(round(t * 1.025**2) for t in now.federal.thresholds)
    assert later.federal.deduction == round(16_100 * 1.025**2)
    assert later.federal.rates == now.federal.rates


def test_the_wage_base_of_2027_is_published_and_later_ones_are_indexed():
    assert load_tax_tables(2027, "single").payroll.wage_base == 192_300
    assert load_tax_tables(2028, "single").payroll.wage_base == round(192_300 * 1.025)
    assert load_tax_tables(2028, "single").payroll.additional_threshold == 200_000


def test_the_stated_inflation_moves_them():
    still = load_tax_tables(2030, "mfj", "CA", inflation=0.0)
    assert still.federal == load_tax_tables(2026, "mfj", "CA").federal
    assert still.payroll.wage_base == 192_300
    fast = load_tax_tables(2030, "mfj", "CA", inflation=0.1)
    assert fast.state.thresholds[1] > 1.4 * still.state.thresholds[1]
    assert fast.state.surtax_above == 1_000_000


@pytest.mark.parametrize(
    ("place", "year", "name", "law_year", "how"),
    [
        ({"state": "NY"}, 2029, "NY", 2027, "published"),
        ({"state": "NY"}, 2033, "NY", 2027, "unchanged"),
        ({"state": "NY", "locality": "NYC"}, 2029, "NYC", 2025, "published"),
        ({"state": "NY", "locality": "NYC"}, 2030, "NYC", 2025, "unchanged"),
        ({"state": "MA"}, 2026, "MA", 2026, "indexed"),
        ({"state": "CA"}, 2028, "CA", 2026, "indexed"),
        ({"country": "GB"}, 2029, "UK (England)", 2026, "published"),
        ({"country": "GB"}, 2031, "UK (England)", 2026, "unchanged"),
        ({"country": "DE"}, 2027, "Germany", 2026, "indexed"),
    ],
)
def test_each_place_says_what_stands_behind_a_year(place, year, name, law_year, how):
    basis = next(b for b in load_tax_tables(year, "single", **place).bases if b.name == name)
    assert (basis.law_year, basis.how) == (law_year, how)


def test_a_place_without_income_tax_has_no_schedule_and_no_basis():
    for state in ("WA", "TX"):
        tables = load_tax_tables(2026, "single", state)
        assert tables.state is None
        assert [basis.name for basis in tables.bases] == ["US federal"]
        assert tables.source.count(";") > load_tax_tables(2026, "single").source.count(";")


def test_limits_tied_to_wages_grow_after_the_last_table_and_fixed_ones_stay():
    by_name = {c.name: c for c in load_tax_tables(2028, "single", "WA").employer}
    assert by_name["PFML"].up_to == pytest.approx(192_300 * 1.025)
    assert by_name["FUTA"].up_to == 7_000


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"country": "FR"}, "person.country"),
        ({"state": "ZZ"}, "person.state"),
        ({"state": "CA", "country": "GB"}, "person.state"),
        ({"locality": "NYC"}, "person.locality"),
        ({"locality": "NYC", "state": "CA"}, "person.locality"),
        ({"locality": "LON", "country": "GB"}, "person.locality"),
    ],
)
def test_a_place_without_tables_is_refused_with_what_there_is(arguments, field):
    with pytest.raises(InvalidInputError) as refused:
        load_tax_tables(2026, "single", **arguments)
    assert refused.value.field == field
    assert "Send" in refused.value.instead or "Leave it out" in refused.value.instead


def test_currencies_are_the_countries():
    assert [country_currency(country) for country in ("US", "GB", "DE")] == ["USD", "GBP", "EUR"]


def test_contractors_outside_the_us_need_a_rate_of_their_own():
    for country in ("GB", "DE"):
        with pytest.raises(InvalidInputError, match=r"person\.marginal_rate"):
            tax_curve(load_tax_tables(2026, "single", country=country), contractor=True)


# HMRC, rates and thresholds for employers 2025 to 2026 and 2026 to 2027; no allowance from GBP 125,140.
@pytest.mark.parametrize("year", [2025, 2026])
@pytest.mark.parametrize(
    ("wages", "income_tax", "insurance"),
    [
        (12_570, 0.0, 0.0),
        (29_570, 3_400.0, 1_360.0),  # gov.uk/tax-on-dividends: "20% tax on 17,000 of wages"
        (50_270, 7_540.0, 3_016.0),
        (100_000, 27_432.0, 4_010.60),
        (125_140, 42_516.0, 4_513.40),
        (150_000, 53_703.0, 5_010.60),
    ],
)
def test_british_pay_is_taxed_as_hmrc_publishes(year, wages, income_tax, insurance):
    curve = tax_curve(load_tax_tables(year, "single", country="GB"))
    assert float(curve.tax_on(wages)) == pytest.approx(income_tax + insurance, abs=0.01)


def test_a_week_at_1000_pounds_pays_the_insurance_of_hmrcs_example():
    # gov.uk/national-insurance: nothing to 242, 8% to 967 (58.00), 2% above (66 pence); thresholds rounded to weeks.
    tables = load_tax_tables(2025, "single", country="GB")
    year = sum(c.rate * (min(52_000, c.up_to) - c.above) for c in tables.contributions)
    assert year / 52 == pytest.approx(58.66, abs=0.01)


def test_filing_jointly_changes_nothing_where_everyone_is_taxed_alone():
    alone, jointly = (load_tax_tables(2026, filing, country="GB") for filing in ("single", "mfj"))
    assert not alone.joint
    assert alone.federal == jointly.federal
    assert load_tax_tables(2026, "mfj", country="DE").joint
