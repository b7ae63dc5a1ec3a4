"""`tokenworth program FILE` prints what the tool answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "programs" / "pool-of-25.yaml"


@pytest.mark.parametrize("output_format", ["table", "md"])
def test_a_programme_is_planned_from_a_file(tokenworth, output_format):
    found = tokenworth("program", str(FIXTURE), "--format", output_format)
    assert found.returncode == 0, found.stderr
    assert "25 people cost about" in found.stdout


def test_options_go_to_the_tool(tokenworth):
    found = tokenworth("program", str(FIXTURE), "--format", "json", "--detail", "full", "--seed", "4", "--draws", "300")
    answer = json.loads(found.stdout)
    assert (answer["seed"], answer["draws"]) == (4, 300)
    assert len(answer["paid_by_month"]) == 24


def test_a_file_s_own_options_stand_unless_others_are_given(tokenworth):
    said = "groups: [{name: a, headcount: 3, per_month: 50}]\nseed: 9\ndetail: full\ndraws: 250\nmonths: 2\n"
    answer = json.loads(tokenworth("program", "-", "--format", "json", stdin=said).stdout)
    assert (answer["seed"], answer["draws"]) == (9, 250)
    assert "month_p50_usd" in answer


def test_a_programme_that_cannot_be_used_is_refused_in_one_line(tokenworth):
    found = tokenworth("program", "-", stdin="groups: [{name: a, headcount: 0}]\n")
    assert found.returncode == 2
    assert found.stderr.startswith("tokenworth: groups[0].headcount")
