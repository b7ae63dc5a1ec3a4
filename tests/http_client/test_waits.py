"""Retries, waits and deadlines: nothing hangs, nobody is pestered."""

from __future__ import annotations

import asyncio

import anyio
import pytest

from support.asking import HOST, QUICK, Waits, asking, url
from support.http_server import head, reply, says, serving
from tokenworth.errors import (
    DeadlineExceededError,
    StatusRefusedError,
)
from tokenworth.http import HttpLimits, HttpSeams, open_http_client

# --- retries and waits ---


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [("7", 7.0), ("Wed, 30 Sep 2026 12:00:09 GMT", 9.0), ("Wed, 30 Sep 2026 11:00:00 GMT", 0.0)],
)
async def test_a_host_that_asks_us_to_wait_is_waited_for(retry_after, seconds):
    waits = Waits()
    limits = HttpLimits(overall_seconds=60)
    async with (
        serving(says(reply(429, Retry_After=retry_after), reply(200, b"ok"))) as server,
        asking(server, sleep=waits, limits=limits) as client,
    ):
        assert (await client.get(url())).body == b"ok"
    assert waits.seconds == [seconds]


@pytest.mark.parametrize("retry_after", ["31", "999999999", "Thu, 01 Oct 2026 12:00:00 GMT"])
async def test_a_host_that_asks_for_too_long_a_wait_is_left_alone(retry_after):
    waits = Waits()
    async with serving(says(reply(429, Retry_After=retry_after))) as server, asking(server, sleep=waits) as client:
        with pytest.raises(StatusRefusedError) as caught:
            await client.get(url())
    assert caught.value.status == 429
    assert caught.value.retry_after_seconds > 30
    assert waits.seconds == []
    assert len(server.seen) == 1


async def test_a_wait_that_would_pass_the_deadline_is_not_begun():
    waits = Waits()
    async with serving(says(reply(503, Retry_After="20"))) as server, asking(server, sleep=waits) as client:
        with pytest.raises(StatusRefusedError):
            await client.get(url())
    assert waits.seconds == []


@pytest.mark.parametrize(
    "retry_after", ["soon", "-5", "1e9", "99999999999999999999", "Wed, 30 Sep 99999 12:00:00 GMT", ""]
)
async def test_a_wait_that_cannot_be_read_is_the_usual_one(retry_after):
    waits = Waits()
    async with (
        serving(says(reply(429, Retry_After=retry_after), reply(200))) as server,
        asking(server, sleep=waits, share=lambda: 0.5) as client,
    ):
        await client.get(url())
    assert waits.seconds == [0.25]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_a_passing_fault_is_tried_again_with_doubling_waits(status):
    waits = Waits()
    async with (
        serving(says(reply(status), reply(status), reply(200, b"ok"))) as server,
        asking(server, sleep=waits, share=lambda: 0.5) as client,
    ):
        assert (await client.get(url())).body == b"ok"
    assert waits.seconds == [0.25, 0.5]


async def test_a_lasting_fault_ends_after_its_attempts():
    async with serving(says(reply(500, b"stack trace: /srv/secret"))) as server, asking(server) as client:
        with pytest.raises(StatusRefusedError, match=r"prices\.example answered 500") as caught:
            await client.get(url())
    assert "secret" not in str(caught.value)
    assert len(server.seen) == QUICK.attempts_max


@pytest.mark.parametrize("status", [204, 206, 400, 401, 403, 404, 410])
async def test_an_answer_that_will_not_change_is_not_asked_for_again(status):
    async with serving(says(reply(status))) as server, asking(server) as client:
        with pytest.raises(StatusRefusedError):
            await client.get(url())
    assert len(server.seen) == 1


async def test_a_connection_dropped_before_the_answer_is_tried_again():
    drops = [True]

    async def drop_once(seen, writer):
        if drops:
            drops.pop()
            writer.transport.abort()
        else:
            writer.write(reply(200, b"ok"))

    async with serving(drop_once) as server, asking(server) as client:
        assert (await client.get(url())).body == b"ok"


# --- deadlines ---


async def never(seen, writer):
    await asyncio.Event().wait()


async def test_headers_that_never_come_end_at_the_step_deadline():
    limits = HttpLimits(read_seconds=0.05, overall_seconds=5)
    async with serving(never) as server, asking(server, limits=limits) as client:
        with anyio.fail_after(2), pytest.raises(DeadlineExceededError, match="did not begin to answer"):
            await client.get(url())
    assert len(server.seen) == limits.attempts_max


async def test_a_body_that_stops_coming_ends_at_the_step_deadline():
    async def stall(seen, writer):
        writer.write(head(200, Content_Length=1000) + b"{")
        await writer.drain()
        await asyncio.Event().wait()

    limits = HttpLimits(read_seconds=0.05, overall_seconds=5)
    async with serving(stall) as server, asking(server, limits=limits) as client:
        with anyio.fail_after(2), pytest.raises(DeadlineExceededError, match="stalled"):
            await client.get(url())


@pytest.mark.parametrize("part", ["headers", "body"])
async def test_a_slow_drip_ends_at_the_overall_deadline(part):
    async def drip(seen, writer):
        writer.write(b"HTTP/1.1 200 OK\r\n" if part == "headers" else head(200, Content_Length=1000))
        while True:
            writer.write(b"X: y\r\n" if part == "headers" else b" ")
            await writer.drain()
            await asyncio.sleep(0.01)

    limits = HttpLimits(read_seconds=5, overall_seconds=0.2)
    async with serving(drip) as server, asking(server, limits=limits) as client:
        with anyio.fail_after(2), pytest.raises(DeadlineExceededError, match=r"did not finish in 0\.2 s"):
            await client.get(url())


async def test_a_resolver_that_never_answers_ends_at_the_overall_deadline():
    async def resolve(host, port):
        await anyio.sleep_forever()

    limits = HttpLimits(overall_seconds=0.05)
    async with open_http_client([HOST], limits=limits, seams=HttpSeams(resolve=resolve)) as client:
        with anyio.fail_after(2), pytest.raises(DeadlineExceededError):
            await client.get(f"https://{HOST}/")
