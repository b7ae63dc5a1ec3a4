"""A ledger that an earlier version made opens in this one, keeps every row, and answers as it did there."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from tokenworth.budgets import Amount, BudgetChange, HoldRequest, Period
from tokenworth.burn.ledger import postgres_schema, sqlite_schema

MADE = json.loads((Path(__file__).parents[3] / "fixtures" / "ledger" / "format_1.json").read_text())
NOW = datetime.fromisoformat(MADE["now"])
DAY_MS = 86_400_000
# A SQLite file has no leases and one writer: what PostgreSQL has besides.
BESIDES = {"spends": {"writer": 1}}
FLAGS = {"rolls_over", "late"}


def rows_of(table):
    """Rows as the drivers take them: column names, then values."""
    columns = MADE["tables"][table]["columns"]
    for row in MADE["tables"][table]["rows"]:
        yield {name: _read(value) for name, value in zip(columns, row, strict=True)}


def _read(value):
    return bytes.fromhex(value[2:]) if isinstance(value, str) and value.startswith("0x") else value


def make_file(path):
    connection = sqlite3.connect(path)
    with connection:
        connection.executescript(sqlite_schema.MIGRATIONS[0])
        connection.execute("INSERT INTO meta VALUES ('salt', ?)", (bytes.fromhex(MADE["salt"]),))
        for table in MADE["tables"]:
            for row in rows_of(table):
                names, marks = ", ".join(row), ", ".join("?" * len(row))
                connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", [*row.values()])  # noqa: S608 - ours
        connection.execute(f"PRAGMA application_id = {sqlite_schema.APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 1")
    connection.close()


async def make_schema(bench):
    connection = await asyncpg.connect(bench.address)
    await connection.execute(f"DROP SCHEMA {bench.schema} CASCADE; CREATE SCHEMA {bench.schema}")
    await connection.execute(
        "CREATE TABLE ledger_meta (format bigint NOT NULL, salt bytea NOT NULL, budgets_version bigint NOT NULL)"
    )
    await connection.execute("INSERT INTO ledger_meta VALUES (1, $1, 4)", bytes.fromhex(MADE["salt"]))
    await connection.execute(postgres_schema.MIGRATIONS[0])
    for table in MADE["tables"]:
        for row in rows_of(table):
            full = {name: bool(value) if name in FLAGS else value for name, value in row.items()}
            full |= BESIDES.get(table, {})
            names, marks = ", ".join(full), ", ".join(f"${place + 1}" for place in range(len(full)))
            await connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", *full.values())  # noqa: S608 - ours
    await connection.close()


@pytest.fixture
async def upgraded(bench):
    """A ledger of format 1, opened by this version."""
    if hasattr(bench, "path"):
        make_file(bench.path)
    else:
        await make_schema(bench)
    await bench.set_clock(NOW)
    book = await bench.open()
    yield book
    await book.close()


async def figures(book, budget):
    state = await book.state(budget)
    own = state.own.balance
    names = ("spent_nano_usd", "spent_tokens", "held_nano_usd", "held_tokens", "carry_nano_usd", "unpriced_tokens")
    return {
        "left_nano_usd": state.left("usd"),
        "left_tokens": state.left("tokens"),
        **{name: getattr(own, name) for name in names},
        "observed": {source: [seen.nano_usd, seen.tokens] for source, seen in state.own.observed.items()},
        "spends": [list(each) for each in await book.spends(budget, 0, DAY_MS)],
    }


async def test_every_budget_of_a_format_1_ledger_stands_as_it_stood(upgraded):
    assert {name: await figures(upgraded, name) for name in MADE["states"]} == MADE["states"]


async def test_every_key_of_a_format_1_ledger_gets_the_answer_it_got(upgraded):
    for asked in MADE["asked"]:
        request = HoldRequest(
            asked["budget"],
            Amount(asked["nano_usd"], asked["tokens"]),
            asked["key"],
            asked["asked"],
            asked["expires_in_s"],
        )
        grant = await upgraded.reserve(request)
        assert (grant.granted, grant.hold, grant.left) == (asked["granted"], asked["hold"], Amount(*asked["left"]))


async def test_a_hold_of_a_format_1_ledger_settles_and_new_things_can_be_kept_beside(upgraded, bench):
    held = next(asked for asked in MADE["asked"] if asked["key"] == "open")
    before = MADE["states"]["me"]
    settled = await upgraded.settle(held["hold"], Amount(10**9, 100), "1", model="opus")
    assert settled.left.nano_usd == before["left_nano_usd"] + held["nano_usd"] - 10**9
    assert (await upgraded.state("me")).by_model == [("opus", 10**9, 100)]
    period = Period("day", "Europe/Berlin", None, rolls_over=True, cap_nano_usd=5 * 10**9)
    budget, created = await upgraded.set_budget(BudgetChange("team", period=period, may_raise=True))
    assert (budget.period.cap_nano_usd, created) == (5 * 10**9, False)
    await bench.set_clock(NOW + timedelta(days=1))
    assert (await upgraded.state("team")).own.balance.carry_nano_usd == 5 * 10**9


async def test_opening_again_after_the_upgrade_changes_nothing(upgraded, bench):
    again = await bench.open()
    assert {name: await figures(again, name) for name in MADE["states"]} == MADE["states"]
    await again.close()
