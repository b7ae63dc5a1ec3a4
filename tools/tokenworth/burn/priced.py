"""Amounts of planned calls and of usage objects: dollars through the context's price list, tokens always."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, cast

from pydantic import ValidationError

from tokenworth.answers import Strict
from tokenworth.budgets import Amount, nano_usd
from tokenworth.burn.models import USAGE_HINT, PlannedCall, Tokens, Usd, nano_of
from tokenworth.burn.opened import prices_of
from tokenworth.context import Context, Cost, PriceList
from tokenworth.errors import InvalidInputError, NotPricedError
from tokenworth.plain_text import plain_text

__all__ = ["Priced", "amount_of_usage", "worst_case"]

NO_PRICES: Final = "no price list is loaded"
NAME_MAX: Final = 200


class Priced(Strict):
    """An amount, why it has no dollars when it has none, and the model that it names, as the price list calls it."""

    nano_usd: int | None
    tokens: int | None
    unpriced_reason: str | None = None
    model: str | None = None

    @property
    def amount(self) -> Amount:
        """The amount alone."""
        return Amount(self.nano_usd, self.tokens)


class _PlainAmounts(Strict):
    usd: Usd | None = None
    tokens: Tokens | None = None


def worst_case(planned: PlannedCall, prices: PriceList | None, at: datetime) -> Priced:
    """What a planned call costs at most: the output at its ceiling, the prompt at the dearest of sent or written to a
    cache, all at the price of so long a prompt; rounded up to nano-USD.
    """
    tokens = (planned.input_tokens + planned.output_tokens) * planned.calls
    if prices is None:
        return _priced(None, tokens, planned.model, NO_PRICES)
    dearest, model = Decimal(0), planned.model
    for meter in ("input_tokens", "cache_write_5m_tokens"):
        usage = {meter: planned.input_tokens, "output_tokens": planned.output_tokens}
        cost = prices.cost_of_usage(planned.model, usage, at, planned.provider)
        if cost.usd is None:
            return _priced(None, tokens, cost.model, cost.reason or "unpriced")
        dearest, model = max(dearest, cost.usd), cost.model
    return _priced(nano_usd(dearest * planned.calls, up=True), tokens, model)


async def amount_of_usage(usage: Mapping[str, Any], context: Context) -> Priced:
    """What a usage came to: an API's usage object with its model, a whole response that has both, or plain amounts.

    Raises:
        InvalidInputError: neither a usage object with a model nor amounts.
        NotPricedError: there is no price list to read a usage object with.
    """
    if usage.keys() <= {"usd", "tokens"}:
        return _plain(usage)
    model, provider = _name(usage, "model"), _name(usage, "provider")
    nested = usage.get("usage")
    counts = (
        cast("Mapping[str, Any]", nested)
        if isinstance(nested, Mapping)
        else {name: value for name, value in usage.items() if name not in ("model", "provider")}
    )
    if model is None:
        raise InvalidInputError("usage.model", "needed to price the tokens", USAGE_HINT)
    prices = await prices_of(context)
    if prices is None:
        raise NotPricedError(f"usage: {NO_PRICES}, so a usage object cannot be read. {USAGE_HINT}")
    cost: Cost = prices.cost_of_usage(model, counts, context.clock(), provider)
    nano = None if cost.usd is None else nano_usd(cost.usd, up=False)
    return _priced(nano, cost.tokens, cost.model, cost.reason)


def _priced(nano: int | None, tokens: int, model: str, unpriced_reason: str | None = None) -> Priced:
    """An amount of a model; a name that shows nothing is none."""
    name = " ".join(plain_text(model).split())[:NAME_MAX]
    return Priced(nano_usd=nano, tokens=tokens, unpriced_reason=unpriced_reason, model=name or None)


def _plain(usage: Mapping[str, Any]) -> Priced:
    try:
        said = _PlainAmounts.model_validate(dict(usage))
    except ValidationError:
        raise InvalidInputError("usage", "not an amount", USAGE_HINT) from None
    return Priced(nano_usd=nano_of(said.usd, up=False), tokens=said.tokens)


def _name(usage: Mapping[str, Any], field: str) -> str | None:
    value = usage.get(field)
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= NAME_MAX:
        raise InvalidInputError(f"usage.{field}", "not a name", USAGE_HINT)
    return value
