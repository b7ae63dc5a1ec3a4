"""Ask explain_lock_in as any Python caller would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tokenworth.lockin.explain_lock_in import explain_lock_in
from tokenworth.lockin.models import ExplainLockInRequest
from tokenworth.wiring import build_context

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "lock_in"


def read_fixture(name):
    return yaml.safe_load((FIXTURES / f"{name}.yaml").read_text(encoding="utf-8"))


def request_of(document):
    return ExplainLockInRequest.model_validate_json(json.dumps(document))


@pytest.fixture(scope="session")
def context():
    return build_context()


@pytest.fixture
def explain(context):
    async def ask(document, world=None, **rest):
        return await explain_lock_in(request_of({**document, **rest}), world or context)

    return ask


@pytest.fixture
def fixture_position():
    return read_fixture


def pytest_generate_tests(metafunc):
    if "lock_in_fixture" in metafunc.fixturenames:
        metafunc.parametrize("lock_in_fixture", sorted(path.stem for path in FIXTURES.glob("*.yaml")))
