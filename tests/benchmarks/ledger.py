"""The ledger under load: SQLite among processes, PostgreSQL on one hot budget, and a large ledger that is looked at."""

from __future__ import annotations

import asyncio
import os
import secrets
import sqlite3
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import asyncpg
from ledger_clients import Load, Timed, run_load

from tokenworth.budgets import NANO, Amount, BudgetChange, HoldRequest, Period
from tokenworth.burn import CheckBudgetRequest, check_budget
from tokenworth.burn.ledger.book import Book
from tokenworth.burn.ledger.postgres_store import open_postgres
from tokenworth.burn.ledger.sqlite_store import SqliteStore, wall_clock_ms
from tokenworth.context import Caller
from tokenworth.wiring import build_context

SECONDS = float(os.environ.get("TOKENWORTH_BENCH_SECONDS", "5"))
POSTGRES = os.environ.get("TOKENWORTH_TEST_POSTGRES", "postgresql://root@127.0.0.1:5432/test")
PROCESSES = 8
CLIENTS = 32
EVENTS = 1_000_000
CHECKS = 200
PLENTY = 10**18


def main() -> None:
    """Print every figure beside what it should be."""
    with tempfile.TemporaryDirectory() as folder:
        sqlite(Path(folder))
        large(Path(folder))
    postgres()


def sqlite(folder: Path) -> None:
    """Eight processes reserve and settle on one budget of one file; every reserve and every settle counts."""
    print(f"SQLite, {PROCESSES} processes, reserve and settle, operations a second:")
    targets = {1: ">= 5,000/s, p99 <= 10 ms, max <= 500 ms", 16: ">= 15,000/s"}
    for sync in ("normal", "full"):
        for in_flight, target in targets.items():
            path = folder / f"{sync}-{in_flight}.sqlite3"
            opener = partial(open_file, path, sync)
            asyncio.run(prepare(opener))
            timed = run_load(Load(opener, PROCESSES, in_flight, SECONDS))
            goal = f"   ({target})" if sync == "normal" else ""
            print(f"  {sync:<6} {in_flight:>2} in flight each: {timed}{goal}", flush=True)
            assert_balanced(path)


def large(folder: Path) -> None:
    """check_budget on a ledger of a million events, spread over a month."""
    path = folder / "large.sqlite3"
    asyncio.run(prepare(partial(open_file, path, "normal")))
    fill(path)
    context = replace(build_context(ledger=str(path)), caller=Caller("agent"))
    times = asyncio.run(check_often(context))
    print(
        f"check_budget, {EVENTS:,} events: median {statistics.median(times):.1f} ms, "
        f"max {max(times):.1f} ms   (<= 30 ms)",
        flush=True,
    )


def postgres() -> None:
    """Thirty-two clients hold on one budget: one row for all, then with leases, in one server and in two."""
    try:
        asyncio.run(run_sql("SELECT 1"))
    except OSError:
        print("PostgreSQL: none to be reached; set TOKENWORTH_TEST_POSTGRES")
        return
    print(f"PostgreSQL, one hot budget, {CLIENTS} clients, grants a second:")
    single = hot(1, leasing=False, direct_max=CLIENTS)
    print(f"  one row, a statement each: {single}", flush=True)
    for servers in (1, 2):
        leased = hot(servers, direct_max=0)
        times = leased.rate / single.rate
        print(
            f"  leases, {servers} server{'s' if servers > 1 else ' '}:         {leased}   {times:.1f}x   (>= 10x)",
            flush=True,
        )


def hot(servers: int, **options: object) -> Timed:
    """The rate on a schema of its own."""
    schema = f"bench_{secrets.token_hex(6)}"
    asyncio.run(run_sql(f"CREATE SCHEMA {schema}"))
    try:
        opener = partial(open_database, f"{POSTGRES}?search_path={schema}", **options)
        asyncio.run(prepare(opener))
        return run_load(Load(opener, servers, CLIENTS // servers, SECONDS, settles=False))
    finally:
        asyncio.run(run_sql(f"DROP SCHEMA {schema} CASCADE"))


async def open_file(path: Path, sync: str) -> Book:
    return Book(await asyncio.to_thread(SqliteStore, path, sync=sync))


async def open_database(address: str, **options: object) -> Book:
    return Book(await open_postgres(address, **options))


async def prepare(opener) -> None:
    book = await opener()
    await book.set_budget(BudgetChange("agent", "usd", PLENTY, Period("month", "Europe/Berlin")))
    grant = await book.reserve(HoldRequest("agent", Amount(NANO), "first", "first"))
    await book.settle(grant.hold, Amount(NANO), "first")
    await book.close()


async def run_sql(statement: str) -> None:
    connection = await asyncpg.connect(POSTGRES, timeout=5)
    await connection.execute(statement)
    await connection.close()


def assert_balanced(path: Path) -> None:
    """The file's balances are what its entries add up to, and the load held nothing back."""
    with sqlite3.connect(path) as connection:
        spent, held = connection.execute("SELECT sum(spent_nano_usd), sum(held_nano_usd) FROM balances").fetchone()
        charged = connection.execute("SELECT sum(charged_nano_usd) FROM entries").fetchone()[0]
        still = connection.execute("SELECT total(nano_usd) FROM entries WHERE state = 'held'").fetchone()[0]
    connection.close()
    assert (spent, held) == (charged, still), "the ledger does not agree with itself"


def fill(path: Path) -> None:
    """A million settled entries in the past month, as settling them would have left them."""
    now_ms = wall_clock_ms()
    step_ms = 30 * 86_400_000 // EVENTS
    with sqlite3.connect(path) as connection:
        (template,) = connection.execute("SELECT legs FROM entries").fetchone()
        entry = """
            INSERT INTO entries SELECT ?, asked, state, budget, nano_usd, tokens, ?, ?, on_expiry, ?, left_nano_usd,
            left_tokens, refused, closed_asked, ?, 1000, charged_tokens, closed_left_nano_usd, closed_left_tokens, late
            FROM entries WHERE id = (SELECT id FROM entries LIMIT 1)
        """
        moments = [now_ms - number * step_ms for number in range(EVENTS)]
        connection.executemany(entry, ((secrets.token_bytes(15), at, at + 3_600_000, template, at) for at in moments))
        slots = sorted({at // 60_000 * 60_000 for at in moments})
        connection.executemany(
            "INSERT OR REPLACE INTO spends VALUES ('agent', ?, 23000, 0)", ((slot,) for slot in slots)
        )
        connection.execute("UPDATE balances SET spent_nano_usd = spent_nano_usd + ?", (EVENTS * 1000,))
    connection.close()


async def check_often(context) -> list[float]:
    times = []
    for number in range(CHECKS + 1):
        began = time.perf_counter()
        answer = await check_budget(CheckBudgetRequest(), context)
        answer.text()
        if number:  # the first opens the ledger
            times.append((time.perf_counter() - began) * 1e3)
    await context.ledger.close()
    return times


if __name__ == "__main__":
    sys.exit(main())
