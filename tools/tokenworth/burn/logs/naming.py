"""Numbers that stand for names, the same in every process and every history: nobody has to be asked for them."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Final
from zlib import crc32

__all__ = ["call_numbers", "number_of", "request_number"]

BYTES: Final = 8


def number_of(*parts: str) -> int:
    """64 bits with a sign, for some words in their order; of a million names two meet once in 40 million histories."""
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=BYTES).digest(), "big", signed=True)


def call_numbers(agent: str) -> Callable[[str], int]:
    """`number_of(agent, call)` for very many calls of one agent."""
    begun, decoded = blake2b(f"{agent}\0".encode(), digest_size=BYTES).copy, int.from_bytes

    def number(call: str) -> int:
        hashed = begun()
        hashed.update(call.encode("utf-8", "surrogatepass"))
        return decoded(hashed.digest(), "big", signed=True)

    return number


def request_number(request: str) -> int:
    """Tells the few requests apart that share a call; 0 is none."""
    return (crc32(request.encode("utf-8", "surrogatepass")) or 1) if request else 0
