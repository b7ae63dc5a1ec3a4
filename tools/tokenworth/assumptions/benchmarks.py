"""Published figures to hold a token budget against."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, Literal

from tokenworth.valuation.lognormal_fit import Lognormal, from_percentiles

__all__ = ["PUBLISHED", "Published", "PublishedUse", "compared_with_published", "published_use"]

Published = Literal["ramp", "claude_code"]
PUBLISHED: Final[tuple[Published, ...]] = ("ramp", "claude_code")


@dataclass(frozen=True, slots=True)
class PublishedUse:
    """One published distribution of use.

    Attributes:
        what: between whom it spreads.
        ratio: its spread as published.
        month: a month's use per person that agrees with it, USD.
    """

    what: str
    ratio: str
    source: str
    month: Lognormal


def published_use(name: Published) -> PublishedUse:
    """A published distribution of use, labelled as what it is."""
    entry = _read()[name]
    source = f"{entry['source'].partition(',')[0]} {entry['date']}"
    if name == "ramp":
        points = {0.5: entry["median"], 0.9: entry["top_decile"], 0.99: entry["top_percent"]}
        ratio = f"p90/p50 {points[0.9] / points[0.5]:.0f}x"
        return PublishedUse(entry["what"], ratio, source, from_percentiles(points))
    ratio = f"p90 {entry['top_decile_day'] / entry['mean_day']:.1f}x the mean"
    return PublishedUse(entry["what"], ratio, source, Lognormal(entry["mean_month"], entry["log_sd"]))


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
