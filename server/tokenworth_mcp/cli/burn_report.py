"""What `tokenworth burn --html` draws: the rows as programs get them, their sums, and the official quotas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenworth.burn.logs.report import Row

__all__ = ["burn_answer"]


def burn_answer(headline: str, found: Sequence[Row], quotas: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The answer that the page draws.

    Args:
        headline: the sums in a sentence.
        found: rows in order.
        quotas: what each agent last said of its official quotas.

    Returns:
        `use` the rows, `totals` of all, and `by_date`, `by_model` and `by_agent` with their sums, where rows tell those
        apart. A sum without any price has `usd` null, as rows have.
    """
    by = {name: _sums(found, name) for name in ("date", "model", "agent")}
    return {
        "headline": headline,
        "totals": _sum(found),
        **{f"by_{name}": sums for name, sums in by.items() if sums},
        "use": [row.data() for row in found],
        "official_quotas": list(quotas),
    }


def _sums(found: Sequence[Row], name: str) -> list[dict[str, Any]]:
    grouped: dict[str, list[Row]] = {}
    for row in found:
        if (told := getattr(row, name)) is not None:
            grouped.setdefault(told, []).append(row)
    return [{name: told, **_sum(grouped[told])} for told in sorted(grouped)]


def _sum(found: Sequence[Row]) -> dict[str, Any]:
    priced: list[Decimal] = [usd for row in found if (usd := row.usd) is not None]
    return {
        "usd": float(sum(priced)) if priced else None,
        "tokens": sum(sum(row.tokens) for row in found),
        "messages": sum(row.messages for row in found),
        "unpriced_messages": sum(row.unpriced for row in found),
    }
