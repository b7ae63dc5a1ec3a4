"""The page on equity says what the package computes: each of its examples is run and compared."""

from __future__ import annotations

import doctest
import re
from math import exp
from pathlib import Path

import pytest

from tokenworth.valuation.option_lattice import hull_white_value

PAGE = Path(__file__).resolve().parent.parent / "docs" / "equity.md"
EXAMPLES_MIN = 40


def test_every_example_on_the_page_prints_what_the_page_says():
    found = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert found.failed == 0
    assert found.attempted >= EXAMPLES_MIN


def test_the_table_of_convergence_is_what_the_lattice_gives():
    rows = re.findall(r"^\| (\d+) \| ([\d.]+) \| (-?[\d.]*) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [int(steps) for steps, _, _ in rows] == [50, 100, 200, 400, 1000]
    example = {
        "volatility": 0.3,
        "rate": 0.075,
        "dividend_yield": 0.025,
        "exit_hazard": 0.05,
        "vesting_years": 3,
        "expiry_years": 10,
        "exercise_multiple": 2,
    }
    fine = float(hull_white_value(50, 50, **example, steps=1000))
    for steps, value, error in rows:
        found = float(hull_white_value(50, 50, **example, steps=int(steps)))
        assert float(value) == pytest.approx(found, abs=0.00006)
        assert float(error or 0) == pytest.approx(found - fine, abs=0.00006)


def test_the_sentence_on_the_market_value_of_listed_shares_adds_up():
    text = PAGE.read_text(encoding="utf-8")
    assert f"${100_000 * exp(0.08):,.0f} on average" in text
    assert "the risk takes $11,400 of it" in text
    assert 100_000 * exp(0.08) - 96_887.45 == pytest.approx(11_400, abs=50)
