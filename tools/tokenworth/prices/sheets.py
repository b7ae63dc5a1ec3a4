"""A rate sheet: all that one model costs over one span of time, and the line of text that a snapshot keeps it as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from tokenworth.errors import DataUnreadableError
from tokenworth.prices.observations import ContextThreshold, Meter

__all__ = ["CODES", "STANDARD", "Mode", "Rates", "Sheet", "label_of", "mode_name", "read_sheet", "write_sheet"]

Rates = Mapping[Meter, Decimal]
# How a request is run: "standard", "batch", or the name of a service tier.
Mode = str
STANDARD: Final[Mode] = "standard"
# Marks a mode whose rates follow from another's by a stated rule instead of being listed.
DERIVED: Final = "~"

CODES: Final[dict[Meter, str]] = {
    "input": "i",
    "output": "o",
    "cache_read": "r",
    "cache_write_5m": "w",
    "cache_write_1h": "h",
    "cache_write_12h": "d",
    "reasoning": "t",
    "input_audio": "ai",
    "output_audio": "ao",
    "cache_read_audio": "ar",
    "cache_write_audio": "aw",
    "input_image": "mi",
    "output_image": "mo",
    "cache_read_image": "mr",
    "input_video": "vi",
    "output_video": "vo",
    "web_search": "s",
    "file_search": "f",
    "maps_search": "g",
    "request": "q",
    "image": "n",
    "page": "p",
    "input_second": "is",
    "output_second": "os",
    "input_character": "ic",
    "output_character": "oc",
}
METER_OF: Final[dict[str, Meter]] = {code: meter for meter, code in CODES.items()}


@dataclass(frozen=True, slots=True)
class Sheet:
    """USD per million units, by mode and by size of the prompt.

    Attributes:
        rates: for each mode its rates below and above every boundary, complete: (mode, None) is the base.
        uplifts: multiples on token rates under a condition ("inference_geo=us").
        derived: modes ("priority") or parts of them ("priority>272000") whose rates follow from a rule, not from a
            listed price.
    """

    rates: Mapping[tuple[Mode, ContextThreshold | None], Rates]
    uplifts: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])
    derived: frozenset[str] = frozenset()

    @property
    def base(self) -> Rates:
        """The standard rates of a short prompt."""
        return self.rates[STANDARD, None]

    @property
    def modes(self) -> list[Mode]:
        """Every mode with a price, the standard one first."""
        return sorted({mode for mode, _ in self.rates}, key=lambda mode: (mode != STANDARD, mode))

    def follows_from_a_rule(self, mode: Mode, above: ContextThreshold | None) -> bool:
        """Whether the rates of a mode beyond a boundary are derived instead of listed."""
        return mode in self.derived or label_of(mode, above) in self.derived

    def boundaries(self, mode: Mode) -> list[ContextThreshold]:
        """The prompt sizes at which the mode's rates change, ascending."""
        return sorted(above for one, above in self.rates if one == mode and above is not None)


def label_of(mode: Mode, above: ContextThreshold | None) -> str:
    """How a part of a sheet is labelled: "batch", ">272000", "priority>=200000"."""
    return ("" if mode == STANDARD else mode) + _boundary(above)


def mode_name(service_tier: str, processing: str) -> Mode:
    """The mode of a service tier and a way of processing; a batch in a special tier has its own name."""
    if processing == "batch":
        return "batch" if service_tier == STANDARD else f"batch+{service_tier}"
    return service_tier


def write_sheet(sheet: Sheet) -> str:
    """The sheet as one line, the same line for the same sheet.

    Base rates first, then one part a mode and boundary, then uplifts:
    `i4 o20 r0.4|>272000:i8 o30 r0.8|batch:i2 o10|*data_residency=eu:1.1`. A part repeats only what differs from the
    base rates.
    """
    parts = [_meters(sheet.base, {})]
    for (mode, above), rates in sorted(sheet.rates.items(), key=_place):
        if (mode, above) != (STANDARD, None):
            mark = DERIVED if sheet.follows_from_a_rule(mode, above) else ""
            parts.append(f"{mark}{label_of(mode, above)}:{_meters(rates, sheet.base)}")
    parts += [f"*{condition}:{multiple:f}" for condition, multiple in sorted(sheet.uplifts.items())]
    return "|".join(parts)


def read_sheet(line: str) -> Sheet:
    """The sheet of a line that `write_sheet` wrote.

    Raises:
        DataUnreadableError: the line does not follow the grammar.
    """
    try:
        return _read(line)
    except (KeyError, ValueError, ArithmeticError) as error:
        raise DataUnreadableError("the price snapshot holds a line that cannot be read. Build it again") from error


def _read(line: str) -> Sheet:
    first, *parts = line.split("|")
    base = _rates(first)
    rates: dict[tuple[Mode, ContextThreshold | None], Rates] = {(STANDARD, None): base}
    uplifts: dict[str, Decimal] = {}
    derived: set[str] = set()
    for part in parts:
        label, _, body = part.rpartition(":")
        if label.startswith("*"):
            uplifts[label[1:]] = Decimal(body)
            continue
        mark, label = label.startswith(DERIVED), label.removeprefix(DERIVED)
        mode, above = _labelled(label)
        if mark and mode not in derived:
            derived.add(label)
        rates[mode, above] = {**base, **_rates(body)}
    return Sheet(rates, uplifts, frozenset(derived))


def _labelled(label: str) -> tuple[Mode, ContextThreshold | None]:
    mode, beyond, size = label.partition(">")
    inclusive = size.startswith("=")
    above = ContextThreshold(int(size.removeprefix("=")), inclusive) if beyond else None
    return mode or STANDARD, above


def _boundary(above: ContextThreshold | None) -> str:
    if above is None:
        return ""
    return f"{'>=' if above.inclusive else '>'}{above.tokens}"


def _meters(rates: Rates, base: Rates) -> str:
    return " ".join(
        f"{code}{_digits(rates[meter])}"
        for meter, code in CODES.items()
        if meter in rates and rates[meter] != base.get(meter)
    )


def _digits(rate: Decimal) -> str:
    written = f"{rate:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def _rates(body: str) -> dict[Meter, Decimal]:
    rates: dict[Meter, Decimal] = {}
    for word in body.split():
        code = word.rstrip("0123456789.")
        rates[METER_OF[code]] = Decimal(word[len(code) :])
    return rates


def _place(item: tuple[tuple[Mode, ContextThreshold | None], Rates]) -> tuple[bool, Mode, ContextThreshold]:
    mode, above = item[0]
    return mode != STANDARD, mode, above or ContextThreshold(-1)
