"""Requests that overlap are shown by interleaving; what stays private is shown by looking."""

from __future__ import annotations

import asyncio
import logging

import anyio
import pytest

from support.asking import HOST, asking, url
from support.http_server import reply, says, serving
from tokenworth._addresses import is_loopback_address
from tokenworth.errors import (
    AddressRefusedError,
    InvalidInputError,
    StatusRefusedError,
)
from tokenworth.http import HttpLimits, open_http_client

# --- sharing and limits, shown by interleaving ---


class Gate:
    """Holds every request until it is opened, and counts how many it holds at once."""

    def __init__(self):
        self.opened = asyncio.Event()
        self.arrival = asyncio.Condition()
        self.held = self.held_most = 0

    async def __call__(self, seen, writer):
        async with self.arrival:
            self.held += 1
            self.held_most = max(self.held_most, self.held)
            self.arrival.notify_all()
        await self.opened.wait()
        self.held -= 1
        writer.write(reply(200, seen.target.encode()))


async def settled(gate, requests):
    """Until the gate holds so many requests and every task of the client waits."""
    async with gate.arrival:
        await gate.arrival.wait_for(lambda: gate.held >= requests)
    await anyio.wait_all_tasks_blocked()


async def gathered(client, urls, gate, requests, **options):
    results = []

    async def one(wanted):
        results.append((await client.get(wanted, **options)).body)

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for wanted in urls:
                tasks.start_soon(one, wanted)
            await settled(gate, requests)
            gate.opened.set()
    return results


async def test_equal_requests_that_overlap_share_one_exchange():
    gate = Gate()
    async with serving(gate) as server, asking(server, limits=HttpLimits()) as client:
        results = await gathered(client, [url("/same")] * 20, gate, 1)
        assert results == [b"/same"] * 20
        assert server.targets == ["/same"]
        await client.get(url("/same"))
    assert server.targets == ["/same", "/same"]  # shared while under way, never cached


async def test_no_more_requests_are_in_flight_than_the_limits_allow():
    gate = Gate()
    hosts = [f"h{number}.example" for number in range(4)]
    limits = HttpLimits(requests_in_flight_max=5, requests_per_host_max=2)
    async with serving(gate) as server, asking(server, hosts=hosts, limits=limits) as client:
        urls = [url(f"/{number}", host) for number in range(4) for host in hosts]
        results = await gathered(client, urls, gate, 5)
    assert gate.held_most == 5
    assert len(results) == len(server.seen) == 16


async def test_no_more_requests_reach_one_host_than_its_limit_allows():
    gate = Gate()
    limits = HttpLimits(requests_in_flight_max=8, requests_per_host_max=3)
    async with serving(gate) as server, asking(server, limits=limits) as client:
        await gathered(client, [url(f"/{number}") for number in range(10)], gate, 3)
    assert gate.held_most == 3


async def test_requests_with_different_keys_are_not_shared():
    gate = Gate()
    async with serving(gate) as server, asking(server) as client, anyio.create_task_group() as tasks:
        for key in ("one", "two"):
            tasks.start_soon(lambda key=key: client.get(url(), headers={"Authorization": key}))
        await settled(gate, 2)
        gate.opened.set()
    assert sorted(seen.headers["authorization"] for seen in server.seen) == ["one", "two"]


async def test_a_failure_reaches_everybody_who_shares_it():
    async def fail(seen, writer):
        await gate.opened.wait()
        writer.write(reply(404))

    gate = Gate()
    caught = []
    async with serving(fail) as server, asking(server) as client:

        async def one():
            with pytest.raises(StatusRefusedError) as error:
                await client.get(url())
            caught.append(error.value.status)

        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(one)
            await anyio.wait_all_tasks_blocked()
            gate.opened.set()
    assert caught == [404, 404, 404]
    assert len(server.seen) == 1


async def test_cancelling_the_one_who_leads_hands_the_request_to_one_who_waits():
    gate = Gate()
    bodies = []
    async with serving(gate) as server, asking(server) as client:

        async def lead(scope):
            with scope:
                await client.get(url())

        async def follow():
            bodies.append((await client.get(url())).body)

        scope = anyio.CancelScope()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lead, scope)
            await settled(gate, 1)
            tasks.start_soon(follow)
            tasks.start_soon(follow)
            await anyio.wait_all_tasks_blocked()
            scope.cancel()
            await settled(gate, 2)
            gate.opened.set()
    assert bodies == [b"/prices.json"] * 2
    assert len(server.seen) == 2


# --- what stays private ---


async def test_keys_are_in_no_log_and_in_no_message(caplog):
    caplog.set_level(logging.DEBUG)
    async with serving(says(reply(500, Set_Cookie="a=b"))) as server, asking(server) as client:
        with pytest.raises(StatusRefusedError) as caught:
            await client.get(url("/usage?token=key-1234"), headers={"Authorization": "Bearer key-1234"})
    assert server.seen[0].headers["authorization"] == "Bearer key-1234"
    assert "key-1234" not in caplog.text
    assert "key-1234" not in str(caught.value)


async def test_cookies_are_not_kept():
    async with serving(says(reply(200, Set_Cookie="who=me"))) as server, asking(server) as client:
        await client.get(url())
        await client.get(url())
    assert "cookie" not in server.seen[1].headers


async def test_a_proxy_in_the_environment_is_not_used(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with serving(says(reply(200, b"direct"))) as server, asking(server) as client:
        assert (await client.get(url())).body == b"direct"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "elsewhere"},
        {"range": "bytes=0-1"},
        {"Bad Name": "x"},
        {"X-Key": "a\r\nb"},
        {"X-Key": "ключ"},
        {"X-Key": ""},
    ],
)
async def test_headers_that_would_undo_the_rules_are_refused_without_repeating_them(headers):
    async with open_http_client([HOST]) as client:
        with pytest.raises(InvalidInputError) as caught:
            await client.get(f"https://{HOST}/", headers=headers)
    assert not any(value and value in str(caught.value) for value in headers.values())


async def test_a_client_made_without_any_seam_trusts_the_public_authorities_and_nothing_nearby():
    async with open_http_client(["localhost"]) as client:
        with pytest.raises(AddressRefusedError):
            await client.get("https://localhost/")


def test_something_that_is_no_address_is_no_loopback_either():
    assert [is_loopback_address(text) for text in ("127.0.0.1", "::1", "10.0.0.1", "localhost")] == [
        True,
        True,
        False,
        False,
    ]
