"""Whether a source still looks like itself: readable, not shrunken, under the same names, in the same units."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from statistics import median
from typing import Final

from tokenworth.errors import DataUnreadableError, SourceDriftError
from tokenworth.prices.observations import Meter, Observation, Parsed

__all__ = ["ModelKey", "check_drift", "check_json", "models_priced", "new_fields", "without_absurd"]

ModelKey = tuple[str, str]

SHRINK_MAX: Final = Decimal("0.30")
# Half of the models with input but no output (or the other way round) is a renamed field, not a market.
BOTH_ENDS_MIN: Final = Decimal("0.50")
# A typical list price of input today is between 30 cents and 3 dollars per million tokens; a mistake of units is a
# factor of 100 or more.
TYPICAL_USD_PER_MILLION: Final = (Decimal("0.02"), Decimal(20))
UNIT_CHANGE_MAX: Final = 8
# The dearest real model costs 600 dollars per million tokens.
ABSURD_USD_PER_MILLION: Final = 2000
ABSURD_SHARE_MAX: Final = Decimal("0.05")
TOKEN_METERS: Final[frozenset[Meter]] = frozenset(
    {"input", "output", "cache_read", "cache_write_5m", "cache_write_1h", "cache_write_12h", "reasoning"}
)
# A field that suddenly appears on this share of models is worth a line to whoever maintains the readers.
NEW_FIELD_SHARE: Final = Decimal("0.10")


def check_json(body: bytes) -> None:
    """Refuse what different readers could read differently.

    Raises:
        DataUnreadableError: not UTF-8, not JSON, or an object that says the same name twice.
    """
    try:
        json.loads(
            body.decode("utf-8-sig"),
            object_pairs_hook=_unique,
            parse_float=str,
            parse_int=str,
            parse_constant=_refused,
        )
    except UnicodeDecodeError:
        raise DataUnreadableError("it is not UTF-8 text") from None
    except _TwiceError:
        raise DataUnreadableError("it says the same name twice in one object") from None
    except (ValueError, RecursionError):
        raise DataUnreadableError("it is not whole JSON") from None


class _TwiceError(Exception):
    """An object with a name twice."""


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _TwiceError
    return members


def _refused(constant: str) -> object:
    raise ValueError(constant)


def without_absurd(parsed: Parsed) -> Parsed:
    """The rows whose token rates can be right; the few others are counted as unusable.

    Raises:
        SourceDriftError: they are not few.
    """
    sound = tuple(row for row in parsed.observations if not _is_absurd(row))
    absurd = len(parsed.observations) - len(sound)
    if not absurd:
        return parsed
    if absurd > len(parsed.observations) * ABSURD_SHARE_MAX:
        raise SourceDriftError(f"{absurd} of its {len(parsed.observations)} prices cannot be right: other units?")
    return replace(parsed, observations=sound, unusable={**parsed.unusable, "a price that cannot be right": absurd})


def _is_absurd(row: Observation) -> bool:
    return any(rate > ABSURD_USD_PER_MILLION for meter, rate in row.usd_per_million.items() if meter in TOKEN_METERS)


def models_priced(parsed: Parsed) -> set[ModelKey]:
    """The models that have a price, by seller and id."""
    return {(row.seller, row.model) for row in parsed.observations}


def check_drift(new: Parsed, old: Parsed | None, *, models_min: int) -> None:
    """Refuse a source that no longer looks like itself.

    Args:
        new: what was fetched.
        old: the last good copy, or None on the first fetch; then only what holds for every price list is checked.
        models_min: what this source has at the least.

    Raises:
        SourceDriftError: with what is different, for people.
    """
    priced = models_priced(new)
    if len(priced) < models_min:
        raise SourceDriftError(f"it prices {len(priced)} models, and at least {models_min} are known to be there")
    if old is not None:
        before = models_priced(old)
        if len(priced) < len(before) * (1 - SHRINK_MAX):
            raise SourceDriftError(f"it shrank from {len(before)} to {len(priced)} models")
    _check_units(new, old)
    _check_names(new, old)


def _check_names(new: Parsed, old: Parsed | None) -> None:
    """A field that was renamed takes a meter away from most models."""
    now = _models_by_meter(new)
    ends = now["input"] | now["output"]
    both = now["input"] & now["output"]
    if len(both) < len(ends) * BOTH_ENDS_MIN:
        raise SourceDriftError(f"most models lost their input or output price{_suspects(new, old)}")
    for meter, models in _models_by_meter(old).items() if old is not None else ():
        had, has = len(models), len(now[meter])
        if had >= 10 and has < had * (1 - SHRINK_MAX):
            raise SourceDriftError(f"the {meter} price went from {had} models to {has}{_suspects(new, old)}")


def _suspects(new: Parsed, old: Parsed | None) -> str:
    names = new_fields(new, old)
    return f"; fields not seen before: {', '.join(names)}" if names else ""


def new_fields(new: Parsed, old: Parsed | None) -> list[str]:
    """Price-like fields on many models that the last good copy had on few or none."""
    known: dict[str, int] = {} if old is None else dict(old.unknown_fields)
    enough = max(1, int(len(models_priced(new)) * NEW_FIELD_SHARE))
    return sorted(
        _printable(name)
        for name, count in new.unknown_fields.items()
        if count >= enough and known.get(name, 0) < enough
    )[:5]


def _printable(name: str) -> str:
    """A field's name for a report; anything that is not a plain name stays out of it."""
    return name if name.isidentifier() and len(name) <= 60 else "a field with an odd name"


def _check_units(new: Parsed, old: Parsed | None) -> None:
    """A change of units moves every price by the same large factor."""
    now = _input_rates(new)
    if not now:
        return
    typical = median(now.values())
    low, high = TYPICAL_USD_PER_MILLION
    if not low <= typical <= high:
        raise SourceDriftError(f"its typical input price is {typical.normalize():f} USD per million: other units?")
    before = {} if old is None else _input_rates(old)
    factors = [now[key] / before[key] for key in now.keys() & before.keys()]
    if len(factors) >= 10 and not Decimal(1) / UNIT_CHANGE_MAX <= median(factors) <= UNIT_CHANGE_MAX:
        raise SourceDriftError(f"its prices changed by a factor of {median(factors):.3g} all at once: other units?")


def _input_rates(parsed: Parsed) -> dict[ModelKey, Decimal]:
    """Each model's plain input rate, where it has one above zero."""
    rates: dict[ModelKey, Decimal] = {}
    for row in parsed.observations:
        rate = row.usd_per_million.get("input")
        if rate and _is_plain(row):
            rates.setdefault((row.seller, row.model), rate)
    return rates


def _models_by_meter(parsed: Parsed) -> defaultdict[Meter, set[ModelKey]]:
    models: defaultdict[Meter, set[ModelKey]] = defaultdict(set)
    for row in parsed.observations:
        for meter in row.usd_per_million if _is_plain(row) else ():
            models[meter].add((row.seller, row.model))
    return models


def _is_plain(row: Observation) -> bool:
    """Whether a row holds what most calls pay; other rows come from other fields, which keep their names."""
    return row.above is None and not row.windows and row.processing == "online" and row.service_tier == "standard"
