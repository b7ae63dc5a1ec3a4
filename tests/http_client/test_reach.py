"""Who the HTTP client asks and how: names, addresses, certificates, redirects."""

from __future__ import annotations

import pytest
import trustme

from support.asking import HOST, NOW, QUICK, Waits, asking, certified, trusting, url
from support.http_server import reply, routes, says, serving
from tokenworth._addresses import Endpoint, is_public_address, resolve_by_dns
from tokenworth.errors import (
    AddressRefusedError,
    ConnectionFailedError,
    RedirectRefusedError,
    UrlRefusedError,
)
from tokenworth.http import Fetched, HttpSeams, Validators, open_http_client

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
