"""The page on tax says what the package computes, and its table of places is the index."""

from __future__ import annotations

import doctest
from pathlib import Path

from tokenworth.assumptions.tax_data import read_index, read_table

PAGE = Path(__file__).resolve().parent.parent / "docs" / "tax.md"
EXAMPLES_MIN = 25


def test_every_example_on_the_page_prints_what_the_page_says():
    found = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert found.failed == 0
    assert found.attempted >= EXAMPLES_MIN


def test_every_table_s_date_is_on_the_page():
    text = PAGE.read_text(encoding="utf-8")
    index = read_index()
    names = [entry["file"] for entry in index.values()] + [*index["US"]["states"].values(), "us_nyc.toml"]
    assert {read_table(name).date for name in names} <= {word for line in text.splitlines() for word in line.split()}
