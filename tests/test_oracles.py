"""The oracle rows are right, and a corrupted copy of them is noticed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import oracles

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "vectors"


def run(folder):
    script = Path(__file__).resolve().parent / "oracles.py"
    environment = os.environ | {"TOKENWORTH_VECTORS": str(folder)}
    return subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", oracles.KNOWN_FILES)
def test_every_row_is_right(name):
    checked = oracles.check_file(FIXTURES / name)
    assert checked.rows > 0
    assert checked.problems == ()


def test_the_command_prints_each_files_count():
    found = run(FIXTURES)
    assert found.returncode == 0
    assert "valuation.jsonl: 32 rows, 32 right" in found.stdout
    assert "prices.jsonl: 33 rows, 33 right" in found.stdout


def first_row(name="valuation.jsonl"):
    return json.loads((FIXTURES / name).read_text(encoding="utf-8").splitlines()[0])


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(first_row() | {"expected": 0.9}),
        json.dumps(first_row() | {"kind": "unheard_of"}),
        json.dumps({key: value for key, value in first_row().items() if key != "inputs"}),
        "not json",
        "",
    ],
    ids=["wrong number", "unknown kind", "no inputs", "not json", "no rows"],
)
def test_a_corrupted_copy_fails(tmp_path, text):
    (tmp_path / "valuation.jsonl").write_text(text + "\n", encoding="utf-8")
    assert run(tmp_path).returncode == 1


@pytest.mark.parametrize(
    "change",
    [
        {"expected_usd": "0.0140000000000000001"},
        {"expected_usd": None},
        {"expected_usd": "free"},
        {"model": "claude-opus-9"},
        {"usage": {}},
        {"at": "yesterday"},
    ],
    ids=["a last digit", "unpriced after all", "no number", "unknown model", "no usage", "no time"],
)
def test_a_corrupted_copy_of_prices_fails(tmp_path, change):
    (tmp_path / "prices.jsonl").write_text(json.dumps(first_row("prices.jsonl") | change) + "\n", encoding="utf-8")
    assert run(tmp_path).returncode == 1


def test_a_folder_without_rows_fails(tmp_path):
    assert run(tmp_path).returncode == 1
