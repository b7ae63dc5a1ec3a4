"""Budgets as resources: read, completed, and told of when they change, whichever of several servers changed them."""

from __future__ import annotations

import json
import os
import secrets
import signal
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import anyio
import asyncpg
import pytest
from mcp import Client, MCPError
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import (
    METHOD_NOT_FOUND,
    EmptyResult,
    ResourceTemplateReference,
    ResourceUpdatedNotification,
    SubscribeRequest,
    SubscribeRequestParams,
    UnsubscribeRequest,
    UnsubscribeRequestParams,
)

from tokenworth.budgets import NANO, Amount, BudgetChange, HoldRequest, Period
from tokenworth.burn.ledger.book import Book
from tokenworth.burn.ledger.opening import open_ledger
from tokenworth.burn.ledger.sqlite_store import SqliteStore
from tokenworth.wiring import build_context
from tokenworth_mcp.app import build_server
from tokenworth_mcp.watching import Watch

SERVE = ["-m", "tokenworth_mcp", "serve"]
POSTGRES = os.environ.get("TOKENWORTH_TEST_POSTGRES", "postgresql://root@127.0.0.1:5432/test")
REF = ResourceTemplateReference(type="ref/resource", uri="tokenworth://budgets/{+id}")
ME, TEAM = "tokenworth://budgets/me", "tokenworth://budgets/team"
SOON = 30
# Named, not probed for: a client that probes takes a server that is slow to start for one of the era before.
MODERN = "2026-07-28"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def address(request, tmp_path):
    """Each store in turn, new and empty."""
    if request.param == "sqlite":
        yield str(tmp_path / "ledger.sqlite3")
        return
    schema = f"test_{secrets.token_hex(6)}"
    connection = await asyncpg.connect(POSTGRES)
    await connection.execute(f"CREATE SCHEMA {schema}")
    yield f"{POSTGRES}?search_path={schema}"
    await connection.execute(f"DROP SCHEMA {schema} CASCADE")
    await connection.close()


def _stdio(address, mode="legacy", **options):
    environment = {**os.environ, "TOKENWORTH_LEDGER": address}
    return Client(
        stdio_client(StdioServerParameters(command=sys.executable, args=SERVE, env=environment)), mode=mode, **options
    )


async def _set_up(writer):
    await writer.call_tool("set_budget", {"budget": "team", "limit_usd": 100})
    await writer.call_tool("set_budget", {"budget": "me", "limit_usd": 10, "parent": "team"})
    await writer.call_tool("set_budget", {"budget": "other", "limit_usd": 10})


def _record(writer, budget, key):
    return writer.call_tool("record_usage", {"budget": budget, "usage": {"usd": 0.5}, "key": key})


def _subscribe(client, address):
    # The client's own method warns that the era is an old one.
    return client.session.send_request(SubscribeRequest(params=SubscribeRequestParams(uri=address)), EmptyResult)


def _unsubscribe(client, address):
    return client.session.send_request(UnsubscribeRequest(params=UnsubscribeRequestParams(uri=address)), EmptyResult)


@asynccontextmanager
async def _heard(address, transport, new_http):
    """A client that watches me and team; yields what awaits the next address that it is told of."""
    told_send, told = anyio.create_memory_object_stream(100)

    async def on_message(message):
        if isinstance(message, ResourceUpdatedNotification):
            await told_send.send(str(message.params.uri))

    if transport == "stdio handshake":
        async with _stdio(address, message_handler=on_message) as client:
            for watched in (ME, TEAM):
                await _subscribe(client, watched)
            with told_send, told:
                yield client, told.receive
                for watched in (ME, TEAM):
                    await _unsubscribe(client, watched)
        return
    told_send.close()
    told.close()
    server = new_http(TOKENWORTH_LEDGER=address) if transport == "http modern" else None
    target = Client(server.url, mode=MODERN) if server else _stdio(address, MODERN)
    async with target as client, client.listen(resource_subscriptions=[ME, TEAM]) as stream:

        async def following():
            return (await anext(events)).uri

        events = aiter(stream)
        yield client, following
    if server:
        server.end()


@pytest.mark.parametrize("transport", ["stdio handshake", "stdio modern", "http modern"])
async def test_what_another_server_charges_is_told_to_who_watches_the_budget_and_the_ones_above(
    address, transport, new_http
):
    async with _stdio(address) as writer:
        await _set_up(writer)
        async with _heard(address, transport, new_http) as (client, following):
            await _record(writer, "other", "unwatched")
            await _record(writer, "me", "watched")
            with anyio.fail_after(SOON):
                assert {await following(), await following()} == {ME, TEAM}
            page = json.loads((await client.read_resource(ME)).contents[0].text)
            assert page["spent_usd"] == 0.5
            # A hold of its own, and a limit of the budget above, change it too.
            await client.call_tool("reserve_budget", {"budget": "me", "usd": 1, "key": "held"})
            with anyio.fail_after(SOON):
                assert {await following(), await following()} == {ME, TEAM}
            await writer.call_tool("set_budget", {"budget": "team", "limit_usd": 5})
            with anyio.fail_after(SOON):
                assert {await following(), await following()} == {ME, TEAM}


async def test_a_storm_of_writes_is_told_a_few_times_a_second(address):
    watched, writing = build_context(ledger=address), build_context(ledger=address)
    async with Client(build_server(writing), mode="legacy") as writer:
        await _set_up(writer)
        changes = await Watch().listen([ME], watched)
        began, told = time.monotonic(), 0

        async def count():
            nonlocal told
            async for _ in changes:
                told += 1

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(count)
            for number in range(150):
                await _record(writer, "me", f"storm {number}")
            await anyio.sleep(0.5)
            tasks.cancel_scope.cancel()
        changes.leave()
        took = time.monotonic() - began
    await watched.ledger.close()
    await writing.ledger.close()
    assert 1 <= told <= 5 * took + 1


@dataclass
class Shifted:
    """A ledger whose clock differs from the real one."""

    book: Book

    async def open(self):
        return self.book

    async def close(self):
        await self.book.close()


async def _shifted(address, moment):
    """The ledger at an address, whose clock says a moment now and goes on from there."""
    shift_ms = int((moment - datetime.now(UTC)).total_seconds() * 1000)
    if not address.startswith("postgresql"):
        return Shifted(Book(SqliteStore(Path(address), clock_ms=lambda: time.time_ns() // 1_000_000 + shift_ms)))
    book = await open_ledger(address)
    connection = await asyncpg.connect(address)
    await connection.execute(
        "CREATE OR REPLACE FUNCTION ledger_now_ms() RETURNS bigint LANGUAGE sql VOLATILE RETURN "
        f"floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint + {shift_ms}"
    )
    await connection.close()
    return Shifted(book)


NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)
BY_ITSELF = {
    "a hold expires": (NOON, Period("once")),
    "a day begins": (datetime(2026, 5, 20, 23, 59, 58, tzinfo=UTC), Period("day", "UTC")),
    "a charge leaves a window": (NOON, Period("rolling", window_s=1)),
}


@pytest.mark.parametrize("what", BY_ITSELF)
async def test_what_time_alone_brings_about_is_told_when_it_is_due(address, what):
    moment, period = BY_ITSELF[what]
    ledger = await _shifted(address, moment)
    book = ledger.book
    await book.set_budget(BudgetChange("me", "usd", NANO, period))
    # Whatever nobody tells of is looked for an hour later: what is heard before is heard because it was due.
    changes = await Watch(lost_seconds=3_600).listen([ME], replace(build_context(), ledger=ledger))
    if what == "a hold expires":
        await book.reserve(HoldRequest("me", Amount(1), "k", "k", expires_in_s=2, on_expiry="release"))
    else:
        await book.record("me", Amount(1), "k", "k")
    used = 1
    with anyio.fail_after(30):
        while used:
            assert await anext(changes) == ME
            used = (await book.state("me")).own.balance.used("usd")
    changes.leave()
    await ledger.close()


@pytest.mark.postgres
@pytest.mark.parametrize("address", ["postgres"], indirect=True)
async def test_who_watches_hears_what_was_written_while_the_database_was_out_of_reach(address):
    name = f"watching {secrets.token_hex(6)}"
    watched, writing = build_context(ledger=f"{address}&application_name={name}"), build_context(ledger=address)
    writer = await writing.ledger.open()
    await writer.set_budget(BudgetChange("me", "usd", NANO))
    changes = await Watch(lost_seconds=3_600).listen([ME], watched)
    connection = await asyncpg.connect(POSTGRES)
    for number in range(3):
        cut = await connection.fetch(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = $1", name
        )
        assert cut
        await writer.record("me", Amount(1), f"{number}", f"{number}")
        with anyio.fail_after(30):
            assert await anext(changes) == ME
    await connection.close()
    changes.leave()
    await watched.ledger.close()
    await writing.ledger.close()


@pytest.mark.parametrize("transport", ["stdio", "http"])
async def test_a_server_that_is_asked_to_end_ends_its_streams_in_good_order(address, transport, new_http):
    server = new_http(TOKENWORTH_LEDGER=address, TOKENWORTH_DRAIN_SECONDS="2")
    wire = StdioServerParameters(command=sys.executable, args=SERVE, env={**os.environ, "TOKENWORTH_LEDGER": address})
    before = _children()
    async with (
        Client(server.url, mode=MODERN) as writer,
        Client(server.url if transport == "http" else stdio_client(wire), mode=MODERN) as client,
    ):
        await _set_up(writer)
        asked = server.process.pid if transport == "http" else (_children() - before).pop()
        async with client.listen(resource_subscriptions=[ME, TEAM]) as stream:
            if transport == "http":
                os.kill(asked, signal.SIGTERM)
            await _record(writer, "me", "while it drains")
            with anyio.fail_after(SOON):
                assert {(await anext(stream)).uri, (await anext(stream)).uri} == {ME, TEAM}
            if transport == "stdio":
                os.kill(asked, signal.SIGTERM)
            with anyio.fail_after(SOON), pytest.raises(StopAsyncIteration):  # SubscriptionLost when it was cut
                await anext(stream)
    if transport == "stdio":
        server.process.send_signal(signal.SIGTERM)
    _, logged = await anyio.to_thread.run_sync(lambda: server.process.communicate(timeout=20))
    assert (server.process.returncode, b"Traceback" in logged) == (0, False)


def _children():
    return {int(pid) for file in Path("/proc/self/task").glob("*/children") for pid in file.read_text().split()}


async def test_a_budget_is_read_and_completed_in_both_eras(tmp_path, era):
    context = build_context(ledger=str(tmp_path / "ledger.sqlite3"))
    async with Client(build_server(context), mode=era) as client:
        await _set_up(client)
        await client.call_tool("set_budget", {"budget": "team/mea", "limit_usd": 3})
        for address in ("tokenworth://budgets/team/mea", "tokenworth://budgets/team%2Fmea"):
            assert json.loads((await client.read_resource(address)).contents[0].text)["limit_usd"] == 3
        found = await client.complete(REF, {"name": "id", "value": "me"})
        with pytest.raises(MCPError, match="no budget has that address"):
            await client.read_resource("tokenworth://budgets/nobody")
    await context.ledger.close()
    assert found.completion.values == ["me", "team/mea"]


async def test_over_http_the_handshake_era_is_not_promised_what_it_cannot_have(http_url):
    async with Client(http_url, mode="legacy") as client:
        assert not client.server_capabilities.resources.subscribe
        with pytest.raises(MCPError) as refusal:
            await _subscribe(client, ME)
    assert refusal.value.code == METHOD_NOT_FOUND


async def test_only_budgets_can_be_subscribed_to(tmp_path):
    async with _stdio(str(tmp_path / "ledger.sqlite3")) as client:
        assert client.server_capabilities.resources.subscribe
        with pytest.raises(MCPError, match="only budgets change"):
            await _subscribe(client, "tokenworth://prices/openai/gpt-5")
