"""A client that has no library: JSON over a pipe or in HTTP requests, as the specification's pages say."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

MODERN = "2026-07-28"
ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": {"name": "plain", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "plain", "version": "1"}}
Message = dict[str, Any]


def _message(number: int, method: str, params: Message, *, modern: bool, progress: str | None = None) -> Message:
    meta = (ENVELOPE if modern else {}) | ({"progressToken": progress} if progress else {})
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": {**params, "_meta": meta}}


class PlainPipe:
    """A server on pipes."""

    def __init__(self, command: list[str], environment: dict[str, str], *, modern: bool) -> None:
        self.modern = modern
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._number = 0
        if not modern:
            assert "result" in self.ask("initialize", **HELLO)
            self._tell({"jsonrpc": "2.0", "method": "notifications/initialized"})

    @property
    def pid(self) -> int:
        """The server's."""
        return self.process.pid

    def ask(self, method: str, **params: Any) -> Message:
        """Send a request and wait for its answer."""
        self._number += 1
        self._tell(_message(self._number, method, params, modern=self.modern))
        while (heard := self.hear()).get("id") != self._number:
            assert "id" not in heard  # what is cancelled or listens is not answered in between
        return heard

    def hear(self) -> Message:
        """Wait for one message."""
        line = self.process.stdout.readline()
        assert line, "the server ended"
        return json.loads(line)

    @contextmanager
    def underway(self, method: str, progress: str | None = None, **params: Any) -> Iterator[Iterator[Message]]:
        """A request that is not waited for: what is heard meanwhile, until it is cancelled at the end."""
        self._number += 1
        number = self._number
        self._tell(_message(number, method, params, modern=self.modern, progress=progress))
        yield iter(self.hear, None)
        self._tell({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": number}})

    def close(self) -> None:
        """Hang up, as a client does."""
        self.process.communicate(timeout=60)
        assert self.process.returncode == 0

    def _tell(self, message: Message) -> None:
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()


class PlainHttp:
    """A server on a port; every request stands for itself."""

    def __init__(self, url: str, pid: int, *, modern: bool) -> None:
        self.modern = modern
        self.pid = pid
        self._url = url
        self._client = httpx.Client(headers={"accept": "application/json, text/event-stream"}, timeout=60)

    def ask(self, method: str, **params: Any) -> Message:
        """Post a request and read its answer."""
        message = _message(1, method, params, modern=self.modern)
        answer = self._client.post(self._url, json=message, headers=self._headers(message))
        return answer.json()

    @contextmanager
    def underway(self, method: str, progress: str | None = None, **params: Any) -> Iterator[Iterator[Message]]:
        """A request that is answered as a stream of events, until the client hangs up."""
        message = _message(1, method, params, modern=self.modern, progress=progress)
        with self._client.stream("POST", self._url, json=message, headers=self._headers(message)) as answer:
            yield (json.loads(line.removeprefix("data:")) for line in answer.iter_lines() if line.startswith("data:"))

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _headers(self, message: Message) -> dict[str, str]:
        if not self.modern:
            return {}
        about = message["params"].get("name", message["params"].get("uri"))
        named = {} if about is None else {"mcp-name": about}
        return {"mcp-protocol-version": MODERN, "mcp-method": message["method"], **named}
