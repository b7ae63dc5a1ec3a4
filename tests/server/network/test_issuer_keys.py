"""The issuer's published keys: kept, read again when they change, and read from nowhere else."""

from __future__ import annotations

import asyncio
import json

import jwt
import pytest

from support.http_server import reply, routes, serving
from support.issuer import AUDIENCE, ISSUER, Issuer, jwks
from tokenworth.http import HttpSeams
from tokenworth_mcp.auth_jwt import IssuedTokens, IssuerKeys, KeysUnavailableError, keys_reader


class Clock:
    """A clock that a test moves."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def _accepts(keys: IssuerKeys) -> IssuedTokens:
    return IssuedTokens(keys, ISSUER, AUDIENCE, ["RS256", "ES256"])


def _seams(server) -> HttpSeams:
    return HttpSeams(resolve=server.resolve, loopback=True)


async def test_keys_are_fetched_once_and_again_for_a_new_key_id():
    first, second, clock = Issuer(), Issuer.elliptic("second"), Clock()
    table = {"/jwks": reply(body=jwks(first))}
    async with serving(routes(table)) as server:
        accepts = _accepts(IssuerKeys(keys_reader("http://issuer.example/jwks", _seams(server)), clock))
        for _ in range(5):
            assert (await accepts.verify(first.token())).subject == "alice"
        assert len(server.seen) == 1
        table["/jwks"] = reply(body=jwks(second))
        clock.now += 60
        assert (await accepts.verify(second.token())).subject == "alice"
        assert await accepts.verify(first.token()) is None


class Slow:
    """Keys that are on their way until a test lets them come."""

    def __init__(self, *bodies: bytes) -> None:
        self.bodies = list(bodies)
        self.asked = 0
        self.come = asyncio.Event()

    async def __call__(self) -> bytes:
        self.asked += 1
        await self.come.wait()
        return self.bodies.pop(0)


async def _begun(*calls) -> list[asyncio.Task]:
    """Calls that have each come as far as they can, one after the other."""
    tasks = []
    for call in calls:
        tasks.append(asyncio.create_task(call))
        for _ in range(5):
            await asyncio.sleep(0)
    return tasks


async def test_whoever_comes_while_the_keys_are_first_read_waits_for_them_and_is_let_in():
    issuer = Issuer()
    slow = Slow(jwks(issuer))
    accepts = _accepts(IssuerKeys(slow, Clock()))
    tasks = await _begun(*(accepts.verify(issuer.token()) for _ in range(4)))
    slow.come.set()
    assert [found.subject for found in await asyncio.gather(*tasks)] == ["alice"] * 4
    assert slow.asked == 1


async def test_while_keys_are_read_again_known_ones_go_on_and_new_ones_wait():
    old, new, clock = Issuer(), Issuer.elliptic("new"), Clock()
    slow = Slow(jwks(old), jwks(old, new))
    accepts = _accepts(IssuerKeys(slow, clock))
    slow.come.set()
    assert await accepts.verify(old.token())
    slow.come.clear()
    clock.now += 7_200
    waiting = await _begun(accepts.verify(new.token()), accepts.verify(new.token()))
    assert (await accepts.verify(old.token())).subject == "alice"
    slow.come.set()
    assert [found.subject for found in await asyncio.gather(*waiting)] == ["alice"] * 2
    assert slow.asked == 2


async def test_a_read_that_was_cut_short_is_tried_again_at_once():
    issuer = Issuer()
    slow = Slow(jwks(issuer))
    accepts = _accepts(IssuerKeys(slow, Clock()))
    (left,) = await _begun(accepts.verify(issuer.token()))
    left.cancel()
    with pytest.raises(asyncio.CancelledError):
        await left
    slow.come.set()
    assert (await accepts.verify(issuer.token())).subject == "alice"


async def test_made_up_key_ids_do_not_make_the_server_ask_each_time():
    issuer, clock = Issuer(), Clock()
    async with serving(routes({"/jwks": reply(body=jwks(issuer))})) as server:
        accepts = _accepts(IssuerKeys(keys_reader("http://issuer.example/jwks", _seams(server)), clock))
        for number in range(20):
            assert await accepts.verify(issuer.token(headers={"kid": f"made up {number}"})) is None
        assert len(server.seen) == 1


async def test_an_issuer_that_is_down_for_an_hour_changes_nothing_and_for_a_day_everything():
    issuer, clock = Issuer(), Clock()
    table = {"/jwks": reply(body=jwks(issuer))}
    async with serving(routes(table)) as server:
        accepts = _accepts(IssuerKeys(keys_reader("http://issuer.example/jwks", _seams(server)), clock))
        assert await accepts.verify(issuer.token())
        table["/jwks"] = reply(404)
        clock.now += 7_200
        assert await accepts.verify(issuer.token())
        clock.now += 86_400
        with pytest.raises(KeysUnavailableError):
            await accepts.verify(issuer.token())


BAD_SETS = {
    "no JSON": b"<html>",
    "another shape": b'{"keys": {"a": 1}}',
    "deep": b"[" * 10_000,
    "twice the same name": b'{"keys": [], "keys": []}',
    "a secret": json.dumps({"keys": [{"kty": "oct", "k": "AAAA", "kid": "first"}]}).encode(),
    "too much": b" " * 300_000,
}


@pytest.mark.parametrize("body", BAD_SETS.values(), ids=BAD_SETS)
async def test_what_is_no_key_set_lets_nobody_in(body):
    async with serving(routes({"/jwks": reply(body=body)})) as server:
        accepts = _accepts(IssuerKeys(keys_reader("http://issuer.example/jwks", _seams(server))))
        with pytest.raises(KeysUnavailableError):
            await accepts.verify(Issuer().token())


@pytest.mark.parametrize("use", [{"use": "enc"}, {"alg": "RS512"}], ids=str)
async def test_a_key_that_is_for_something_else_checks_no_token(use, tmp_path):
    issuer = Issuer()
    other = Issuer.elliptic("other")
    keys = [issuer.public_jwk(**use), other.public_jwk()]
    (tmp_path / "jwks").write_text(json.dumps({"keys": keys}))
    accepts = _accepts(IssuerKeys(keys_reader(str(tmp_path / "jwks"))))
    assert await accepts.verify(issuer.token()) is None
    assert await accepts.verify(other.token())


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/jwks",
        "https://[::1]/jwks",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:10.0.0.1]/jwks",
        "https://user:secret@issuer.example/jwks",
        "https://issuer.example:22/jwks",
        "http://issuer.example/jwks",
        "ftp://issuer.example/jwks",
        "https:///jwks",
    ],
)
async def test_keys_are_not_fetched_from_inside_the_network(address):
    async with serving(routes({})) as server:
        accepts = _accepts(IssuerKeys(keys_reader(address, HttpSeams(resolve=server.resolve))))
        with pytest.raises(KeysUnavailableError):
            await accepts.verify(Issuer().token())
        assert server.connections == 0


async def test_a_redirect_elsewhere_is_not_followed():
    table = {"/jwks": reply(302, Location="http://evil.example/jwks")}
    async with serving(routes(table)) as server:
        accepts = _accepts(IssuerKeys(keys_reader("http://issuer.example/jwks", _seams(server))))
        with pytest.raises(KeysUnavailableError):
            await accepts.verify(Issuer().token())
        assert server.targets == ["/jwks"]


async def test_a_token_without_a_key_id_is_checked_with_the_only_key_there_is(tmp_path):
    issuer = Issuer()
    (tmp_path / "one").write_bytes(jwks(issuer))
    (tmp_path / "two").write_bytes(jwks(issuer, Issuer.elliptic("second")))
    token = jwt.encode(jwt.decode(issuer.token(), options={"verify_signature": False}), issuer.key, "RS256")
    assert await _accepts(IssuerKeys(keys_reader(str(tmp_path / "one")))).verify(token)
    assert await _accepts(IssuerKeys(keys_reader(str(tmp_path / "two")))).verify(token) is None
