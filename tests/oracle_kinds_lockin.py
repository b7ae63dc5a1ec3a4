"""Lock-in and programme oracle rows: each kind as a call of the package's public functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tokenworth.valuation.commitment import best_commitment_lognormal, newsvendor_normal
from tokenworth.valuation.concentration import herfindahl
from tokenworth.valuation.pooling import pooled_quantile_ratio_lognormal

__all__ = ["KINDS"]

Inputs = Mapping[str, Any]

KINDS: dict[str, Callable[[Inputs], float]] = {
    "pooled_quantile_ratio_lognormal": lambda i: pooled_quantile_ratio_lognormal(i["n"], i["sigma"], i["q"]),
    "optimal_commit_lognormal": lambda i: best_commitment_lognormal(i["median_demand"], i["sigma"], i["discount"]),
    "newsvendor_normal": lambda i: newsvendor_normal(i["mean"], i["sd"], i["cu"], i["co"]),
    "hhi": lambda i: herfindahl(i["shares"]),
}
