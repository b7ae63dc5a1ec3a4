"""A server as it runs on a network: on every address, with an issuer's tokens and a file of static ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from support.issuer import AUDIENCE, ISSUER, Issuer, jwks
from support.processes import HttpServer
from tokenworth_mcp.auth_tokens import StaticToken, new_token, write_tokens
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
        headers = {"content-type": "application/json", "accept": "application/json, text/event-stream", "host": HOST}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        if modern:
            params = message.get("params", {})
            message = message | {"params": params | {"_meta": ENVELOPE}}
            headers |= {"mcp-protocol-version": MODERN, "mcp-method": message["method"]}
            if name := params.get("name", params.get("uri")):
                headers["mcp-name"] = name
        headers |= kwargs.pop("headers", {})
        return httpx.post(kwargs.pop("url", self.url), json=message, headers=headers, timeout=30, **kwargs)

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


@pytest.fixture(scope="package")
def network(tmp_path_factory: pytest.TempPathFactory, own_data_folder: None) -> Iterator[Network]:
    """The server that most tests here share; nothing else uses its ledger."""
    folder = tmp_path_factory.mktemp("network")
    issuer = Issuer()
    (folder / "jwks.json").write_bytes(jwks(issuer, Issuer.elliptic("second")))
    write_tokens(folder / "tokens.toml", [])
    server = HttpServer(
        "--host",
        "0.0.0.0",  # noqa: S104 - as on a network
        TOKENWORTH_ALLOWED_HOSTS=HOST,
        TOKENWORTH_PUBLIC_URL=AUDIENCE,
        TOKENWORTH_AUTH_ISSUER=ISSUER,
        TOKENWORTH_AUTH_JWKS=str(folder / "jwks.json"),
        TOKENWORTH_TOKENS_FILE=str(folder / "tokens.toml"),
        TOKENWORTH_LEDGER=str(folder / "ledger.sqlite3"),
    )
    yield Network(server.url.replace("0.0.0.0", "127.0.0.1"), issuer, folder / "tokens.toml")  # noqa: S104 - where it is
    server.end()


@pytest.fixture(params=[False, True], ids=["legacy", "modern"])
def modern(request: pytest.FixtureRequest) -> bool:
    """Both protocol eras."""
    return request.param
