"""Clients that hang up while a hold is written: it is there whole or not at all, and the same key answers the same."""

from __future__ import annotations

import asyncio
import json
import os
import random
import secrets
import sqlite3
from collections import Counter
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import asyncpg
import httpx
import pytest

from support.processes import HttpServer
from tokenworth.budgets import NANO

POSTGRES = os.environ.get("TOKENWORTH_TEST_POSTGRES", "postgresql://root@127.0.0.1:5432/test")
HEADERS = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
SEEDS = [3, 4]
HOLDS = 40
AT_ONCE = 8
CONNECTIONS_MAX = 10
HELD = "SELECT state, nano_usd FROM entries"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'"
OPEN = "SELECT state FROM pg_stat_activity WHERE application_name = $1"


@dataclass
class SqliteFile:
    """A ledger's file, looked at and locked by another program."""

    path: Path

    @property
    def address(self) -> str:
        return str(self.path)

    async def rows(self) -> list[tuple[str, int]]:
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(HELD).fetchall()

    @asynccontextmanager
    async def locked(self):
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield self
            connection.execute("COMMIT")

    async def until_waited_for(self) -> None:
        """Nothing shows who waits for a file."""

    async def check_connections(self, server: HttpServer) -> None:
        """One writes and one reads."""
        opened = [os.path.realpath(link) for link in Path(f"/proc/{server.process.pid}/fd").iterdir()]
        assert opened.count(os.path.realpath(self.path)) == 2


@dataclass
class PostgresSchema:
    """A ledger's schema, looked at and locked by another session."""

    name: str

    @property
    def address(self) -> str:
        return f"{POSTGRES}?search_path={self.name}&application_name={self.name}"

    async def rows(self) -> list[tuple[str, int]]:
        return [tuple(row) for row in await self._ask(f"SET search_path = {self.name}", HELD)]

    @asynccontextmanager
    async def locked(self):
        connection = await asyncpg.connect(f"{POSTGRES}?search_path={self.name}")
        try:
            async with connection.transaction():
                await connection.execute("SELECT FROM balances FOR UPDATE")
                yield self
        finally:
            await connection.close()

    async def until_waited_for(self) -> None:
        while (await self._ask("SELECT", WAITING, self.name))[0][0] == 0:
            pass

    async def check_connections(self, server: HttpServer) -> None:
        """The pool is no larger than ever, and nothing in it was left half way."""
        states = [row[0] for row in await self._ask("SELECT", OPEN, self.name)]
        assert len(states) <= CONNECTIONS_MAX
        assert not [state for state in states if state.startswith("idle in transaction")]

    async def _ask(self, first: str, query: str, *arguments: object) -> list[Any]:
        connection = await asyncpg.connect(POSTGRES)
        await connection.execute(first)
        found = await connection.fetch(query, *arguments)
        await connection.close()
        return found


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def ledger(request, tmp_path):
    """Each store in turn, new and empty."""
    if request.param == "sqlite":
        yield SqliteFile(tmp_path / "ledger.sqlite3")
        return
    name = f"hang_ups_{secrets.token_hex(6)}"
    for statement in (f"CREATE SCHEMA {name}", f"DROP SCHEMA {name} CASCADE"):
        connection = await asyncpg.connect(POSTGRES)
        await connection.execute(statement)
        await connection.close()
        if statement.startswith("CREATE"):
            yield PostgresSchema(name)


@pytest.fixture
def server(ledger):
    """A server on it, which logs nothing all the while."""
    started = HttpServer(TOKENWORTH_LEDGER=ledger.address)
    yield started
    assert started.end() == b""


def _message(tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}


def _hold(key: str) -> dict[str, Any]:
    return {"budget": "team", "usd": "0.01", "key": key}


async def _send(server: HttpServer, tool: str, arguments: dict[str, Any]):
    """Send a call as a client that will not wait for the answer."""
    url = httpx.URL(server.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    body = json.dumps(_message(tool, arguments)).encode()
    head = [f"POST {url.path} HTTP/1.1", f"host: {url.host}:{url.port}", f"content-length: {len(body)}"]
    writer.write("\r\n".join([*head, *(f"{name}: {value}" for name, value in HEADERS.items()), "", ""]).encode() + body)
    await writer.drain()
    return reader, writer


async def _hang_up_within(server: HttpServer, tool: str, arguments: dict[str, Any], seconds: float) -> None:
    reader, writer = await _send(server, tool, arguments)
    with suppress(TimeoutError):
        await asyncio.wait_for(reader.read(1), seconds)
    writer.transport.abort()


class Client:
    """One that waits for its answers."""

    def __init__(self, server: HttpServer) -> None:
        self._url = server.url
        self._http = httpx.AsyncClient(headers=HEADERS, timeout=60)

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self._http.__aexit__(*raised)

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        response = await self._http.post(self._url, json=_message(tool, arguments))
        result = response.json()["result"]
        assert not result.get("isError"), result["content"][0]["text"]
        return result["structuredContent"]


@pytest.mark.parametrize("seed", SEEDS)
async def test_holds_whose_clients_hang_up_at_any_moment_are_granted_once_when_asked_for_again(server, ledger, seed):
    dice = random.Random(seed)  # noqa: S311 - moments
    for _ in range(AT_ONCE):  # the first of them open the ledger
        await _hang_up_within(server, "check_budget", {"budget": "team"}, dice.uniform(0, 0.06))
    async with Client(server) as client:
        await client.call("set_budget", budget="team", limit_usd=HOLDS / 100)
        keys = [f"{seed} {number}" for number in range(HOLDS)]
        for begin in range(0, HOLDS, AT_ONCE):
            some = keys[begin : begin + AT_ONCE]
            asked = [("reserve_budget", _hold(key)) for key in some] + [("check_budget", {"budget": "team"})] * 2
            await asyncio.gather(
                *(_hang_up_within(server, tool, arguments, dice.uniform(0, 0.06)) for tool, arguments in asked)
            )
            again = await asyncio.gather(*(client.call("reserve_budget", **_hold(key)) for key in some))
            assert [answer["granted"] for answer in again] == [True] * len(some)
            repeated = await asyncio.gather(*(client.call("reserve_budget", **_hold(key)) for key in some))
            assert repeated == again
        beyond = await client.call("reserve_budget", **_hold("one more"))
        assert beyond["granted"] is False
        await ledger.check_connections(server)
    held = Counter(row for row in await ledger.rows() if row[0] == "held")
    assert held == {("held", NANO // 100): HOLDS}


async def test_a_hold_whose_client_hangs_up_while_another_program_has_the_lock_is_granted_once(server, ledger):
    async with Client(server) as client:
        await client.call("set_budget", budget="team", limit_usd=0.03)
        first = await client.call("reserve_budget", **_hold("first"))
        assert first["granted"] is True
        async with ledger.locked():
            _, writer = await _send(server, "reserve_budget", _hold("cut off"))
            await ledger.until_waited_for()
            writer.transport.abort()
        again = [await client.call("reserve_budget", **_hold("cut off")) for _ in range(2)]
        assert again[0] == again[1]
        third = await client.call("reserve_budget", **_hold("third"))
        beyond = await client.call("reserve_budget", **_hold("beyond"))
        assert [again[0]["granted"], third["granted"], beyond["granted"]] == [True, True, False]
        await ledger.check_connections(server)
    held = [row for row in await ledger.rows() if row[0] == "held"]
    assert held == [("held", NANO // 100)] * 3
