"""What a call cost at its time, for very many calls: a model's rates are asked for once a span of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from tokenworth.context import UnitCosts

__all__ = ["CallPricer"]

ATTO_PER_PICO: Final = 10**6
HALF: Final = ATTO_PER_PICO // 2
_Rates = tuple[int | None, ...]
_Known = tuple[int, int, _Rates | None, list[tuple[int, _Rates]]]
"""A span of time, the rates in it, and those of larger prompts with the smallest of these."""


class CallPricer:
    """Prices calls in pico-USD (10^-12), rounded once a call.

    Args:
        unit_costs: says what a model's units cost around a moment, as `context.UnitPrices` does.
    """

    def __init__(self, unit_costs: Callable[[str, int], UnitCosts | None]) -> None:
        self._unit_costs = unit_costs
        self._known: dict[str, _Known] = {}

    def pico_usd(self, model: str, at_ms: int, tokens: tuple[int, int, int, int, int], web_searches: int) -> int | None:
        """The cost of a call; None is unpriced, which is never zero.

        Args:
            model: as the log writes it.
            at_ms: milliseconds since 1970 in UTC.
            tokens: input, 5-minute and 1-hour cache writes, cache reads, output.
            web_searches: how many.
        """
        known = self._known.get(model)
        if known is None or not known[0] <= at_ms < known[1]:
            known = self._known[model] = self._asked(model, at_ms)
        _, _, rates, larger = known
        if rates is None:
            return None
        sent, short, hour, read, made = tokens
        if larger:
            prompt = sent + short + hour + read
            for prompt_tokens_min, others in larger:
                if prompt < prompt_tokens_min:
                    break
                rates = others
        if None in rates:
            needed = zip((*tokens, web_searches), rates, strict=True)
            if any(units and rate is None for units, rate in needed):
                return None
            rates = tuple(rate or 0 for rate in rates)
        by_input, by_short, by_hour, by_read, by_output, by_search = cast("tuple[int, int, int, int, int, int]", rates)
        total = sent * by_input + short * by_short + hour * by_hour + read * by_read + made * by_output
        return (total + web_searches * by_search + HALF) // ATTO_PER_PICO

    def _asked(self, model: str, at_ms: int) -> _Known:
        costs = self._unit_costs(model, at_ms)
        if costs is None:
            # A model that has no price now may have one at another time.
            return at_ms, at_ms + 1, None, []
        steps: list[tuple[int, _Rates]] = []
        for step in costs.steps:
            rates = (step.input, step.cache_write_5m, step.cache_write_1h, step.cache_read, step.output)
            steps.append((step.prompt_tokens_min, (*rates, step.web_search)))
        return costs.since_ms, costs.until_ms, steps[0][1], steps[1:]
