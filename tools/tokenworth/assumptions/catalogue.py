"""The defaults that ship, a caller's file over them, and a request's overrides over both."""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal, Self, cast

from tokenworth.errors import DataUnreadableError, InvalidInputError
from tokenworth.valuation.spread import Spread

__all__ = ["Assumption", "Assumptions", "Measured", "Observed", "load_assumptions"]

Distribution = Literal["triangular", "lognormal", "maybe_zero", "fixed"]
Origin = Literal["default", "file", "override", "said", "observed", "measured"]
RANGE_HINT: Final = 'Send a number, or {"low": 0.1, "base": 0.2, "high": 0.3}'


@dataclass(frozen=True, slots=True)
class Measured:
    """What data says in place of a shipped default.

    Attributes:
        certain: whether it is a fact rather than the middle of a range.
    """

    value: float
    source: str
    date: str
    certain: bool = False


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen of the person in place of a default: a range of its own, and who saw it."""

    spread: Spread
    source: str
    date: str


@dataclass(frozen=True, slots=True)
class Assumption:
    """One default: its range, what is made of it, and who says so.

    Attributes:
        origin: "default" as shipped, "file" or "override" replaced by name, "said" stated in the request,
            "observed" in the ledger, "measured" from prices.
        chance_of_zero: for `maybe_zero` only, the probability of exactly 0.
        triangle: for `maybe_zero` only, the (low, mode, high) of the rest.
    """

    name: str
    low: float
    base: float
    high: float
    unit: str
    distribution: Distribution
    kind: Literal["read", "assumed"]
    source: str
    date: str
    plain: str
    formula: str
    ask: str | None = None
    fact: str | None = None
    chance_of_zero: float = 0.0
    triangle: tuple[float, float, float] | None = None
    origin: Origin = "default"

    def spread(self) -> Spread:
        """The range as the valuation draws from it."""
        return Spread(self.low, self.base, self.high, self.distribution, self.chance_of_zero, self.triangle)

    def observed(self, seen: Observed) -> Self:
        """This assumption replaced by what was seen."""
        found = seen.spread
        return replace(
            self,
            low=found.low,
            base=found.base,
            high=found.high,
            distribution=found.distribution,
            kind="read",
            source=seen.source,
            date=seen.date,
            origin="observed",
        )

    def known(self, value: float, origin: Origin) -> Self:
        """This assumption replaced by a fact: "said" in the request, or "measured"."""
        return replace(self, low=value, base=value, high=value, distribution="fixed", origin=origin)

    def measured(self, found: Measured) -> Self:
        """This assumption around what was measured: its range is kept, and widened where that lies outside."""
        if found.certain:
            entry = self.known(found.value, "measured")
        else:
            low, high = min(self.low, found.value), max(self.high, found.value)
            entry = replace(self, low=low, base=found.value, high=high, origin="measured")
        return replace(entry, kind="read", source=found.source, date=found.date)


class Assumptions(Mapping[str, Assumption]):
    """All assumptions in force, by name; immutable."""

    def __init__(self, entries: Mapping[str, Assumption]) -> None:
        self._entries = dict(entries)

    def __getitem__(self, name: str) -> Assumption:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def replaced(self, overrides: Mapping[str, object], *, field: str, origin: Origin) -> Assumptions:
        """A copy with entries replaced by a number or a low/base/high range.

        Args:
            overrides: name to number or to a mapping with low, base and high.
            field: what the caller calls this mapping, for messages.
            origin: how the entries are labelled from then on.

        Raises:
            InvalidInputError: an unknown name (the nearest is named) or an impossible range.
        """
        entries = dict(self._entries)
        for name, value in overrides.items():
            if name not in entries:
                near = difflib.get_close_matches(name, entries, 1)
                hint = f"Did you mean {near[0]!r}?" if near else "explain_assumptions lists the names"
                raise InvalidInputError(f"{field}.{name[:60]}", "no such assumption", hint)
            entries[name] = _overridden(entries[name], value, f"{field}.{name}", origin)
        return Assumptions(entries)

    def with_said(self, facts: Mapping[str, float]) -> Assumptions:
        """A copy in which facts stated in the request stand in place of their defaults."""
        return Assumptions(
            self._entries | {name: self._entries[name].known(value, "said") for name, value in facts.items()}
        )

    def with_observed(self, found: Mapping[str, Observed]) -> Assumptions:
        """A copy in which what was seen of the person stands in place of defaults."""
        return Assumptions(self._entries | {name: self._entries[name].observed(seen) for name, seen in found.items()})

    def with_measured(self, found: Mapping[str, Measured]) -> Assumptions:
        """A copy in which measurements stand in place of shipped defaults; what a caller's file says stays."""
        shipped = {name: one for name, one in found.items() if self._entries[name].origin == "default"}
        return Assumptions(self._entries | {name: self._entries[name].measured(one) for name, one in shipped.items()})


def load_assumptions(path: Path | None = None) -> Assumptions:
    """The shipped defaults, with a caller's TOML file of the same names laid over them.

    Raises:
        DataUnreadableError: the file cannot be read as TOML.
        InvalidInputError: it names an unknown assumption or an impossible range.
    """
    shipped = _shipped()
    if path is None:
        return shipped
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataUnreadableError(
            "the assumptions file cannot be read as TOML. Give one entry a line, such as: cut_hazard = 0.1"
        ) from error
    return shipped.replaced(data, field="assumptions file", origin="file")


@lru_cache(maxsize=1)
def _shipped() -> Assumptions:
    data = tomllib.loads(files("tokenworth.assumptions").joinpath("defaults.toml").read_text(encoding="utf-8"))
    known = {field.name for field in fields(Assumption)}
    return Assumptions({name: _from_data(name, entry, known) for name, entry in data.items()})


def _from_data(name: str, entry: dict[str, Any], known: set[str]) -> Assumption:
    if unknown := entry.keys() - known:
        raise DataUnreadableError(f"defaults: {name} has unknown fields: {', '.join(sorted(unknown))}")
    if "triangle" in entry:
        entry = entry | {"triangle": tuple(entry["triangle"])}
    return Assumption(name=name, **entry)


def _overridden(entry: Assumption, value: object, field: str, origin: Origin) -> Assumption:
    if isinstance(value, Mapping):
        edges = cast("Mapping[object, object]", value)
        if set(edges) != {"low", "base", "high"}:
            raise InvalidInputError(field, "a range has exactly low, base and high", RANGE_HINT)
        low, base, high = (_number(edges[key], f"{field}.{key}") for key in ("low", "base", "high"))
    else:
        low = base = high = _number(value, field)
    if not low <= base <= high:
        raise InvalidInputError(field, "low, base and high are out of order", RANGE_HINT)
    _within_limits(entry, low, high, field)
    if low == high:
        distribution: Distribution = "fixed"
    elif entry.distribution in ("maybe_zero", "fixed") or (entry.distribution == "lognormal" and low <= 0):
        distribution = "triangular"
    else:
        distribution = entry.distribution
    return replace(entry, low=low, base=base, high=high, distribution=distribution, origin=origin)


def _number(value: object, field: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInputError(field, "not a number", RANGE_HINT)
    if not math.isfinite(value) or abs(value) > 1e12:
        raise InvalidInputError(field, "not a usable number", RANGE_HINT)
    return float(value)


def _within_limits(entry: Assumption, low: float, high: float, field: str) -> None:
    """Units that have natural limits keep them: shares, probabilities, rates, amounts."""
    least, most = LIMITS.get(entry.unit.partition(",")[0], (0.0, math.inf))
    if entry.name.startswith(("price_change", "share_drift")):
        least = -0.99
    if not (least <= low and high <= most):
        bound = f"from {least:g} to {most:g}" if math.isfinite(most) else f"of at least {least:g}"
        raise InvalidInputError(field, f"outside its limits ({entry.unit})", f"Send a value {bound}")


LIMITS: Final[dict[str, tuple[float, float]]] = {
    "share": (0.0, 1.0),
    "probability": (0.001, 1.0),
    "1/year": (0.0, 10.0),
    "1/sqrt(year)": (0.01, 5.0),
    "log standard deviation": (0.0, 3.0),
    "elasticity": (0.0, 10.0),
    "relative risk aversion": (0.0, 10.0),
    "x base salary": (0.01, 1000.0),
    "x target": (0.0, 10.0),
    "x strike": (1.0, 100.0),
}
