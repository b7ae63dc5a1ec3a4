"""Every oracle row as a script would send it: one line of JSON to the command line, one exact answer back."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

ROWS = Path(__file__).resolve().parents[2] / "fixtures" / "vectors" / "prices.jsonl"
FIELDS = ("provider", "model", "at", "context", "usage")


def test_every_row_is_priced_exactly_as_a_line_of_a_batch(tmp_path):
    rows = [json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()]
    requests = tmp_path / "requests.jsonl"
    requests.write_text("".join(json.dumps({name: row[name] for name in FIELDS if name in row}) + "\n" for row in rows))
    command = [sys.executable, "-m", "tokenworth_mcp", "call", "estimate_cost", "--jsonl", str(requests)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    answers = [json.loads(line) for line in found.stdout.splitlines()]
    assert len(answers) == len(rows)
    for row, answer in zip(rows, answers, strict=True):
        if row["expected_usd"] is None:
            assert answer["usd"] is None
            assert answer["unpriced_reason"]
        else:
            assert Decimal(answer["usd"]) == Decimal(row["expected_usd"]), row["id"]
