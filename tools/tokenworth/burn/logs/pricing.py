"""What a call cost at its time, for very many calls: a model's rates are asked for once a span of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from tokenworth.context import UnitCosts

__all__ = ["CallPricer", "RateSpan", "rate_spans"]

ATTO_PER_PICO: Final = 10**6
HALF: Final = ATTO_PER_PICO // 2
Rates = tuple[int | None, ...]
"""Of the token classes in their order, and of a search, in 10^-18 USD; None where no source prices it."""


class RateSpan(NamedTuple):
    """What a model's units cost in a span of time, `since_ms` to before `until_ms`.

    Attributes:
        rates: those of the smallest prompts; None is unpriced.
        larger: those of larger ones, with the smallest of these in tokens.
    """

    since_ms: int
    until_ms: int
    rates: Rates | None
    larger: list[tuple[int, Rates]]


def rate_spans(unit_costs: Callable[[str, int], UnitCosts | None]) -> Callable[[str, int], RateSpan]:
    """What a list says of a model around a moment (`context.UnitPrices.unit_costs`), as `CallPricer` needs it."""

    def span(model: str, at_ms: int) -> RateSpan:
        costs = unit_costs(model, at_ms)
        if costs is None:
            # A model that has no price now may have one at another time.
            return RateSpan(at_ms, at_ms + 1, None, [])
        steps: list[tuple[int, Rates]] = []
        for step in costs.steps:
            tokens = (step.input, step.cache_write_5m, step.cache_write_1h, step.cache_read, step.output)
            steps.append((step.prompt_tokens_min, (*tokens, step.web_search)))
        return RateSpan(costs.since_ms, costs.until_ms, steps[0][1], steps[1:])

    return span


class CallPricer:
    """Prices calls in pico-USD (10^-12), rounded once a call.

    Args:
        span: says what a model costs around a moment.
    """

    def __init__(self, span: Callable[[str, int], RateSpan]) -> None:
        self._span = span
        self._known: dict[str, RateSpan] = {}

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
            known = self._known[model] = self._span(model, at_ms)
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
            return _partly_priced((*tokens, web_searches), rates)
        by_input, by_short, by_hour, by_read, by_output, by_search = cast("tuple[int, int, int, int, int, int]", rates)
        total = HALF + sent * by_input + read * by_read + made * by_output
        if short:
            total += short * by_short
        if hour:
            total += hour * by_hour
        if web_searches:
            total += web_searches * by_search
        return total // ATTO_PER_PICO


def _partly_priced(units: tuple[int, ...], rates: Rates) -> int | None:
    """Where some rates are not known, only what needs none of these has a price."""
    total = HALF
    for count, rate in zip(units, rates, strict=True):
        if count:
            if rate is None:
                return None
            total += count * rate
    return total // ATTO_PER_PICO
