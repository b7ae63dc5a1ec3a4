"""The tool that shows every default, its range, its source and how to replace it."""

from __future__ import annotations

import difflib

from tokenworth.assumptions.catalogue import Assumption
from tokenworth.assumptions.models import AssumptionsExplained, ExplainAssumptionsRequest, ExplainedAssumption
from tokenworth.context import Context
from tokenworth.errors import InvalidInputError

__all__ = ["explain_assumptions"]

# Concise answers stay short enough to read aloud: beyond this many entries they carry name, range and meaning only.
EXPLAINED_IN_FULL_MAX = 5


async def explain_assumptions(request: ExplainAssumptionsRequest, context: Context) -> AssumptionsExplained:
    """Show the defaults in force: range, unit, kind, source, date, formula, and what would replace each.

    Raises:
        InvalidInputError: a name that no assumption has; the nearest one is named.
    """
    chosen = _chosen(request, context)
    in_full = request.detail == "full" or len(chosen) <= EXPLAINED_IN_FULL_MAX
    assumed = sum(entry.kind == "assumed" for entry in chosen)
    changed = sum(entry.origin != "default" for entry in chosen)
    headline = (
        f"{len(chosen)} assumptions in force: {len(chosen) - assumed} read at a source, "
        f"{assumed} assumed by us, {changed} changed by you."
    )
    return AssumptionsExplained(
        headline=headline,
        assumptions=[_explained(entry, in_full=in_full) for entry in chosen],
        how_to_change='Replace any by name in a call: overrides = {"cut_hazard": 0.1}; '
        "the entry with the widest dollar range in value_offer's answer is the one worth replacing first.",
    )


def _chosen(request: ExplainAssumptionsRequest, context: Context) -> list[Assumption]:
    for name in request.names:
        if name not in context.assumptions:
            near = difflib.get_close_matches(name, context.assumptions, 1)
            hint = f"Did you mean {near[0]!r}?" if near else "Call without names to list all"
            raise InvalidInputError("names", "no assumption has that name", hint)
    entries = [context.assumptions[name] for name in request.names] or list(context.assumptions.values())
    if request.search is not None:
        wanted = request.search.casefold()
        entries = [e for e in entries if wanted in f"{e.name} {e.plain} {e.source} {e.formula}".casefold()]
    return entries


def _explained(entry: Assumption, *, in_full: bool) -> ExplainedAssumption:
    return ExplainedAssumption(
        name=entry.name,
        low=entry.low,
        base=entry.base,
        high=entry.high,
        unit=entry.unit,
        distribution=entry.distribution,
        kind=entry.kind,
        origin=entry.origin,
        plain=entry.plain,
        source=entry.source if in_full else None,
        date=entry.date if in_full else None,
        formula=entry.formula if in_full else None,
        ask=entry.ask if in_full else None,
        fact=entry.fact if in_full else None,
    )
