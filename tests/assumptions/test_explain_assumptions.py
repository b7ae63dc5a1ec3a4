"""explain_assumptions shows every default, and how to replace it."""

from __future__ import annotations

import pytest

from tokenworth.assumptions.explain_assumptions import explain_assumptions
from tokenworth.assumptions.models import ExplainAssumptionsRequest
from tokenworth.errors import InvalidInputError
from tokenworth.wiring import build_context

CONTEXT = build_context()


async def ask(**arguments):
    return await explain_assumptions(ExplainAssumptionsRequest(**arguments), CONTEXT)


async def test_all_are_listed_when_none_is_named():
    answer = await ask()
    assert {entry.name for entry in answer.assumptions} == set(CONTEXT.assumptions)
    assert answer.headline.startswith(f"{len(CONTEXT.assumptions)} assumptions in force")
    assert all(entry.formula is None for entry in answer.assumptions)


async def test_a_few_are_explained_in_full_with_formula_and_source():
    answer = await ask(names=["cut_hazard"])
    (entry,) = answer.assumptions
    assert entry.formula == "exp(-lambda_cut*t)"
    assert "0.1 / 0.25 / 0.5" in answer.text()
    assert "source:" in answer.text()


async def test_a_single_value_prints_as_one():
    answer = await ask(names=["output_elasticity"])
    assert "output_elasticity: 0.301 elasticity" in answer.text()


async def test_a_search_looks_at_meaning_and_source():
    answer = await ask(search="tenure", detail="full")
    assert [entry.name for entry in answer.assumptions] == ["separation_hazard"]
    assert answer.data()["assumptions"][0]["source"].startswith("BLS")


async def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(InvalidInputError, match="cut_hazard"):
        await ask(names=["cut_hazrd"])
    with pytest.raises(InvalidInputError, match="without names"):
        await ask(names=["qqqq"])
