"""How far off forecasts were, over many clients; and which targets that meets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEVELS = np.array([0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95])
MIDDLE, LOW, EIGHTY, HIGH = (list(LEVELS).index(level) for level in (0.5, 0.1, 0.8, 0.9))
BETTER_BY = 0.95
COVERED = (0.76, 0.84)


@dataclass(frozen=True)
class Score:
    """Of one forecast: the median client's error over its use, and all error over all use but the largest client's."""

    scaled: float
    wape: float

    def __str__(self) -> str:
        return f"scaled {figure(self.scaled)}  WAPE {figure(self.wape)}"


def figure(value: float) -> str:
    """Three places; a dash where there was nothing to measure."""
    return f"{value:.3f}" if np.isfinite(value) else "-    "


def change(ratio: float) -> str:
    return f"{ratio - 1:+.1%}" if np.isfinite(ratio) else "not measured"


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
    scaled = float(np.median(off[known] / total[known])) if known.any() else np.nan
    return Score(scaled, over(off[keep].sum(), total[keep].sum()))


def inside(quantiles: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Moments x clients: whether the 80% interval held it. It ends at P80 where even P10 is nothing."""
    top = np.where(quantiles[..., LOW] > 0, quantiles[..., HIGH], quantiles[..., EIGHTY])
    return (actual >= quantiles[..., LOW]) & (actual <= top)


def pinball(forecast: np.ndarray, actual: np.ndarray, keep: np.ndarray) -> float:
    """Of some of the clients, over all their use."""
    return over(pinball_losses(forecast, actual)[:, keep].sum(), actual[:, keep].sum())


def pinball_losses(forecast: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Moments x clients, the mean over levels."""
    off = actual[..., np.newaxis] - forecast
    return np.maximum(LEVELS * off, (LEVELS - 1) * off).mean(axis=-1)


def over(error: float, use: float) -> float:
    """Error over use; not a number where nothing was used: no target is met by that."""
    return float(error / use) if use > 0 else np.nan


def by_size(used: np.ndarray) -> dict[str, np.ndarray]:
    """Thirds of the clients, by what they used; fewer than three clients leave the smaller ones empty."""
    order = np.argsort(-used.sum(axis=1), kind="stable")
    parts = zip(("large", "middling", "small"), np.array_split(order, 3), strict=True)
    return {name: np.isin(np.arange(len(order)), rows) for name, rows in parts if len(rows)}
