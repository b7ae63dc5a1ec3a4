"""The rows about options and private shares are right."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from oracle_kinds_equity import KINDS

VECTORS = Path(__file__).resolve().parent.parent / "fixtures" / "vectors" / "equity_tax.jsonl"
ROWS = [json.loads(line) for line in VECTORS.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("row", [row for row in ROWS if row["kind"] in KINDS], ids=lambda row: row["id"])
def test_each_row_is_right(row):
    assert KINDS[row["kind"]](row["inputs"]) == pytest.approx(row["expected"], abs=row["abs_tol"], rel=0)


def test_every_kind_has_a_row():
    assert {row["kind"] for row in ROWS} >= set(KINDS)
