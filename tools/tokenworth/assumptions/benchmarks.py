"""Published figures to hold a token budget against."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Any

__all__ = ["compared_with_published"]


def compared_with_published(usd_per_month: float) -> str:
    """Where a monthly token budget stands among published spend per employee, as a phrase with its source."""
    ramp = _read()["ramp"]
    source = f"{ramp['source']}, {ramp['date']}"
    marks = (("top 1%", ramp["top_percent"]), ("top tenth", ramp["top_decile"]), ("median", ramp["median"]))
    reached = next(((name, mark) for name, mark in marks if usd_per_month >= mark), None)
    if reached is None:
        return f"below the median of ${ramp['median']:,.2f} a month ({source})"
    name, mark = reached
    times = usd_per_month / mark
    size = f"{times:,.0f}x" if times >= 9.5 else f"{times:.1f}x"
    return f"{size} the {name} of ${mark:,.0f} a month ({source})"


@lru_cache(maxsize=1)
def _read() -> dict[str, Any]:
    return tomllib.loads(files("tokenworth.assumptions").joinpath("benchmarks.toml").read_text(encoding="utf-8"))
