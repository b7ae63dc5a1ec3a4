"""Connections of the web server: how many there may be, and how long one may take to say what it wants.

uvicorn times out neither a head that arrives a byte at a time nor what is still sent after the answer, and has no
limit on connections but refusing all that come late. Here a connection that is waiting for a request has so many
seconds from its first byte, and when there are too many, the one that has waited longest makes room.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any, Final

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

__all__ = ["Waiting", "connections_possible", "protocol_of"]

FILES_BESIDES: Final = 128
"""Descriptors for everything that is no connection: the ledger, prices, logs, the issuer's keys."""


class Waiting:
    """The connections without a request in progress, the longest waiting first."""

    def __init__(self, connections_max: int, head_seconds_max: float) -> None:
        self.connections_max = connections_max
        self.head_seconds_max = head_seconds_max
        self._waiting: dict[PatientProtocol, None] = {}

    def add(self, connection: PatientProtocol) -> None:
        """It waits from now on."""
        self._waiting.pop(connection, None)
        self._waiting[connection] = None

    def remove(self, connection: PatientProtocol) -> None:
        """It has a request, or is gone."""
        self._waiting.pop(connection, None)

    def longest(self) -> PatientProtocol | None:
        """The one that makes room for another, from now on without a place here."""
        oldest = next(iter(self._waiting), None)
        if oldest is not None:
            self.remove(oldest)
        return oldest


class PatientProtocol(H11Protocol):
    """One connection, patient for a while."""

    waiting: Waiting

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Wait for the first request, if need be in the place of whoever has waited longest."""
        super().connection_made(transport)
        if len(self.connections) > self.waiting.connections_max:
            (self.waiting.longest() or self).transport.abort()
        if not transport.is_closing():
            self.waiting.add(self)
            self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self.waiting.remove(self)
        self._end()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take some bytes; the first ones of a head begin its time, and only its end stops it."""
        super().data_received(data)
        if self._has_request():
            self.waiting.remove(self)
            self._end()
        else:
            self._begin()

    def on_response_complete(self) -> None:
        """Wait for the next request: for as long as uvicorn keeps it, unless it is still busy with the last one."""
        super().on_response_complete()
        if self._has_request() or self.transport.is_closing():
            return
        self.waiting.add(self)
        if self.conn.their_state is h11.SEND_BODY or self.conn.trailing_data[0]:
            self._begin()

    def _has_request(self) -> bool:
        return not getattr(self.cycle, "response_complete", True)

    def _begin(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.waiting.head_seconds_max, self.transport.abort)

    def _end(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def protocol_of(connections_max: int, head_seconds_max: float) -> type[PatientProtocol]:
    """The protocol of one server, which counts its own connections."""
    return type("Connection", (PatientProtocol,), {"waiting": Waiting(connections_max, head_seconds_max)})


def connections_possible(wanted: int) -> int:
    """As many connections as are wanted, or as this process may have files open, which is raised if that is allowed."""
    if sys.platform == "win32":
        return wanted
    import resource  # noqa: PLC0415 - not on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + FILES_BESIDES
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    raised = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
    return max(raised - FILES_BESIDES, 1)
