"""`make backtest DATA=path`: the forecaster of check_budget against simple forecasts, on real hourly use.

Prints a table for each horizon, and exits with 1 when a target is missed. docs/forecast.md explains the scores.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from baselines import conformal, every_baseline, ewma, holt_winters, median_of_five
from scores import BETTER_BY, COVERED, LEVELS, MIDDLE, Score, against, by_size, change, figure, inside, pinball, score
from trace_file import HORIZONS, OURS, Trace, TraceUnusableError, origins, read_trace

from tokenworth.burn.forecast.exhaustion import use_ahead
from tokenworth.burn.forecast.spread import quantiles

PAST_STEP = 3
PAST_FIRST = 48
EXHAUSTION_HOURS = 72


def main(argv: list[str]) -> int:
    """Run it all; how many targets were missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, default=OURS)
    parser.add_argument("--clients", type=int, default=None, help="only the first so many")
    chosen = parser.parse_args(argv)
    began = time.monotonic()
    try:
        trace = read_trace(chosen.data)
    except TraceUnusableError as error:
        parser.error(str(error))
    if chosen.clients is not None:
        trace = Trace(trace.clients[: chosen.clients], trace.used[: chosen.clients])
    print(f"{len(trace.used)} clients x {trace.used.shape[1]} hours, forecasts every 6 h from hour 192")
    every = sorted({origin for hours in HORIZONS for origin in origins(trace.used.shape[1], hours)})
    smoothed = {origin: holt_winters(trace.used[:, :origin], HORIZONS) for origin in every}
    missed = sum(at_horizon(trace, hours, {o: s[at] for o, s in smoothed.items()}) for at, hours in enumerate(HORIZONS))
    exhaustion(trace)
    print(f"\n{f'{missed} target(s) missed' if missed else 'every target met'}, {time.monotonic() - began:.0f} s")
    return missed


def at_horizon(trace: Trace, hours: int, smoothed: dict[int, np.ndarray]) -> int:
    """One table; how many targets were missed."""
    used, moments = trace.used, origins(trace.used.shape[1], hours)
    actual = np.array([used[:, at : at + hours].sum(axis=1) for at in moments])
    ours, others = ours_at(used, hours), [every_baseline(used[:, :at], hours, smoothed[at]) for at in moments]
    scores = {name: score(np.array([each[name] for each in others]), actual) for name in others[0]}
    print(f"\n{hours} h ahead, {len(moments)} origins")
    for name, each in scores.items():
        print(f"  {name:<22} {each}")
    mine = score(ours[..., MIDDLE], actual)
    best = Score(min(each.scaled for each in scores.values()), min(each.wape for each in scores.values()))
    ratios = against(mine, best)
    missed = sum(ratio > BETTER_BY for ratio in ratios)
    print(f"  {'tokenworth':<22} {mine}   {change(ratios[0])} and {change(ratios[1])} of the best (<= -5%)")
    return missed + spread_at(trace, hours, actual, ours)


def ours_at(used: np.ndarray, hours: int) -> np.ndarray:
    """Moments x clients x levels: what check_budget would have said of each client at each origin."""
    return np.array([[quantiles(row[:at], [hours], LEVELS)[0] for row in used] for at in origins(used.shape[1], hours)])


def spread_at(trace: Trace, hours: int, actual: np.ndarray, ours: np.ndarray) -> int:
    """Coverage and pinball loss; how many targets were missed."""
    held, sizes = inside(ours, actual), by_size(trace.used)
    told = ", ".join(f"{name} {held[:, which].mean():.1%}" for name, which in sizes.items())
    print(f"  80% intervals cover {held.mean():.1%} (76-84%): {told}")
    for name, which in sizes.items():
        part = score(ours[:, which, MIDDLE], actual[:, which], without_largest=False)
        print(f"    {name:<9} clients: {part}")
    keep = np.arange(len(trace.used)) != trace.largest
    losses = {name: pinball(each, actual, keep) for name, each in conformals(trace.used, hours).items()}
    mine = pinball(ours, actual, keep)
    shown = ", ".join(f"conformal {name} {figure(loss)}" for name, loss in losses.items())
    print(f"  pinball loss {figure(mine)} (below the least of: {shown})")
    return int(not COVERED[0] <= held.mean() <= COVERED[1]) + int(not mine < min(losses.values()))


def conformals(used: np.ndarray, hours: int) -> dict[str, np.ndarray]:
    """Both kinds, at every origin: from each client's own past errors, and from all clients' in units of their use."""
    past = range(PAST_FIRST, used.shape[1] - hours + 1, PAST_STEP)
    off = {at: np.abs(used[:, at : at + hours].sum(axis=1) - simple(used[:, :at], hours)) for at in past}
    scale = {at: np.maximum(simple(used[:, :at], hours), used[:, :at].mean(axis=1) * hours) + 1 for at in past}
    found: dict[str, list[np.ndarray]] = {"of each client": [], "of all clients": []}
    for origin in origins(used.shape[1], hours):
        known = [at for at in past if at + hours <= origin]
        middle = simple(used[:, :origin], hours)
        size = np.maximum(middle, used[:, :origin].mean(axis=1) * hours) + 1
        own, every = np.array([off[at] for at in known]), np.array([off[at] / scale[at] for at in known])
        found["of each client"].append(conformal(middle, size, own, LEVELS, pooled=False))
        found["of all clients"].append(conformal(middle, size, every, LEVELS, pooled=True))
    return {name: np.array(each) for name, each in found.items()}


def simple(past: np.ndarray, hours: int) -> np.ndarray:
    """The median of five, or what can be said before there is a week."""
    return median_of_five(past, hours) if past.shape[1] >= 168 else ewma(past, hours, 48)


def exhaustion(trace: Trace) -> None:
    """When a budget ran out that was the use of the day before: how far off the time was, and how often within."""
    off, within, lasted = [], [], []
    for at in origins(trace.used.shape[1], EXHAUSTION_HOURS)[::2]:
        for row in trace.used:
            room = row[at - 24 : at].sum()
            if room <= 0:
                continue
            gone = np.flatnonzero(np.cumsum(row[at : at + EXHAUSTION_HOURS]) >= room)
            truth = float(gone[0] + 1) if len(gone) else float(EXHAUSTION_HOURS)
            ahead = use_ahead(row[:at], EXHAUSTION_HOURS)
            early, middle, late = (
                EXHAUSTION_HOURS if each is None else each for each in ahead.passes(np.full(len(ahead.hours), room))
            )
            off.append(abs(middle - truth))
            within.append(np.floor(early) <= truth <= np.ceil(late))
            lasted.append(abs(24 - truth))  # the run rate of that day
    if not off:
        return
    print(f"\nexhaustion of a budget of one day's use, within {EXHAUSTION_HOURS} h, {len(off)} cases")
    run_rate = f"run rate {np.mean(lasted):.1f} h, {np.median(lasted):.1f} h"
    print(f"  P50 is off by {np.mean(off):.1f} h on average, {np.median(off):.1f} h at the median ({run_rate})")
    print(f"  {np.mean(within):.1%} ran out between P10 and P90")


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
