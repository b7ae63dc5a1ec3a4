"""What our layers cost beside the bare SDK: a call over stdio, and the time from start to first answer.

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
CALL_RATIO_MAX = 1.3
START_UP_MS_MAX = 60.0

TOOL = "explain_assumptions"
ARGUMENTS = {"names": ["cut_hazard"]}
OURS = ["-m", "tokenworth_mcp", "serve"]
BARE = """\
from mcp.server import MCPServer
server = MCPServer("bare", version="1", log_level="ERROR")
@server.tool()
async def nothing(x: int = 0) -> int:
    return x
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
        return _compare_calls([str(bare)]) + _compare_start_up([str(bare)])


def _compare_calls(bare: list[str]) -> int:
    ours_ms: list[float] = []
    bare_ms: list[float] = []
    for _ in range(RUNS):
        bare_ms.append(anyio.run(_call_ms, bare, "nothing", {}))
        ours_ms.append(anyio.run(_call_ms, OURS, TOOL, ARGUMENTS))
    own, ours, floor = anyio.run(_own_ms), statistics.median(ours_ms), statistics.median(bare_ms)
    ratio = (ours - own) / floor
    print(
        f"  call over stdio, p50: {ours:.2f} ms ({own:.2f} of it the tool's own); no-op on the bare SDK {floor:.2f} ms"
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


async def _call_ms(command: list[str], tool: str, arguments: dict[str, object]) -> float:
    parameters = StdioServerParameters(command=sys.executable, args=command)
    async with Client(stdio_client(parameters), mode="legacy") as client:
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
