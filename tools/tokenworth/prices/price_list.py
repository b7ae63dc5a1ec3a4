"""The price list: what a request to a model cost at its time, exactly, or that it is unpriced and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from tokenworth.errors import InvalidInputError
from tokenworth.prices.conditions import UNCHANGED, Conditions, conditions_of
from tokenworth.prices.cost import WORDS, Cost, Unpriced
from tokenworth.prices.finder import Finder, Found
from tokenworth.prices.priced import Priced
from tokenworth.prices.snapshot import Snapshot, read_snapshot, shipped_snapshot
from tokenworth.prices.usages import Counts, read_usage

__all__ = ["PriceList", "shipped_prices"]

FOUND_MAX: Final = 20_000
NO_CONTEXT: Final[Mapping[str, str]] = {}


class PriceList:
    """Prices of one snapshot. Safe to share between tasks and threads: nothing changes but caches."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.finder = Finder(snapshot)
        self._found: dict[tuple[str | None, str, Conditions], Found | Unpriced] = {}

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
        conditions = conditions_of(tuple(said.items())) if said else UNCHANGED
        found = self._found.get((provider, model, conditions)) or self._look_up(provider, model, conditions)
        if isinstance(found, Unpriced):
            return found
        priced, applied, since, _ = found
        if since is not None and at < since:
            return Unpriced(f"the name means {priced.name} only since {since:%Y-%m-%d}", (priced.name,))
        if at.tzinfo is None:
            raise InvalidInputError("at", "a time without a zone", 'Send it with one, such as "2026-11-24T12:00:00Z"')
        row = priced.row(at, applied)
        if isinstance(row, Unpriced):
            return row
        step = row.steps[0] if len(row.steps) == 1 else row.step(counts.prompt_tokens)
        rates, total = step.atto_usd, 0
        for meter, units in counts.units.items():
            rate = rates.get(meter)
            if rate is not None:
                total += units * rate
            elif units:
                return Unpriced(f"no source prices {WORDS[meter]} of {priced.name}", (priced.name,))
        return Cost(total, priced, row, step, counts, at)

    def find(self, provider: str | None, model: str, context: Mapping[str, str] = NO_CONTEXT) -> Priced | Unpriced:
        """The model that a name means for a seller, or unpriced with the nearest known names.

        Raises:
            InvalidInputError: a context key that no price depends on.
        """
        conditions = conditions_of(tuple(context.items())) if context else UNCHANGED
        found = self._look_up(provider, model, conditions)
        return found if isinstance(found, Unpriced) else found.priced

    def understood(self, provider: str | None, model: str, context: Mapping[str, str] = NO_CONTEXT) -> Found | Unpriced:
        """What a name and a context were understood as.

        Raises:
            InvalidInputError: a context key that no price depends on.
        """
        return self._look_up(provider, model, conditions_of(tuple(context.items())) if context else UNCHANGED)

    def _look_up(self, provider: str | None, model: str, conditions: Conditions) -> Found | Unpriced:
        key = (provider, model, conditions)
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= FOUND_MAX:
                self._found.clear()
            found = self._found[key] = self.finder.find(provider, model, conditions)
        return found


@lru_cache(maxsize=1)
def shipped_prices() -> PriceList:
    """The price list of the snapshot that comes with this version; read on first use."""
    return PriceList(read_snapshot(shipped_snapshot()))


def age_days(snapshot: Snapshot, now: datetime) -> int:
    """How many whole days ago a snapshot's newest source was recorded."""
    return max((now.astimezone(UTC) - snapshot.as_of).days, 0)
