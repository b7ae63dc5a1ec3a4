"""How likely the targets are met on other clients of the same kind: the backtest on many draws of ours.

.venv/bin/python tests/backtest/resample.py

A thousand times half of the clients, and a thousand times as many as there are, drawn with replacement. A client's
interval is from the errors of other clients alone (six folds).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from baselines import every_baseline, holt_winters
from fit_spread import learn
from scores import BETTER_BY, COVERED, LEVELS, MIDDLE, inside, pinball_losses
from trace_file import FIRST_ORIGIN, HORIZONS, OURS, origins, read_trace

from run import conformals
from tokenworth.burn.forecast.spread import quantiles

DRAWS = 1_000
FOLDS = 6
DAY = 24
TARGETS = ("median client", "WAPE", "coverage", "pinball loss")


@dataclass(frozen=True)
class Sums:
    """Of one horizon: forecasts x clients of error, ours last; what else is scored, by client; scales of error."""

    use: np.ndarray
    off: np.ndarray
    held: np.ndarray
    losses: np.ndarray
    scales: dict[str, np.ndarray]


def main() -> None:
    """Print shares of draws in which targets are met."""
    used = read_trace(OURS).used
    count = len(used)
    dice = np.random.default_rng(1)
    fold = dice.permutation(count) % FOLDS
    learnt = [learn(used[fold != each]) for each in range(FOLDS)]
    sums = [at_horizon(used, hours, [learnt[each] for each in fold]) for hours in HORIZONS]
    draws = {
        "half of the clients": [dice.permutation(count)[: count // 2] for _ in range(DRAWS)],
        "as many, with replacement": [dice.integers(0, count, count) for _ in range(DRAWS)],
    }
    for name, drawn in draws.items():
        print(f"\n{name}: share of {DRAWS} draws that meet each target")
        for scale in sums[0].scales:
            met = np.array([[targets_met(each, scale, rows) for rows in drawn] for each in sums])
            told = "; ".join(
                f"{hours} h "
                + ", ".join(f"{target} {share:.0%}" for target, share in zip(TARGETS, shares, strict=True))
                for hours, shares in zip(HORIZONS, met.mean(axis=1), strict=True)
            )
            print(f"  error over {scale}: all {met.all(axis=(0, 2)).mean():.0%}; {told}")


def at_horizon(used: np.ndarray, hours: int, learnt: list) -> Sums:
    """Forecast everything; `learnt` is what may be known of other clients, by client."""
    moments = origins(used.shape[1], hours)
    actual = np.array([used[:, at : at + hours].sum(axis=1) for at in moments])
    place = HORIZONS.index(hours)
    others = [
        list(every_baseline(used[:, :at], hours, holt_winters(used[:, :at], HORIZONS)[place]).values())
        for at in moments
    ]
    rows = list(zip(used, learnt, strict=True))
    ours = np.array([[quantiles(row[:at], [hours], LEVELS, known)[0] for row, known in rows] for at in moments])
    forecasts = np.concatenate([np.array(others).transpose(1, 0, 2), ours[np.newaxis, ..., MIDDLE]])
    losses = [pinball_losses(each, actual).sum(axis=0) for each in (*conformals(used, hours).values(), ours)]
    return Sums(
        use=actual.sum(axis=0),
        off=np.abs(forecasts - actual).sum(axis=1),
        held=inside(ours, actual).mean(axis=0),
        losses=np.array(losses),
        scales={
            "its own use": actual.sum(axis=0),
            "its mean use before": used[:, :FIRST_ORIGIN].mean(axis=1),
            "errors of yesterday again before": naive_errors(used[:, :FIRST_ORIGIN], hours),
        },
    )


def naive_errors(past: np.ndarray, hours: int) -> np.ndarray:
    """As the mean absolute scaled error has it: of the seasonal naive forecast, within what was known at first."""
    total = np.concatenate([np.zeros((len(past), 1)), np.cumsum(past, axis=1)], axis=1)
    windows = total[:, hours:] - total[:, :-hours]
    return np.abs(windows[:, DAY:] - windows[:, :-DAY]).mean(axis=1)


def targets_met(sums: Sums, scale: str, rows: np.ndarray) -> list[bool]:
    """In the order of `TARGETS`, on some clients."""
    known = rows[sums.scales[scale][rows] > 0]
    *others, ours = np.median(sums.off[:, known] / sums.scales[scale][known], axis=1)
    rest = rows[rows != rows[sums.use[rows].argmax()]]
    *other_totals, our_total = sums.off[:, rest].sum(axis=1)
    *conformal, loss = sums.losses[:, rest].sum(axis=1)
    return [
        bool(ours <= BETTER_BY * min(others)),
        bool(our_total <= BETTER_BY * min(other_totals)),
        bool(COVERED[0] <= sums.held[rows].mean() <= COVERED[1]),
        bool(loss < min(conformal)),
    ]


if __name__ == "__main__":
    main()
