"""Writes spread.json: how far off forecasts were, by horizon and activity, on the clients of our trace.

.venv/bin/python tests/backtest/fit_spread.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from trace_file import OURS, read_trace

from tokenworth.burn.forecast import spread
from tokenworth.burn.forecast.witnesses import Pasts

HORIZONS = (1, 3, 5, 12, 24, 48, 72, 96)
FIRST_MOMENT = 96
STEP = 2
ACTIVITIES = 4
KNOTS = (np.arange(20) + 0.5) / 20
# So much of what all did is mixed into each activity: four groups of a hundred clients leave rare tails to chance.
MIXED_IN = 0.1
SOURCE = "Alibaba ServeGen traces, Apache-2.0 (fixtures/usage), 109 clients; tests/backtest/fit_spread.py"


def main() -> None:
    """Fit and write."""
    learnt = learn(read_trace(OURS).used)
    path = Path(spread.__file__).with_name("spread.json")
    head = {"source": SOURCE, "unit": "sizes; rows are activities 0 to 3, columns the quantiles 0.025 to 0.975"}
    rows = ",\n  ".join(
        json.dumps({"hours": int(hours), "errors": errors.tolist()})
        for hours, errors in zip(learnt.hours, learnt.errors, strict=True)
    )
    path.write_text(f'{json.dumps(head)[:-1]}, "horizons": [\n  {rows}\n]}}\n', encoding="utf-8")


def learn(used: np.ndarray) -> spread.Learnt:
    """From clients x hours of use."""
    return spread.Learnt(np.array(HORIZONS, dtype=float), np.array([fit(used, hours) for hours in HORIZONS]))


def fit(used: np.ndarray, hours: int) -> list[list[float]]:
    """Quantiles of error of each activity."""
    found = [error_at(used, moment, hours) for moment in range(FIRST_MOMENT, used.shape[1] - hours + 1, STEP)]
    error, activity = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return [mixed(error[activity == each], error) for each in range(ACTIVITIES)]


def error_at(used: np.ndarray, moment: int, hours: int) -> tuple[np.ndarray, np.ndarray]:
    outlook = Pasts(used[:, :moment]).ahead(hours, np.arange(len(used)))
    known = outlook.size > 0
    error = spread.errors(outlook, used[:, moment : moment + hours].sum(axis=1))
    return error[known], outlook.activity[known]


def mixed(own: np.ndarray, everyone: np.ndarray) -> list[float]:
    values = np.concatenate([own, everyone])
    weights = np.repeat([(1 - MIXED_IN) / len(own), MIXED_IN / len(everyone)], [len(own), len(everyone)])
    order = np.argsort(values, kind="stable")
    heard = np.cumsum(weights[order]) - weights[order] / 2
    return np.interp(KNOTS, heard, values[order]).round(4).tolist()


if __name__ == "__main__":
    main()
