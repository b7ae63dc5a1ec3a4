"""What our layers cost beside the bare SDK: a trivial call over stdio and over HTTP, and start to first answer.

Both servers are measured in turns in one run, by the same SDK client, so that the machine's mood cancels out.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import anyio
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from tokenworth.wiring import build_context
from tokenworth_mcp.boundary import read_request
from tokenworth_mcp.catalogue import find_tool, load_tool

RUNS = 5
CALLS = 300
WARM_UP_CALLS = 20
CALL_RATIO_MAX = 1.15
START_UP_MS_MAX = 60.0

MODES = {"legacy": "handshake", "2026-07-28": "modern"}
TOOL = "explain_assumptions"
ARGUMENTS = {"names": ["cut_hazard"]}
OURS = ["-m", "tokenworth_mcp", "serve"]
HTTP = ["--http", "--port", "0"]
BARE = """\
import sys
from mcp.server import MCPServer
server = MCPServer("bare", version="1", log_level="ERROR")
@server.tool()
async def nothing(x: int = 0) -> int:
    return x
if len(sys.argv) > 1:
    import asyncio, socket, uvicorn
    app = server.streamable_http_app(json_response=True, stateless_http=True)
    web = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False))
    # As ours: asyncio turns Nagle's delay of 40 ms an answer off only where the protocol is named.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    sys.stderr.write(f"http://127.0.0.1:{listener.getsockname()[1]}/mcp\\n")
    sys.stderr.flush()
    asyncio.run(web.serve(sockets=[listener]))
else:
    server.run()
"""
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}},
}


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text(BARE)
        missed = sum(_compare_calls(over, mode, [str(bare)]) for over in ("stdio", "HTTP") for mode in MODES)
        return missed + _compare_start_up([str(bare)])


def _compare_calls(over: str, mode: str, bare: list[str]) -> int:
    ours_ms: list[float] = []
    bare_ms: list[float] = []
    for _ in range(RUNS):
        bare_ms.append(_call_ms(over, mode, [*bare, *(["http"] if over == "HTTP" else [])], "nothing", {}))
        ours_ms.append(_call_ms(over, mode, [*OURS, *(HTTP if over == "HTTP" else [])], TOOL, ARGUMENTS))
    own, ours, floor = anyio.run(_own_ms), statistics.median(ours_ms), statistics.median(bare_ms)
    ratio = (ours - own) / floor
    print(
        f"  call over {over}, {MODES[mode]} era, p50: {ours:.2f} ms ({own:.2f} of it the tool's own); "
        f"no-op on the bare SDK {floor:.2f} ms"
    )
    return _verdict(
        f"without its own time, {ratio:.2f}x the bare SDK", ratio <= CALL_RATIO_MAX, f"<= {CALL_RATIO_MAX}x"
    )


def _compare_start_up(bare: list[str]) -> int:
    ours_ms: list[float] = []
    bare_ms: list[float] = []
    _start_up_ms(OURS), _start_up_ms(bare)  # byte code and page cache
    for _ in range(RUNS):
        bare_ms.append(_start_up_ms(bare))
        ours_ms.append(_start_up_ms(OURS))
    ours, floor = statistics.median(ours_ms), statistics.median(bare_ms)
    print(f"  start to first answer: {ours:.0f} ms; bare SDK {floor:.0f} ms")
    above = ours - floor
    return _verdict(
        f"{above:+.0f} ms ({ours / floor:.2f}x)", above <= START_UP_MS_MAX, f"<= {START_UP_MS_MAX:.0f} ms above"
    )


def _call_ms(over: str, mode: str, command: list[str], tool: str, arguments: dict[str, object]) -> float:
    """The median of many calls, by the SDK's own client."""
    if over == "stdio":
        parameters = StdioServerParameters(command=sys.executable, args=command)
        return anyio.run(_timed_calls, stdio_client(parameters), mode, tool, arguments)
    with subprocess.Popen([sys.executable, *command], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            address = process.stderr.readline().decode().split()[-1]
            return anyio.run(_timed_calls, address, mode, tool, arguments)
        finally:
            process.terminate()


async def _timed_calls(target: object, mode: str, tool: str, arguments: dict[str, object]) -> float:
    async with Client(target, mode=mode) as client:
        for _ in range(WARM_UP_CALLS):
            await client.call_tool(tool, arguments)
        taken: list[float] = []
        for _ in range(CALLS):
            started = time.perf_counter()
            await client.call_tool(tool, arguments)
            taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1_000


async def _own_ms() -> float:
    """What the tool itself takes: the function and its two channels, without transport or validation."""
    entry, context = find_tool(TOOL), build_context()
    request, function = read_request(entry, ARGUMENTS), load_tool(entry).function
    taken: list[float] = []
    for _ in range(CALLS):
        started = time.perf_counter()
        answer = await function(request, context)
        answer.text(), answer.data()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1_000


def _start_up_ms(command: list[str]) -> float:
    started = time.perf_counter()
    with subprocess.Popen([sys.executable, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdin.write(json.dumps(HELLO).encode() + b"\n")
        process.stdin.flush()
        process.stdout.readline()
        taken = time.perf_counter() - started
        process.stdin.close()
        process.wait()
    return taken * 1_000


def _verdict(measured: str, met: bool, target: str) -> int:
    print(f"  {'met   ' if met else 'MISSED'} {measured}, target {target}")
    return 0 if met else 1
