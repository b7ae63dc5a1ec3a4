"""The outside oracle rows, each exactly."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from oracle_kinds_prices import run_price_row

FILE = Path(__file__).resolve().parents[2] / "fixtures" / "vectors" / "prices.jsonl"
ROWS = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


def test_all_rows_are_there():
    assert len(ROWS) == 33


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_a_row_is_priced_exactly(row):
    expected = row["expected_usd"]
    assert run_price_row(row) == (None if expected is None else Decimal(expected)), row["arithmetic"]
