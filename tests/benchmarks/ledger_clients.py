"""The load of the ledger's benchmark: processes of asyncio clients that each reserve and settle without a pause."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tokenworth.budgets import Amount, HoldRequest
from tokenworth.burn.ledger.book import Book

__all__ = ["Load", "Timed", "run_load"]

SPAWN = multiprocessing.get_context("spawn")
WARM_UP_SECONDS = 0.5
HOLD = Amount(nano_usd=1_000_000)
CHARGE = Amount(nano_usd=400_000)


@dataclass(frozen=True)
class Load:
    """Who does what for how long; `opener` opens the ledger inside each process."""

    opener: Callable[[], Awaitable[Book]]
    processes: int
    in_flight: int
    seconds: float
    settles: bool = True
    budget: str = "agent"


@dataclass(frozen=True)
class Timed:
    """Operations a second, and the slowest of them, in milliseconds."""

    rate: float
    p50_ms: float
    p99_ms: float
    max_ms: float

    def __str__(self) -> str:
        return f"{self.rate:>9,.0f}/s   p50 {self.p50_ms:6.2f}   p99 {self.p99_ms:6.2f}   max {self.max_ms:7.1f} ms"


def run_load(load: Load) -> Timed:
    """Run it and merge what every process measured; a reserve and a settle are two operations."""
    ready, answers = SPAWN.Barrier(load.processes), SPAWN.Queue()
    processes = [SPAWN.Process(target=_process, args=(load, ready, answers)) for _ in range(load.processes)]
    for process in processes:
        process.start()
    spent = sorted(seconds for _ in processes for seconds in answers.get(timeout=load.seconds + 120))
    for process in processes:
        process.join()
    count = len(spent)
    return Timed(
        rate=count / load.seconds,
        p50_ms=spent[count // 2] * 1e3,
        p99_ms=spent[count * 99 // 100] * 1e3,
        max_ms=spent[-1] * 1e3,
    )


def _process(load: Load, ready, answers) -> None:
    answers.put(asyncio.run(_clients(load, ready)))


async def _clients(load: Load, ready) -> list[float]:
    book = await load.opener()
    await asyncio.to_thread(ready.wait)
    start = time.perf_counter() + WARM_UP_SECONDS
    spent: list[float] = []
    await asyncio.gather(*(_client(book, load, start, spent) for _ in range(load.in_flight)))
    await book.close()
    return spent


async def _client(book: Book, load: Load, start: float, spent: list[float]) -> None:
    end = start + load.seconds
    while (began := time.perf_counter()) < end:
        key = os.urandom(8).hex()
        grant = await book.reserve(HoldRequest(load.budget, HOLD, key, "1000000"))
        reserved = time.perf_counter()
        assert grant.hold is not None, "the benchmark's budget is too small"
        if began >= start:
            spent.append(reserved - began)
        if load.settles:
            await book.settle(grant.hold, CHARGE, "400000")
            if began >= start:
                spent.append(time.perf_counter() - reserved)
