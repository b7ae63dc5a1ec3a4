"""What forecasts are held against: rows x hours of past use in, the use of the coming hours out."""

from __future__ import annotations

import numpy as np

DAY = 24
WEEK = 168
HOLT_WINTERS_GRID = [(a, b, g) for a in (0.02, 0.05, 0.1, 0.2, 0.4) for b in (0, 0.01) for g in (0.05, 0.15, 0.3)]


def run_rate(past: np.ndarray, hours: int, window: int) -> np.ndarray:
    return past[:, -window:].mean(axis=1) * hours


def ewma(past: np.ndarray, hours: int, half_life: float) -> np.ndarray:
    weights = 0.5 ** (np.arange(past.shape[1])[::-1] / half_life)
    return past @ (weights / weights.sum()) * hours


def seasonal_naive(past: np.ndarray, hours: int, cycle: int) -> np.ndarray:
    return past[:, past.shape[1] - cycle + np.arange(hours) % cycle].sum(axis=1)


def hour_profile(past: np.ndarray, hours: int, half_life: float) -> np.ndarray:
    """The mean day, scaled to the moving average."""
    count = past.shape[1]
    day = np.stack([past[:, hour::DAY].mean(axis=1) for hour in range(DAY)], axis=1)
    mean = day.mean(axis=1, keepdims=True)
    shape = np.divide(day, mean, out=np.ones_like(day), where=mean > 0)
    ahead = shape[:, (count + np.arange(hours)) % DAY].mean(axis=1)
    return ahead * ewma(past, hours, half_life)


def median_of_five(past: np.ndarray, hours: int) -> np.ndarray:
    five = [
        run_rate(past, hours, DAY),
        run_rate(past, hours, WEEK),
        seasonal_naive(past, hours, WEEK),
        hour_profile(past, hours, 48),
        ewma(past, hours, 48),
    ]
    return np.median(five, axis=0)


def holt_winters(past: np.ndarray, horizons: tuple[int, ...]) -> list[np.ndarray]:
    """Additive, a season of 24 hours; each row smoothed as fitted its past best, one step ahead."""
    count, rows = past.shape[1], range(len(past))
    alpha, beta, gamma = np.array(HOLT_WINTERS_GRID).T[..., np.newaxis]
    level = np.repeat(past[np.newaxis, :, :DAY].mean(axis=2), len(alpha), axis=0)
    trend, squares = np.zeros_like(level), np.zeros_like(level)
    season = past[:, :DAY].T[:, np.newaxis] - level
    for hour in range(DAY, count):
        error = past[:, hour] - level - trend - season[hour % DAY]
        squares += error**2
        level = level + trend + alpha * error
        trend = trend + alpha * beta * error
        season[hour % DAY] += gamma * (1 - alpha) * error
    best = squares.argmin(axis=0)
    level, trend, season = level[best, rows], trend[best, rows], season[:, best, rows]
    paths = [level + trend * (step + 1) + season[(count + step) % DAY] for step in range(max(horizons))]
    ahead = np.cumsum(np.maximum(paths, 0), axis=0)
    return [ahead[hours - 1] for hours in horizons]


def every_baseline(past: np.ndarray, hours: int, smoothed: np.ndarray) -> dict[str, np.ndarray]:
    """All of them at one horizon; `smoothed` is Holt-Winters', which is fitted once for all horizons."""
    return {
        "run rate, 24 h": run_rate(past, hours, DAY),
        "run rate, 7 d": run_rate(past, hours, WEEK),
        "EWMA, 48 h": ewma(past, hours, 48),
        "EWMA, 12 h": ewma(past, hours, 12),
        "Holt-Winters": smoothed,
        "seasonal naive, day": seasonal_naive(past, hours, DAY),
        "seasonal naive, week": seasonal_naive(past, hours, WEEK),
        "median of five": median_of_five(past, hours),
    }


def conformal(
    middle: np.ndarray, scale: np.ndarray, off: np.ndarray, levels: np.ndarray, *, pooled: bool
) -> np.ndarray:
    """Split conformal around the median of five: symmetric quantiles of past errors, as amounts of each row, or of all
    rows together in units of their scale.

    Args:
        middle, scale: of each row, now.
        off: past moments x rows of absolute errors; in units of scale when pooled.
    """
    reach = np.abs(2 * levels - 1)
    wide = np.quantile(off, reach) * scale[:, np.newaxis] if pooled else np.quantile(off, reach, axis=0).T
    return np.maximum(middle[:, np.newaxis] + np.sign(levels - 0.5) * wide, 0)
