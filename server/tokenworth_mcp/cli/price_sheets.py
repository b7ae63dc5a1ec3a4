"""How answers about prices are laid out for people: one model on several small tables, and changes a line each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

__all__ = ["changes_apart", "conflicts_apart", "history_alone", "one_model", "plain_snapshot"]

Data = Mapping[str, Any]

LAUNCH: Final = "launch"
# What has a table of its own; the rest of a model's row is a line each.
APART: Final = ("modes", "uplifts", "history", "coming", "conflicts")


def plain_snapshot(data: Data) -> dict[str, Any]:
    """The answer with the price data it rests on in one line."""
    snapshot = cast("Data", data["snapshot"])
    of = f"{str(snapshot['as_of'])[:10]}, {snapshot['age_days']} days old, {snapshot['models']:,} models"
    return {**data, "snapshot": of}


def one_model(data: Data) -> dict[str, Any]:
    """One model's row unfolded: what it costs, then its modes, history, coming changes and conflicts."""
    rows = _rows(data)
    if not rows:
        return plain_snapshot(data)
    row = rows[0]
    return {
        "headline": data["headline"],
        **{name: value for name, value in row.items() if name not in APART},
        "prices_of": plain_snapshot(data)["snapshot"],
        "modes": [{"mode": mode, "costs": told} for mode, told in row.get("modes", {}).items()],
        "uplifts": [{"if": condition, "all_rates": told} for condition, told in row.get("uplifts", {}).items()],
        **_moves(row),
        "conflicts": row.get("conflicts", []),
    }


def history_alone(data: Data) -> dict[str, Any]:
    """Only how one model's price moves."""
    rows = _rows(data)
    if not rows:
        return plain_snapshot(data)
    sources, of = rows[0].get("sources", []), plain_snapshot(data)["snapshot"]
    return {"headline": data["headline"], "sources": sources, "prices_of": of, **_moves(rows[0])}


def conflicts_apart(data: Data) -> dict[str, Any]:
    """A line for each thing that another source says."""
    lines = [
        {"model": row["model"], "used": _in_and_out(row), **stated}
        for row in _rows(data)
        for stated in row.get("conflicts", ())
    ]
    return {**plain_snapshot(data), "rows": lines}


def changes_apart(data: Data) -> dict[str, Any]:
    """A line for each coming change, beside what holds now."""
    lines = [
        {"model": row["model"], "now": _in_and_out(row), "from": change.get("since"), "then": _in_and_out(then)}
        for row in _rows(data)
        for change in row.get("coming", ())
        for then in [change.get("rates", {})]
    ]
    return {**plain_snapshot(data), "rows": lines}


def _rows(data: Data) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", data["rows"])


def _moves(row: Data) -> dict[str, Any]:
    """History and coming changes, a line each; a price that never moved is its own history."""
    known = [name for name in ("input", "output", "cache_read") if name in row]
    history = row.get("history") or [{"rates": {name: row[name] for name in known}}]
    return {"history": _lines(history), "coming": _lines(row.get("coming", ()))}


def _lines(changes: Iterable[Data]) -> list[dict[str, Any]]:
    return [
        {"since": change.get("since", LAUNCH), **change.get("rates", {}), "note": change.get("note")}
        for change in changes
    ]


def _in_and_out(rates: Data) -> str:
    told = [f"${rates[name]} {word}" for name, word in (("input", "in"), ("output", "out")) if name in rates]
    return ", ".join(told) or "no price"
