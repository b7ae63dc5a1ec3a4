"""The lattice against esovalue (of the `oracles` group) at equal accuracy, its convergence, and options in an answer.

Both are compared with the lattice at 8,000 steps, which QuantLib's closed forms confirm (tests/differential).
"""

from __future__ import annotations

import importlib.util
import statistics
import time
from math import log1p
from pathlib import Path

import anyio
import numpy as np
import yaml

from tokenworth.offers.models import ValueOfferRequest
from tokenworth.offers.value_offer import value_offer
from tokenworth.valuation.option_lattice import hull_white_value
from tokenworth.valuation.options import hull_white_trinomial
from tokenworth.wiring import build_context

__all__ = ["main"]

RUNS = 5
OFFERS = Path(__file__).resolve().parents[2] / "fixtures" / "offers"
NAMES = ("startup-iso", "listed-nso")
EXIT_RATE = 0.05
ESOVALUE_STEPS = 100
SETTLED_STEPS = 8000
OPTION = {
    "volatility": 0.3,
    "rate": 0.075,
    "dividend_yield": 0.025,
    "exit_hazard": log1p(EXIT_RATE),
    "vesting_years": 3.0,
    "expiry_years": 10.0,
    "exercise_multiple": 2.0,
}


def _lattice(steps: int) -> float:
    return float(hull_white_value(50.0, 50.0, steps=steps, **OPTION))


def _wall_ms(work) -> float:
    work()
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def _convergence() -> None:
    fine = _lattice(1000)
    print("lattice, a $50 option at the money (Hull and White's example): error against 1,000 steps, time")
    for steps in (25, 50, 100, 200, 400, 800):
        print(f"  {steps:5} steps {_lattice(steps) - fine:+9.5f} {_wall_ms(lambda n=steps: _lattice(n)):8.2f} ms")
    many = {**OPTION, "volatility": np.linspace(0.2, 0.9, 1000)}
    batch = _wall_ms(lambda: hull_white_value(50.0, 50.0, steps=100, **many))
    print(f"  1,000 options at once, 100 steps: {batch:.0f} ms")


def _against_esovalue() -> None:
    if importlib.util.find_spec("esovalue") is None:
        print("esovalue is not installed: `make oracles` installs it")
        return
    from esovalue import value_eso  # noqa: PLC0415 - only this part needs the oracles group

    settled = _lattice(SETTLED_STEPS)
    start = time.perf_counter()
    theirs = float(value_eso(50, 50, 0.3, 0.075, 0.025, EXIT_RATE, 3, 10, ESOVALUE_STEPS, 2.0))
    theirs_ms = 1000 * (time.perf_counter() - start)
    error = abs(theirs - settled)
    steps = next(n for n in range(8, 4000, 4) if abs(_lattice(n) - settled) <= error)
    ours_ms = _wall_ms(lambda: _lattice(steps))
    print(f"esovalue, {ESOVALUE_STEPS} steps: off by {error:.4f}, {theirs_ms:.0f} ms")
    print(f"ours, {steps} steps: off by {abs(_lattice(steps) - settled):.4f}, {ours_ms:.2f} ms")
    print(f"at least as accurate and {theirs_ms / ours_ms:,.0f} times faster (target 10)")
    same_ms = _wall_ms(lambda: hull_white_trinomial(50.0, 50.0, steps=ESOVALUE_STEPS, **OPTION))
    same = float(hull_white_trinomial(50.0, 50.0, steps=ESOVALUE_STEPS, **OPTION))
    print(f"their own lattice in arrays: {same:.9f} for {theirs:.9f}, {theirs_ms / same_ms:,.0f} times faster")


async def _cpu_ms(request, context) -> float:
    await value_offer(request, context)
    times = []
    for _ in range(RUNS):
        start = time.process_time()
        await value_offer(request, context)
        times.append(1000 * (time.process_time() - start))
    return statistics.median(times)


def main() -> None:
    """Print the three comparisons."""
    _convergence()
    _against_esovalue()
    context = build_context()
    print("complete value_offer answer with options, 20,000 draws (target 80 ms CPU):")
    for name in NAMES:
        document = yaml.safe_load((OFFERS / f"{name}.yaml").read_text(encoding="utf-8"))
        for detail in ("concise", "full"):
            request = ValueOfferRequest.model_validate(document | {"detail": detail})
            print(f"  {name:14} {detail:8} {anyio.run(_cpu_ms, request, context):6.1f} ms CPU")


if __name__ == "__main__":
    main()
