"""The employee option of Hull and White (2004) on a trinomial lattice: vesting, leaving, and exercise at a multiple.

After vesting the holder exercises when the share first reaches `multiple` times the strike, at once on leaving (or
within the window that the contract leaves), and at expiry; before vesting, whoever leaves loses the option. Nodes lie
on the strike and on the exercise price, so the error falls smoothly with the step, and two lattices, the second
with half the spacing, are combined (Richardson) to cancel its first term. All options of a call step back together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tokenworth.valuation.arrays import Array, Numeric, as_array

__all__ = ["STEPS", "hull_white_value"]

# Steps of the finer lattice: at 200 the error is below 0.1% of the share's price, 0.15% at volatilities near 1.
STEPS: Final = 200
STEPS_MAX: Final = 20_000
# A share that hardly moves would need a step a day: a lower volatility is read as this one.
VOLATILITY_MIN: Final = 0.01
# How far the lattice reaches from where the share starts, in standard deviations.
REACH: Final = 5.5


@dataclass(frozen=True, slots=True)
class _Options:
    """Options of one batch, one entry each: prices in dollars, rates continuous per year, times in years."""

    price: Array
    strike: Array
    volatility: Array
    rate: Array
    dividend_yield: Array
    exit_hazard: Array
    vesting_years: Array
    expiry_years: Array
    multiple: Array
    window_years: Array

    @property
    def log_drift(self) -> Array:
        """Risk-neutral drift of the logarithm of the price, per year."""
        return self.rate - self.dividend_yield - self.volatility**2 / 2.0

    @property
    def reach(self) -> Array:
        """How far the logarithm of the price may stray over the option's life."""
        sd = self.volatility * np.sqrt(self.expiry_years)
        return REACH * sd + (np.abs(self.log_drift) + self.volatility**2) * self.expiry_years


@dataclass(frozen=True, slots=True)
class _Nodes:
    """One option a row: logarithms of prices, rising, with the exercise price in the same column of every row."""

    log_price: Array
    spacing: Array
    barrier: int


@dataclass(frozen=True, slots=True)
class _Step:
    """One step back in time: its length, the discounted probabilities of up, middle and down, and of leaving."""

    count: NDArray[np.intp]
    years: Array
    up: Array
    middle: Array
    down: Array


def hull_white_value(
    price: Numeric,
    strike: Numeric,
    *,
    volatility: Numeric,
    rate: Numeric,
    dividend_yield: Numeric = 0.0,
    exit_hazard: Numeric = 0.0,
    vesting_years: Numeric = 0.0,
    expiry_years: Numeric,
    exercise_multiple: Numeric = float("inf"),
    window_years: Numeric = 0.0,
    steps: int = STEPS,
) -> Array:
    """What an option on one share costs the company that grants it: Hull and White, "How to Value Employee Stock
    Options", Financial Analysts Journal 60 (2004).

    Everything broadcasts; the answer has the common shape, in the currency of `price`.

    Args:
        volatility: per square root of a year, above 0.
        rate, dividend_yield: continuous, per year.
        exit_hazard: of leaving, continuous, per year: before vesting the option is then lost.
        vesting_years: 0 to `expiry_years`.
        exercise_multiple: of the strike, at least 1, at which the holder exercises; infinite for at expiry only.
        window_years: how long after leaving a vested option may still be exercised; the leaver then waits for its
            end or for the multiple.
        steps: of the finer lattice, at least 8; about as many are taken, for nodes to lie where they should.
    """
    values = (
        price,
        strike,
        np.maximum(as_array(volatility), VOLATILITY_MIN),
        rate,
        dividend_yield,
        exit_hazard,
        np.minimum(as_array(vesting_years), as_array(expiry_years)),
        expiry_years,
        np.maximum(as_array(exercise_multiple), 1.0),
        window_years,
    )
    every = np.broadcast_arrays(*(as_array(value) for value in values))
    shape = every[0].shape
    options = _Options(*(np.ravel(column) for column in every))
    options = _finite_multiple(options)
    coarse = _spacing(options, max(steps, 8) // 4)
    first = _value_on_lattice(options, coarse)
    second = _value_on_lattice(options, coarse / 2.0)
    return np.maximum((4.0 * second - first) / 3.0, 0.0).reshape(shape)


def _finite_multiple(options: _Options) -> _Options:
    """An infinite multiple becomes one that the share does not reach."""
    never = np.maximum(options.price / options.strike, 1.0) * np.exp(options.reach)
    columns = {name: getattr(options, name) for name in _Options.__slots__}
    return _Options(**(columns | {"multiple": np.minimum(options.multiple, never)}))


def _spacing(options: _Options, steps: int) -> Array:
    """Node spacing in the logarithm: about sigma*sqrt(3*dt), so that strike and exercise price are nodes."""
    widest = options.volatility * np.sqrt(3.0 * options.expiry_years / steps)
    # Wider than this the drift outweighs the spread between two nodes and a probability turns negative.
    drift = np.maximum(np.abs(options.log_drift), 1e-12)
    widest = np.minimum(widest, 2.0 * options.volatility**2 / drift)
    apart = np.log(options.multiple)
    # Where the multiple is so near to 1 that not even one interval fits, the strike lies between two nodes.
    intervals = np.rint(apart / widest)
    return np.where(intervals >= 1.0, apart / np.maximum(intervals, 1.0), widest)


def _value_on_lattice(options: _Options, spacing: Array) -> Array:
    """One lattice for every option: back from expiry to vesting, then back to the grant."""
    nodes = _nodes(options, spacing)
    intrinsic = np.exp(nodes.log_price) - options.strike[:, np.newaxis]
    value = intrinsic.copy()
    edge = nodes.barrier + 1
    value[:, :edge] = _vested(options, nodes, np.maximum(intrinsic[:, :edge], 0.0))
    value = _unvested(options, nodes, value)
    return _at_start(options, nodes, value)


def _nodes(options: _Options, spacing: Array) -> _Nodes:
    start, top = np.log(options.price), np.log(options.strike * options.multiple)
    below = int(np.ceil((top - np.minimum(start, top) + options.reach) / spacing).max()) + 4
    lead = np.maximum(start - top, 0.0) + np.where(options.vesting_years > 0.0, options.reach, 0.0)
    above = int(np.ceil(lead / spacing).max()) + 4
    columns = np.arange(-below, above + 1)
    return _Nodes(top[:, np.newaxis] + columns * spacing[:, np.newaxis], spacing, below)


def _step(options: _Options, spacing: Array, years: Array, hazard: Array) -> _Step:
    """Steps of at most spacing^2/(3*sigma^2), at which a trinomial step has the kurtosis of a normal one."""
    count = np.ceil(3.0 * (options.volatility / spacing) ** 2 * years - 1e-9)
    count = np.minimum(count, STEPS_MAX).astype(np.intp)
    length = years / np.maximum(count, 1)
    drift = options.log_drift * length
    second = (options.volatility**2 * length + drift**2) / spacing**2
    tilt = drift / spacing
    kept = np.exp(-(options.rate + hazard) * length)
    return _Step(count, length, kept * (second + tilt) / 2.0, kept * (1.0 - second), kept * (second - tilt) / 2.0)


def _vested(options: _Options, nodes: _Nodes, payoff: Array) -> Array:
    """Value at vesting below and at the exercise price, from the payoff at expiry there.

    Leavers' payoffs are spread over each step by the trapezoid rule: half a step's share is carried along with the
    value and taken off at the end.
    """
    step = _step(options, nodes.spacing, options.expiry_years - options.vesting_years, options.exit_hazard)
    plain = _step(options, nodes.spacing, options.expiry_years - options.vesting_years, np.zeros(()))
    order = np.argsort(-step.count, kind="stable")
    leaving = (options.exit_hazard * step.years)[order, np.newaxis]
    length, window = step.years[order, np.newaxis], options.window_years[order, np.newaxis]
    leaver = payoff[order]
    value = leaver * (1.0 + leaving / 2.0)
    up, middle, down = (part[order, np.newaxis] for part in (step.up, step.middle, step.down))
    stay_up, stay, stay_down = (part[order, np.newaxis] for part in (plain.up, plain.middle, plain.down))
    counts = np.sort(step.count)
    waits = bool((options.window_years > 0.0).any())
    for done in range(int(counts[-1])):
        # Options with more steps come first; the others have reached their vesting already.
        live = len(counts) - int(np.searchsorted(counts, done, side="right"))
        now, out = value[:live], leaver[:live]
        if waits:
            part = np.clip(window[:live] / length[:live] - done, 0.0, 1.0)
            moved = stay_up[:live] * out[:, 2:] + stay[:live] * out[:, 1:-1] + stay_down[:live] * out[:, :-2]
            out[:, 1:-1] += part * (moved - out[:, 1:-1])
        now[:, 1:-1] = (
            up[:live] * now[:, 2:]
            + middle[:live] * now[:, 1:-1]
            + down[:live] * now[:, :-2]
            + leaving[:live] * out[:, 1:-1]
        )
    value -= leaving / 2.0 * leaver
    found = np.empty_like(value)
    found[order] = value
    return found


def _unvested(options: _Options, nodes: _Nodes, value: Array) -> Array:
    """Value at the grant from that at vesting; whoever leaves before loses it."""
    step = _step(options, nodes.spacing, options.vesting_years, options.exit_hazard)
    order = np.argsort(-step.count, kind="stable")
    counts = np.sort(step.count)
    now = value[order]
    up, middle, down = (part[order, np.newaxis] for part in (step.up, step.middle, step.down))
    # The highest node is exercised at vesting for sure: a forward contract, less the chance of leaving.
    highest, strike = np.exp(nodes.log_price[order, -1]), options.strike[order]
    length, hazard = step.years[order], options.exit_hazard[order]
    share, money = hazard + options.dividend_yield[order], hazard + options.rate[order]
    for done in range(1, int(counts[-1]) + 1):
        live = len(counts) - int(np.searchsorted(counts, done - 1, side="right"))
        part = now[:live]
        part[:, 1:-1] = up[:live] * part[:, 2:] + middle[:live] * part[:, 1:-1] + down[:live] * part[:, :-2]
        elapsed = done * length[:live]
        part[:, -1] = highest[:live] * np.exp(-share[:live] * elapsed) - strike[:live] * np.exp(-money[:live] * elapsed)
    found = np.empty_like(now)
    found[order] = now
    return found


def _at_start(options: _Options, nodes: _Nodes, value: Array) -> Array:
    """Value at today's price: a cubic through the four nodes around it, none beyond the exercise price from below."""
    place = (np.log(options.price) - nodes.log_price[:, 0]) / nodes.spacing
    first = np.floor(place).astype(np.intp) - 1
    below = place <= nodes.barrier
    first = np.where(below, np.minimum(first, nodes.barrier - 3), np.maximum(first, nodes.barrier))
    first = np.clip(first, 0, value.shape[1] - 4)
    d = place - first
    weights = (
        -(d - 1.0) * (d - 2.0) * (d - 3.0) / 6.0,
        d * (d - 2.0) * (d - 3.0) / 2.0,
        -d * (d - 1.0) * (d - 3.0) / 2.0,
        d * (d - 1.0) * (d - 2.0) / 6.0,
    )
    rows = np.arange(len(first))
    between = sum((weight * value[rows, first + i] for i, weight in enumerate(weights)), np.zeros(len(first)))
    at_once = (options.vesting_years <= 0.0) & ~below
    return np.where(at_once, options.price - options.strike, between)
