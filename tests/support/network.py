"""A server as strangers reach it over a network: messages with a token, and streams of notices."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from support.issuer import Issuer
from tokenworth_mcp.auth_tokens import StaticToken, new_token
from tokenworth_mcp.scopes import SCOPES

HOST = "mcp.example.com"
MODERN = "2026-07-28"
ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


@dataclass
class Network:
    """A running server and those whose tokens it takes."""

    url: str
    issuer: Issuer
    tokens: Path

    @property
    def port(self) -> int:
        return urlsplit(self.url).port

    def post(self, token: str | None, message: dict[str, Any], *, modern: bool = False, **kwargs: Any):
        """One message as whoever has a token."""
        url = kwargs.pop("url", self.url)
        headers, message = self.sent(token, message, modern=modern)
        headers |= kwargs.pop("headers", {})
        return httpx.post(url, json=message, headers=headers, timeout=30, **kwargs)

    def sent(self, token: str | None, message: dict[str, Any], *, modern: bool) -> tuple[dict[str, str], Any]:
        """The headers and the body of a message in either era."""
        headers = {"content-type": "application/json", "accept": "application/json, text/event-stream", "host": HOST}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        if modern:
            params = message.get("params", {})
            message = message | {"params": params | {"_meta": ENVELOPE}}
            headers |= {"mcp-protocol-version": MODERN, "mcp-method": message["method"]}
            if name := params.get("name", params.get("uri")):
                headers["mcp-name"] = name
        return headers, message

    def listen(self, token: str | None, *addresses: str, **kwargs: Any) -> Stream:
        """A stream that is told of changes; close it, or let the server end it."""
        asked = {"notifications": {"resourceSubscriptions": list(addresses)}}
        message = {"jsonrpc": "2.0", "id": "listening", "method": "subscriptions/listen", "params": asked}
        return Stream(self, token, message, kwargs.get("headers", {}))

    def call(self, token: str, tool: str, arguments: dict[str, Any], *, modern: bool = False) -> dict[str, Any]:
        """What a tool answers; the answer must be one of the protocol's."""
        params = {"name": tool, "arguments": arguments}
        response = self.post(
            token, {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}, modern=modern
        )
        assert response.status_code == 200, response.text
        return response.json()["result"]

    def static(self, subject: str, *scopes: str, **more: Any) -> tuple[str, StaticToken]:
        """A token of the file's kind."""
        return new_token(subject, scopes or SCOPES[:-1], **more)


class Stream:
    """An open stream of events, one message at a time."""

    def __init__(self, network: Network, token: str | None, message: dict[str, Any], more: dict[str, str]) -> None:
        headers, message = network.sent(token, message, modern=True)
        headers |= more
        self._client = httpx.Client(timeout=60)
        self.response = self._client.send(
            self._client.build_request("POST", network.url, json=message, headers=headers), stream=True
        )
        self._lines = self.response.iter_lines()

    def next(self) -> dict[str, Any] | None:
        """The next message, None at the end of the stream."""
        line = next((line for line in self._lines if line.startswith("data:")), None)
        return None if line is None else json.loads(line.removeprefix("data:"))

    def changed(self) -> str:
        """The next address that is told of."""
        told = self.next()
        assert told is not None
        assert told["method"] == "notifications/resources/updated"
        return told["params"]["uri"]

    def close(self) -> None:
        """Hang up."""
        self.response.close()
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
