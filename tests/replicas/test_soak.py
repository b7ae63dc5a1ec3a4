"""Replicas at 80% of what they can do, for as long as SOAK_SECONDS says: no error, and memory stays flat.

`make soak` runs it for ten minutes and prints what was measured.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import time
from itertools import count

import pytest

from support.replicas import Caller, Unanswered, running

pytestmark = [pytest.mark.postgres, pytest.mark.haproxy, pytest.mark.slow]
SECONDS = float(os.environ.get("SOAK_SECONDS", "20"))
MEASURE_SECONDS = min(15.0, SECONDS / 4)
SHARE = 0.8
WORKERS = 16
IN_FLIGHT_MAX = 200
GROWTH_MAX = 0.05
# A short run ends before each of a replica's threads has had its first call of every kind.
GROWTH_BYTES_MIN = 0 if SECONDS >= 300 else 24 * 2**20

OFFER = {"offer": {"base": 375_000, "tokens": {"per_year": 100_000}}}
PRICES = {"search": "claude opus", "limit": 3}
LOADING = {"value_offer": OFFER, "find_prices": PRICES, "check_budget": {"budget": "agent-0"}}


class Mix:
    """Calls as agents make them: mostly holds with their settling, some checks, few prices and offers."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._numbers = count()
        self._dice = random.Random(11)  # noqa: S311 - a mix of calls
        self.calls = 0
        self.errors: list[str] = []
        self.took_s: list[float] = []

    async def one(self) -> None:
        """One task of an agent; what goes wrong is kept."""
        try:
            await self._task(self._dice.random(), f"soak {next(self._numbers)}", f"agent-{self._dice.randrange(20)}")
        except (Unanswered, AssertionError, KeyError) as error:
            self.errors.append(f"{type(error).__name__}: {error}")

    async def _task(self, what: float, key: str, budget: str) -> None:
        if what < 0.75:
            hold = await self._timed("reserve_budget", budget=budget, usd="0.02", key=key)
            assert hold["granted"], "the soak's budget is too small"
            await self._timed("settle_reservation", hold=hold["hold"], usd="0.01")
        elif what < 0.93:
            await self._timed("check_budget", budget=budget)
        elif what < 0.98:
            await self._timed("find_prices", **PRICES)
        else:
            await self._timed("value_offer", **OFFER)

    async def _timed(self, tool: str, **arguments) -> dict:
        began = time.perf_counter()
        answer = await self._caller.call(tool, **arguments)
        self.took_s.append(time.perf_counter() - began)
        self.calls += 1
        return answer


async def as_fast_as_it_goes(mix: Mix, seconds: float) -> float:
    """Tasks a second that some workers get done without a pause."""
    end = time.perf_counter() + seconds
    done = 0

    async def work() -> None:
        nonlocal done
        while time.perf_counter() < end:
            await mix.one()
            done += 1

    await asyncio.gather(*(work() for _ in range(WORKERS)))
    return done / seconds


async def at_a_rate(mix: Mix, tasks_a_second: float, seconds: float, each_second) -> None:
    """Start tasks at even times, whatever becomes of those before."""
    started = time.perf_counter()
    running_now: set[asyncio.Task] = set()
    sampled = 0
    for number in range(int(tasks_a_second * seconds)):
        if time.perf_counter() - started > seconds:
            break  # the machine does less than it did when it was measured
        due = started + number / tasks_a_second
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        if len(running_now) >= IN_FLIGHT_MAX:
            await asyncio.wait(running_now, return_when=asyncio.FIRST_COMPLETED)
        task = asyncio.create_task(mix.one())
        running_now.add(task)
        task.add_done_callback(running_now.discard)
        if time.perf_counter() - started >= sampled:
            each_second()
            sampled += 1
    await asyncio.gather(*running_now)


def grown(samples: list[int]) -> tuple[int, int]:
    """The medians of what was kept after a fifth of the time, and at its end."""
    fifth = max(1, len(samples) // 5)
    return int(statistics.median(samples[fifth : 2 * fifth])), int(statistics.median(samples[-fifth:]))


@pytest.fixture
def cluster(tmp_path):
    with running(tmp_path) as started:
        yield started


@pytest.mark.timeout(120 + 3 * SECONDS)
async def test_at_80_percent_of_capacity_nothing_fails_and_memory_stays_flat(cluster, capsys):
    async with Caller(cluster, IN_FLIGHT_MAX) as caller:
        mix = Mix(caller)
        await caller.call("set_budget", budget="company", limit_usd=1_000_000)
        for number in range(20):
            await caller.call("set_budget", budget=f"agent-{number}", limit_usd=100_000, parent="company")
        for tool, arguments in LOADING.items():
            for _ in range(2 * len(cluster.replicas)):  # in turn, so that each replica has loaded everything
                await caller.call(tool, **arguments)
        await as_fast_as_it_goes(mix, MEASURE_SECONDS / 3)
        capacity = await as_fast_as_it_goes(mix, MEASURE_SECONDS)
        assert mix.errors == []
        mix.calls = 0
        mix.took_s.clear()
        memory: list[list[int]] = [[] for _ in cluster.replicas]

        def sample() -> None:
            for kept, replica in zip(memory, cluster.replicas, strict=True):
                kept.append(replica.memory_bytes())

        await at_a_rate(mix, SHARE * capacity, SECONDS, sample)
    growth = [grown(kept) for kept in memory]
    ordered = sorted(mix.took_s)
    with capsys.disabled():
        kept_mb = ", ".join(f"{early / 1e6:.1f} to {late / 1e6:.1f}" for early, late in growth)
        print(
            f"\nsoak: {SECONDS:.0f} s, {mix.calls} calls at 80% of {capacity:.0f} tasks/s, {len(mix.errors)} errors, "
            f"p50 {1000 * ordered[len(ordered) // 2]:.1f} ms, p99 {1000 * ordered[len(ordered) * 99 // 100]:.1f} ms, "
            f"memory MB {kept_mb}"
        )
    assert mix.errors == []
    assert all(late - early <= max(GROWTH_MAX * early, GROWTH_BYTES_MIN) for early, late in growth), growth
