"""How servers on one PostgreSQL ledger hear of each other's writes: NOTIFY after them, LISTEN while somebody watches.

A notice says only that something was written. It is sent outside the transactions that it tells of (NOTIFY inside them
would make all commits of a database wait for each other), once for all writes of a moment; one that is lost with its
server delays what it would have told, for whoever watches also looks now and then.
"""

from __future__ import annotations

import asyncio
from hashlib import blake2b
from typing import Final

from tokenworth.burn.ledger.postgres_driver import FAILURES, Connection, Pool, is_lost

__all__ = ["News"]

ANNOUNCE_SECONDS: Final = 0.2


class News:
    """One server's ear and voice."""

    def __init__(self, pool: Pool, salt: bytes) -> None:
        self._pool = pool
        # Of this ledger alone, whichever schemas share the database; and the salt stays secret.
        self._channel = f"tokenworth_{blake2b(salt, digest_size=12).hexdigest()}"
        self._heard = 0
        self._ear: Connection | None = None
        self._opening = asyncio.Lock()
        self._unsaid = False
        self._saying: asyncio.Task[None] | None = None

    async def heard(self) -> int:
        """A number that differs once any server wrote.

        Raises:
            Exception: one of `FAILURES`.
        """
        async with self._opening:
            if self._ear is None or is_lost(self._ear):
                ear = await self._pool.acquire()
                try:
                    await ear.add_listener(self._channel, self._hear)
                except BaseException:
                    await self._pool.release(ear)
                    raise
                self._ear = ear
                self._heard += 1  # what was said while nobody listened
        return self._heard

    def say(self) -> None:
        """Tell everybody, at once or together with what else is written in this moment."""
        self._unsaid = True
        if self._saying is None:
            self._saying = asyncio.create_task(self._say_all())

    async def close(self) -> None:
        """Say what is unsaid and let go of the connection."""
        if self._saying is not None:
            self._saying.cancel()
        if self._unsaid:
            await self._say()
        if self._ear is not None and not is_lost(self._ear):
            await self._ear.remove_listener(self._channel, self._hear)
            await self._pool.release(self._ear)

    def _hear(self, *_: object) -> None:
        self._heard += 1

    async def _say_all(self) -> None:
        while self._unsaid:
            await self._say()
            await asyncio.sleep(ANNOUNCE_SECONDS)
        self._saying = None

    async def _say(self) -> None:
        self._unsaid = False
        try:
            async with self._pool.acquire() as connection:
                await connection.execute("SELECT pg_notify($1, '')", self._channel)
        except FAILURES:
            self._heard += 1  # our own watchers at least need no database to hear it
