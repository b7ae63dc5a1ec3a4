"""Other people's clients against the shipped server: both eras, both transports, and what they say of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import anyio
import bpe_openai
import httpx
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from support.node_tools import run_node
from tokenworth_mcp.catalogue import TOOLS
from tokenworth_mcp.prompts import PROMPTS
from tokenworth_mcp.snapshots import read_listing

HERE = Path(__file__).parent
SERVE = [sys.executable, "-m", "tokenworth_mcp", "serve"]
INSPECTOR = "@modelcontextprotocol/inspector/clients/launcher/build/index.js"
EQUITY = [{"kind": "rsu", "value": "400k"}]
OFFERS = [{"label": f"{n}", "base": 300_000 + n, "tokens": {"per_year": "50k"}, "equity": EQUITY} for n in range(10)]
LONG = {"offers": OFFERS, "draws": 200_000, "person": {"state": "CA"}}
MODEL = "google/gemini-4-argon"
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "plain", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
TOOL_NAMES = [entry.name for entry in TOOLS]

both_transports = pytest.mark.parametrize("transport", ["stdio", "http"])


@pytest.mark.node
@both_transports
@pytest.mark.parametrize(("generation", "era"), [("v1", "legacy"), ("v2", "legacy"), ("v2", "modern")])
def test_the_typescript_clients_find_everything_and_can_cancel(
    tmp_path, monkeypatch, http_url, transport, generation, era
):
    monkeypatch.setenv("LONG_OFFERS", json.dumps(OFFERS))
    target = ["http", http_url] if transport == "http" else ["stdio", *SERVE]
    found = run_node(HERE / "clients.mjs", generation, era, *target, folder=tmp_path)
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout) == {
        "tools": TOOL_NAMES,
        "prompts": [entry.name for entry in PROMPTS],
        "templates": ["tokenworth://prices/{provider}/{model}", "tokenworth://budgets/{+id}"],
        "called": "1 assumptions in force: 0 read at a source, 1 assumed by us, 0 changed by you.",
        "refused": True,
        "read": MODEL,
        "prompted": "user",
        "completed": ["DE (Germany)"],
        "progress": True,
        "cancelled": True,
        "after": True,
    }


@pytest.mark.node
@both_transports
@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_inspector_finds_no_error_in_any_schema_and_can_use_everything(tmp_path, http_url, transport, era):
    target = ["--server-url", http_url, "--transport", "http"] if transport == "http" else SERVE

    def inspect(*options):
        found = run_node(
            INSPECTOR, "--cli", *target, "--protocol-era", era, "--format", "json", *options, folder=tmp_path
        )
        assert found.returncode == 0, found.stderr
        return json.loads(found.stdout)["result"]

    listed = inspect("--method", "tools/list", "--strict")
    assert [tool["name"] for tool in listed["tools"]] == TOOL_NAMES
    arguments = json.dumps({"names": ["cut_hazard"]})
    called = inspect("--method", "tools/call", "--tool-name", "explain_assumptions", "--tool-args-json", arguments)
    assert called["structuredContent"]["assumptions"][0]["name"] == "cut_hazard"
    read = inspect("--method", "resources/read", "--uri", f"tokenworth://prices/{MODEL}")
    assert json.loads(read["contents"][0]["text"])["rows"][0]["model"] == MODEL
    got = inspect("--method", "prompts/get", "--prompt-name", "budget-briefing", "--prompt-args", "budget=team")
    assert "Budget: team" in got["messages"][0]["content"]["text"]


@pytest.mark.node
def test_the_whole_list_of_tools_is_six_thousand_tokens_by_an_outside_count(tmp_path):
    text = json.dumps([read_listing(name) for name in TOOL_NAMES], ensure_ascii=False, separators=(",", ":"))
    found = run_node(HERE / "count_tokens.mjs", folder=tmp_path, stdin=text)
    assert found.returncode == 0, found.stderr
    assert int(found.stdout) == len(bpe_openai.get_encoding("o200k_base").encode(text))
    assert int(found.stdout) <= 6_000


@both_transports
@pytest.mark.parametrize("era", ["legacy", "auto"])
async def test_the_python_client_can_cancel_a_call_and_go_on(http_url, transport, era):
    pipe = StdioServerParameters(command=sys.executable, args=SERVE[1:])
    async with Client(http_url if transport == "http" else stdio_client(pipe), mode=era) as client:
        with anyio.CancelScope() as scope:

            async def stop(progress, total, message):
                scope.cancel()

            await client.call_tool("compare_offers", LONG, progress_callback=stop)
        assert scope.cancelled_caught
        assert not (await client.call_tool("explain_assumptions", {})).is_error


@pytest.mark.parametrize("modern", [False, True], ids=["handshake", "modern"])
def test_a_plain_http_client_needs_nothing_but_json(http_url, modern):
    meta = META if modern else {}
    with httpx.Client(headers={"accept": "application/json, text/event-stream"}, timeout=30) as client:

        def ask(method, about=None, **params):
            headers = {"mcp-protocol-version": "2026-07-28", "mcp-method": method} if modern else {}
            if modern and about is not None:
                headers["mcp-name"] = about
            body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}
            answer = client.post(http_url, json=body, headers=headers)
            assert answer.status_code == 200, answer.text
            return answer.json()["result"]

        assert [tool["name"] for tool in ask("tools/list")["tools"]] == TOOL_NAMES
        called = ask("tools/call", "explain_assumptions", name="explain_assumptions", arguments={})
        assert called["structuredContent"]["headline"] in called["content"][0]["text"]
        uri = f"tokenworth://prices/{MODEL}"
        assert MODEL in ask("resources/read", uri, uri=uri)["contents"][0]["text"]
        ref = {"type": "ref/resource", "uri": "tokenworth://prices/{provider}/{model}"}
        completed = ask("completion/complete", ref=ref, argument={"name": "provider", "value": "anth"})
        assert completed["completion"]["values"][0] == "anthropic"
        prompt = ask("prompts/get", "plan-our-program", name="plan-our-program", arguments={"staff": "40 engineers"})
        assert "40 engineers" in prompt["messages"][0]["content"]["text"]
