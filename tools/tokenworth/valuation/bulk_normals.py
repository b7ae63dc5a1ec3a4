"""Standard normals by the hundred million, in float32: a few vector passes a number where a ziggurat takes a loop."""

from __future__ import annotations

from math import pi
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["BulkNormals", "Float32"]

Float32 = NDArray[np.float32]

STEP: Final = np.float32(2.0**-32)
HALF: Final = np.float32(0.5)
TURN: Final = np.float32(2.0 * pi * 2.0**-32)


class BulkNormals:
    """Independent standard normals from one generator's raw bits, by Box and Muller 1958.

    A radius sqrt(-2*ln u) and an angle, each from 32 bits, give two normals. Float32 carries them to seven digits and
    reaches 6.7 standard deviations, beyond which lies one draw in 10^11.
    """

    def __init__(self, generator: np.random.Generator, most: int) -> None:
        """Prepare buffers for up to `most` normals at a time."""
        pairs = (most + 1) // 2
        self._raw = generator.bit_generator.random_raw
        self._radius = np.empty(pairs, dtype=np.float32)
        self._angle = np.empty(pairs, dtype=np.float32)
        self._found = np.empty(2 * pairs, dtype=np.float32)

    def take(self, count: int) -> Float32:
        """The next `count` normals, at most as many as prepared for; overwritten by the next call."""
        pairs = (count + 1) // 2
        radius, angle, found = self._radius[:pairs], self._angle[:pairs], self._found[: 2 * pairs]
        bits = np.asarray(self._raw(pairs)).view(np.uint32).reshape(2, pairs)
        radius[:] = bits[0]
        radius += HALF
        radius *= STEP
        np.log(radius, out=radius)
        radius *= np.float32(-2.0)
        np.sqrt(radius, out=radius)
        angle[:] = bits[1]
        angle *= TURN
        np.cos(angle, out=found[:pairs])
        np.sin(angle, out=found[pairs:])
        found[:pairs] *= radius
        found[pairs:] *= radius
        return found[:count]
