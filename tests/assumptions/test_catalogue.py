"""Every default is data with a source; overrides are checked, labelled and never half-applied."""

from __future__ import annotations

import math

import pytest

from tokenworth.assumptions import load_assumptions
from tokenworth.assumptions.benchmarks import compared_with_published
from tokenworth.assumptions.tax_tables import load_tax_tables
from tokenworth.errors import DataUnreadableError, InvalidInputError

SHIPPED = load_assumptions()


@pytest.mark.parametrize("name", list(SHIPPED))
def test_every_default_says_what_it_is_and_who_says_so(name):
    entry = SHIPPED[name]
    assert entry.low <= entry.base <= entry.high
    assert entry.kind in {"read", "assumed"}
    assert entry.source
    assert entry.date
    assert entry.unit
    assert entry.plain.endswith(".")
    assert entry.formula
    assert entry.origin == "default"
    assert (entry.ask is None) == (entry.fact is None)
    assert entry.kind == "assumed" or not entry.source.startswith("ours")
    if entry.distribution == "lognormal":
        assert entry.low > 0


@pytest.mark.parametrize(
    ("name", "low", "base", "high"),
    [
        ("demand_usd_year", 2000, 6000, 24000),
        ("separation_hazard", 0.12, 0.178, 0.25),
        ("personal_share", 0, 0, 0.5),
        ("employer_discount", 0.07, 0.17, 0.28),
        ("price_change_capability", -0.9, -0.8, -0.35),
    ],
)
def test_the_shipped_ranges_are_those_of_the_research(name, low, base, high):
    assert (SHIPPED[name].low, SHIPPED[name].base, SHIPPED[name].high) == (low, base, high)


def test_base_of_the_separation_hazard_is_median_tenure():
    assert SHIPPED["separation_hazard"].base == pytest.approx(math.log(2) / 3.9, abs=5e-4)


def test_an_override_replaces_one_entry_and_is_labelled():
    changed = SHIPPED.replaced({"cut_hazard": 0.1}, field="overrides", origin="override")
    assert changed["cut_hazard"].base == 0.1
    assert changed["cut_hazard"].distribution == "fixed"
    assert changed["cut_hazard"].origin == "override"
    assert SHIPPED["cut_hazard"].base == 0.25
    assert len(changed) == len(SHIPPED)


def test_a_range_keeps_the_distribution_where_it_can():
    changed = SHIPPED.replaced(
        {
            "demand_usd_year": {"low": 100, "base": 200, "high": 300},
            "personal_share": {"low": 0, "base": 0.2, "high": 0.4},
            "own_spend_usd_year": {"low": 0, "base": 200, "high": 300},
        },
        field="overrides",
        origin="override",
    )
    kinds = [changed[n].distribution for n in ("demand_usd_year", "personal_share", "own_spend_usd_year")]
    assert kinds == ["lognormal", "triangular", "triangular"]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"cut_hazzard": 1}, "Did you mean 'cut_hazard'"),
        ({"zzz": 1}, "explain_assumptions lists"),
        ({"cut_hazard": {"low": 0.2, "base": 0.1, "high": 0.3}}, "out of order"),
        ({"cut_hazard": {"low": 0.2}}, "exactly low, base and high"),
        ({"cut_hazard": "much"}, "not a number"),
        ({"cut_hazard": True}, "not a number"),
        ({"cut_hazard": float("nan")}, "not a usable number"),
        ({"cut_hazard": -0.1}, "outside its limits"),
        ({"personal_share": 1.5}, "from 0 to 1"),
        ({"volatility_listed": 0}, "outside its limits"),
        ({"price_change_model": -1}, "outside its limits"),
    ],
    ids=repr,
)
def test_an_override_that_cannot_be_is_refused(overrides, message):
    with pytest.raises(InvalidInputError, match=r"^overrides\.") as refusal:
        SHIPPED.replaced(overrides, field="overrides", origin="override")
    assert message in str(refusal.value)


def test_a_file_is_laid_over_the_defaults(tmp_path):
    path = tmp_path / "ours.toml"
    path.write_text("cut_hazard = 0.1\n[discount_rate]\nlow = 0.01\nbase = 0.02\nhigh = 0.03\n")
    loaded = load_assumptions(path)
    assert loaded["cut_hazard"].origin == "file"
    assert loaded["discount_rate"].base == 0.02


@pytest.mark.parametrize("content", [b"cut_hazard = ", b"\xff\xfe"])
def test_an_unreadable_file_is_refused_without_its_path(tmp_path, content):
    path = tmp_path / "secret-name.toml"
    path.write_bytes(content)
    with pytest.raises(DataUnreadableError) as refusal:
        load_assumptions(path)
    assert "secret-name" not in str(refusal.value)
    with pytest.raises(DataUnreadableError):
        load_assumptions(tmp_path / "missing.toml")


@pytest.mark.parametrize(
    ("usd", "words"),
    [
        (8_333, "1.1x the top 1%"),
        (700, "1.1x the top tenth"),
        (39, "3.4x the median"),
        (500, "44x the median"),
        (5, "below the median"),
    ],
)
def test_a_budget_is_held_against_published_spend(usd, words):
    assert compared_with_published(usd).startswith(words)


def test_a_year_too_old_and_a_state_without_a_table_are_refused():
    with pytest.raises(InvalidInputError, match="start_year"):
        load_tax_tables(2020, "single")
    with pytest.raises(InvalidInputError, match=r"person\.state"):
        load_tax_tables(2026, "single", "ZZ")


def test_later_years_stand_on_the_last_law():
    assert load_tax_tables(2029, "single").law_year == 2026


def test_an_indexed_schedule_says_that_it_is_not_the_published_one():
    published, indexed = (load_tax_tables(year, "single", "CA") for year in (2025, 2026))
    assert published.notes == ()
    assert "indexed" in indexed.notes[0]
    assert published.state is not None
    assert indexed.state is not None
    assert indexed.state.thresholds[1] > published.state.thresholds[1]
    assert indexed.state.surtax_above == 1_000_000
