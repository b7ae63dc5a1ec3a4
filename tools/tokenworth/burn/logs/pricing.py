"""What a call cost at its time, for very many calls: a model's rates are asked for once a span of time."""

from __future__ import annotations

from typing import Final

from tokenworth.context import UnitCosts, UnitPrices, UnitStep

__all__ = ["CallPricer"]

ATTO_PER_PICO: Final = 10**6
HALF: Final = ATTO_PER_PICO // 2


class CallPricer:
    """Prices calls in pico-USD (10^-12), rounded once a call.

    Args:
        prices: the list.
    """

    def __init__(self, prices: UnitPrices) -> None:
        self._prices = prices
        self._known: dict[str, tuple[int, int, UnitCosts | None]] = {}

    def pico_usd(
        self,
        model: str,
        at_ms: int,
        tokens: tuple[int, int, int, int, int],
        web_searches: int,
    ) -> int | None:
        """The cost of a call; None is unpriced, which is never zero.

        Args:
            model: as the log writes it.
            at_ms: milliseconds since 1970 in UTC.
            tokens: input, 5-minute and 1-hour cache writes, cache reads, output.
            web_searches: how many.
        """
        known = self._known.get(model)
        if known is None or not known[0] <= at_ms < known[1]:
            costs = self._prices.unit_costs(model, at_ms)
            # A model that has no price now may have one at another time.
            span = (at_ms, at_ms + 1) if costs is None else (costs.since_ms, costs.until_ms)
            known = self._known[model] = (*span, costs)
        costs = known[2]
        if costs is None:
            return None
        step = costs.steps[0]
        if len(costs.steps) > 1:
            prompt = tokens[0] + tokens[1] + tokens[2] + tokens[3]
            for larger in costs.steps[1:]:
                if prompt < larger.prompt_tokens_min:
                    break
                step = larger
        return _total(step, tokens, web_searches)


def _total(step: UnitStep, tokens: tuple[int, int, int, int, int], web_searches: int) -> int | None:
    rates = (step.input, step.cache_write_5m, step.cache_write_1h, step.cache_read, step.output, step.web_search)
    total = HALF
    for units, rate in zip((*tokens, web_searches), rates, strict=True):
        if units:
            if rate is None:
                return None
            total += units * rate
    return total // ATTO_PER_PICO
