"""The PostgreSQL ledger: newer ones are left alone, failures name no address, and leases never hide a charge."""

from __future__ import annotations

import asyncio
import socket
import sys

import asyncpg
import pytest

from tokenworth.budgets import NANO, Amount, BudgetChange, HoldRequest
from tokenworth.burn.ledger.opening import open_ledger
from tokenworth.errors import InvalidInputError, LedgerUnusableError

pytestmark = pytest.mark.postgres
only_postgres = pytest.mark.parametrize("unopened", ["postgres"], indirect=True)


@only_postgres
async def test_a_newer_ledger_is_refused_and_left_as_it_is(bench):
    connection = await asyncpg.connect(bench.address)
    await connection.execute("UPDATE ledger_meta SET format = format + 1")
    before = await connection.fetch("SELECT * FROM ledger_meta")
    with pytest.raises(LedgerUnusableError, match="newer than this version's"):
        await bench.open()
    assert await connection.fetch("SELECT * FROM ledger_meta") == before
    await connection.close()


async def test_a_database_that_does_not_answer_is_said_without_its_address():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"postgresql://someone:secret@127.0.0.1:{taken.getsockname()[1]}/test"
        with pytest.raises(LedgerUnusableError, match="cannot be opened") as refused:
            await open_ledger(address)
    assert "secret" not in str(refused.value)
    assert "127.0.0.1" not in str(refused.value)


@pytest.mark.parametrize("address", ["postgresql://a:b@c:notaport/d", "mysql://localhost/ledger"])
async def test_what_is_no_address_of_a_ledger_is_refused_with_one_that_is(address):
    with pytest.raises(InvalidInputError, match=r"settings: ledger.*postgresql://"):
        await open_ledger(address)


async def test_without_the_extra_the_answer_says_which_one_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    for name in [name for name in sys.modules if name.startswith("tokenworth.burn.ledger.postgres")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(LedgerUnusableError, match=r"tokenworth\[postgres\]"):
        await open_ledger("postgresql://root@127.0.0.1:5432/test")


@only_postgres
async def test_many_servers_may_create_the_ledger_at_once(bench):
    connection = await asyncpg.connect(bench.address)
    await connection.execute(f"DROP SCHEMA {bench.schema} CASCADE; CREATE SCHEMA {bench.schema}")
    books = await asyncio.gather(*(bench.open() for _ in range(5)))
    assert await connection.fetchval("SELECT count(*) FROM ledger_meta") == 1
    await connection.close()
    for book in books:
        await book.close()


@only_postgres
async def test_charges_beyond_a_leased_slice_are_the_budget_s_own_debt(bench):
    first, second = await bench.open(), await bench.open()
    await first.set_budget(BudgetChange("hot", "usd", 1000 * NANO))
    requests = [HoldRequest("hot", Amount(NANO), f"a{number}", "a dollar") for number in range(20)]
    grants = await asyncio.gather(*map(first.reserve, requests))
    watcher = await asyncpg.connect(bench.address)
    assert await watcher.fetchval("SELECT count(*) FROM leases") == 1
    # One of them came to far more than the slice, and then to more than the whole budget.
    await first.settle(grants[0].hold, Amount(900 * NANO), "900")
    assert (await second.state("hot")).left("usd") == (1000 - 900 - 19) * NANO
    await second.settle(grants[1].hold, Amount(200 * NANO), "200")
    assert (await first.state("hot")).left("usd") == (1000 - 1100 - 18) * NANO
    for server in (first, second):
        assert not (await server.reserve(HoldRequest("hot", Amount(0), f"b{id(server)}", "nothing"))).granted
    await second.close()
    await first.close()
    rows = await watcher.fetch("SELECT spent_nano_usd, held_nano_usd FROM balances")
    assert [tuple(row) for row in rows] == [(1100 * NANO, 18 * NANO)]
    await watcher.close()


@only_postgres
async def test_a_server_that_died_with_a_lease_blocks_nobody_and_loses_nothing(bench):
    dead, living = await bench.open(), await bench.open()
    await dead.set_budget(BudgetChange("hot", "usd", 1000 * NANO))
    requests = [HoldRequest("hot", Amount(NANO), f"a{number}", "a dollar") for number in range(20)]
    grants = await asyncio.gather(*map(dead.reserve, requests))
    # It is never closed properly: its lease stays behind.
    dead._store._memory.leases.clear()
    everything = HoldRequest("hot", Amount(980 * NANO), "all", "all")
    assert (await living.reserve(everything)).granted
    await living.settle(grants[0].hold, Amount(0), "0")
    assert (await living.state("hot")).left("usd") == NANO
    await living.close()
    await dead.close()
