"""Ask plan_program as any Python caller would."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tokenworth.programs.models import PlanProgramRequest
from tokenworth.programs.plan_program import plan_program
from tokenworth.wiring import build_context

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "programs"


def read_fixture(name):
    return yaml.safe_load((FIXTURES / f"{name}.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def context():
    return build_context()


@pytest.fixture
def plan(context):
    async def ask(**request):
        return await plan_program(PlanProgramRequest.model_validate(request), context)

    return ask


@pytest.fixture
def fixture_program():
    return read_fixture


def pytest_generate_tests(metafunc):
    if "program" in metafunc.fixturenames:
        metafunc.parametrize("program", sorted(path.stem for path in FIXTURES.glob("*.yaml")))
