"""Hourly use of many users from a file, and the origins that a backtest forecasts from."""

from __future__ import annotations

import csv
import gzip
import math
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

OURS = Path(__file__).resolve().parents[2] / "fixtures" / "usage" / "hourly_tokens.csv.gz"
HORIZONS = (5, 24, 72)
FIRST_ORIGIN = 192
ORIGIN_STEP = 6
HOURS_MIN = FIRST_ORIGIN + max(HORIZONS)
GZIPPED = b"\x1f\x8b"


class TraceUnusableError(Exception):
    """No trace that can be forecast from; says where and why."""


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
    """A table with the columns client, h0, h1, ...; plain or gzipped, whatever its name.

    Raises:
        TraceUnusableError: it is no such table, or an amount is missing, negative or not a number; says where.
    """
    try:
        content = path.read_bytes()
        text = (gzip.decompress(content) if content.startswith(GZIPPED) else content).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise TraceUnusableError(f"{path.resolve()}: cannot be read ({type(error).__name__})") from None
    head, *rows = [*filter(None, csv.reader(text.splitlines()))] or [[]]
    hours = len(head) - 1
    if head[:2] != ["client", "h0"] or not rows:
        raise TraceUnusableError(
            f"{path}: a table of the columns client, h0, h1, ... with a row for each client is needed"
        )
    if hours < HOURS_MIN:
        raise TraceUnusableError(f"{path}: {hours} hours; forecasts of 72 h from hour 192 need {HOURS_MIN} at least")
    used = np.array([[_amount(cell, row[0], head[place]) for place, cell in _cells(row, hours)] for row in rows])
    return Trace(tuple(row[0] for row in rows), used)


def _cells(row: list[str], hours: int) -> Iterable[tuple[int, str]]:
    if len(row) != hours + 1:
        raise TraceUnusableError(f"client {row[0]}: {len(row) - 1} hours, where the head names {hours}")
    return enumerate(row[1:], start=1)


def _amount(cell: str, client: str, hour: str) -> float:
    try:
        amount = float(cell)
    except ValueError:
        amount = math.nan
    if not 0 <= amount < math.inf:
        raise TraceUnusableError(f"client {client}, {hour}: an amount of use is a number from 0 up")
    return amount


def origins(hours: int, horizon: int) -> range:
    """Every six hours from hour 192, as long as the whole horizon is known."""
    return range(FIRST_ORIGIN, hours - horizon + 1, ORIGIN_STEP)
