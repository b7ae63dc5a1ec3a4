"""Real servers for the tests: in memory, a process on pipes, and a process on a port."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from support.processes import SERVE, HttpServer
from tokenworth.budgets import NANO, Amount, BudgetChange, HoldRequest, Period
from tokenworth.burn.ledger.opening import open_ledger
from tokenworth_mcp.app import build_server

ERAS = ("auto", "legacy")
CALLS = Path(__file__).parents[2] / "fixtures" / "calls"
HELLO = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}},
}
MODERN = "2026-07-28"
ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}

Connect = Callable[..., Client]


def _call_message(number: int, tool: str, raw_arguments: str, meta: dict[str, Any]) -> bytes:
    params = f'"name":"{tool}","_meta":{json.dumps(meta)},"arguments":{raw_arguments}'
    return f'{{"jsonrpc":"2.0","id":{number},"method":"tools/call","params":{{{params}}}}}'.encode()


class StdioWire:
    """A server process on pipes, spoken to in bytes; the handshake is done."""

    def __init__(self, *options: str, greet: bool = True) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *SERVE, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        if greet:
            self.ask(json.dumps(HELLO).encode())
            self.tell(b'{"jsonrpc":"2.0","method":"notifications/initialized"}')

    def call(self, number: int, tool: str, raw_arguments: str) -> dict[str, Any]:
        """Call a tool with arguments as they are written here."""
        return self.ask(_call_message(number, tool, raw_arguments, {}))

    def tell(self, message: bytes) -> None:
        """Send one line."""
        assert self.process.stdin is not None
        self.process.stdin.write(message + b"\n")
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        """Wait for one line."""
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def ask(self, message: bytes) -> dict[str, Any]:
        """Send one line and wait for one."""
        self.tell(message)
        return self.hear()

    def end(self) -> bytes:
        """Hang up as a client does, and return what the server logged."""
        _, errors = self.process.communicate(timeout=20)
        assert self.process.returncode == 0
        return errors


class HttpWire:
    """The same over HTTP, in either era."""

    meta: dict[str, Any] = {}  # noqa: RUF012 - never changed

    def __init__(self, server: HttpServer, *, modern: bool = False) -> None:
        self.server = server
        headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
        if modern:
            headers |= {"mcp-protocol-version": MODERN, "mcp-method": "tools/call"}
            self.meta = ENVELOPE
        self.client = httpx.Client(headers=headers, timeout=60)

    def call(self, number: int, tool: str, raw_arguments: str) -> dict[str, Any]:
        """Call a tool with arguments as they are written here."""
        self.client.headers["mcp-name"] = tool
        return self.ask(_call_message(number, tool, raw_arguments, self.meta))

    def ask(self, message: bytes) -> dict[str, Any]:
        """Post one message; only a fault of the server's may be a 5xx, and there must be none."""
        response = self.client.post(self.server.url, content=message)
        assert response.status_code in (200, 400, 404), response.text
        return response.json()

    def end(self) -> bytes:
        """Hang up, end the server, and return what it logged."""
        self.client.close()
        return self.server.end()


@pytest.fixture(scope="session")
def http_url() -> Iterator[str]:
    """The address of a server that tests share."""
    server = HttpServer()
    yield server.url
    server.end()


def _open_wire(kind: str, *options: str) -> StdioWire | HttpWire:
    return StdioWire(*options) if kind == "stdio" else HttpWire(HttpServer(*options), modern=kind == "http modern")


@pytest.fixture(scope="module", params=["stdio", "http", "http modern"])
def wire(request: pytest.FixtureRequest) -> Iterator[StdioWire | HttpWire]:
    """Each transport, spoken to in bytes, by a server that the tests of a module share."""
    opened = _open_wire(request.param)
    yield opened
    opened.end()


@pytest.fixture
def new_wire() -> Callable[..., StdioWire | HttpWire]:
    """Opens a server of the test's own, such as `new_wire("http", "--read-only")`; the test ends it."""
    return _open_wire


@pytest.fixture
def new_pipes() -> Callable[..., StdioWire]:
    """Opens a server on pipes that nobody has spoken to yet; the test ends it."""
    return lambda *options: StdioWire(*options, greet=False)


@pytest.fixture
def new_http() -> Callable[..., HttpServer]:
    """Opens a server on a port, with options and TOKENWORTH_* variables; the test ends it."""
    return HttpServer


@pytest.fixture(scope="session")
def good_call(own_data_folder: None) -> Callable[[str], dict[str, Any]]:
    """One call of each tool that it answers: the budget that they name is there, and so is the hold."""
    settled = json.loads((CALLS / "settle_reservation.json").read_text(encoding="utf-8"))
    settled["hold"] = asyncio.run(_hold("me"))
    return lambda name: (
        settled if name == "settle_reservation" else json.loads((CALLS / f"{name}.json").read_text(encoding="utf-8"))
    )


async def _hold(budget: str) -> str:
    book = await open_ledger(None)
    month = Period("month", "Europe/Berlin")
    await book.set_budget(BudgetChange(budget, "usd", 100 * NANO, month))
    grant = await book.reserve(HoldRequest(budget, Amount(NANO), "a good call", "a good call"))
    await book.close()
    assert grant.hold is not None
    return grant.hold


@pytest.fixture(params=ERAS)
def era(request: pytest.FixtureRequest) -> str:
    """Both protocol eras, by the SDK client's name for how it opens the connection."""
    return request.param


@pytest.fixture(params=["memory", "stdio", "http"])
def transport(request: pytest.FixtureRequest) -> str:
    """Every way to reach the server."""
    return request.param


@pytest.fixture
def connect(request: pytest.FixtureRequest, transport: str, era: str) -> Connect:
    """Opens a client of this era over this transport; enter it inside the test."""
    targets: dict[str, Callable[[], Any]] = {
        "memory": build_server,
        "stdio": lambda: stdio_client(StdioServerParameters(command=sys.executable, args=SERVE)),
        "http": lambda: request.getfixturevalue("http_url"),
    }
    return lambda **options: Client(targets[transport](), mode=era, **options)


@pytest.fixture
def tokenworth(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the command line in a process of its own, in an empty folder."""

    def run(*arguments: str, stdin: str | bytes = "", **variables: str) -> subprocess.CompletedProcess[str]:
        found = subprocess.run(
            [sys.executable, "-m", "tokenworth_mcp", *arguments],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            check=False,
            cwd=tmp_path,
            env={**os.environ, "NO_COLOR": "1", **variables},
            timeout=60,
        )
        return subprocess.CompletedProcess(
            found.args, found.returncode, found.stdout.decode("utf-8"), found.stderr.decode("utf-8")
        )

    return run
