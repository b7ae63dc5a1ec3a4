"""The server as a process of its own, as an operator starts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

SERVE = ["-m", "tokenworth_mcp", "serve"]


class HttpServer:
    """A server process on a free port of this machine."""

    def __init__(self, *options: str, **variables: str) -> None:
        command = [sys.executable, *SERVE, "--http", "--port", "0", *options]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, **variables}
        )
        assert self.process.stderr is not None
        first = self.process.stderr.readline().decode()
        assert "http://" in first, first
        self.url = first.split()[-1]

    def end(self) -> bytes:
        """End it the way a supervisor does, and return what it logged."""
        self.process.send_signal(signal.SIGTERM)
        # A minute: a busy machine that ends a shared server late would fail whichever test came last.
        _, errors = self.process.communicate(timeout=60)
        assert self.process.returncode == 0
        return errors
