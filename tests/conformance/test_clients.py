"""Other clients against the shipped server: every cell of the table in docs/protocol.md, and what they find."""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
import bpe_openai
import httpx
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp_types import (
    EmptyResult,
    PromptReference,
    ResourceUpdatedNotification,
    SubscribeRequest,
    SubscribeRequestParams,
)

from support.node_tools import run_node, start_node
from support.plain_client import MODERN, PlainHttp, PlainPipe
from tokenworth_mcp.catalogue import TOOLS
from tokenworth_mcp.prompts import PROMPTS
from tokenworth_mcp.snapshots import read_listing

HERE = Path(__file__).parent
PROTOCOL = HERE.parents[1] / "docs" / "protocol.md"
SERVE = [sys.executable, "-m", "tokenworth_mcp", "serve"]
INSPECTOR = "@modelcontextprotocol/inspector/clients/launcher/build/index.js"
MCPDO = "@modelcontextprotocol/inspector/clients/mcpdo/build/mcp-bin.js"
LEGACY = {"handshake": "legacy"}
EQUITY = [{"kind": "rsu", "value": "400k"}]
OFFERS = [{"label": f"{n}", "base": 300_000 + n, "tokens": {"per_year": "50k"}, "equity": EQUITY} for n in range(10)]
# Told of its progress when a twentieth is done.
LONG = {"offers": OFFERS, "draws": 200_000, "person": {"state": "CA"}}
MODEL = "google/gemini-4-argon"
HEADLINE = "1 assumptions in force: 0 read at a source, 1 assumed by us, 0 changed by you."
TOOL_NAMES = [entry.name for entry in TOOLS]
VERBS = ("list", "call", "read", "complete", "subscribe", "cancel")
ALL = dict.fromkeys(VERBS, "yes")
METHOD_NOT_FOUND = -32601
TICKS = os.sysconf("SC_CLK_TCK")
# The notes of the table.
NO_SESSIONS, NO_WAY_TO, ANOTHER_ERA = "a", "b", "c"

ERAS = ("handshake", "modern")
TRANSPORTS = ("stdio", "HTTP")


numbers = itertools.count(1)


@pytest.fixture
def budget(http_url):
    """A budget of the test's own, which another client charges."""
    name = f"watched-{next(numbers)}"
    _another_client(http_url, "set_budget", budget=name, limit_usd=100)
    return name


@pytest.fixture
def environment(ledger):
    """What a server on pipes is started with, so that it has the ledger of the one on a port."""
    return {**os.environ, "TOKENWORTH_LEDGER": ledger}


def _another_client(url, tool, **arguments):
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
    answer = httpx.post(url, json=call, headers={"accept": "application/json, text/event-stream"}, timeout=60)
    assert not answer.json()["result"].get("isError"), answer.text


def _charge(url, budget):
    _another_client(url, "record_usage", budget=budget, usage={"usd": 0.5}, key=budget)


def _used(pid):
    """The processor time of a process, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().split(") ")[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _used_until_idle(pid):
    last = -1.0
    while last != (now := _used(pid)):
        last = now
        time.sleep(1)
    return last


def _stopped(first, after):
    """Whether so much work after a call was cancelled is less than the rest of it, of which `first` was a twentieth."""
    return after < 5 * first + 1


async def _python(era, transport, server, environment, budget, folder):
    told_send, told = anyio.create_memory_object_stream[str](10)

    async def on_message(message):
        if isinstance(message, ResourceUpdatedNotification):
            await told_send.send(str(message.params.uri))

    uri = f"tokenworth://budgets/{budget}"
    before = _children()
    pipe = stdio_client(StdioServerParameters(command=SERVE[0], args=SERVE[1:], env=environment))
    target, mode = (server.url if transport == "HTTP" else pipe), (MODERN if era == "modern" else "legacy")
    seen = dict(ALL)
    async with told_send, told, Client(target, mode=mode, message_handler=on_message) as client:
        pid = server.process.pid if transport == "HTTP" else (_children() - before).pop()
        assert [tool.name for tool in (await client.list_tools()).tools] == TOOL_NAMES
        called = await client.call_tool("explain_assumptions", {"names": ["cut_hazard"]})
        assert called.structured_content["headline"] == HEADLINE
        assert MODEL in (await client.read_resource(f"tokenworth://prices/{MODEL}")).contents[0].text
        place = PromptReference(type="ref/prompt", name="compare-my-offers")
        assert (await client.complete(place, {"name": "place", "value": "germ"})).completion.values == ["DE (Germany)"]
        if era == "modern":
            async with client.listen(resource_subscriptions=[uri]) as stream:
                await anyio.to_thread.run_sync(_charge, server.url, budget)
                assert (await anext(stream)).uri == uri
        else:
            subscribing = SubscribeRequest(params=SubscribeRequestParams(uri=uri))
            try:
                await client.session.send_request(subscribing, EmptyResult)
            except MCPError as error:
                refused = error.code
                seen["subscribe"] = NO_SESSIONS
            else:
                await anyio.to_thread.run_sync(_charge, server.url, budget)
                assert await told.receive() == uri
            supported = client.server_capabilities.resources.subscribe
            assert supported if seen == ALL else (supported, refused) == (False, METHOD_NOT_FOUND)
        began, first = _used(pid), 0.0
        with anyio.CancelScope() as scope:

            async def stop(progress, total, message):
                nonlocal first
                first = _used(pid) - began
                scope.cancel()

            await client.call_tool("compare_offers", LONG, progress_callback=stop)
        assert scope.cancelled_caught
        assert _stopped(first, await anyio.to_thread.run_sync(_used_until_idle, pid) - began - first)
        assert not (await client.call_tool("explain_assumptions", {})).is_error
    return seen


def _children():
    return {int(pid) for file in Path("/proc/self/task").glob("*/children") for pid in file.read_text().split()}


def _typescript(generation):
    async def run(era, transport, server, environment, budget, folder):
        if generation == "v1" and era == "modern":
            return dict.fromkeys(VERBS, ANOTHER_ERA)
        told = {"BUDGET": budget, "LONG_CALL": json.dumps(LONG), "OTHER_URL": server.url}
        told |= {"SERVER_PID": str(server.process.pid), "TOKENWORTH_LEDGER": environment["TOKENWORTH_LEDGER"]}
        target = ["http", server.url] if transport == "HTTP" else ["stdio", *SERVE]
        found = run_node(
            HERE / "clients.mjs", generation, LEGACY.get(era, era), *target, folder=folder, seconds=240, variables=told
        )
        assert found.returncode == 0, found.stderr
        seen = json.loads(found.stdout)
        subscribed = (seen.pop("told"), seen.pop("spent", None)) == (f"tokenworth://budgets/{budget}", 0.5)
        used = {name: ticks / TICKS for name, ticks in seen.pop("used").items()}
        assert _stopped(used["first"], used["after"])
        assert seen == {
            "tools": TOOL_NAMES,
            "prompts": [entry.name for entry in PROMPTS],
            "templates": ["tokenworth://prices/{provider}/{model}", "tokenworth://budgets/{+id}"],
            "called": HEADLINE,
            "refused": True,
            "read": MODEL,
            "prompted": "user",
            "completed": ["DE (Germany)"],
            "progress": True,
            "cancelled": True,
            "after": True,
        }
        return ALL | {"subscribe": "yes" if subscribed else NO_SESSIONS}

    return run


async def _inspector(era, transport, server, environment, budget, folder):
    over_http = transport == "HTTP"
    target = ["--server-url", server.url, "--transport", "http"] if over_http else SERVE
    command = [INSPECTOR, "--cli", *target, "--protocol-era", LEGACY.get(era, era), "--format", "json"]

    def inspect(*options, refused=False):
        found = run_node(*command, *options, folder=folder, seconds=120)
        assert (found.returncode != 0) == refused, found.stderr
        return found.stderr if refused else json.loads(found.stdout)["result"]

    listed = inspect("--method", "tools/list", "--strict")
    assert [tool["name"] for tool in listed["tools"]] == TOOL_NAMES
    arguments = json.dumps({"names": ["cut_hazard"]})
    called = inspect("--method", "tools/call", "--tool-name", "explain_assumptions", "--tool-args-json", arguments)
    assert called["structuredContent"]["headline"] == HEADLINE
    read = inspect("--method", "resources/read", "--uri", f"tokenworth://prices/{MODEL}")
    assert json.loads(read["contents"][0]["text"])["rows"][0]["model"] == MODEL
    got = inspect("--method", "prompts/get", "--prompt-name", "budget-briefing", "--prompt-args", "budget=team")
    assert "Budget: team" in got["messages"][0]["content"]["text"]
    assert "Unsupported method" in inspect("--method", "notifications/cancelled", refused=True)
    seen = ALL | {"cancel": NO_WAY_TO}
    with TemporaryDirectory() as home:  # whose path is short enough for a socket's
        subscribed = _inspector_that_stays(LEGACY.get(era, era), over_http, server, environment, budget, Path(home))
    return seen if subscribed else seen | {"subscribe": NO_SESSIONS}


def _inspector_that_stays(era, over_http, server, environment, budget, home):
    """The Inspector's other command keeps its connection, and completes and subscribes; whether it could the latter."""

    def inspect(*options):
        return run_node(MCPDO, "--plain", "--connection", "one", *options, folder=home, seconds=120)

    ledger = f"TOKENWORTH_LEDGER={environment['TOKENWORTH_LEDGER']}"
    pipe, port = (
        ["--transport", "stdio", "-e", ledger, "--", *SERVE],
        ["--transport", "http", "--server-url", server.url],
    )
    connected = inspect("connect", "--era", era, *(port if over_http else pipe))
    try:
        assert connected.returncode == 0, connected.stderr
        place = ["--complete-ref-type", "ref/prompt", "--complete-ref", "compare-my-offers"]
        completed = inspect("prompts/complete", *place, "--complete-arg-name", "place", "--complete-arg-value", "germ")
        assert "DE (Germany)" in completed.stdout
        uri = f"tokenworth://budgets/{budget}"
        if era == "legacy" and over_http:
            refused = inspect("resources/subscribe", uri)
            assert "does not support resource subscriptions" in refused.stderr + refused.stdout
            return False
        with start_node(MCPDO, "--plain", "--connection", "one", "resources/subscribe", uri, folder=home) as process:
            assert process.stdout.readline() == f"Subscribed: {uri}\n"
            _charge(server.url, budget)
            assert process.stdout.readline() == f"Resource updated: {uri}\n"
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
        return True
    finally:
        inspect("daemon", "stop")


async def _plain(era, transport, server, environment, budget, folder):
    modern = era == "modern"
    if transport == "HTTP":
        client = PlainHttp(server.url, server.process.pid, modern=modern)
    else:
        client = PlainPipe(SERVE, environment, modern=modern)
    assert [tool["name"] for tool in client.ask("tools/list")["result"]["tools"]] == TOOL_NAMES
    called = client.ask("tools/call", name="explain_assumptions", arguments={"names": ["cut_hazard"]})["result"]
    assert called["structuredContent"]["headline"] == HEADLINE
    assert HEADLINE in called["content"][0]["text"]
    uri = f"tokenworth://prices/{MODEL}"
    assert MODEL in client.ask("resources/read", uri=uri)["result"]["contents"][0]["text"]
    ref = {"type": "ref/resource", "uri": "tokenworth://prices/{provider}/{model}"}
    completed = client.ask("completion/complete", ref=ref, argument={"name": "provider", "value": "anth"})
    assert completed["result"]["completion"]["values"][0] == "anthropic"
    prompt = client.ask("prompts/get", name="plan-our-program", arguments={"staff": "40 engineers"})
    assert "40 engineers" in prompt["result"]["messages"][0]["content"]["text"]
    subscribed = _plain_subscribe(client, server, budget)
    began = _used(client.pid)
    with client.underway("tools/call", progress="who-asks", name="compare_offers", arguments=LONG) as messages:
        assert next(messages)["method"] == "notifications/progress"
        first = _used(client.pid) - began
    assert _stopped(first, _used_until_idle(client.pid) - began - first)
    assert "result" in client.ask("tools/call", name="explain_assumptions", arguments={})
    client.close()
    return ALL | {"subscribe": subscribed}


def _plain_subscribe(client, server, budget):
    uri = f"tokenworth://budgets/{budget}"
    changed = {"method": "notifications/resources/updated", "uri": uri}
    if client.modern:
        asked = {"resourceSubscriptions": [uri]}
        with client.underway("subscriptions/listen", notifications=asked) as messages:
            assert next(messages)["params"]["notifications"] == asked
            _charge(server.url, budget)
            told = next(messages)
    else:
        answer = client.ask("resources/subscribe", uri=uri)
        if "error" in answer:
            assert answer["error"]["code"] == METHOD_NOT_FOUND
            return NO_SESSIONS
        _charge(server.url, budget)
        told = client.hear()
    assert {"method": told["method"], "uri": told["params"]["uri"]} == changed
    return "yes"


CLIENTS = {
    "Python SDK 2.3": _python,
    "TypeScript SDK 1.32": _typescript("v1"),
    "TypeScript SDK 2.4": _typescript("v2"),
    "Inspector 2.12": _inspector,
    "plain JSON": _plain,
}
OF_NODE = ("TypeScript", "Inspector")
CELLS = [
    pytest.param(client, era, transport, marks=[pytest.mark.node] if client.startswith(OF_NODE) else [])
    for client in CLIENTS
    for era in ERAS
    for transport in TRANSPORTS
]


def _table():
    """What docs/protocol.md says that each client can do, and its notes by their letters."""
    text = PROTOCOL.read_text(encoding="utf-8")
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    rows = {
        (client, era, transport): dict(zip(VERBS, cells, strict=True))
        for client, era, transport, *cells in (line for line in lines if len(line) == 3 + len(VERBS))
        if client in CLIENTS
    }
    notes = {line[2]: line for line in text.splitlines() if line[:2] == "- " and line[3:5] == ": "}
    return rows, notes


def test_the_table_has_every_client_era_and_transport_and_a_reason_for_every_gap():
    rows, notes = _table()
    assert list(rows) == [cell.values for cell in CELLS]
    assert {cell for row in rows.values() for cell in row.values()} - {"yes"} == set(notes)


@pytest.mark.parametrize(("client", "era", "transport"), CELLS)
async def test_each_client_can_do_what_the_table_says(
    client, era, transport, http_server, environment, budget, tmp_path
):
    rows, _ = _table()
    with anyio.fail_after(300):
        seen = await CLIENTS[client](era, transport, http_server, environment, budget, tmp_path)
    assert seen == rows[client, era, transport]


@pytest.mark.node
def test_the_whole_list_of_tools_is_six_thousand_tokens_by_an_outside_count(tmp_path):
    text = json.dumps([read_listing(name) for name in TOOL_NAMES], ensure_ascii=False, separators=(",", ":"))
    found = run_node(HERE / "count_tokens.mjs", folder=tmp_path, stdin=text)
    assert found.returncode == 0, found.stderr
    assert int(found.stdout) == len(bpe_openai.get_encoding("o200k_base").encode(text))
    assert int(found.stdout) <= 6_000
