"""What explain_assumptions is asked and what it answers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tokenworth.answers import Answer, Detail, Part, Request

__all__ = ["AssumptionsExplained", "ExplainAssumptionsRequest", "ExplainedAssumption"]


class ExplainAssumptionsRequest(Request):
    """Which defaults to explain; all of them when nothing is named."""

    names: list[str] = Field(default_factory=list, max_length=64)
    search: str | None = Field(default=None, max_length=80)
    detail: Detail = "concise"


class ExplainedAssumption(Part):
    """One default in full."""

    name: str
    low: float
    base: float
    high: float
    unit: str
    distribution: str
    kind: Literal["read", "assumed"]
    origin: str
    source: str | None = None
    date: str | None = None
    plain: str
    formula: str | None = None
    ask: str | None = None
    fact: str | None = None


class AssumptionsExplained(Answer):
    """The defaults in force, each with who says so."""

    assumptions: list[ExplainedAssumption]
    how_to_change: str

    def text(self) -> str:
        """One line a default; with the formula and the source when asked in full."""
        lines = [self.headline, ""]
        for entry in self.assumptions:
            lines.append(f"- {entry.name}: {_range(entry)} {entry.unit} ({entry.kind}). {entry.plain}")
            if entry.formula is not None:
                lines.append(f"  {entry.formula}; source: {entry.source} ({entry.date})")
        return "\n".join([*lines, "", self.how_to_change])


def _range(entry: ExplainedAssumption) -> str:
    if entry.low == entry.high:
        return f"{entry.base:g}"
    return f"{entry.low:g} / {entry.base:g} / {entry.high:g}"
