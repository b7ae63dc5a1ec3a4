"""Reads an answer's body while it streams in, never holding more than the cap, packed or unpacked."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterable

from tokenworth.errors import BodyRefusedError

__all__ = ["read_capped", "too_large"]


async def read_capped(chunks: AsyncIterable[bytes], *, encoding: str, bytes_max: int, host: str) -> bytes:
    """The unpacked body.

    Args:
        chunks: the body as it came over the wire.
        encoding: the Content-Encoding; "gzip", or "" and "identity" for none.
        bytes_max: the most bytes it may have, both on the wire and unpacked.
        host: who sent it, for messages.

    Raises:
        BodyRefusedError: more than `bytes_max`, an encoding we did not ask for, or damaged gzip.
    """
    if encoding not in ("", "identity", "gzip"):
        raise BodyRefusedError(host, "packs its answer in a way we did not ask for", "Report it to the source")
    gunzip = _Gunzip() if encoding == "gzip" else None
    body = bytearray()
    received_bytes = 0
    async for chunk in chunks:
        received_bytes += len(chunk)
        try:
            body += gunzip.feed(chunk, room=bytes_max + 1 - len(body)) if gunzip else chunk
        except zlib.error:
            raise BodyRefusedError(host, "sent damaged gzip", "Try again later", retryable=True) from None
        if max(received_bytes, len(body)) > bytes_max:
            raise too_large(host, bytes_max)
    if gunzip and not gunzip.whole:
        raise BodyRefusedError(host, "sent gzip that stops short", "Try again later", retryable=True)
    return bytes(body)


def too_large(host: str, bytes_max: int) -> BodyRefusedError:
    """The error for a body over the cap."""
    megabytes = f"{bytes_max / 2**20:.3g}"
    return BodyRefusedError(host, f"sent more than {megabytes} MB", "Nothing was kept; report it to the source")


class _Gunzip:
    """Unpacks gzip piece by piece; what it makes of one piece is bounded, so a bomb stops at the cap."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)

    @property
    def whole(self) -> bool:
        """Whether the last gzip member reached its end."""
        return self._member.eof

    def feed(self, chunk: bytes, *, room: int) -> bytes:
        """At most `room` unpacked bytes of one piece; `room` is at least 1.

        Raises:
            zlib.error: not gzip.
        """
        unpacked = bytearray()
        while chunk and len(unpacked) < room:
            if self._member.eof:  # members may follow each other (RFC 1952, 2.2)
                self._member = zlib.decompressobj(wbits=31)
            unpacked += self._member.decompress(chunk, room - len(unpacked))
            chunk = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
        return bytes(unpacked)
