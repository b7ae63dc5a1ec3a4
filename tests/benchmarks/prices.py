"""How fast and how large prices are, side by side with genai-prices in one run: medians of five.

Prints one line a claim: what, measured, limit. Run alone on a quiet machine: `python tests/benchmarks/prices.py`.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from tokenworth.prices import shipped_prices
from tokenworth.prices.snapshot import read_snapshot, shipped_snapshot

__all__ = ["Measured", "main", "measure"]

ROUNDS: Final = 5
CALLS: Final = 20_000
PEER_CALLS: Final = 1_000
AT: Final = datetime(2026, 11, 24, 12, tzinfo=UTC)
PLAIN: Final = {"input_tokens": 1000, "output_tokens": 500}
CACHED: Final = {
    "input_tokens": 120,
    "cache_creation_input_tokens": 5000,
    "cache_read_input_tokens": 120_000,
    "cache_creation": {"ephemeral_5m_input_tokens": 2000, "ephemeral_1h_input_tokens": 3000},
    "output_tokens": 900,
}
LONG: Final = {
    "input_tokens": 300_000,
    "input_tokens_details": {"cached_tokens": 10_000, "cache_write_tokens": 2000},
    "output_tokens": 2000,
    "output_tokens_details": {"reasoning_tokens": 100},
    "total_tokens": 302_000,
}
IN_A_FRESH_PROCESS: Final = """
import json, time
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 / 2**20
bare, started = resident(), time.perf_counter()
import tokenworth.prices
imported = time.perf_counter() - started
from datetime import UTC, datetime
usage = {"input_tokens": 1000, "output_tokens": 500}
at = datetime(2026, 11, 24, tzinfo=UTC)
tokenworth.prices.shipped_prices().cost("anthropic", "claude-opus-5-5", usage, at)
print(json.dumps({"import_ms": imported * 1e3, "first_price_ms": (time.perf_counter() - started) * 1e3,
                  "rss_mib": resident() - bare}))
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One measured claim; `limit` is None where a peer or a context figure is shown."""

    what: str
    value: float
    unit: str
    limit: float | None


def microseconds_a_call(call: Callable[[], object], calls: int = CALLS) -> float:
    """The median over five rounds of the mean time of a call."""
    call()
    rounds: list[float] = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(calls):
            call()
        rounds.append((time.perf_counter() - started) / calls * 1e6)
    return statistics.median(rounds)


def fresh_process() -> dict[str, float]:
    """Import time, time to a first price and memory, each the median of five new processes."""
    runs: list[dict[str, Any]] = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", IN_A_FRESH_PROCESS], capture_output=True, check=True, text=True
            ).stdout
        )
        for _ in range(ROUNDS)
    ]
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def measure() -> list[Measured]:
    """Every claim that is made about prices."""
    from genai_prices import Usage, calc_price  # noqa: PLC0415 - a peer that only this function needs

    content = shipped_snapshot()
    prices, fresh = shipped_prices(), fresh_process()
    priority = {"service_tier": "priority"}
    peer_plain = Usage(input_tokens=1000, output_tokens=500)
    peer_cached = Usage(
        input_tokens=125_120,
        cache_read_tokens=120_000,
        cache_write_tokens=5000,
        cache_write_1h_tokens=3000,
        output_tokens=900,
    )
    return [
        Measured("snapshot loads", microseconds_a_call(lambda: read_snapshot(content), 20) / 1e3, "ms", 10),
        Measured("import tokenworth.prices", fresh["import_ms"], "ms", 40),
        Measured("first price in a new process", fresh["first_price_ms"], "ms", None),
        Measured("memory above bare", fresh["rss_mib"], "MiB", 15),
        Measured(
            "resolve + cost, plain usage",
            microseconds_a_call(lambda: prices.cost("anthropic", "claude-opus-5-5", PLAIN, AT)),
            "us",
            5,
        ),
        Measured(
            "resolve + cost, caches and a tier",
            microseconds_a_call(lambda: prices.cost("anthropic", "claude-haiku-5-5", CACHED, AT)),
            "us",
            20,
        ),
        Measured(
            "resolve + cost, caches, a tier and priority",
            microseconds_a_call(lambda: prices.cost("openai", "gpt-6.1-sol", LONG, AT, priority)),
            "us",
            20,
        ),
        Measured(
            "the same with itemised lines",
            microseconds_a_call(lambda: prices.cost("anthropic", "claude-haiku-5-5", CACHED, AT).lines),
            "us",
            None,
        ),
        Measured(
            "genai-prices, plain usage",
            microseconds_a_call(
                lambda: calc_price(peer_plain, "claude-opus-5-5", provider_id="anthropic", genai_request_timestamp=AT),
                PEER_CALLS,
            ),
            "us",
            None,
        ),
        Measured(
            "genai-prices, caches and a tier",
            microseconds_a_call(
                lambda: calc_price(
                    peer_cached, "claude-haiku-5-5", provider_id="anthropic", genai_request_timestamp=AT
                ),
                PEER_CALLS,
            ),
            "us",
            None,
        ),
    ]


def main() -> int:
    """Print every claim; 1 when one is not met."""
    missed = 0
    for one in measure():
        limit = "" if one.limit is None else f"  (limit {one.limit:g})"
        missed += one.limit is not None and one.value > one.limit
        print(f"{one.what:46} {one.value:9.2f} {one.unit}{limit}")
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main())
