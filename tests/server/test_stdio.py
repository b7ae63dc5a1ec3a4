"""The pipe: every line is answered, any client may open in any era, and every end is a clean one."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from tokenworth_mcp.strict_json import MESSAGE_BYTES_MAX

VERSION = "io.modelcontextprotocol/protocolVersion"
META = {VERSION: "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
DISCOVER = {"jsonrpc": "2.0", "id": "probe", "method": "server/discover", "params": {"_meta": META}}
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}},
}
CALL = {
    "jsonrpc": "2.0",
    "id": 2,
    "method": "tools/call",
    "params": {"name": "explain_assumptions", "arguments": {"names": ["cut_hazard"]}},
}


def _line(message: object) -> bytes:
    return json.dumps(message).encode()


def test_a_client_may_probe_and_then_shake_hands_on_the_same_pipe(new_pipes):
    pipes = new_pipes()
    found = pipes.ask(_line(DISCOVER))
    assert found["id"] == "probe"
    assert "2026-07-28" in found["result"]["supportedVersions"]
    assert pipes.ask(_line(HELLO))["result"]["protocolVersion"] == "2025-11-25"
    pipes.tell(b'{"jsonrpc":"2.0","method":"notifications/initialized"}')
    assert pipes.ask(_line(CALL))["result"]["structuredContent"]["headline"]
    assert pipes.end() == b""


def test_a_client_newer_than_the_server_learns_what_is_served_and_may_shake_hands(new_pipes):
    pipes = new_pipes()
    meta = META | {VERSION: "2031-01-01"}
    refused = pipes.ask(_line({**DISCOVER, "params": {"_meta": meta}}))
    assert refused["error"]["code"] == -32022
    assert "2026-07-28" in refused["error"]["data"]["supported"]
    assert pipes.ask(_line(HELLO))["result"]["protocolVersion"] == "2025-11-25"
    pipes.end()


def test_a_client_may_probe_twice_and_then_go_on_without_a_handshake(new_pipes):
    pipes = new_pipes()
    assert pipes.ask(_line(DISCOVER)) == pipes.ask(_line(DISCOVER))
    modern = {**CALL, "params": {**CALL["params"], "_meta": META}}
    assert pipes.ask(_line(modern))["result"]["resultType"] == "complete"
    assert pipes.ask(_line({**HELLO, "id": 9}))["error"]["code"] == -32022
    pipes.end()


@pytest.mark.parametrize(
    ("line", "number"),
    [
        (b'{"jsonrpc":"2.0","id":7,"method":', 7),
        (b'{"jsonrpc": "2.0", "id": "seven", "method": "ping", "params": {"a": NaN}}', "seven"),
        (b'{"method":"ping","params":[}],"jsonrpc":"2.0","id":7}', 7),
        (b'{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":"' + b"x" * MESSAGE_BYTES_MAX + b'"}}', 7),
        (b"not json at all", None),
        (b"\xff\xfe\x00", None),
        (b'{"jsonrpc":"1.0","id":7,"method":"ping"}', None),
    ],
    ids=["cut off", "NaN", "id last", "too long", "no JSON", "no UTF-8", "another JSON-RPC"],
)
def test_a_line_that_is_no_message_is_answered_with_its_id_where_it_can_be_read(new_pipes, line, number):
    pipes = new_pipes()
    pipes.ask(_line(HELLO))
    answer = pipes.ask(line)
    assert answer["id"] == number
    assert answer["error"]["code"] in (-32700, -32600)
    assert pipes.ask(_line({"jsonrpc": "2.0", "id": 3, "method": "ping"})) == {"jsonrpc": "2.0", "id": 3, "result": {}}
    assert pipes.end() == b""


def test_what_was_asked_before_the_client_hung_up_is_still_answered():
    script = b"\n".join([_line(HELLO), b'{"jsonrpc":"2.0","method":"notifications/initialized"}', _line(CALL)])
    command = [sys.executable, "-m", "tokenworth_mcp", "serve"]
    found = subprocess.run(command, input=script, capture_output=True, check=True)
    assert [json.loads(line)["id"] for line in found.stdout.splitlines()] == [1, 2]


def test_a_plain_file_will_do_for_a_pipe(tmp_path):
    script, answers = tmp_path / "in", tmp_path / "out"
    script.write_bytes(_line(HELLO) + b"\n")
    with script.open("rb") as source, answers.open("wb") as sink:
        subprocess.run([sys.executable, "-m", "tokenworth_mcp", "serve"], stdin=source, stdout=sink, check=True)
    assert json.loads(answers.read_text())["id"] == 1


@pytest.mark.parametrize("greeted", [True, False], ids=["greeted", "silent"])
@pytest.mark.parametrize("ending", ["EOF", "SIGTERM", "SIGINT"])
def test_every_end_is_clean_and_quick(new_wire, new_pipes, ending, greeted):
    pipes = new_wire("stdio") if greeted else new_pipes("--log-level", "debug")
    if not greeted:
        pipes.ask(b"{}")  # any answer shows that it is up
    if ending != "EOF":
        pipes.process.send_signal(getattr(signal, ending))
        assert pipes.process.wait(timeout=10) == 0
    assert b"Traceback" not in pipes.end()


def test_a_client_that_stops_reading_and_dies_ends_the_server(new_wire):
    pipes = new_wire("stdio")
    pipes.process.stdout.close()
    pipes.tell(_line(CALL))
    assert pipes.process.wait(timeout=10) == 0
    assert b"Traceback" not in pipes.process.stderr.read()
    pipes.process.stdin.close()
    pipes.process.stderr.close()


def test_a_stray_print_never_reaches_the_wire():
    program = (
        "import dataclasses, os\n"
        "from tokenworth.wiring import build_context\n"
        "from tokenworth_mcp.app import build_server\n"
        "from tokenworth_mcp.stdio import run_stdio\n"
        "class Loud(dict):\n"
        "    def values(self):\n"
        "        print('a stray print', flush=True); os.system('echo a stray child'); return []\n"
        "context = dataclasses.replace(build_context(), assumptions=Loud())\n"
        "run_stdio(build_server(context))\n"
    )
    call = {**CALL, "params": {"name": "explain_assumptions", "arguments": {}}}
    script = b"\n".join([_line(HELLO), b'{"jsonrpc":"2.0","method":"notifications/initialized"}', _line(call)])
    found = subprocess.run([sys.executable, "-c", program], input=script, capture_output=True, check=True)
    assert [json.loads(line)["id"] for line in found.stdout.splitlines()] == [1, 2]
    assert found.stderr.decode().split("\n")[:2] == ["a stray print", "a stray child"]


@pytest.mark.parametrize("closed", ["stdin", "stdout"])
def test_a_closed_stream_is_refused_in_one_line(closed):
    redirection = "<&-" if closed == "stdin" else ">&-"
    command = f'exec "{sys.executable}" -m tokenworth_mcp serve {redirection}'
    found = subprocess.run(["bash", "-c", command], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert found.returncode == 2
    assert found.stderr.decode() == f"tokenworth: {closed}: closed. Start this from an MCP client, or use --http\n"
