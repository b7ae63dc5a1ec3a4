"""The HTTP client against real servers on loopback, over TLS and plain, that do everything a server can do wrong."""

from __future__ import annotations

import asyncio
import gzip
import logging
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import anyio
import pytest
import trustme

from support.http_server import head, reply, routes, says, serving
from tokenworth._addresses import Endpoint, is_loopback_address, is_public_address, resolve_by_dns
from tokenworth.errors import (
    AddressRefusedError,
    BodyRefusedError,
    ConnectionFailedError,
    DeadlineExceededError,
    FetchError,
    InvalidInputError,
    RedirectRefusedError,
    StatusRefusedError,
    UrlRefusedError,
)
from tokenworth.http import Fetched, HttpLimits, HttpSeams, NotModified, Validators, open_http_client

HOST = "prices.example"
NOW = datetime(2026, 9, 30, 12, tzinfo=UTC)
QUICK = HttpLimits(connect_seconds=1, read_seconds=0.3, overall_seconds=2)


class Waits:
    """Stands in for sleeping: notes how long was asked for, and goes on."""

    def __init__(self):
        self.seconds = []

    async def __call__(self, seconds):
        self.seconds.append(seconds)


@asynccontextmanager
async def asking(server, *, hosts=(HOST,), limits=QUICK, **seams):
    """A client that reaches the server under any of the names."""
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody, and is quick to make
    seams = {
        "resolve": server.resolve,
        "loopback": True,
        "sleep": Waits(),
        "clock": lambda: NOW,
        "trust": trust,
    } | seams
    async with open_http_client(hosts, limits=limits, seams=HttpSeams(**seams)) as client:
        yield client


def url(path="/prices.json", host=HOST):
    return f"http://{host}{path}"


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


def trusting(authority):
    context = ssl.create_default_context(cafile=None)
    authority.configure_trust(context)
    return context


def certified(authority, *names):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


# --- who is asked, and how ---


async def test_a_body_comes_back_with_its_validators_and_the_time(authority):
    body = b'{"a": 1}'
    stamp = "Mon, 28 Sep 2026 10:00:00 GMT"
    answer = says(reply(200, body, ETag='"v1"', Last_Modified=stamp, Content_Type="application/json"))
    async with (
        serving(answer, tls=certified(authority, HOST)) as server,
        asking(server, trust=trusting(authority)) as c,
    ):
        fetched = await c.get(f"https://{HOST}/prices.json")
    assert fetched == Fetched(body, 200, Validators('"v1"', stamp), "application/json", NOW)


async def test_the_connection_goes_to_the_resolved_address_under_the_hosts_own_name(authority):
    async with (
        serving(says(reply()), tls=certified(authority, HOST)) as server,
        asking(server, trust=trusting(authority)) as client,
    ):
        await client.get(f"https://{HOST}/a?b=%20c&$filter=contains(x,%20'y')#part")
    [seen] = server.seen
    assert seen.server_name == HOST
    assert seen.headers["host"] == HOST
    assert seen.target == "/a?b=%20c&$filter=contains(x,%20'y')"


@pytest.mark.parametrize("fault", ["another name", "another authority"])
async def test_a_certificate_that_does_not_fit_is_refused_without_trying_again(authority, fault):
    name = "other.example" if fault == "another name" else HOST
    issuer = authority if fault == "another name" else trustme.CA()
    async with (
        serving(says(reply()), tls=certified(issuer, name)) as server,
        asking(server, trust=trusting(authority)) as client,
    ):
        with pytest.raises(ConnectionFailedError, match="certificate"):
            await client.get(f"https://{HOST}/")
    assert server.seen == []
    assert server.connections <= 1


async def test_hosts_that_share_an_address_do_not_share_a_connection(authority):
    other = "models.example"
    async with (
        serving(says(reply()), tls=certified(authority, HOST, other)) as server,
        asking(server, hosts=(HOST, other), trust=trusting(authority)) as client,
    ):
        for host in (HOST, other, HOST):
            await client.get(f"https://{host}/")
    assert server.server_names == [HOST, other]


@pytest.mark.parametrize(
    "refused",
    [
        "http://prices.example/",
        "https://prices.example:8443/",
        "https://user@prices.example/",
        "https://user:word@prices.example/",
        "https://elsewhere.example/",
        "https://prices.example.elsewhere.example/",
        "https://prices.example./",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://prices.example\\@elsewhere.example/",
        "https://prices.example/a b",
        "https://prices.example/a\\b",
        "https://prices.example/é",
        "https://prices.example:99999/",
        "https://[prices.example/",
        "file:///etc/passwd",
        "ftp://prices.example/",
        "",
    ],
)
async def test_only_https_urls_on_listed_hosts_are_asked(refused):
    async def resolve(host, port):
        raise AssertionError("nothing should be resolved")

    async with open_http_client([HOST], seams=HttpSeams(resolve=resolve)) as client:
        with pytest.raises(UrlRefusedError) as caught:
            await client.get(refused)
    assert "elsewhere" not in str(caught.value)
    assert "passwd" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "2606:4700:4700::1111", "2a00:1450:4001:80b::200e", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_public_addresses_are_public(address):
    assert is_public_address(address)


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.168.1.1"),  # noqa: S104 - refused
        *("192.0.0.1", "192.0.0.170", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1"),
        *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
        *(
            "::",
            "::1",
            "::8.8.8.8",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::ffff:0:8.8.8.8",
        ),
        *("64:ff9b::a00:1", "64:ff9b::7f00:1", "64:ff9b:1::808:808", "2002:a00:1::", "2002:808:808::", "2001::1"),
        *("2001:db8::1", "3fff::1", "fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "100::1"),
        *("8.8.8.8%eth0", "2606:4700:4700::1111%1", "localhost", "8.8.8", "0x7f.1", "010.0.0.1", ""),
    ],
)
def test_every_other_address_is_refused_in_every_disguise(address):
    assert not is_public_address(address)


async def test_the_systems_resolver_gives_numeric_endpoints_once_each():
    endpoints = await resolve_by_dns("localhost", 443)
    assert Endpoint("127.0.0.1", 443) in endpoints
    assert len(endpoints) == len(set(endpoints))


@pytest.mark.parametrize("private", ["10.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "fd00::1"])
async def test_a_name_that_leads_to_a_private_address_is_refused_even_beside_a_public_one(private):
    async def resolve(host, port):
        return [Endpoint("8.8.8.8", port), Endpoint(private, port)]

    async with open_http_client([HOST], seams=HttpSeams(resolve=resolve)) as client:
        with pytest.raises(AddressRefusedError) as caught:
            await client.get(f"https://{HOST}/")
    assert private not in str(caught.value)


async def test_loopback_is_refused_unless_the_test_seam_is_given():
    async with (
        serving(says(reply())) as server,
        open_http_client([HOST], seams=HttpSeams(resolve=server.resolve)) as client,
    ):
        with pytest.raises(AddressRefusedError):
            await client.get(f"https://{HOST}/")
    assert server.connections == 0


async def test_a_name_that_turns_private_after_it_was_checked_is_never_followed_there():
    async with serving(says(reply(200, b"ok"))) as server:
        answers = [[Endpoint("127.0.0.1", server.port)], [Endpoint("10.0.0.1", server.port)]]

        async def resolve(host, port):
            return answers.pop(0)

        async with asking(server, resolve=resolve) as client:
            assert (await client.get(url())).body == b"ok"
            assert len(answers) == 1  # one lookup: what was checked is what was connected to
            with pytest.raises(AddressRefusedError):
                await client.get(url())
    assert len(server.seen) == 1


async def test_a_name_that_does_not_resolve_says_so():
    async def resolve(host, port):
        raise OSError("no such name")

    async with open_http_client([HOST], seams=HttpSeams(resolve=resolve, sleep=Waits())) as client:
        with pytest.raises(ConnectionFailedError, match="not a name that resolves"):
            await client.get(f"https://{HOST}/")


async def test_a_name_with_no_address_says_so():
    async def resolve(host, port):
        return []

    async with open_http_client([HOST], seams=HttpSeams(resolve=resolve, sleep=Waits())) as client:
        with pytest.raises(ConnectionFailedError, match="has no address"):
            await client.get(f"https://{HOST}/")


async def test_the_next_address_is_tried_when_one_takes_no_connection(unused_tcp_port):
    async with serving(says(reply(200, b"ok"))) as server:

        async def resolve(host, port):
            return [Endpoint("127.0.0.1", unused_tcp_port), Endpoint("127.0.0.1", server.port)]

        async with asking(server, resolve=resolve) as client:
            assert (await client.get(url())).body == b"ok"


async def test_a_host_that_takes_no_connection_fails_after_its_attempts(unused_tcp_port):
    waits = Waits()

    async def resolve(host, port):
        return [Endpoint("127.0.0.1", unused_tcp_port)]

    seams = HttpSeams(resolve=resolve, loopback=True, sleep=waits, share=lambda: 1.0)
    async with open_http_client([HOST], limits=QUICK, seams=seams) as client:
        with pytest.raises(ConnectionFailedError, match="could not be connected to"):
            await client.get(url())
    assert waits.seconds == [0.5, 1.0]


# --- redirects ---


@pytest.mark.parametrize(
    "location",
    [
        "https://10.0.0.1/latest/meta-data",
        "http://169.254.169.254/",
        "https://elsewhere.example/",
        "//elsewhere.example/",
        f"https://{HOST}/",  # another scheme
        f"http://{HOST}:9/",  # another port
        f"http://user@{HOST}/",
        "http://[broken/",
        "file:///etc/passwd",
    ],
)
async def test_a_redirect_away_from_the_host_is_refused_and_nothing_is_sent_there(location):
    async with serving(says(reply(302, Location=location))) as server, asking(server) as client:
        with pytest.raises(RedirectRefusedError) as caught:
            await client.get(url(), headers={"Authorization": "Bearer key-1234"})
    assert len(server.seen) == 1
    assert "elsewhere" not in str(caught.value)


async def test_a_listed_host_is_not_redirected_to_another_listed_host_with_the_callers_headers():
    other = "models.example"
    async with (
        serving(says(reply(307, Location=f"http://{other}/"))) as server,
        asking(server, hosts=(HOST, other)) as client,
    ):
        with pytest.raises(RedirectRefusedError):
            await client.get(url(), headers={"Authorization": "Bearer key-1234"})
    assert [seen.headers["host"] for seen in server.seen] == [HOST]


async def test_a_redirect_within_the_host_is_followed_with_the_callers_headers():
    table = {"/old": reply(301, Location="/new?x=1"), "/new?x=1": reply(200, b"here")}
    async with serving(routes(table)) as server, asking(server) as client:
        assert (await client.get(url("/old"), headers={"X-Api-Key": "k"})).body == b"here"
    assert [seen.headers["x-api-key"] for seen in server.seen] == ["k", "k"]


async def test_redirects_in_a_circle_end():
    async with serving(says(reply(302, Location="/prices.json"))) as server, asking(server) as client:
        with pytest.raises(RedirectRefusedError, match="without end"):
            await client.get(url())
    assert len(server.seen) == QUICK.redirects_max + 1


async def test_a_redirect_to_nowhere_comes_back_to_itself_and_ends():
    async with serving(says(reply(302))) as server, asking(server) as client:
        with pytest.raises(RedirectRefusedError):
            await client.get(url())


# --- bodies ---


async def test_a_declared_body_over_the_cap_is_refused_before_it_is_read():
    async with serving(says(head(200, Content_Length=100 * 2**20))) as server, asking(server) as client:
        with pytest.raises(BodyRefusedError, match="more than 16 MB"):
            await client.get(url())
    assert len(server.seen) == 1


async def test_an_undeclared_body_of_100_megabytes_is_cut_off_at_the_cap():
    written = []

    async def flood(seen, writer):
        writer.write(head(200, Transfer_Encoding="chunked"))
        piece = b"%x\r\n%s\r\n" % (2**18, b" " * 2**18)
        for _ in range(400):
            writer.write(piece)
            await writer.drain()
            written.append(2**18)

    limits = HttpLimits(body_bytes_max=2**20, overall_seconds=5)
    async with serving(flood) as server, asking(server, limits=limits) as client:
        with pytest.raises(BodyRefusedError, match="more than 1 MB"):
            await client.get(url())
    assert sum(written) < 100 * 2**20


async def test_a_gzip_bomb_is_refused_by_its_unpacked_size():
    bomb = gzip.compress(b"\0" * (20 * 2**20))
    assert len(bomb) < 2**15
    async with serving(says(reply(200, bomb, Content_Encoding="gzip"))) as server, asking(server) as client:
        with pytest.raises(BodyRefusedError, match="more than 16 MB"):
            await client.get(url())


@pytest.mark.parametrize("members", [1, 3])
async def test_gzip_is_unpacked_whether_in_one_member_or_several(members):
    packed = b"".join(gzip.compress(b"prices") for _ in range(members))
    async with serving(says(reply(200, packed, Content_Encoding="gzip"))) as server, asking(server) as client:
        assert (await client.get(url())).body == b"prices" * members
    assert server.seen[0].headers["accept-encoding"] == "gzip"


async def test_gzip_that_arrives_byte_by_byte_is_the_same():
    text = bytes(range(256)) * 2

    async def drip(seen, writer):
        packed = gzip.compress(text)
        writer.write(head(200, Content_Encoding="gzip", Content_Length=len(packed)))
        for byte in packed:
            writer.write(bytes([byte]))
            await writer.drain()

    async with serving(drip) as server, asking(server) as client:
        assert (await client.get(url())).body == text


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(b"prices" * 99, mtime=0)[:-12], "gzip"),  # no time in it: it is part of the test's name
        (b"", "gzip"),
        (b"not gzip at all", "gzip"),
        (b"whatever", "br"),
        (b"whatever", "deflate"),
        (gzip.compress(gzip.compress(b"x", mtime=0), mtime=0), "gzip, gzip"),
    ],
)
async def test_a_body_that_cannot_be_unpacked_is_refused(body, encoding):
    async with serving(says(reply(200, body, Content_Encoding=encoding))) as server, asking(server) as client:
        with pytest.raises(BodyRefusedError):
            await client.get(url())


async def test_a_body_cut_short_is_asked_for_again_and_then_refused():
    async def cut(seen, writer):
        writer.write(head(200, Content_Length=1000) + b'{"models": [')
        writer.close()

    async with serving(cut) as server, asking(server) as client:
        with pytest.raises(ConnectionFailedError, match="broke off while sending"):
            await client.get(url())
    assert len(server.seen) == QUICK.attempts_max


async def test_something_that_is_not_http_is_refused_without_repeating_it():
    async with serving(says(b"220 mail.secret.example ready\r\n")) as server, asking(server) as client:
        with pytest.raises(FetchError) as caught:
            await client.get(url())
    assert "secret" not in str(caught.value)


# --- conditional requests ---


async def test_a_known_copy_is_asked_about_and_not_sent_again():
    known = Validators('"v1"', "Mon, 28 Sep 2026 10:00:00 GMT")
    async with serving(says(reply(304, ETag='"v1"'))) as server, asking(server) as client:
        assert await client.get(url(), known=known) == NotModified(Validators('"v1"', None), NOW)
    assert server.seen[0].headers["if-none-match"] == '"v1"'
    assert server.seen[0].headers["if-modified-since"] == "Mon, 28 Sep 2026 10:00:00 GMT"


@pytest.mark.parametrize("etag", ['"\xe9"', "\x80", ""])
async def test_a_validator_that_cannot_be_sent_back_is_not_kept(etag):
    answer = head(200, Content_Length=2, ETag="E").replace(b"ETag: E", b"ETag: " + etag.encode("latin-1")) + b"ok"
    async with serving(says(answer)) as server, asking(server) as client:
        assert (await client.get(url())).validators == Validators()


async def test_a_callers_header_takes_the_place_of_ours_whatever_its_case():
    async with serving(says(reply())) as server, asking(server) as client:
        await client.get(url(), headers={"accept": "text/markdown"})
    assert server.seen[0].headers["accept"] == "text/markdown"


async def test_not_modified_without_a_known_copy_is_an_error():
    async with serving(says(reply(304))) as server, asking(server) as client:
        with pytest.raises(StatusRefusedError, match="304"):
            await client.get(url())


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
    async with serving(says(reply(500, b"stack trace: /home/secret"))) as server, asking(server) as client:
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
