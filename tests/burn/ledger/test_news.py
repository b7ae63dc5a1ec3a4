"""What whoever watches a ledger hears of it: that something was written, and when time alone will change something."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

import anyio
import asyncpg
import pytest

from support.replicas import POSTGRES
from tokenworth.budgets import NANO, Amount, BudgetChange, HoldRequest
from tokenworth.burn.ledger.opening import open_ledger
from tokenworth.errors import LedgerError

NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)


async def test_the_next_expiry_is_that_of_the_open_hold_that_expires_first(book, bench):
    await book.set_budget(BudgetChange("me", "usd", NANO))
    assert await book.next_expiry_in_ms() is None
    for seconds in (600, 300, 900):
        grant = await book.reserve(HoldRequest("me", Amount(1), f"{seconds}", "", expires_in_s=seconds))
        if seconds == 300:
            first = grant.hold
    assert await book.next_expiry_in_ms() == 300_000
    await book.settle(first, Amount(1), "done")
    assert await book.next_expiry_in_ms() == 600_000
    await bench.set_clock(NOON + timedelta(seconds=601))
    assert await book.next_expiry_in_ms() == -1_000
    await book.state("me")  # whoever looks ends what has expired
    assert await book.next_expiry_in_ms() == 299_000


@pytest.fixture
async def address():
    """A PostgreSQL ledger of the test's own, whose connections have its name."""
    schema = f"test_{secrets.token_hex(6)}"
    connection = await asyncpg.connect(POSTGRES)
    await connection.execute(f"CREATE SCHEMA {schema}")
    yield f"{POSTGRES}?search_path={schema}"
    await connection.execute(f"DROP SCHEMA {schema} CASCADE")
    await connection.close()


async def cut(name):
    """Cut every connection that goes by a name, as a failing network or database does."""
    connection = await asyncpg.connect(POSTGRES)
    ended = await connection.fetch(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = $1", name
    )
    await connection.close()
    assert ended
    assert all(row[0] for row in ended)


async def again(ask):
    """The answer as soon as the ledger gives one: connections that were cut are found one by one."""
    with anyio.fail_after(30):
        while True:
            try:
                return await ask()
            except LedgerError:
                continue


@pytest.mark.postgres
async def test_what_was_written_while_the_connection_was_lost_is_news_once_it_is_back(address):
    watching = await open_ledger(f"{address}&application_name=watching-{address[-12:]}")
    before = await watching.news()
    assert await watching.news() == before
    await cut(f"watching-{address[-12:]}")
    writing = await open_ledger(address)
    await writing.set_budget(BudgetChange("me", "usd", NANO))
    await writing.close()  # its word of it went out, and nobody was there to hear
    assert await again(watching.news) != before
    await watching.close()


@pytest.mark.postgres
async def test_a_ledger_whose_connections_were_cut_is_written_to_again(address):
    book = await open_ledger(f"{address}&application_name=writing-{address[-12:]}")
    for number in range(3):
        await again(lambda number=number: book.set_budget(BudgetChange(f"b{number}", "usd", NANO)))
        await cut(f"writing-{address[-12:]}")
    assert list(await again(book.budgets)) == ["b0", "b1", "b2"]
    await book.close()
