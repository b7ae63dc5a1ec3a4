"""The one array type of this module: float64, draws on the last axis."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "Numeric", "any_positive", "as_array"]

Array = NDArray[np.float64]
Numeric = float | Array


def as_array(value: Numeric) -> Array:
    """The value as float64, whatever its shape."""
    return np.asarray(value, dtype=np.float64)


def any_positive(value: Numeric) -> bool:
    """Whether the number, or any of the array, is above 0; quick for a number."""
    return bool((value > 0.0).any()) if isinstance(value, np.ndarray) else value > 0.0
