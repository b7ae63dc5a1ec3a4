"""Outside oracle rows about prices: a raw usage object, a model, a time and a context, priced by the public tool."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tokenworth.prices.estimate_cost import estimate_cost
from tokenworth.prices.models import EstimateCostRequest
from tokenworth.wiring import build_context

__all__ = ["run_price_row"]

FIELDS = ("provider", "model", "at", "context", "usage")


def run_price_row(inputs: Mapping[str, Any]) -> Decimal | None:
    """What the row's call cost in USD, exactly, or None when it is unpriced."""
    request = EstimateCostRequest.model_validate({name: inputs[name] for name in FIELDS if name in inputs})
    answer = asyncio.run(estimate_cost(request, build_context())).data()
    assert (answer["usd"] is None) == ("unpriced_reason" in answer)
    return None if answer["usd"] is None else Decimal(answer["usd"])
