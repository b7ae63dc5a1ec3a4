"""Ask the offer tools as any Python caller would."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tokenworth.offers.compare_offers import compare_offers
from tokenworth.offers.models import CompareOffersRequest, ValueOfferRequest
from tokenworth.offers.value_offer import value_offer
from tokenworth.wiring import build_context

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "offers"
REFUSED = {"contradiction", "unpriced-tokens"}


def read_fixture(name):
    return yaml.safe_load((FIXTURES / f"{name}.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def context():
    return build_context()


@pytest.fixture
def value(context):
    async def ask(offer, **rest):
        return await value_offer(ValueOfferRequest.model_validate({"offer": offer, **rest}), context)

    return ask


@pytest.fixture
def compare(context):
    async def ask(*offers, **rest):
        return await compare_offers(CompareOffersRequest.model_validate({"offers": list(offers), **rest}), context)

    return ask


@pytest.fixture
def fixture_offer():
    return read_fixture


def pytest_generate_tests(metafunc):
    if "valued_fixture" in metafunc.fixturenames:
        names = sorted(path.stem for path in FIXTURES.glob("*.yaml") if path.stem not in REFUSED)
        metafunc.parametrize("valued_fixture", names)
