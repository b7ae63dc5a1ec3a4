"""Long calls: heard of on the way, answered beside others, and stopped when nobody waits for them any more."""

from __future__ import annotations

import json
import time

import anyio
import httpx
import pytest
from mcp import Client

from tokenworth.wiring import build_context
from tokenworth_mcp.app import build_server
from tokenworth_mcp.cli.running import closing

# Ten offers on all the draws there are take ten times as long as the first of them, and then as long again.
OFFERS = [
    {"label": f"offer {number}", "base": 300_000 + number, "tokens": {"per_year": "50k"}, "equity": [equity]}
    for number, equity in enumerate([{"kind": "rsu", "value": "400k"}] * 10)
]
LONG = {"offers": OFFERS, "draws": 200_000, "person": {"state": "CA"}}
SHORT = LONG | {"offers": OFFERS[:3], "draws": 1_000}
# More than the threads that files are read in, which are 40.
MANY = 50
HEARD_AS = "who-asks"
MODERN = "2026-07-28"
ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
REPORTING = ("value_offer", "explain_lock_in", "plan_program")


async def test_every_client_that_asks_hears_how_far_a_call_has_come(connect, good_call):
    async with connect() as client:
        for tool, arguments in [("compare_offers", SHORT), *((name, good_call(name)) for name in REPORTING)]:
            heard = []

            async def hear(progress, total, message, heard=heard):
                heard.append((progress, total, message))

            told = await client.call_tool(tool, arguments, progress_callback=hear)
            assert not told.is_error
            shares = [share for share, _, _ in heard]
            assert shares == sorted(set(shares))
            assert 0 < shares[0] <= shares[-1] <= 1
            assert all(total == 1 and message for _, total, message in heard)


async def test_other_calls_are_answered_while_a_long_one_is_computed(era):
    async with Client(build_server(), mode=era) as client, anyio.create_task_group() as tasks:
        await client.call_tool("compare_offers", SHORT)
        underway = anyio.Event()

        async def note(progress, total, message):
            underway.set()

        async def ask_at_length():
            await client.call_tool("compare_offers", LONG, progress_callback=note)
            pytest.fail("the long call was done before the short ones")

        tasks.start_soon(ask_at_length)
        await underway.wait()
        for _ in range(5):
            told = await client.call_tool("explain_assumptions", {"names": ["cut_hazard"]})
            assert not told.is_error
        tasks.cancel_scope.cancel()


async def test_files_are_read_and_checks_answered_while_very_many_calls_wait_to_be_computed(era, tmp_path):
    context = build_context(ledger=str(tmp_path / "ledger.sqlite3"))
    async with closing(context), Client(build_server(context), mode=era) as client, anyio.create_task_group() as tasks:
        await client.call_tool("set_budget", {"budget": "me", "limit_usd": 10})
        await client.call_tool("compare_offers", SHORT)
        underway = anyio.Event()

        async def note(progress, total, message):
            underway.set()

        async def ask_at_length():
            await client.call_tool("compare_offers", LONG, progress_callback=note)
            pytest.fail("a long call was done before the check")

        for _ in range(MANY):
            tasks.start_soon(ask_at_length)
        await underway.wait()
        await anyio.Path(tmp_path / "ledger.sqlite3").stat()  # in a thread, as tokens, prices and logs are read
        told = await client.call_tool("check_budget", {"budget": "me"})
        assert not told.is_error
        tasks.cancel_scope.cancel()


def _call(meta):
    params = {"name": "compare_offers", "arguments": LONG, "_meta": {**meta, "progressToken": HEARD_AS}}
    return {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params}


def _ends_soon(process, began, first_heard):
    """Whether it ends long before a call would have been done whose first twentieth took this long."""
    part = first_heard - began
    process.wait(timeout=2 + 5 * part)
    return process.returncode == 0


@pytest.mark.parametrize("modern", [False, True], ids=["handshake", "modern"])
def test_a_call_that_is_cancelled_over_a_pipe_stops_working(new_wire, new_pipes, modern):
    pipes = new_pipes() if modern else new_wire("stdio")
    began = time.monotonic()
    heard = pipes.ask(json.dumps(_call(ENVELOPE if modern else {})).encode())
    assert heard["params"]["progressToken"] == HEARD_AS
    first_heard = time.monotonic()
    pipes.tell(b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}')
    ping = {"name": "explain_assumptions", "arguments": {}, "_meta": ENVELOPE if modern else {}}
    pipes.tell(json.dumps({"jsonrpc": "2.0", "id": 8, "method": "tools/call", "params": ping}).encode())
    while "id" not in (message := pipes.hear()):
        assert message["params"]["progressToken"] == HEARD_AS  # said before it was cancelled
    assert message["id"] == 8  # the cancelled call is never answered
    pipes.process.stdin.close()
    assert _ends_soon(pipes.process, began, first_heard)
    assert pipes.process.stdout.read() == b""
    assert pipes.process.stderr.read() == b""
    pipes.process.stdout.close()
    pipes.process.stderr.close()


@pytest.mark.parametrize("streamed", [True, False], ids=["events", "JSON"])
@pytest.mark.parametrize("modern", [False, True], ids=["handshake", "modern"])
def test_a_call_whose_client_hangs_up_stops_working(new_http, modern, streamed):
    server = new_http()
    headers = {"accept": "application/json, text/event-stream"}
    if modern:
        headers |= {"mcp-protocol-version": MODERN, "mcp-method": "tools/call", "mcp-name": "compare_offers"}
    message = _call(ENVELOPE if modern else {})
    if not streamed:
        del message["params"]["_meta"]["progressToken"]
    began = time.monotonic()
    with httpx.Client(headers=headers, timeout=httpx.Timeout(60, read=60 if streamed else 1)) as client:
        if streamed:
            with client.stream("POST", server.url, json=message) as answer:
                assert answer.headers["content-type"].startswith("text/event-stream")
                assert "notifications/progress" in next(line for line in answer.iter_lines() if "data:" in line)
        else:
            with pytest.raises(httpx.ReadTimeout):
                client.post(server.url, json=message)
    first_heard = time.monotonic()
    server.process.terminate()
    assert _ends_soon(server.process, began, first_heard)
    assert server.process.stderr.read() == b""
    server.process.stderr.close()


HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}}


def test_a_posted_cancellation_stops_the_request_of_the_client_that_posts_it_and_of_nobody_else(new_http):
    server = new_http()
    hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO}
    unwanted = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}}
    headers = {"accept": "application/json, text/event-stream"}
    began = time.monotonic()
    with httpx.Client(headers=headers, timeout=60) as client, httpx.Client(headers=headers, timeout=60) as other:
        for each in (client, other):
            each.headers["mcp-session-id"] = each.post(server.url, json=hello).headers["mcp-session-id"]
        assert client.headers["mcp-session-id"] != other.headers["mcp-session-id"]
        with client.stream("POST", server.url, json=_call({})) as answer:
            heard = (line for line in answer.iter_lines() if line.startswith("data:"))
            assert "notifications/progress" in next(heard)
            first_heard = time.monotonic()
            assert other.post(server.url, json=unwanted).status_code == 202
            assert "notifications/progress" in next(heard)
            assert client.post(server.url, json=unwanted).status_code == 202
            assert not [line for line in heard if '"result"' in line]
    server.process.terminate()
    assert _ends_soon(server.process, began, first_heard)
    assert server.process.stderr.read() == b""
    server.process.stderr.close()
