"""What changed between two readings of one price source: models that came and went, and prices old -> new."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from tokenworth.prices.observations import ContextThreshold, Observation, Parsed, TimeWindow

__all__ = ["Changes", "PriceChange", "compare"]

ALWAYS: Final[tuple[TimeWindow, ...]] = ()
UPLIFT: Final = "uplift "


@dataclass(frozen=True, slots=True)
class PriceChange:
    """One rate that is not what it was.

    Attributes:
        condition: what the rate is limited to besides the model, in words; "" for the standard rate.
        what: a meter, or "uplift" and the condition of a multiple on all rates.
        old, new: USD per million of the meter's unit (or the multiple); None where it was not or is no longer stated.
    """

    seller: str
    model: str
    condition: str
    what: str
    old: Decimal | None
    new: Decimal | None

    def __str__(self) -> str:
        """For people: openai/gpt-5.5 (batch) output: $10 -> $12 per million (+20%)."""
        where = f" ({self.condition})" if self.condition else ""
        return f"{self.seller}/{self.model}{where} {self.what}: {self._amounts()}"

    def _amounts(self) -> str:
        if self.what.startswith(UPLIFT):
            return " -> ".join(
                "none" if factor is None else f"x{factor.normalize():f}" for factor in (self.old, self.new)
            )
        old, new = (_usd(rate) for rate in (self.old, self.new))
        if not self.old or self.new is None:
            return f"{old} -> {new} per million"
        percent = (self.new / self.old - 1) * 100
        return f"{old} -> {new} per million ({percent:+,.0f}%)"


@dataclass(frozen=True, slots=True)
class Changes:
    """All that changed, each in the order of seller and model."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    prices: tuple[PriceChange, ...] = ()


_Amounts = Mapping[str, Decimal]
_Key = tuple[
    str,
    str,
    str | None,
    str | None,
    str,
    str,
    ContextThreshold | None,
    tuple[TimeWindow, ...],
    datetime | None,
]


def compare(old: Parsed, new: Parsed) -> Changes:
    """The difference between two readings of the same source."""
    before, after = _rates(old), _rates(new)
    sold_before, sold_after = {key[:2] for key in before}, {key[:2] for key in after}
    return Changes(
        tuple(sorted("/".join(key) for key in sold_after - sold_before)),
        tuple(sorted("/".join(key) for key in sold_before - sold_after)),
        tuple(_price_changes(before, after, sold_before & sold_after)),
    )


def _rates(parsed: Parsed) -> dict[_Key, _Amounts]:
    return {_key(row): _amounts(row) for row in parsed.observations}


def _amounts(row: Observation) -> _Amounts:
    amounts: dict[str, Decimal] = {UPLIFT + condition: factor for condition, factor in row.uplifts.items()}
    amounts.update(row.usd_per_million.items())
    return amounts


def _key(row: Observation) -> _Key:
    return (
        row.seller,
        row.model,
        row.region,
        row.deployment,
        row.service_tier,
        row.processing,
        row.above,
        row.windows,
        row.starts_at,
    )


def _price_changes(
    before: Mapping[_Key, _Amounts],
    after: Mapping[_Key, _Amounts],
    shared: set[tuple[str, str]],
) -> Iterator[PriceChange]:
    keys = [key for key in before.keys() | after.keys() if key[:2] in shared]
    for key in sorted(keys, key=repr):
        old, new = before.get(key, {}), after.get(key, {})
        for what in sorted(old.keys() | new.keys()):
            if old.get(what) != new.get(what):
                yield PriceChange(key[0], key[1], _condition(key), what, old.get(what), new.get(what))


def _condition(key: _Key) -> str:
    _, _, region, deployment, service_tier, processing, above, windows, starts_at = key
    words = [word for word in (region, deployment) if word]
    words += [service_tier] if service_tier != "standard" else []
    words += [processing] if processing != "online" else []
    words += [f"{'from' if above.inclusive else 'above'} {above.tokens:,} tokens"] if above else []
    words += ["at certain hours"] if windows != ALWAYS else []
    words += [f"from {starts_at:%Y-%m-%d}"] if starts_at else []
    return ", ".join(words)


def _usd(rate: Decimal | None) -> str:
    return "unpriced" if rate is None else f"${rate.normalize():f}"
