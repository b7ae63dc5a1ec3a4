"""The one module that touches asyncpg, which ships no types: what we use of it, typed, and its failures by kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from typing import Any, Final, Protocol

__all__ = ["AGAIN", "FAILURES", "REFUSED", "Connection", "Pool", "Row", "connect_pool", "is_lost", "state_code"]

Row = Sequence[Any]


class Connection(Protocol):
    """One connection; queries are prepared once and kept."""

    async def fetch(self, query: str, *arguments: object) -> list[Row]:
        """All rows."""
        ...

    async def fetchrow(self, query: str, *arguments: object) -> Row | None:
        """The first row, None when there is none."""
        ...

    async def fetchval(self, query: str, *arguments: object) -> Any:  # noqa: ANN401 - whatever the column holds
        """The first value of the first row."""
        ...

    async def execute(self, query: str, *arguments: object) -> str:
        """Run a query for what it does."""
        ...

    async def executemany(self, query: str, arguments: Iterable[Sequence[object]]) -> None:
        """Run a query once for each row of arguments, in one round trip."""
        ...

    def transaction(
        self, *, isolation: str | None = None, readonly: bool = False
    ) -> AbstractAsyncContextManager[object]:
        """A transaction around what is done inside."""
        ...

    async def add_listener(self, channel: str, callback: Callable[..., None]) -> None:
        """Call back at every notice on a channel."""
        ...

    async def remove_listener(self, channel: str, callback: Callable[..., None]) -> None:
        """Call back no more."""
        ...

    def is_closed(self) -> bool:
        """Whether it can no longer be used."""
        ...


class Pool(Protocol):
    """Connections to share."""

    def acquire(self) -> _Acquiring:
        """One of them: await it to keep it, or use it as a context to give it back."""
        ...

    async def release(self, connection: Connection) -> None:
        """Give one back."""
        ...

    async def close(self) -> None:
        """Wait for all to come back, and close them."""
        ...


class _Acquiring(AbstractAsyncContextManager[Connection], Protocol):
    def __await__(self) -> Any:  # noqa: ANN401 - a generator that returns a Connection
        ...


_asyncpg: Final[Any] = import_module("asyncpg")
AGAIN: Final[tuple[type[Exception], ...]] = (
    _asyncpg.DeadlockDetectedError,
    _asyncpg.SerializationError,
    _asyncpg.UniqueViolationError,
    _asyncpg.ForeignKeyViolationError,
)
"""Others were faster; the same transaction may be tried again and then finds what they did."""
FAILURES: Final[tuple[type[Exception], ...]] = (OSError, _asyncpg.PostgresError, _asyncpg.InterfaceError)
"""Whatever can go wrong with a database."""
REFUSED: Final[type[Exception]] = _asyncpg.PostgresError
LOST: Final[type[Exception]] = _asyncpg.PostgresConnectionError


async def connect_pool(address: str, *, most: int, seconds_max: float, settings: Mapping[str, str]) -> Pool:
    """Connections to the database at an address, made when they are needed.

    Raises:
        ValueError: not an address.
        Exception: one of `FAILURES`.
    """
    pool: Pool = await _asyncpg.create_pool(
        address, min_size=1, max_size=most, timeout=seconds_max, server_settings=dict(settings)
    )
    return pool


def is_lost(connection: Connection) -> bool:
    """Whether a connection that was kept can no longer be used.

    One that the database or the network has cut goes back to its pool by itself, and then says nothing but that.
    """
    try:
        return connection.is_closed()
    except _asyncpg.InterfaceError:
        return True


def state_code(error: Exception) -> str | None:
    """The SQLSTATE of a statement that the database refused and undid; None when the connection is what failed."""
    if isinstance(error, LOST) or not isinstance(error, REFUSED):
        return None
    code: object = getattr(error, "sqlstate", None)
    return str(code)
