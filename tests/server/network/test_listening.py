"""Streams of notices over a network: for whom they are, how many there may be, and how they end with their token."""

from __future__ import annotations

import itertools
import secrets
import time

import asyncpg
import pytest

from support.issuer import Issuer
from support.network import Network
from support.processes import HttpServer
from support.replicas import POSTGRES
from tokenworth.burn.ledger.tenancy import escaped
from tokenworth_mcp.auth_jwt import LEEWAY_SECONDS
from tokenworth_mcp.auth_tokens import new_token, write_tokens
from tokenworth_mcp.scopes import SCOPES
from tokenworth_mcp.subscriptions import STREAMS_OF_CALLER_MAX

numbers = itertools.count(1)
ALL = "budgets:read budgets:write"
BUDGETS = "tokenworth://budgets/"
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId"


@pytest.fixture
def people(network):
    """Two tenants that nobody else in these tests is, and the name of the first."""
    name = f"listener{next(numbers)}@example.com"
    return network.issuer.token(sub=name, scope=ALL), network.issuer.token(sub=name + "/", scope=ALL), name


def _set(network, token, budget, limit):
    change = {"budget": budget, "limit_usd": limit}
    assert not network.call(token, "set_budget", change).get("isError")


def test_a_tenant_who_listens_to_another_s_addresses_hears_of_its_own_budgets_only(network, people):
    alice, bob, name = people
    _set(network, alice, "team", 10)
    _set(network, bob, "sentinel", 10)
    theirs = [BUDGETS + each for each in ("team", f"{name}/team", f"{escaped(name)}/team", "..%2Fteam")]
    with network.listen(alice, BUDGETS + "team") as own, network.listen(bob, *theirs, BUDGETS + "sentinel") as other:
        with network.listen(bob, *(each + "-that-never-was" for each in theirs), BUDGETS + "sentinel") as never:
            honored = [stream.next()["params"]["notifications"]["resourceSubscriptions"] for stream in (other, never)]
            # An address answers the same whether another tenant has such a budget or nobody does.
            assert [each.replace("-that-never-was", "") for each in honored[1]] == honored[0]
        own.next()
        for limit in (9, 8):
            _set(network, alice, "team", limit)
            assert own.changed() == BUDGETS + "team"
        _set(network, bob, "sentinel", 9)
        assert other.changed() == BUDGETS + "sentinel"


def test_another_tenant_s_budget_is_not_there_to_read_or_to_complete(network, people, modern):
    alice, bob, name = people
    _set(network, alice, "team-of-alice", 10)
    _set(network, bob, "team-of-bob", 10)

    def ask(token, method, **params):
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return network.post(token, message, modern=modern).json()

    for budget in ("team-of-alice", f"{escaped(name)}/team-of-alice"):
        asked, never = (ask(bob, "resources/read", uri=BUDGETS + each) for each in (budget, "nobody"))
        assert asked["error"]["message"] == never["error"]["message"]
        assert asked["error"]["code"] == never["error"]["code"]
    ref = {"type": "ref/resource", "uri": BUDGETS + "{+id}"}
    found = ask(bob, "completion/complete", ref=ref, argument={"name": "id", "value": "team"})
    assert found["result"]["completion"]["values"] == ["team-of-bob"]
    listed = ask(bob, "resources/list")["result"]["resources"]
    assert listed == ask(alice, "resources/list")["result"]["resources"]
    assert "team-of" not in str(listed)


@pytest.mark.postgres
async def test_two_replicas_on_postgresql_keep_tenants_apart_and_tell_each_their_own(tmp_path):
    schema = f"test_{secrets.token_hex(6)}"
    connection = await asyncpg.connect(POSTGRES)
    await connection.execute(f"CREATE SCHEMA {schema}")
    made = [new_token(subject, SCOPES[:-1], tenant=subject) for subject in ("alice", "bob")]
    write_tokens(tmp_path / "tokens.toml", [kept for _, kept in made])
    alice, bob = (token for token, _ in made)
    settings = {
        "TOKENWORTH_LEDGER": f"{POSTGRES}?search_path={schema}",
        "TOKENWORTH_TOKENS_FILE": str(tmp_path / "tokens.toml"),
        "TOKENWORTH_ALLOWED_HOSTS": "mcp.example.com",
    }
    servers = [HttpServer(**settings), HttpServer(**settings)]
    one, two = (Network(server.url, Issuer(), tmp_path / "tokens.toml") for server in servers)
    _set(one, alice, "team", 10)
    _set(two, bob, "sentinel", 10)
    with two.listen(alice, BUDGETS + "team") as own, two.listen(bob, BUDGETS + "team", BUDGETS + "sentinel") as other:
        own.next()
        other.next()
        held = one.call(alice, "reserve_budget", {"budget": "team", "usd": 1, "key": "same"})["structuredContent"]
        assert own.changed() == BUDGETS + "team"
        _set(one, bob, "sentinel", 9)
        assert other.changed() == BUDGETS + "sentinel"
    for network in (one, two):
        asked, never = (
            network.call(bob, "settle_reservation", {"hold": hold, "usd": 1})
            for hold in (held["hold"], "h_" + "0" * len(held["hold"][2:]))
        )
        assert asked == never
        assert network.call(alice, "check_budget", {"budget": "team"})["structuredContent"]["held_usd"] == 1
    # The same key is another tenant's other hold, and the same one's same, whichever replica is asked.
    again = two.call(alice, "reserve_budget", {"budget": "team", "usd": 1, "key": "same"})["structuredContent"]
    _set(two, bob, "team", 10)
    others = one.call(bob, "reserve_budget", {"budget": "team", "usd": 1, "key": "same"})["structuredContent"]
    assert again["hold"] == held["hold"] != others["hold"]
    for server in servers:
        server.end()
    await connection.execute(f"DROP SCHEMA {schema} CASCADE")
    await connection.close()


def test_a_stream_ends_in_good_order_when_its_token_expires_and_others_go_on(network, people):
    alice, _, name = people
    _set(network, alice, "team", 10)
    expiring = network.issuer.token(sub=name, scope=ALL, exp=int(time.time()) - LEEWAY_SECONDS + 15)
    with network.listen(alice, BUDGETS + "team") as staying, network.listen(expiring, BUDGETS + "team") as ending:
        assert staying.next()["method"] == ending.next()["method"] == "notifications/subscriptions/acknowledged"
        ended = ending.next()
        assert (ended["id"], ended["result"]["_meta"][SUBSCRIPTION]) == ("listening", "listening")
        assert ending.next() is None
        assert network.post(expiring, PING).status_code == 401
        _set(network, alice, "team", 9)
        assert staying.changed() == BUDGETS + "team"


@pytest.mark.parametrize("change", ["revoked", "allowed less"])
def test_a_stream_ends_in_good_order_when_its_token_is_revoked_or_changed_in_the_file(network, change):
    token, kept = network.static(f"revoked{next(numbers)}")
    write_tokens(network.tokens, [kept])
    while network.post(token, PING).status_code != 200:
        pass
    with network.listen(token, BUDGETS + "team") as stream:
        assert stream.next()["method"] == "notifications/subscriptions/acknowledged"
        write_tokens(
            network.tokens, [] if change == "revoked" else [kept.model_copy(update={"scopes": ["offers:read"]})]
        )
        assert stream.next()["result"]["_meta"][SUBSCRIPTION] == "listening"
        assert stream.next() is None
    with network.listen(token, BUDGETS + "team") as again:
        assert again.response.status_code == (401 if change == "revoked" else 403)


def test_a_caller_may_have_so_many_streams_and_they_take_no_other_request_s_place(network, people):
    alice, bob, _ = people
    streams = [network.listen(alice, BUDGETS + "team") for _ in range(STREAMS_OF_CALLER_MAX)]
    for stream in streams:
        assert stream.next()["method"] == "notifications/subscriptions/acknowledged"
    with network.listen(alice, BUDGETS + "team") as beyond:
        assert "streams of yours are open" in beyond.response.read().decode()
    with network.listen(bob, BUDGETS + "team") as other:
        assert other.next()["method"] == "notifications/subscriptions/acknowledged"
    for stream in streams:
        stream.close()


def test_who_listens_takes_up_none_of_the_requests_that_may_be_answered_at_a_time(tmp_path):
    server = HttpServer(TOKENWORTH_LEDGER=str(tmp_path / "ledger.sqlite3"), TOKENWORTH_REQUESTS_MAX="2")
    network = Network(server.url, Issuer(), tmp_path)
    local = {"headers": {"host": server.url.split("/")[2]}}
    streams = [network.listen(None, BUDGETS + "me", **local) for _ in range(3)]
    for stream in streams:
        assert stream.next()["method"] == "notifications/subscriptions/acknowledged"
    assert network.post(None, PING, **local).status_code == 200
    for stream in streams:
        stream.close()
    server.end()
