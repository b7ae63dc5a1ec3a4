"""Hourly use of many users from a file, the origins that a backtest forecasts from, and the half it may learn from."""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np

OURS = Path(__file__).resolve().parents[2] / "fixtures" / "usage" / "hourly_tokens.csv.gz"
HORIZONS = (5, 24, 72)
FIRST_ORIGIN = 192
ORIGIN_STEP = 6


@dataclass(frozen=True)
class Trace:
    """Clients by name, and clients x hours of use."""

    clients: tuple[str, ...]
    used: np.ndarray

    @property
    def largest(self) -> int:
        """The row that used most."""
        return int(self.used.sum(axis=1).argmax())


def read_trace(path: Path) -> Trace:
    """A table with the columns client, h0, h1, ...; plain or gzipped."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        _, *rows = csv.reader(lines)
    return Trace(tuple(row[0] for row in rows), np.array([[float(cell) for cell in row[1:]] for row in rows]))


def origins(hours: int, horizon: int) -> range:
    """Every six hours from hour 192, as long as the whole horizon is known."""
    return range(FIRST_ORIGIN, hours - horizon + 1, ORIGIN_STEP)


def half_to_learn_from(count: int) -> np.ndarray:
    """A random half of the rows, always the same."""
    chosen = np.zeros(count, dtype=bool)
    chosen[np.random.default_rng(6).permutation(count)[: count // 2]] = True
    return chosen
