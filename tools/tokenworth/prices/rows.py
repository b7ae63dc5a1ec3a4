"""Rates made ready for arithmetic: one row for a model, a moment and a way of running, in whole numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact
from typing import Final

from tokenworth.prices.observations import METERS, ContextThreshold, Meter
from tokenworth.prices.sheets import Mode, Sheet
from tokenworth.prices.tracks import FALLBACKS

__all__ = ["SCALE", "Row", "Step", "compile_row", "usd"]

# 10^-18 USD: the finest rate (9 decimals of USD per million) times the finest multiples is a whole number of these,
# so a total is integer arithmetic, exact at any count and under any decimal context.
SCALE: Final = 18
PER_MILLION: Final = Decimal(10) ** (SCALE - 6)
EXACT: Final = Context(prec=80, traps=[Inexact])

# Billed by the call, not by the token: no mode and no uplift changes them.
PER_CALL: Final[frozenset[Meter]] = frozenset({"web_search", "file_search", "maps_search"})


@dataclass(frozen=True, slots=True)
class Step:
    """The rates of one size of prompt.

    Attributes:
        above: the boundary beyond which they hold; None for the base.
        atto_usd: by meter, 10^-18 USD a unit; a meter that is missing has no price.
        listed: the meters with a rate of their own; the others are billed as another meter.
        derived: the rates follow from a rule instead of being listed.
    """

    above: ContextThreshold | None
    atto_usd: Mapping[Meter, int]
    listed: frozenset[Meter]
    derived: bool


@dataclass(frozen=True, slots=True)
class Row:
    """Everything that a total needs.

    Attributes:
        steps: the base first, then ascending boundaries.
        multiple: what uplifts and cheap hours made of the listed token rates.
        remarks: rules that were applied, for people.
    """

    steps: tuple[Step, ...]
    mode: Mode
    multiple: Decimal
    remarks: tuple[str, ...]

    def step(self, prompt_tokens: int) -> Step:
        """The step that a prompt of this size pays, for the whole request."""
        chosen = self.steps[0]
        for step in self.steps[1:]:
            above = step.above
            if above is None or prompt_tokens < above.tokens + (not above.inclusive):
                break
            chosen = step
        return chosen


def compile_row(sheet: Sheet, mode: Mode, multiple: Decimal, remarks: tuple[str, ...]) -> Row:
    """A sheet's rates in one mode with a multiple on the token rates, every meter filled that is billed as another.

    Raises:
        KeyError: the sheet has no such mode.
    """
    steps = [
        _step(sheet, mode, None, multiple),
        *(_step(sheet, mode, above, multiple) for above in sheet.boundaries(mode)),
    ]
    return Row(tuple(steps), mode, multiple, remarks)


def usd(atto_usd: int) -> Decimal:
    """An exact amount in USD."""
    return EXACT.scaleb(Decimal(atto_usd), -SCALE)


def _step(sheet: Sheet, mode: Mode, above: ContextThreshold | None, multiple: Decimal) -> Step:
    rates = sheet.rates[mode, above]
    atto: dict[Meter, int] = {}
    for meter in METERS:
        source: Meter | None = meter
        while source is not None and source not in rates:
            source = FALLBACKS.get(source)
        if source is not None:
            scaled = EXACT.multiply(rates[source], PER_MILLION)
            atto[meter] = int(scaled if meter in PER_CALL else EXACT.multiply(scaled, multiple))
    return Step(above, atto, frozenset(rates), sheet.follows_from_a_rule(mode, above))
