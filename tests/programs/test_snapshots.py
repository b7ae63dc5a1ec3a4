"""Each fixture's concise answer, word for word; `python tests/programs/test_snapshots.py` writes them anew."""

from __future__ import annotations

import asyncio
from pathlib import Path

import yaml

from tokenworth.programs.models import PlanProgramRequest
from tokenworth.programs.plan_program import plan_program
from tokenworth.wiring import build_context

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "programs"
SNAPSHOTS = Path(__file__).parent / "snapshots"


def answered(name):
    request = yaml.safe_load((FIXTURES / f"{name}.yaml").read_text(encoding="utf-8"))
    return asyncio.run(plan_program(PlanProgramRequest.model_validate(request), build_context())).text() + "\n"


def test_a_fixture_is_answered_as_before(program):
    assert answered(program) == (SNAPSHOTS / f"{program}.txt").read_text(encoding="utf-8")


def test_every_snapshot_has_its_fixture():
    assert {path.stem for path in SNAPSHOTS.glob("*.txt")} == {path.stem for path in FIXTURES.glob("*.yaml")}


if __name__ == "__main__":
    for path in FIXTURES.glob("*.yaml"):
        (SNAPSHOTS / f"{path.stem}.txt").write_text(answered(path.stem), encoding="utf-8")
