"""A process of clients for the ledger's benchmark: each holds, and settles, without a pause.

Usage: python ledger_clients.py '{"address": ..., "sync": ..., "in_flight": 1, "seconds": 5, "settles": true, ...}'. It
says "ready", waits for a line, and answers with how long each operation took, in milliseconds, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path

from tokenworth.budgets import Amount, HoldRequest
from tokenworth.burn.ledger.book import Book
from tokenworth.burn.ledger.postgres_store import open_postgres
from tokenworth.burn.ledger.sqlite_store import SqliteStore

WARM_UP_SECONDS = 0.5
HOLD = Amount(nano_usd=1_000_000)
CHARGE = Amount(nano_usd=400_000)


async def main(load: dict) -> None:
    book = await opened(load)
    say("ready")
    await asyncio.to_thread(sys.stdin.readline)
    start = time.perf_counter() + WARM_UP_SECONDS
    took: list[float] = []
    await asyncio.gather(*(client(book, load, start, took) for _ in range(load["in_flight"])))
    await book.close()
    say(json.dumps([round(1000 * each, 3) for each in took]))


async def opened(load: dict) -> Book:
    if load["address"].startswith("postgresql://"):
        return Book(await open_postgres(load["address"], **load["options"]))
    return Book(SqliteStore(Path(load["address"]), sync=load["sync"]))


async def client(book: Book, load: dict, start: float, took: list[float]) -> None:
    end = start + load["seconds"]
    while (began := time.perf_counter()) < end:
        grant = await book.reserve(HoldRequest("agent", HOLD, os.urandom(8).hex(), "1000000"))
        assert grant.hold is not None, "the benchmark's budget is too small"
        reserved = time.perf_counter()
        if began >= start:
            took.append(reserved - began)
        if load["settles"]:
            await book.settle(grant.hold, CHARGE, "400000")
            if began >= start:
                took.append(time.perf_counter() - reserved)


def say(what: str) -> None:
    sys.stdout.write(what + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
