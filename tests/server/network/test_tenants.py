"""Tenants on one ledger: each has its own budgets, holds and keys, and cannot tell whether others have any."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tokenworth.budgets import NANO, Amount, BudgetChange, HoldRequest
from tokenworth.burn.ledger.book import Book
from tokenworth.burn.ledger.opening import open_ledger
from tokenworth.burn.ledger.sqlite_store import SqliteStore
from tokenworth.burn.ledger.tenancy import SHARED, TenantLedger, escaped
from tokenworth.errors import InvalidInputError
from tokenworth_mcp.auth_tokens import write_tokens
from tokenworth_mcp.catalogue import TOOLS

numbers = itertools.count(1)
ALL = "budgets:read budgets:write prices:read"


@pytest.fixture
def people(network):
    """Two tokens of subjects that nobody else in these tests has: names that differ by one character."""
    name = f"user{next(numbers)}@example.com"
    return network.issuer.token(sub=name, scope=ALL), network.issuer.token(sub=name + "/", scope=ALL), name


def _text(result: dict[str, Any]) -> str:
    return result["content"][0]["text"]


def _budget(network, token, budget="team", **change):
    return network.call(token, "set_budget", {"budget": budget, "limit_usd": 10, **change})


def test_a_caller_s_own_budget_is_its_subject_s(network, people, modern):
    alice, bob, name = people
    _budget(network, alice, name)
    found = network.call(alice, "check_budget", {}, modern=modern)
    assert found["structuredContent"]["budget"] == name
    assert network.call(bob, "check_budget", {}, modern=modern)["isError"]


UNKNOWN = {
    "check_budget": lambda budget, hold: {"budget": budget},
    "reserve_budget": lambda budget, hold: {"budget": budget, "usd": 1, "key": "k"},
    "settle_reservation": lambda budget, hold: {"hold": hold, "usd": 1},
    "record_usage": lambda budget, hold: {"budget": budget, "usage": {"usd": 1}, "key": "k"},
    "set_budget": lambda budget, hold: {"budget": "below", "limit_usd": 1, "parent": budget},
}


def test_every_tool_of_the_ledger_is_tried_with_another_tenant_s_ids():
    assert set(UNKNOWN) == {entry.name for entry in TOOLS if entry.toolset == "budget"}


@pytest.mark.parametrize("tool", UNKNOWN)
def test_another_tenant_s_ids_answer_exactly_as_unknown_ones(network, people, tool, modern):
    alice, bob, name = people
    _budget(network, alice)
    hold = network.call(alice, "reserve_budget", {"budget": "team", "usd": 1, "key": "k"})["structuredContent"]["hold"]
    for budget in ("team", f"{name}/team", f"{escaped(name)}/team"):
        asked = network.call(bob, tool, UNKNOWN[tool](budget, hold), modern=modern)
        never = network.call(bob, tool, UNKNOWN[tool]("nobody", "h_" + "0" * len(hold[2:])), modern=modern)
        assert asked["isError"]
        assert asked == never
    left = network.call(alice, "check_budget", {"budget": "team"})["structuredContent"]
    assert (left["held_usd"], left["spent_usd"]) == (1, 0)


def test_the_same_names_and_keys_are_each_tenant_s_own(network, people):
    alice, bob, _ = people
    holds = []
    for token, limit in ((alice, 10), (bob, 2)):
        assert network.call(token, "set_budget", {"budget": "team", "limit_usd": limit})["structuredContent"]["created"]
        granted = network.call(token, "reserve_budget", {"budget": "team", "usd": limit / 2, "key": "same"})
        holds.append(granted["structuredContent"]["hold"])
        assert granted["structuredContent"]["left_usd"] == limit / 2
    assert len(set(holds)) == 2


def test_raising_a_limit_needs_the_scope_for_it(network, people):
    alice, _, name = people
    _budget(network, alice)
    refused = network.call(alice, "set_budget", {"budget": "team", "limit_usd": 11})
    assert refused["isError"]
    assert "budgets:admin" in _text(refused)
    admin = network.issuer.token(sub=name, scope=ALL + " budgets:admin")
    assert (
        network.call(admin, "set_budget", {"budget": "team", "limit_usd": 11})["structuredContent"]["limit_usd"] == 11
    )


def test_a_static_token_s_tenant_is_who_it_says(network):
    one, kept_one = network.static("ann", tenant="acme")
    two, kept_two = network.static("ben", tenant="acme")
    write_tokens(network.tokens, [kept_one, kept_two])
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    while network.post(two, ping).status_code != 200:
        pass
    _budget(network, one, "shared")
    found = network.call(two, "check_budget", {"budget": "shared"})
    assert found["structuredContent"]["limit_usd"] == 10
    outsider = network.issuer.token(sub="ann", scope=ALL)
    assert network.call(outsider, "check_budget", {"budget": "shared"})["isError"]


OFFER = {"base": "200k", "tokens": {"per_month": 500}}
VALUED = {
    "value_offer": lambda person: {"offer": OFFER, "person": person},
    "compare_offers": lambda person: {"offers": [OFFER, {"base": "210k"}], "person": person},
    "explain_lock_in": lambda person: {"position": {"contract": OFFER}, "person": person},
}


async def _used_for_a_year(network, tenant, budget):
    """Charges of $100 in every four weeks of the last year to a tenant's budget, as of then."""
    now = {"ms": 0}
    book = Book(SqliteStore(network.tokens.with_name("ledger.sqlite3"), clock_ms=lambda: now["ms"]))
    for days in range(364, 0, -28):
        now["ms"] = int((datetime.now(UTC) - timedelta(days=days)).timestamp() * 1000)
        await book.set_budget(BudgetChange(f"{escaped(tenant)}/{budget}", "usd", 10**15))
        await book.record(f"{escaped(tenant)}/{budget}", Amount(100 * NANO), f"{tenant} {days}", "same")
    await book.close()


@pytest.mark.parametrize("tool", VALUED)
async def test_a_person_s_use_is_taken_from_budgets_of_the_caller_s_own_tenant_only(network, people, tool, modern):
    _, _, name = people
    await _used_for_a_year(network, name, "work")
    scope = "offers:read lockin:read budgets:read"
    alice, bob = (network.issuer.token(sub=sub, scope=scope) for sub in (name, name + "/"))
    own = network.call(alice, tool, VALUED[tool]({"token_use_from_budget": "work"}), modern=modern)
    assert "your budget work: " in _text(own)
    unasked = network.call(alice, tool, VALUED[tool]({}), modern=modern)
    assert "your budget" not in _text(unasked)
    for budget in ("work", f"{name}/work", f"{escaped(name)}/work", "nobody"):
        refused = network.call(bob, tool, VALUED[tool]({"token_use_from_budget": budget}), modern=modern)
        assert refused["isError"]
        assert "person.token_use_from_budget: no budget of yours has that id" in _text(refused)


@pytest.mark.parametrize("tool", VALUED)
def test_taking_use_from_a_budget_needs_leave_to_read_budgets(network, tool, modern):
    token = network.issuer.token(scope="offers:read lockin:read")
    call = {"name": tool, "arguments": VALUED[tool]({"token_use_from_budget": "work"})}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    response = network.post(token, message, modern=modern)
    assert response.status_code == 403
    asked = response.headers["www-authenticate"].partition('scope="')[2].partition('"')[0].split()
    assert "budgets:read" in asked
    without = message | {"params": call | {"arguments": VALUED[tool]({})}}
    assert network.post(token, without, modern=modern).status_code == 200


NAMES = ["a", "a/b", "a~2fb", "a%2fb", "A", "ä", "~", "a b", "a\u202eb", "", "a/"]


def test_no_two_names_share_a_place():
    places = {escaped(name) for name in NAMES}
    assert len(places) == len(NAMES)
    assert not any("/" in place for place in places)


@pytest.fixture
async def book(tmp_path):
    """A ledger that two tenants and the operator share."""
    book = await open_ledger(str(tmp_path / "ledger.sqlite3"))
    yield book
    await book.close()


async def test_a_tenant_sees_its_own_budgets_only(book):
    one, two = TenantLedger(book, "one"), TenantLedger(book, "one/two")
    for ledger, name in ((one, "two/x"), (two, "x"), (book, "operator")):
        await ledger.set_budget(BudgetChange(name, "usd", NANO))
    assert list(await one.budgets()) == ["two/x"]
    assert list(await two.budgets()) == ["x"]
    assert sorted(await book.budgets()) == ["one/two/x", "one~2ftwo/x", "operator"]


async def test_a_budget_that_the_operator_put_above_limits_a_tenant_and_is_not_named(book):
    await book.set_budget(BudgetChange("secret-company", "usd", NANO))
    await book.set_budget(BudgetChange("one/x", "usd", 5 * NANO, parent="secret-company"))
    one = TenantLedger(book, "one")
    state = await one.state("x")
    assert [level.budget.id for level in state.chain] == ["x", SHARED]
    assert state.left("usd") == NANO
    refused = await one.reserve(HoldRequest("x", Amount(2 * NANO), "k", "k"))
    assert refused.refusal.budget == SHARED
    assert "secret" not in json.dumps([repr(state), repr(refused)])


async def test_every_way_into_the_ledger_keeps_to_the_tenant(book):
    one, two = TenantLedger(book, "one"), TenantLedger(book, "two")
    await one.set_budget(BudgetChange("x", "usd", NANO))
    grant = await one.reserve(HoldRequest("x", Amount(1), "k", "k"))
    tries = [
        two.state("x"),
        two.observe("x", "log", Amount(1)),
        two.record("x", Amount(1), "k", "k"),
        two.reserve(HoldRequest("x", Amount(1), "k", "k")),
        two.settle(grant.hold, Amount(1), "k"),
        two.set_budget(BudgetChange("y", "usd", 1, parent="x")),
    ]
    for attempt in tries:
        with pytest.raises(InvalidInputError, match="has that"):
            await attempt
    assert await one.settle(grant.hold, Amount(1), "k")
    assert list(await two.spends("x", 0, 1_000)) == []
    assert [spent for _, spent, _ in await one.spends("x", 0, 1_000)] == [1]
