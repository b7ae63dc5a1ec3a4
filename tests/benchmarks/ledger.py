"""The ledger under load: SQLite among processes, PostgreSQL on one hot budget, and a large ledger that is looked at."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import secrets
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import asyncpg

from tokenworth.budgets import NANO, Amount, BudgetChange, HoldRequest, Period
from tokenworth.burn.check_budget import check_budget
from tokenworth.burn.ledger.book import Book
from tokenworth.burn.ledger.opening import open_ledger
from tokenworth.burn.ledger.sqlite_store import SqliteStore, wall_clock_ms
from tokenworth.burn.models import CheckBudgetRequest
from tokenworth.context import Caller
from tokenworth.wiring import build_context

SECONDS = float(os.environ.get("TOKENWORTH_BENCH_SECONDS", "5"))
POSTGRES = os.environ.get("TOKENWORTH_TEST_POSTGRES", "postgresql://root@127.0.0.1:5432/test")
CLIENTS_PROGRAM = Path(__file__).parent / "load" / "ledger_clients.py"
PROCESSES = 8
CLIENTS = 32
EVENTS = 1_000_000
CHECKS = 200
CALLS = 100_000
PLENTY = 10**18
PLANNED = {"model": "claude-opus-4-6", "input_tokens": 40_000, "output_tokens": 8_000}


class Timed(NamedTuple):
    """Operations a second, and how long they took, in milliseconds."""

    rate: float
    p50_ms: float
    p99_ms: float
    max_ms: float

    def __str__(self) -> str:
        return f"{self.rate:>8,.0f}/s  p50 {self.p50_ms:6.2f}  p99 {self.p99_ms:6.2f}  max {self.max_ms:6.1f} ms"


def main() -> int:
    """Print every figure beside what it should be; how many are not."""
    with tempfile.TemporaryDirectory() as folder:
        missed = sqlite(Path(folder)) + large(Path(folder)) + memory(Path(folder))
    return missed + postgres()


def sqlite(folder: Path) -> int:
    """Eight processes hold and settle on one budget of one file; every hold and every settling is one operation."""
    print(f"SQLite, {PROCESSES} processes, operations a second:")
    missed = 0
    for sync in ("normal", "full"):
        for in_flight, rate_min in ((1, 5_000), (16, 15_000)):
            path = folder / f"{sync}-{in_flight}.sqlite3"
            asyncio.run(prepare(str(path)))
            load = {"address": str(path), "sync": sync, "in_flight": in_flight, "settles": True}
            timed = run_load(PROCESSES, load)
            goal = ""
            if sync == "normal":
                goal = f"  (>= {rate_min:,}/s" + (", p99 <= 10 ms, max <= 500 ms)" if in_flight == 1 else ")")
                slow = in_flight == 1 and (timed.p99_ms > 10 or timed.max_ms > 500)
                missed += timed.rate < rate_min or slow
            print(f"  {sync:<6} {in_flight:>2} in flight each {timed}{goal}", flush=True)
            assert_balanced(path)
    return missed


def large(folder: Path) -> int:
    """check_budget on a ledger of a million events, spread over a month."""
    path = folder / "large.sqlite3"
    asyncio.run(prepare(str(path)))
    fill(path)
    missed = 0
    for what, asked in (("check_budget", {}), ("with a planned call", {"planned": PLANNED})):
        context = replace(build_context(ledger=str(path)), caller=Caller("agent"))
        times = asyncio.run(check_often(context, CheckBudgetRequest.model_validate(asked)))
        middle = statistics.median(times)
        print(f"{what}, {EVENTS:,} events: median {middle:.1f} ms, max {max(times):.1f} ms  (<= 30 ms)", flush=True)
        missed += middle > 30
    return missed


def memory(folder: Path) -> int:
    """What a process grows by over a hundred thousand calls."""
    grown = asyncio.run(grow(folder / "memory.sqlite3"))
    print(f"memory after {CALLS:,} calls: {grown / 1024:+.1f} MiB  (flat: <= 4 MiB)", flush=True)
    return int(grown > 4 * 1024)


def postgres() -> int:
    """Thirty-two clients hold on one budget: one row for all, then with leases, in one server and in two."""
    try:
        asyncio.run(run_sql("SELECT 1"))
    except OSError:
        print("PostgreSQL: none can be reached; TOKENWORTH_TEST_POSTGRES says where one is")
        return 1
    print(f"PostgreSQL, one hot budget, {CLIENTS} clients, grants a second:")
    single = hot(1, {"leasing": False, "direct_max": CLIENTS})
    print(f"  one row, a statement each {single}", flush=True)
    missed = 0
    for servers in (1, 2):
        leased = hot(servers, {"direct_max": 0})
        times = leased.rate / single.rate
        missed += times < 10
        print(f"  leases, {servers} server(s)      {leased}  {times:.1f}x  (>= 10x)", flush=True)
    return missed


def hot(servers: int, options: dict[str, object]) -> Timed:
    """The rate on a schema of its own."""
    schema = f"bench_{secrets.token_hex(6)}"
    asyncio.run(run_sql(f"CREATE SCHEMA {schema}"))
    try:
        address = f"{POSTGRES}?search_path={schema}"
        asyncio.run(prepare(address))
        load = {"address": address, "in_flight": CLIENTS // servers, "settles": False, "options": options}
        return run_load(servers, load)
    finally:
        asyncio.run(run_sql(f"DROP SCHEMA {schema} CASCADE"))


def run_load(count: int, load: dict[str, object]) -> Timed:
    """Run some processes of clients at once, and merge what they measured."""
    command = [sys.executable, str(CLIENTS_PROGRAM), json.dumps({**load, "seconds": SECONDS})]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(count)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    took = sorted(each for process in processes for each in json.loads(process.communicate()[0]))
    count = len(took)
    return Timed(count / SECONDS, took[count // 2], took[count * 99 // 100], took[-1])


async def prepare(address: str) -> None:
    book = await open_ledger(address)
    await book.set_budget(BudgetChange("agent", "usd", PLENTY, Period("month", "Europe/Berlin")))
    grant = await book.reserve(HoldRequest("agent", Amount(NANO), "first", "first", model=PLANNED["model"]))
    await book.settle(grant.hold, Amount(NANO), "first")
    await book.close()


async def run_sql(statement: str) -> None:
    connection = await asyncpg.connect(POSTGRES, timeout=5)
    await connection.execute(statement)
    await connection.close()


def assert_balanced(path: Path) -> None:
    """The file's balances are what its entries add up to."""
    connection = sqlite3.connect(path)
    spent, held = connection.execute("SELECT sum(spent_nano_usd), sum(held_nano_usd) FROM balances").fetchone()
    (charged,) = connection.execute("SELECT sum(charged_nano_usd) FROM entries").fetchone()
    (still,) = connection.execute("SELECT total(nano_usd) FROM entries WHERE state = 'held'").fetchone()
    connection.close()
    assert (spent, held) == (charged, still), "the ledger does not agree with itself"


def fill(path: Path) -> None:
    """A million settled entries in the past month, all of them planned, as settling them would have left them."""
    now_ms = wall_clock_ms()
    step_ms = 30 * 86_400_000 // EVENTS
    moments = [now_ms - number * step_ms for number in range(EVENTS)]
    entry = """
        INSERT INTO entries SELECT ?, asked, state, budget, nano_usd, tokens, ?, ?, on_expiry, legs, left_nano_usd,
        left_tokens, refused, closed_asked, ?, 1000, charged_tokens, closed_left_nano_usd, closed_left_tokens, late,
        model
        FROM entries WHERE id = (SELECT id FROM entries LIMIT 1)
    """
    slots = sorted({at // 60_000 * 60_000 for at in moments})
    connection = sqlite3.connect(path)
    with connection:
        connection.executemany(entry, ((secrets.token_bytes(15), at, at + 3_600_000, at) for at in moments))
        connection.executemany("INSERT OR REPLACE INTO spends VALUES ('agent', ?, 23000, 0)", zip(slots, strict=True))
        connection.execute("UPDATE balances SET spent_nano_usd = spent_nano_usd + ?", (EVENTS * 1000,))
    connection.close()


async def check_often(context, request: CheckBudgetRequest) -> list[float]:
    times = []
    for number in range(CHECKS + 1):
        began = time.perf_counter()
        (await check_budget(request, context)).text()
        if number:  # the first one opens the ledger
            times.append(1000 * (time.perf_counter() - began))
    await context.ledger.close()
    return times


async def grow(path: Path) -> int:
    """KiB of peak memory gained by calls after a tenth of them has warmed everything up."""
    book = Book(SqliteStore(path))
    await book.set_budget(BudgetChange("agent", "usd", PLENTY))
    warm = 0
    for number in range(CALLS // 100):
        if number == CALLS // 1000:
            gc.collect()
            warm = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        requests = [HoldRequest("agent", Amount(1000), f"{number} {each}", "1000") for each in range(50)]
        grants = await asyncio.gather(*map(book.reserve, requests))
        await asyncio.gather(*(book.settle(grant.hold, Amount(400), "400") for grant in grants))
    await book.close()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - warm


if __name__ == "__main__":
    sys.exit(main())
