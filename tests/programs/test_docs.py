"""The numbers of docs/programs.md are those of the code."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
import yaml

from tokenworth.programs.models import PlanProgramRequest
from tokenworth.programs.plan_program import plan_program
from tokenworth.valuation.pooling import (
    Members,
    individual_budgets,
    pooled_quantile_ratio_lognormal,
    square_root_rule,
)
from tokenworth.wiring import build_context

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "programs.md").read_text(encoding="utf-8")


def answered(name):
    request = yaml.safe_load((ROOT / "fixtures" / "programs" / f"{name}.yaml").read_text(encoding="utf-8"))
    return asyncio.run(plan_program(PlanProgramRequest.model_validate(request), build_context())).text()


def test_the_worked_examples_are_what_the_command_answers():
    pool, fifty = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    for block, name in ((pool, "pool-of-25"), (fifty, "fifty-million")):
        text = answered(name)
        assert [line for line in block.splitlines() if line not in text] == []


@pytest.mark.parametrize("people", [10, 25, 100])
def test_the_table_of_pools_is_computed(people):
    own = individual_budgets([Members(people, 1.0, 1.4)], 0.95)
    promised = square_root_rule(own, people, people) / own
    needed = pooled_quantile_ratio_lognormal(people, 1.4, 0.95)
    assert f"| {people} | {needed:.0%} | {promised:.0%} |" in PAGE


def test_the_figures_between_the_tables_are_computed():
    assert f"a hundred need {pooled_quantile_ratio_lognormal(100, 1.4, 0.95, 0.05):.0%}" in PAGE
    assert pooled_quantile_ratio_lognormal(25, 2.5, 0.95) > 1.0
    assert f"{1 / 1.0765:.2f}" == "0.93"
    assert "93 cents of salary" in PAGE
