"""The shipped server for outside tools: a process on a port, and the command that starts one on pipes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

SERVE = [sys.executable, "-m", "tokenworth_mcp", "serve"]


@pytest.fixture(scope="session")
def http_url() -> Iterator[str]:
    """The address of a server that all of these tests share."""
    command = [*SERVE, "--http", "--port", "0"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        yield process.stderr.readline().split()[-1]
        process.terminate()
