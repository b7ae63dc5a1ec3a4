"""Writers killed without warning: what was acknowledged is in the ledger, and the ledger agrees with itself."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from tokenworth.budgets import NANO, Amount, BudgetChange
from tokenworth.burn.ledger.entries import id_of_hold

WRITERS = Path(__file__).with_name("writers.py")
ROUNDS = int(os.environ.get("TOKENWORTH_KILL_ROUNDS", "3"))
ENTRIES = "SELECT id, state, nano_usd, charged_nano_usd FROM entries"
pytestmark = pytest.mark.timeout(120 + 30 * ROUNDS)


async def entries_of(bench):
    if hasattr(bench, "path"):
        with sqlite3.connect(bench.path) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            rows = connection.execute(ENTRIES).fetchall()
        connection.close()
    else:
        connection = await asyncpg.connect(bench.address)
        rows = await connection.fetch(ENTRIES)
        await connection.close()
    return {bytes(row[0]): tuple(row)[1:] for row in rows}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks its writers")
@pytest.mark.parametrize("cap_usd", [2, 1_000_000], ids=["near-the-limit", "far-from-it"])
async def test_32_writers_killed_at_random_lose_no_acknowledged_grant_and_pass_no_limit(bench, cap_usd):
    book = await bench.open()
    await book.set_budget(BudgetChange("org", "usd", cap_usd * NANO))
    await book.set_budget(BudgetChange("all", "usd", cap_usd * NANO, parent="org"))
    await book.close()
    address = str(bench.path) if hasattr(bench, "path") else bench.address
    command = [sys.executable, str(WRITERS), address, "all", "32", str(ROUNDS), "7"]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
    heard = done.stdout.splitlines()

    entries = await entries_of(bench)
    for line in heard:
        said = json.loads(line)
        if said["hold"] is None:
            continue
        state, held, charged = entries[id_of_hold(said["hold"])]
        assert held == said["held"]
        assert state in {"held", "settled", "released"}
        if said["charged"] is not None:
            assert charged == said["charged"]

    book = await bench.open()
    spent = sum(charged or 0 for _, _, charged in entries.values())
    held = sum(amount for state, amount, _ in entries.values() if state == "held")
    for name in ("all", "org"):
        balance = (await book.state(name)).own.balance
        assert (balance.spent_nano_usd, balance.held_nano_usd) == (spent, held)
        assert spent + held <= cap_usd * NANO
    # And it goes on: what is left can be had, to the last cent, and no more.
    left = cap_usd * NANO - spent - held
    await book.record("all", Amount(left), "rest", "rest")
    assert (await book.state("all")).left("usd") == 0
    await book.close()
