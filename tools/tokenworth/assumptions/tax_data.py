"""Reads the tax tables' files: which table is in force in a year, and its amounts as schedules and contributions.

A file has parts (`income`, `payroll`, `employee`, `employer`), each by year; the latest year up to the one asked for is
in force. `indexed` at its top names what grows with prices in the years after the last.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from tokenworth.valuation.brackets import EarnedIncomeCredit, IncomeTaxSchedule, PrintedTable, Recapture
from tokenworth.valuation.german_tax import GermanTariff, Provision
from tokenworth.valuation.payroll import Contribution, PayrollTax

__all__ = [
    "Filing",
    "TableFile",
    "contributions_of",
    "german_tariff_of",
    "payroll_of",
    "read_index",
    "read_table",
    "schedule_of",
]

Filing = Literal["single", "mfj"]
Part = Literal["income", "payroll", "employee", "employer"]
ANYONE = "any"


@dataclass(frozen=True, slots=True)
class TableFile:
    """One file of tables.

    Attributes:
        indexed: fields of the income tax that follow prices after the last table; none if the law fixes amounts.
        stands_until: the last year for which the law as enacted keeps the last table.
        parts: rules by part and year.
    """

    source: str
    date: str
    currency: str
    indexed: tuple[str, ...]
    stands_until: int
    parts: Mapping[Part, Mapping[int, Mapping[str, Any]]]

    @property
    def joint(self) -> bool:
        """Whether there are tables for couples."""
        return any("mfj" in rules for rules in self.parts["income"].values())

    def years(self, part: Part) -> tuple[int, ...]:
        """Years of a part that have their own table; none if the place has no such part."""
        return tuple(self.parts[part])

    def in_force(self, part: Part, year: int) -> int:
        """The latest year with a table, up to the one asked for."""
        return max(each for each in self.parts[part] if each <= year)

    def rules(self, part: Part, year: int) -> Mapping[str, Any]:
        """The table of exactly that year."""
        return self.parts[part][year]


@lru_cache(maxsize=1)
def read_index() -> dict[str, dict[str, Any]]:
    """Which tables there are, by country."""
    return _read("index.toml")


@lru_cache(maxsize=32)
def read_table(name: str) -> TableFile:
    """One file of tables, parsed once."""
    data = _read(name)
    parts: tuple[Part, ...] = ("income", "payroll", "employee", "employer")
    return TableFile(
        source=data["source"],
        date=data["date"],
        currency=data["currency"],
        indexed=tuple(data["indexed"]),
        stands_until=data.get("stands_until", 0),
        parts={part: {int(year): rules for year, rules in data.get(part, {}).items()} for part in parts},
    )


def schedule_of(table: TableFile, year: int, filing: Filing, inflation: float) -> IncomeTaxSchedule | None:
    """The brackets in force, indexed if their year is past; None where there is no income tax or it has no brackets."""
    if not table.years("income"):
        return None
    law_year = table.in_force("income", year)
    rules = table.rules("income", law_year)
    index = (1.0 + inflation) ** (year - law_year)
    if "indexed_from" in rules:
        index *= float(rules["index"])
        rules = table.rules("income", rules["indexed_from"])
    return _indexed(_brackets(rules, filing), table, index) if "rates" in rules else None


def payroll_of(table: TableFile, year: int, filing: Filing, inflation: float) -> PayrollTax | None:
    """FICA in force, its wage base indexed if its year is past; the additional tax's threshold is fixed by law."""
    if not table.years("payroll"):
        return None
    law_year = table.in_force("payroll", year)
    rules = table.rules("payroll", law_year)
    return PayrollTax(
        social_security_rate=rules["social_security_rate"],
        wage_base=float(round(rules["wage_base"] * (1.0 + inflation) ** (year - law_year))),
        medicare_rate=rules["medicare_rate"],
        additional_rate=rules["additional_rate"],
        additional_threshold=float(rules["additional_threshold"][filing]),
    )


def contributions_of(
    table: TableFile, part: Literal["employee", "employer"], year: int, inflation: float
) -> tuple[Contribution, ...]:
    """What is withheld from wages, or paid on top of them; limits marked `indexed` grow after the last table."""
    if not table.years(part):
        return ()
    law_year = table.in_force(part, year)
    index = (1.0 + inflation) ** (year - law_year)
    found: list[Contribution] = []
    for name, rules in table.rules(part, law_year).items():
        most = rules.get("most")
        up_to = most / rules["rate"] if most is not None else rules.get("up_to", math.inf)
        each = Contribution(name, rules["rate"], float(rules.get("above", 0.0)), float(up_to))
        found.append(each.scaled(index) if rules.get("indexed", False) else each)
    return tuple(found)


def german_tariff_of(table: TableFile, year: int, filing: Filing, inflation: float) -> GermanTariff | None:
    """The formula in force, all its amounts indexed if its year is past; None where the tax goes by brackets."""
    law_year = table.in_force("income", year)
    rules = table.rules("income", law_year)
    if "allowance" not in rules:
        return None
    own = rules[filing]
    ceilings = {each.name: each for each in contributions_of(table, "employee", law_year, inflation)}
    provision = Provision(
        pension=(ceilings["pension"],),
        health=(
            replace(ceilings["health"], rate=rules["health_rate"]),
            replace(ceilings["care"], rate=rules["care_rate"]),
        ),
        minimum_share=rules.get("minimum_share", 0.0),
        minimum_most=float(own.get("minimum_most", 0.0)),
        unemployment=(ceilings["unemployment"],),
        unemployment_within=float(rules.get("unemployment_within", 0.0)),
    )
    second, third = rules["second"], rules["third"]
    fourth, fifth = rules["fourth"], rules["fifth"]
    tariff = GermanTariff(
        allowance=float(rules["allowance"]),
        second=(float(second[0]), float(second[1])),
        second_to=float(rules["second_to"]),
        third=(float(third[0]), float(third[1]), float(third[2])),
        third_to=float(rules["third_to"]),
        fourth=(float(fourth[0]), float(fourth[1])),
        fourth_to=float(rules["fourth_to"]),
        fifth=(float(fifth[0]), float(fifth[1])),
        splitting=filing == "mfj",
        solidarity_rate=rules["solidarity_rate"],
        solidarity_free=float(own["solidarity_free"]),
        solidarity_taper=rules["solidarity_taper"],
        flat_deductions=float(rules["flat_deductions"]),
        provision=provision,
    )
    return tariff.scaled((1.0 + inflation) ** (year - law_year)) if year > law_year else tariff


def _read(name: str) -> dict[str, Any]:
    path = files("tokenworth.assumptions").joinpath("tax", name)
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _brackets(rules: Mapping[str, Any], filing: Filing) -> IncomeTaxSchedule:
    own = rules.get(filing) or rules[ANYONE]
    printed, earned = rules.get("printed"), own.get("earned")
    plain = (
        "deduction",
        "deduction_reduced_from",
        "deduction_reduction",
        "untaxed_up_to",
        "credit",
        "credit_reduced_from",
        "credit_step_usd",
        "surtax_above",
        "surtax_rate",
    )
    return IncomeTaxSchedule(
        thresholds=tuple(float(value) for value in own["thresholds"]),
        rates=tuple(float(rate) for rate in rules["rates"]),
        small_credits=tuple((float(up_to), float(amount)) for up_to, amount in own.get("small_credits", ())),
        recaptures=tuple(
            Recapture(**{name: float(value) for name, value in each.items()}) for each in own.get("recaptures", ())
        ),
        printed=None if printed is None else _printed(printed),
        earned=None if earned is None else EarnedIncomeCredit(**{name: float(value) for name, value in earned.items()}),
        **{name: float(each[name]) for each in (rules, own) for name in plain if name in each},
    )


def _printed(rules: Mapping[str, Any]) -> PrintedTable:
    rows = tuple((float(start), float(width)) for start, width in rules["rows"])
    return PrintedTable(rows, float(rules["below"]), bool(rules.get("base_rounded", False)))


def _indexed(schedule: IncomeTaxSchedule, table: TableFile, index: float) -> IncomeTaxSchedule:
    """The schedule with what the law ties to prices moved, to whole units; a printed table is a published one's."""
    if index == 1.0 or not table.indexed:
        return schedule
    moved: dict[str, Any] = {
        name: float(round(getattr(schedule, name) * index)) for name in table.indexed if name != "thresholds"
    }
    thresholds = tuple(float(round(threshold * index)) for threshold in schedule.thresholds)
    return replace(schedule, thresholds=thresholds, printed=None, **moved)
