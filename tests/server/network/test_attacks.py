"""What strangers try on a server that anybody can reach: forged addresses, broken bodies, errors that might tell."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

import tokenworth
import tokenworth_mcp
from support.issuer import Issuer

CANARY = "k4n4ry"
PING: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "ping"}

HOSTS = [
    "0.0.0.0:{port}",
    "127.0.0.1",
    "evil.example",
    "mcp.example.com.evil.example",
    "mcp.example.com:1",
    "mcp.example.com@evil.example",
    "MCP.EXAMPLE.COM.",
    "10.0.0.1:{port}",
]


@pytest.mark.parametrize("host", HOSTS)
def test_a_forged_host_is_refused_on_every_address_and_before_any_token_is_looked_at(network, host):
    headers = {"host": host.format(port=network.port)}
    for token in (network.issuer.token(), None):
        assert network.post(token, PING, headers=headers).status_code == 421
    page = network.url.replace("/mcp", "/.well-known/oauth-protected-resource/mcp")
    assert httpx.get(page, headers=headers).status_code == 421


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://mcp.example.com", "https://mcp.example.com:1"]
)
def test_a_forged_origin_is_refused_whatever_token_it_brings(network, origin):
    assert network.post(network.issuer.token(), PING, headers={"origin": origin}).status_code == 403


def test_a_page_at_the_server_s_own_name_may_call_it(network):
    headers = {"origin": "https://mcp.example.com"}
    assert network.post(network.issuer.token(), PING, headers=headers).status_code == 200


def _forwarded(token: str | None) -> dict[str, str]:
    said = {"x-forwarded-host": "mcp.example.com", "forwarded": "host=mcp.example.com", "host": "evil.example"}
    return said if token is None else said | {"x-forwarded-for": "127.0.0.1"}


def test_headers_of_proxies_change_nothing(network):
    for token in (network.issuer.token(), None):
        assert network.post(token, PING, headers=_forwarded(token)).status_code == 421


BODIES = {
    "ten thousand deep": b'{"jsonrpc":"2.0","id":1,"method":"ping","params":'
    + b'{"a":' * 10_000
    + b"1"
    + b"}" * 10_001,
    "lists ten thousand deep": b"[" * 10_000,
    "a key twice": b'{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}',
    "a key twice inside": b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","name":"set_budget"}}',
    "no UTF-8": b'{"jsonrpc":"2.0","id":1,"method":"\xff\xfe"}',
    "UTF-16": '{"jsonrpc":"2.0","id":1,"method":"ping"}'.encode("utf-16"),
    "half a surrogate": b'{"jsonrpc":"2.0","id":1,"method":"\\ud800"}',
    "a batch": b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]',
    "nothing": b"",
    "not a number": b'{"jsonrpc":"2.0","id":NaN,"method":"ping"}',
}


def _raw(network, token: str | None, body: bytes) -> httpx.Response:
    headers = {"content-type": "application/json", "accept": "application/json", "host": "mcp.example.com"}
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    return httpx.post(network.url, content=body, headers=headers)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_broken_body_is_refused_and_only_to_those_who_may_send_one(network, body):
    assert _raw(network, None, body).status_code == 401
    assert _raw(network, network.issuer.token(), body).status_code == 400
    assert network.post(network.issuer.token(), PING).status_code == 200


TELLTALE = re.compile(
    r"/(?:home|usr|tmp|root|var|etc|opt|venv)/|site-packages|Traceback|File \"|\.py\b|eyJ|sqlite|postgres|jwks|"
    r"tokens\.toml|pydantic|starlette|uvicorn|" + CANARY
)


def _errors(network) -> list[httpx.Response]:
    """One of every kind of refusal that the server has, each asked for with a canary in every value."""
    good = network.issuer.token(scope="budgets:read budgets:write")
    secret = Issuer(kid=CANARY).token(sub=CANARY)
    call = PING | {"method": "tools/call"}
    headers = {"authorization": f"Bearer {good}", "host": "mcp.example.com"}
    sent = [
        network.post(None, PING | {"id": CANARY}),
        network.post(secret, PING),
        network.post(f"tokenworth_{CANARY}", PING),
        network.post(network.issuer.token(scope=CANARY, sub=CANARY), call | {"params": {"name": "value_offer"}}),
        network.post(good, PING, headers={"host": f"{CANARY}.example"}),
        network.post(good, PING, headers={"origin": f"https://{CANARY}.example"}),
        network.post(good, PING, headers={"content-type": CANARY}),
        network.post(good, PING, headers={"accept": CANARY}),
        network.post(good, PING, headers={"mcp-protocol-version": CANARY}),
        network.post(good, PING, url=network.url + CANARY),
        network.post(good, PING | {"method": "tools/call", "params": {"name": CANARY}}),
        network.post(good, PING | {"method": "resources/read", "params": {"uri": "tokenworth://nowhere"}}),
        network.post(good, PING | {"method": "prompts/get", "params": {"name": CANARY}}),
        network.post(good, PING | {"method": "completion/complete", "params": {"unknown": CANARY}}),
        _raw(network, good, f'{{"a": "{CANARY}'.encode()),
        _raw(network, good, b'{"a": "' + CANARY.encode() + b'", "a": 2}'),
        httpx.request(CANARY.upper(), network.url, headers=headers),
    ]
    tools = ("check_budget", "reserve_budget", "settle_reservation", "record_usage", "set_budget")
    bad = [
        {},
        {"unknown": CANARY},
        {"budget": CANARY, "usd": 1, "key": CANARY},
        {"budget": f"../{CANARY}"},
        {"hold": CANARY},
    ]
    params = [{"name": tool, "arguments": arguments} for tool in tools for arguments in bad]
    return sent + [network.post(good, call | {"params": each}) for each in params]


def test_no_error_tells_a_path_a_secret_or_what_was_sent(network):
    answers = _errors(network)
    assert {answer.status_code for answer in answers} >= {400, 401, 403, 404, 405, 421}
    for answer in answers:
        body = answer.text.replace(CANARY, "") if '"id":"' + CANARY in answer.text else answer.text
        assert TELLTALE.search(body) is None, body
        told = {
            name: value for name, value in answer.headers.items() if name not in ("content-type", "www-authenticate")
        }
        assert TELLTALE.search(str(told)) is None
        assert CANARY not in answer.headers.get("www-authenticate", "")


NETWORK_MODULES = {"httpx", "httpcore", "requests", "urllib.request", "http.client", "aiohttp", "websockets", "ftplib"}
# The safe client and what it is made of; the exporter of traces goes where the operator's OTEL_* variables say.
# `doctor` tries the servers that its user's own clients are set up with.
MAY_CONNECT = {
    "tokenworth/http.py",
    "tokenworth/_bodies.py",
    "tokenworth/_addresses.py",
    "tokenworth_mcp/doctor/trying.py",
}


def _imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_every_fetch_goes_through_the_client_that_refuses_inside_addresses():
    """So that what `tests/http_client` tries against it (SSRF in every form) holds for prices, providers and keys."""
    roots = [Path(package.__file__ or "").parent for package in (tokenworth, tokenworth_mcp)]
    sources = [(root, path) for root in roots for path in sorted(root.rglob("*.py"))]
    others = {
        str(path.relative_to(root.parent))
        for root, path in sources
        if any(name in NETWORK_MODULES or name.split(".")[0] in NETWORK_MODULES for name in _imported(path))
    }
    assert len(sources) > 100
    assert others <= MAY_CONNECT
