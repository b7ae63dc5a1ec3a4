"""The shipped price list, and the tools asked as any Python caller would ask them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx

from tokenworth.prices import shipped_prices
from tokenworth.prices.cost import Unpriced, plain
from tokenworth.prices.estimate_cost import estimate_cost
from tokenworth.prices.find_prices import find_prices
from tokenworth.prices.models import EstimateCostRequest, FindPricesRequest
from tokenworth.wiring import build_context

RECORDED = Path(__file__).resolve().parents[2] / "fixtures" / "prices" / "recorded"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_blocking_calls():
    with blockbuster_ctx("tokenworth"):
        yield


@pytest.fixture(scope="session")
def prices():
    return shipped_prices()


@pytest.fixture
def usd(prices):
    """What a call costs, as the shortest decimal; None when it is unpriced."""

    def ask(provider, model, usage, at="2026-11-24T12:00:00Z", **context):
        cost = prices.cost(provider, model, usage, datetime.fromisoformat(at), context)
        return None if isinstance(cost, Unpriced) else plain(cost.usd)

    return ask


@pytest.fixture(scope="session")
def context():
    return replace(build_context(), clock=lambda: NOON)


@pytest.fixture
def estimate(context):
    async def ask(**request):
        return await estimate_cost(EstimateCostRequest.model_validate(request), context)

    return ask


@pytest.fixture
def find(context):
    async def ask(**request):
        return await find_prices(FindPricesRequest.model_validate(request), context)

    return ask


@pytest.fixture
def recorded():
    """A recorded payload's bytes."""
    return lambda name: (RECORDED / name).read_bytes()
