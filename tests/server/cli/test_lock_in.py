"""`tokenworth lock-in FILE`: the same answer as the tool's, for a person and for an employer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures" / "lock_in"


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_request_in_a_file_is_answered(tokenworth, path):
    found = tokenworth("lock-in", str(path), "--format", "json", "--draws", "1000")
    assert found.returncode == 0, found.stderr
    answer = json.loads(found.stdout)
    assert answer["draws"] == 1000
    assert ("person" in answer) != ("employer" in answer)


def test_it_is_shown_to_people_headline_first(tokenworth):
    found = tokenworth("lock-in", str(FIXTURES / "use-it-or-lose-it.yaml"), "--set", "compute_gap_months=0")
    assert found.stdout.startswith("No handcuff has accrued")


def test_a_file_with_neither_side_says_which_to_send(tokenworth):
    found = tokenworth("lock-in", "-", stdin='{"detail": "full"}')
    assert found.returncode == 2
    assert "send either position (a person's) or employer" in found.stderr
