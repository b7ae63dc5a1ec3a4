"""Which network addresses a fetch may connect to: public ones, whatever form they are written in."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, NamedTuple

import anyio

__all__ = ["Endpoint", "Resolve", "is_loopback_address", "is_public_address", "resolve_by_dns"]

# Python before 3.11.10 calls these global; all are refused on every version.
REFUSED_V4: Final = tuple(IPv4Network(net) for net in ("192.0.0.0/24", "192.88.99.0/24", "224.0.0.0/3"))
PUBLIC_V6: Final = IPv6Network("2000::/3")
# Tunnels (Teredo and its neighbours, 6to4) can carry an IPv4 address of somebody's choice.
REFUSED_V6: Final = tuple(IPv6Network(net) for net in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
NAT64: Final = IPv6Network("64:ff9b::/96")
LOW_32_BITS: Final = 0xFFFFFFFF


class Endpoint(NamedTuple):
    """Where a connection goes: a numeric address and a port."""

    address: str
    port: int


Resolve = Callable[[str, int], Awaitable[Sequence[Endpoint]]]
"""Turns a host name and a port into endpoints; raises OSError when there are none."""


async def resolve_by_dns(host: str, port: int) -> list[Endpoint]:
    """Every endpoint the system's resolver gives for a name, in its order.

    Raises:
        OSError: the name does not resolve.
    """
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(Endpoint(sockaddr[0], port) for *_, sockaddr in found))


def is_public_address(text: str) -> bool:
    """Whether a numeric address is globally reachable unicast, seen through every IPv6 disguise of an IPv4 address.

    IPv4-mapped (::ffff:0:0/96) and NAT64 (64:ff9b::/96) addresses are judged by the IPv4 address they carry;
    IPv4-compatible, 6to4, Teredo and scoped ones are refused outright.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return _is_public_v4(address)
    carried = _carried_v4(address)
    if carried is not None:
        return _is_public_v4(carried)
    if address.scope_id is not None or address not in PUBLIC_V6:
        return False
    return address.is_global and not any(address in net for net in REFUSED_V6)


def is_loopback_address(text: str) -> bool:
    """Whether a numeric address is this machine's own loopback."""
    try:
        return ip_address(text).is_loopback
    except ValueError:
        return False


def _carried_v4(address: IPv6Address) -> IPv4Address | None:
    if address.scope_id is not None:
        return None
    if address in NAT64:
        return IPv4Address(int(address) & LOW_32_BITS)
    return address.ipv4_mapped


def _is_public_v4(address: IPv4Address) -> bool:
    return address.is_global and not any(address in net for net in REFUSED_V4)
