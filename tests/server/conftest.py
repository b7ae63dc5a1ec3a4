"""Real servers for the tests: in memory, a process on pipes, and a process on a port."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from tokenworth_mcp.app import build_server

SERVE = ["-m", "tokenworth_mcp", "serve"]
ERAS = ("auto", "legacy")

Connect = Callable[[], Client]


@pytest.fixture(scope="session")
def http_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server process on a free port of this machine."""
    errors = tmp_path_factory.mktemp("http") / "stderr"
    with errors.open("wb") as sink:
        command = [sys.executable, *SERVE, "--http", "--port", "0"]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        assert process.stderr is not None
        first = process.stderr.readline().decode()
        sink.write(first.encode())
    assert "http://" in first, first
    yield first.split()[-1]
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 0


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
    return lambda: Client(targets[transport](), mode=era)


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
