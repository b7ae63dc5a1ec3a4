"""Tokens: whose are accepted, what each lets its bearer do, and what everybody else is told."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import time
from typing import Any

import httpx
import jwt
import pytest

from support.issuer import AUDIENCE, ISSUER, Issuer
from tokenworth_mcp.auth_tokens import TokenFile, new_token, write_tokens
from tokenworth_mcp.catalogue import TOOLS

PING: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
METADATA = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp"
LIST: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}


def test_the_issuer_s_token_is_accepted_in_both_eras(network, modern):
    assert network.post(network.issuer.token(), LIST, modern=modern).status_code == 200


@pytest.mark.parametrize("audience", [AUDIENCE, ["https://other.example", AUDIENCE]], ids=["one", "two"])
def test_a_token_for_several_servers_is_accepted_when_one_is_this(network, audience):
    assert network.post(network.issuer.token(aud=audience), PING).status_code == 200


def test_clocks_may_differ_by_a_few_seconds_and_no_more(network):
    now = int(time.time())
    assert network.post(network.issuer.token(exp=now - 5), PING).status_code == 200
    assert network.post(network.issuer.token(exp=now - 60), PING).status_code == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1_700_000_000},
        {"exp": None},
        {"nbf": 4_000_000_000},
        {"aud": "https://other.example/mcp"},
        {"aud": "https://mcp.example.com/mcp/"},
        {"aud": "https://mcp.example.com"},
        {"aud": None},
        {"aud": []},
        {"iss": "https://evil.example"},
        {"iss": "https://issuer.example/"},
        {"iss": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "a" * 256},
        {"exp": "never"},
    ],
    ids=str,
)
def test_a_token_with_another_claim_is_not_accepted(network, claims):
    response = network.post(network.issuer.token(**claims), PING)
    assert response.status_code == 401
    assert 'error="invalid_token"' in response.headers["www-authenticate"]


def _unsigned(**headers: Any) -> str:
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "exp": now + 300}
    parts = [json.dumps(part).encode() for part in (headers, claims)]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def _signed_with_public_key(issuer: Issuer) -> str:
    """HS256 with the public key as its secret: what a verifier that takes the token's word for it accepts."""
    unsigned = _unsigned(alg="HS256", kid=issuer.kid, typ="JWT")
    tag = hmac.digest(issuer.public_pem(), unsigned.encode(), "sha256")
    return f"{unsigned}.{base64.urlsafe_b64encode(tag).rstrip(b'=').decode()}"


FORGED = {
    "alg none": lambda issuer: _unsigned(alg="none", kid=issuer.kid) + ".",
    "alg None": lambda issuer: _unsigned(alg="None") + ".",
    "no signature": lambda issuer: _unsigned(alg="RS256", kid=issuer.kid) + ".",
    "no algorithm": lambda issuer: _unsigned(kid=issuer.kid) + ".AAAA",
    "two algorithms": lambda issuer: _unsigned(alg=["RS256"], kid=issuer.kid) + ".AAAA",
    "an object for a key id": lambda issuer: _unsigned(alg="RS256", kid={"a": 1}) + ".AAAA",
    "HS256 with the public key": _signed_with_public_key,
    "another key under the same id": lambda issuer: Issuer(kid=issuer.kid).token(),
    "an unknown key id": lambda issuer: Issuer(kid="unknown").token(),
    "the id of a key of another kind": lambda issuer: issuer.token(headers={"kid": "second"}),
    "a key of its own": lambda issuer: Issuer(kid=issuer.kid).token(headers={"jwk": Issuer().public_jwk()}),
    "keys at its own address": lambda issuer: Issuer(kid="x").token(headers={"jku": "http://127.0.0.1:1/"}),
    "HS256": lambda issuer: jwt.encode({"iss": ISSUER, "aud": AUDIENCE, "sub": "a", "exp": 4e9}, "k" * 32, "HS256"),
    "a changed signature": lambda issuer: issuer.token()[:-8] + "AAAAAAAA",
    "too long": lambda issuer: issuer.token() + "x" * 10_000,
    "no token": lambda issuer: "x.y.z",
    "dots": lambda issuer: ".",
    "no static token": lambda issuer: "tokenworth_" + "A" * 43,
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_forged_token_is_not_accepted(network, forge):
    response = network.post(forge(network.issuer), PING)
    assert response.status_code == 401
    assert response.json() == {"error": "invalid_token", "error_description": "The token is not accepted"}


@pytest.mark.parametrize("name", ["access_token", "token", "authorization"])
def test_a_token_in_the_query_is_no_token(network, name):
    response = network.post(None, PING, params={name: network.issuer.token()})
    assert response.status_code == 401
    assert "error=" not in response.headers["www-authenticate"]


def test_a_token_in_the_body_is_no_token(network):
    assert network.post(None, PING | {"access_token": network.issuer.token()}).status_code == 401


@pytest.mark.parametrize("kind", ["Basic {}", "{}", "Bearer", "Bearer ", "bearer\t{}"])
def test_any_other_kind_of_authorization_is_no_token(network, kind):
    said = kind.format(network.issuer.token()).rstrip()
    assert network.post(None, PING, headers={"authorization": said}).status_code == 401


def test_two_authorizations_are_none(network):
    headers = [
        ("content-type", "application/json"),
        ("host", "mcp.example.com"),
        ("authorization", f"Bearer {network.issuer.token()}"),
        ("authorization", f"Bearer {network.issuer.token(sub='bob')}"),
    ]
    assert httpx.post(network.url, json=PING, headers=headers).status_code == 401


def test_whoever_has_no_token_is_told_where_to_get_one_and_for_what(network):
    response = network.post(None, PING)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == (
        'Bearer scope="offers:read budgets:read prices:read budgets:write lockin:read programs:read '
        f'assumptions:read", resource_metadata="{METADATA}"'
    )


@pytest.mark.parametrize("path", ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"])
def test_the_metadata_name_the_issuer_and_every_scope(network, path):
    response = httpx.get(network.url.replace("/mcp", path), headers={"host": "mcp.example.com"})
    found = response.json()
    assert found["resource"] == AUDIENCE
    assert found["authorization_servers"] == [ISSUER]
    assert found["bearer_methods_supported"] == ["header"]
    assert set(found["scopes_supported"]) == {entry.scope for entry in TOOLS} | {"budgets:admin"}


@pytest.mark.parametrize("entry", TOOLS, ids=lambda entry: entry.name)
def test_every_tool_needs_its_scope_and_the_challenge_asks_for_it(network, entry, modern):
    others = sorted({each.scope for each in TOOLS} - {entry.scope})
    token = network.issuer.token(scope=" ".join(others))
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": entry.name, "arguments": {}}}
    response = network.post(token, message, modern=modern)
    assert response.status_code == 403
    challenge = response.headers["www-authenticate"]
    assert 'error="insufficient_scope"' in challenge
    assert f'resource_metadata="{METADATA}"' in challenge
    asked = challenge.partition('scope="')[2].partition('"')[0].split()
    assert set(asked) == {*others, entry.scope}


def test_a_resource_needs_its_family_s_scope(network, modern):
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "resources/read",
        "params": {"uri": "tokenworth://prices/openai/gpt-4o"},
    }
    assert network.post(network.issuer.token(scope="offers:read"), message, modern=modern).status_code == 403
    assert network.post(network.issuer.token(scope="prices:read"), message, modern=modern).status_code == 200


@pytest.mark.parametrize("claims", [{"scp": ["prices:read"]}, {"scp": "prices:read offers:read"}], ids=str)
def test_scopes_are_read_as_other_issuers_write_them(network, claims):
    token = network.issuer.token(scope=None, **claims)
    assert network.call(token, "estimate_cost", {"models": ["gpt-4o"], "usage": {"input_tokens": 1}})


def test_a_static_token_is_accepted_until_it_is_revoked_or_over(network):
    token, kept = network.static("team")
    over, past = network.static("team", days=1)
    past = past.model_copy(update={"expires": past.created})
    write_tokens(network.tokens, [kept, past])
    deadline = time.monotonic() + 10
    while network.post(token, PING).status_code != 200:
        assert time.monotonic() < deadline
    assert network.post(over, PING).status_code == 401
    assert network.post(token[:-1], PING).status_code == 401
    write_tokens(network.tokens, [])
    while network.post(token, PING).status_code != 401:
        assert time.monotonic() < deadline


def test_the_file_has_hashes_and_no_token(network, tmp_path):
    token, kept = network.static("team")
    write_tokens(tmp_path / "tokens.toml", [kept])
    text = (tmp_path / "tokens.toml").read_text(encoding="utf-8")
    assert token.removeprefix("tokenworth_") not in text
    assert (tmp_path / "tokens.toml").stat().st_mode & 0o077 == 0


async def test_whoever_comes_while_the_file_is_first_read_is_let_in_too(tmp_path):
    token, kept = new_token("alice", ["offers:read"])
    write_tokens(tmp_path / "tokens.toml", [kept])
    file = TokenFile(tmp_path / "tokens.toml")
    assert None not in await asyncio.gather(*(file.verify(token) for _ in range(20)))
