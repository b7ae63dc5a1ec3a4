"""`make backtest DATA=path`: the forecaster of check_budget against simple forecasts, on real hourly use.

Prints a table for each horizon, and exits with 1 when a target is missed. docs/forecast.md explains the scores.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from baselines import conformal, every_baseline, ewma, holt_winters, median_of_five
from trace_file import HORIZONS, OURS, Trace, half_to_learn_from, origins, read_trace

from tokenworth.burn.forecast.exhaustion import use_ahead
from tokenworth.burn.forecast.spread import quantiles

LEVELS = np.array([0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95])
MIDDLE, LOW, EIGHTY, HIGH = (list(LEVELS).index(level) for level in (0.5, 0.1, 0.8, 0.9))
BETTER_BY = 0.95
COVERED = (0.76, 0.84)
PAST_STEP = 3
PAST_FIRST = 48
EXHAUSTION_HOURS = 72


@dataclass(frozen=True)
class Score:
    """Of one forecast: the median client's error over its use, and all error over all use but the largest client's."""

    scaled: float
    wape: float

    def __str__(self) -> str:
        return f"scaled {self.scaled:.3f}  WAPE {self.wape:.3f}"


def main(argv: list[str]) -> int:
    """Run it all; how many targets were missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, default=OURS)
    parser.add_argument("--clients", type=int, default=None, help="only the first so many")
    chosen = parser.parse_args(argv)
    began = time.monotonic()
    trace = read_trace(chosen.data)
    if chosen.clients is not None:
        trace = Trace(trace.clients[: chosen.clients], trace.used[: chosen.clients])
    learnt = half_to_learn_from(len(trace.used)) if chosen.data.resolve() == OURS and chosen.clients is None else None
    print(f"{len(trace.used)} clients x {trace.used.shape[1]} hours, forecasts every 6 h from hour 192")
    every = sorted({origin for hours in HORIZONS for origin in origins(trace.used.shape[1], hours)})
    smoothed = {origin: holt_winters(trace.used[:, :origin], HORIZONS) for origin in every}
    missed = sum(
        at_horizon(trace, hours, {o: s[at] for o, s in smoothed.items()}, learnt) for at, hours in enumerate(HORIZONS)
    )
    exhaustion(trace)
    print(f"\n{f'{missed} target(s) missed' if missed else 'every target met'}, {time.monotonic() - began:.0f} s")
    return missed


def at_horizon(trace: Trace, hours: int, smoothed: dict[int, np.ndarray], learnt: np.ndarray | None) -> int:
    """One table; how many targets were missed."""
    used, moments = trace.used, origins(trace.used.shape[1], hours)
    actual = np.array([used[:, at : at + hours].sum(axis=1) for at in moments])
    ours = np.array([[quantiles(row[:at], hours, LEVELS) for row in used] for at in moments])
    others = [every_baseline(used[:, :at], hours, smoothed[at]) for at in moments]
    scores = {name: score(np.array([each[name] for each in others]), actual) for name in others[0]}
    print(f"\n{hours} h ahead, {len(moments)} origins")
    for name, each in scores.items():
        print(f"  {name:<22} {each}")
    mine = score(ours[..., MIDDLE], actual)
    best = Score(min(each.scaled for each in scores.values()), min(each.wape for each in scores.values()))
    ratios = against(mine, best)
    missed = sum(ratio > BETTER_BY for ratio in ratios)
    print(f"  {'tokenworth':<22} {mine}   {ratios[0] - 1:+.1%} and {ratios[1] - 1:+.1%} of the best (<= -5%)")
    if learnt is not None:
        half = score(ours[:, ~learnt, MIDDLE], actual[:, ~learnt])
        theirs = [score(np.array([each[name] for each in others])[:, ~learnt], actual[:, ~learnt]) for name in scores]
        best_half = Score(min(each.scaled for each in theirs), min(each.wape for each in theirs))
        change = "{:+.1%} and {:+.1%}".format(*(ratio - 1 for ratio in against(half, best_half)))
        print(f"  {'  the half not learnt from':<22} {half}   {change}")
    return missed + spread_at(trace, hours, actual, ours, learnt)


def spread_at(trace: Trace, hours: int, actual: np.ndarray, ours: np.ndarray, learnt: np.ndarray | None) -> int:
    """Coverage and pinball loss; how many targets were missed."""
    top = np.where(ours[..., LOW] > 0, ours[..., HIGH], ours[..., EIGHTY])
    inside = (actual >= ours[..., LOW]) & (actual <= top)
    rank = np.argsort(np.argsort(-trace.used.sum(axis=1)))
    third = len(rank) // 3
    sizes = {"large": rank < third, "middling": (rank >= third) & (rank < 2 * third), "small": rank >= 2 * third}
    told = ", ".join(f"{name} {inside[:, which].mean():.1%}" for name, which in sizes.items())
    held_out = "" if learnt is None else f"; the half not learnt from {inside[:, ~learnt].mean():.1%}"
    print(f"  80% intervals cover {inside.mean():.1%} (76-84%): {told}{held_out}")
    for name, which in sizes.items():
        part = score(ours[:, which, MIDDLE], actual[:, which], without_largest=False)
        print(f"    {name:<9} clients: {part}")
    keep = np.arange(len(rank)) != trace.largest
    losses = {name: pinball(each, actual, keep) for name, each in conformals(trace.used, hours).items()}
    mine = pinball(ours, actual, keep)
    shown = ", ".join(f"conformal {name} {loss:.3f}" for name, loss in losses.items())
    print(f"  pinball loss {mine:.3f} (below the least of: {shown})")
    return int(not COVERED[0] <= inside.mean() <= COVERED[1]) + int(mine >= min(losses.values()))


def against(mine: Score, best: Score) -> tuple[float, float]:
    """Error over the best one's; a best without any error cannot be bettered."""
    pairs = ((mine.scaled, best.scaled), (mine.wape, best.wape))
    scaled, wape = (own / other if other > 0 else np.inf for own, other in pairs)
    return scaled, wape


def score(forecast: np.ndarray, actual: np.ndarray, *, without_largest: bool = True) -> Score:
    """Of moments x clients."""
    off, total = np.abs(forecast - actual).sum(axis=0), actual.sum(axis=0)
    keep = np.ones(len(total), dtype=bool)
    if without_largest:
        keep[total.argmax()] = False
    known = total > 0
    return Score(float(np.median(off[known] / total[known])), float(off[keep].sum() / total[keep].sum()))


def pinball(forecast: np.ndarray, actual: np.ndarray, keep: np.ndarray) -> float:
    """The mean over levels, over all use."""
    off = actual[..., np.newaxis] - forecast
    loss = np.maximum(LEVELS * off, (LEVELS - 1) * off).mean(axis=-1)
    return float(loss[:, keep].sum() / actual[:, keep].sum())


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
    off, inside, lasted = [], [], []
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
            inside.append(np.floor(early) <= truth <= np.ceil(late))
            lasted.append(abs(24 - truth))  # the run rate of that day
    print(f"\nexhaustion of a budget of one day's use, within {EXHAUSTION_HOURS} h, {len(off)} cases")
    run_rate = f"run rate {np.mean(lasted):.1f} h, {np.median(lasted):.1f} h"
    print(f"  P50 is off by {np.mean(off):.1f} h on average, {np.median(off):.1f} h at the median ({run_rate})")
    print(f"  {np.mean(inside):.1%} ran out between P10 and P90")


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
