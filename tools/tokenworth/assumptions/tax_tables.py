"""The dated tax tables that ship, as the schedules and curves that `valuation` computes with."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, Literal

from tokenworth.errors import InvalidInputError
from tokenworth.valuation.taxes import IncomeTaxSchedule, PayrollTax

__all__ = ["FILINGS", "STATES", "TAX_YEARS", "Filing", "TaxTables", "load_tax_tables"]

Filing = Literal["single", "mfj"]
FILINGS: Final[tuple[Filing, ...]] = ("single", "mfj")
# Where the shipped file of each state lies; a state with no income tax would have an empty table of its own.
STATES: Final = {"CA": "us_ca.toml"}
TAX_YEARS: Final = (2025, 2026)


@dataclass(frozen=True, slots=True)
class TaxTables:
    """One year's taxes for one person.

    Attributes:
        year: the year asked for.
        law_year: the year whose tables these are; earlier than `year` when those are not out yet.
        notes: what a reader must know about these tables, in plain words.
    """

    year: int
    law_year: int
    federal: IncomeTaxSchedule
    payroll: PayrollTax
    state: IncomeTaxSchedule | None
    source: str
    notes: tuple[str, ...]


@lru_cache(maxsize=256)
def load_tax_tables(year: int, filing: Filing, state: str | None = None) -> TaxTables:
    """US federal, FICA and state tables for a year.

    Years after the last table use the last table; `law_year` says so.

    Raises:
        InvalidInputError: a year before the first table, or a state without one.
    """
    if year < TAX_YEARS[0]:
        raise InvalidInputError("offer.start_year", "no tax table that old", f"Send a year from {TAX_YEARS[0]}")
    if state is not None and state not in STATES:
        raise InvalidInputError(
            "person.state",
            "no tax table for that state yet",
            f"Send one of {', '.join(STATES)}, leave it out for federal tax only, or send person.marginal_rate",
        )
    law_year = min(year, TAX_YEARS[-1])
    federal = _read("us_federal.toml")
    notes: list[str] = []
    sources = [str(federal["source"])]
    state_schedule = None
    if state is not None:
        table = _read(STATES[state])
        state_schedule, indexed = _state_schedule(table, law_year, filing)
        sources.append(str(table["source"]))
        if indexed:
            notes.append(f"{state} {law_year} is the earlier schedule indexed, not the published one")
    rules = federal[str(law_year)]
    return TaxTables(
        year=year,
        law_year=law_year,
        federal=_schedule(rules, filing),
        payroll=_payroll(rules["payroll"], filing),
        state=state_schedule,
        source="; ".join(sources),
        notes=tuple(notes),
    )


@lru_cache(maxsize=8)
def _read(name: str) -> dict[str, Any]:
    path = files("tokenworth.assumptions").joinpath("tax", name)
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _schedule(rules: dict[str, Any], filing: Filing) -> IncomeTaxSchedule:
    entry = dict(rules[filing])
    thresholds = tuple(float(value) for value in entry.pop("thresholds"))
    return IncomeTaxSchedule(thresholds, tuple(rules["rates"]), **{name: float(v) for name, v in entry.items()})


def _state_schedule(table: dict[str, Any], year: int, filing: Filing) -> tuple[IncomeTaxSchedule, bool]:
    rules = table[str(year)]
    if "indexed_from" not in rules:
        return _schedule(rules, filing), False
    base = _schedule(table[str(rules["indexed_from"])], filing)
    index, fixed = float(rules["index"]), {float(value) for value in rules["not_indexed"]}
    moved = replace(
        base,
        thresholds=tuple(t if t in fixed else round(t * index) for t in base.thresholds),
        deduction=round(base.deduction * index),
        credit=round(base.credit * index),
        credit_reduced_from=round(base.credit_reduced_from * index),
    )
    return moved, True


def _payroll(entry: dict[str, Any], filing: Filing) -> PayrollTax:
    return PayrollTax(
        social_security_rate=entry["social_security_rate"],
        wage_base=float(entry["wage_base"]),
        medicare_rate=entry["medicare_rate"],
        additional_rate=entry["additional_rate"],
        additional_threshold=float(entry["additional_threshold"][filing]),
    )
