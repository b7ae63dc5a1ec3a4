"""Bodies of every kind, and copies that are known already."""

from __future__ import annotations

import gzip

import pytest

from support.asking import NOW, QUICK, asking, url
from support.http_server import head, reply, says, serving
from tokenworth.errors import (
    BodyRefusedError,
    ConnectionFailedError,
    FetchError,
    StatusRefusedError,
)
from tokenworth.http import HttpLimits, NotModified, Validators

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
