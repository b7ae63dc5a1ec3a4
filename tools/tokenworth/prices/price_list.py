"""The price list: what a request to a model cost at its time, exactly, or that it is unpriced and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from tokenworth.errors import InvalidInputError
from tokenworth.prices.conditions import conditions_of, uplift_of
from tokenworth.prices.cost import WORDS, Cost, Unpriced
from tokenworth.prices.finder import Finder, Found
from tokenworth.prices.priced import EVER, Priced
from tokenworth.prices.rows import Row
from tokenworth.prices.schedules import schedules_of
from tokenworth.prices.sellers import seller_named
from tokenworth.prices.snapshot import Snapshot, read_snapshot, shipped_snapshot
from tokenworth.prices.usages import Counts, read_usage

__all__ = ["PriceList", "read_data", "shipped_prices"]

QUOTES_MAX: Final = 20_000
# Context as (key, value) pairs, in the order in which they were said.
Said = tuple[tuple[str, str], ...]
NO_CONTEXT: Final[Mapping[str, str]] = {}


class PriceList:
    """Prices of one snapshot. Safe to share between tasks and threads: nothing changes but caches."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.finder = Finder(snapshot)
        self._quotes: dict[tuple[str | None, str, Said], _Quote | Unpriced] = {}

    def cost(
        self,
        provider: str | None,
        model: str,
        usage: Mapping[str, Any],
        at: datetime,
        context: Mapping[str, str] = NO_CONTEXT,
    ) -> Cost | Unpriced:
        """The exact cost of one request at its time.

        Args:
            provider: who billed it; None when only the model is known.
            model: as people and logs write it.
            usage: the raw usage object of the response, or plain counts.
            at: when the request ran, aware. Where hours matter, sellers go by when it completed.
            context: how it was run: any of `conditions.KEYS`. What the usage object says of itself wins.

        Raises:
            InvalidInputError: a count that is none, a naive time, or a context key that no price depends on.
        """
        return self.cost_of(provider, model, read_usage(usage), at, context)

    def cost_of(
        self,
        provider: str | None,
        model: str,
        counts: Counts,
        at: datetime,
        context: Mapping[str, str] = NO_CONTEXT,
    ) -> Cost | Unpriced:
        """The exact cost of counts that are read already; everything else as in `cost`."""
        said = context if not counts.conditions else {**context, **counts.conditions}
        quote = self._quote(provider, model, tuple(said.items()) if said else ())
        if isinstance(quote, Unpriced):
            return quote
        row = quote.row(at)
        if isinstance(row, Unpriced):
            return row
        step = row.steps[0] if len(row.steps) == 1 else row.step(counts.prompt_tokens)
        rates, total = step.atto_usd, 0
        for meter, units in counts.units.items():
            rate = rates.get(meter)
            if rate is not None:
                total += units * rate
            elif units:
                name = quote.found.priced.name
                return Unpriced(f"no source prices {WORDS[meter]} of {name}", (name,))
        return Cost(total, quote.found, row, step, counts, at)

    def find(self, provider: str | None, model: str, context: Mapping[str, str] = NO_CONTEXT) -> Priced | Unpriced:
        """The model that a name means for a seller, or unpriced with the nearest known names.

        Raises:
            InvalidInputError: a context key that no price depends on.
        """
        found = self.understood(provider, model, context)
        return found if isinstance(found, Unpriced) else found.priced

    def understood(self, provider: str | None, model: str, context: Mapping[str, str] = NO_CONTEXT) -> Found | Unpriced:
        """What a name and a context were understood as.

        Raises:
            InvalidInputError: a context key that no price depends on.
        """
        quote = self._quote(provider, model, tuple(context.items()))
        return quote if isinstance(quote, Unpriced) else quote.found

    def _quote(self, provider: str | None, model: str, said: Said) -> _Quote | Unpriced:
        key = (provider, model, said)
        quote = self._quotes.get(key)
        if quote is None:
            if len(self._quotes) >= QUOTES_MAX:
                self._quotes.clear()
            found = self.finder.find(provider, model, conditions_of(said))
            quote = self._quotes[key] = found if isinstance(found, Unpriced) else _Quote(found)
        return quote


class _Quote:
    """A name and a way of running, as they were understood once; gives the rates for any moment."""

    __slots__ = ("_fixed", "found")

    def __init__(self, found: Found) -> None:
        self.found = found
        # Most models have had one price and no special hours: then the moment changes nothing.
        priced = found.priced
        fixed = found.since is None and len(priced.spans) == 1 and not priced.schedules
        self._fixed = priced.row(EVER, found.conditions) if fixed else None

    def row(self, at: datetime) -> Row | Unpriced:
        if at.tzinfo is None:
            raise InvalidInputError("at", "a time without a zone", 'Send it with one, such as "2026-11-24T12:00:00Z"')
        if self._fixed is not None:
            return self._fixed
        priced, conditions, since, _ = self.found
        if since is not None and at < since:
            return Unpriced(f"the name means {priced.name} only since {since:%Y-%m-%d}", (priced.name,))
        return priced.row(at, conditions)


@lru_cache(maxsize=1)
def shipped_prices() -> PriceList:
    """The price list of the snapshot that comes with this version; read on first use."""
    return PriceList(read_snapshot(shipped_snapshot()))


def read_data() -> None:
    """Read the small data files that are otherwise read on first use, for callers that must not block later."""
    seller_named("")
    schedules_of("", "")
    uplift_of("", "")
