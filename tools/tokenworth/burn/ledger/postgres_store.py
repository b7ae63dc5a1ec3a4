"""The ledger for many machines: one PostgreSQL schema, any number of servers.

A hold that comes alone is one statement: a conditional update of the budget's rows with the insert beside it. Holds
that come together share a transaction, and budgets that are hot are leased (see `leases`).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar, cast

from tokenworth.budgets import BudgetState, Grant
from tokenworth.burn.ledger.direct import Direct
from tokenworth.burn.ledger.operations import Operation, Reserve, Sweep
from tokenworth.burn.ledger.postgres_batch import Batch, LeasesInTheWayError, Memory, Outcome
from tokenworth.burn.ledger.postgres_driver import AGAIN, FAILURES, Connection, Pool, connect_pool, is_lost, state_code
from tokenworth.burn.ledger.postgres_news import News
from tokenworth.burn.ledger.postgres_rows import Rows
from tokenworth.burn.ledger.postgres_schema import open_schema
from tokenworth.burn.ledger.postgres_state import read_state
from tokenworth.burn.ledger.uncut import uncut
from tokenworth.errors import InvalidInputError, LedgerBusyError, LedgerError, LedgerUnusableError, TokenworthError

__all__ = ["UNOPENED", "PostgresStore", "open_postgres", "unreachable"]

BATCH_MAX: Final = 256
CONNECTIONS_MAX: Final = 10
DIRECT_MAX: Final = 4
ATTEMPTS_MAX: Final = 8
CONNECT_SECONDS_MAX: Final = 10.0
ANSWER_SECONDS_MAX: Final = 30.0
# Every query goes by a key. A plan made while a table was small would otherwise read all of it for ever after, and one
# made anew for each time's arguments takes as long as the query.
PLANNING: Final = {"enable_seqscan": "off", "jit": "off", "plan_cache_mode": "force_generic_plan"}

UNOPENED: Final[tuple[type[Exception], ...]] = (*FAILURES, ValueError)

T = TypeVar("T")
_Submitted = tuple[Operation[Any], "asyncio.Future[Any]"]


async def open_postgres(address: str, *, leasing: bool = True, direct_max: int = DIRECT_MAX) -> PostgresStore:
    """Open or create the ledger at a postgresql:// address.

    Args:
        address: may name a schema: `?search_path=NAME`.
        leasing: take leases on hot budgets.
        direct_max: how many holds may be single statements at once; what comes beyond them is batched.

    Raises:
        LedgerUnusableError: it cannot be reached, or is newer than this version.
    """
    try:
        pool = await connect_pool(
            address,
            most=max(CONNECTIONS_MAX, direct_max + 4),
            seconds_max=CONNECT_SECONDS_MAX,
            settings=PLANNING,
        )
        try:
            async with pool.acquire() as connection:
                salt = await open_schema(connection)
        except BaseException:
            await pool.close()
            raise
    except UNOPENED as error:
        raise unreachable(error) from None
    return PostgresStore(pool, salt, leasing=leasing, direct_max=direct_max)


class PostgresStore:
    """A ledger in a PostgreSQL schema; see `Store`."""

    def __init__(self, pool: Pool, salt: bytes, *, leasing: bool, direct_max: int) -> None:
        self._pool = pool
        self._salt = salt
        self._news = News(pool, salt)
        self._writer = secrets.randbits(62)
        self._memory = Memory(leasing=leasing)
        self._waiting: list[_Submitted] = []
        self._direct_max = direct_max
        self._direct_now = 0
        self._writing: asyncio.Task[None] | None = None
        self._connection: Connection | None = None
        self._closed = False

    @property
    def salt(self) -> bytes:
        """What keeps the ids of this ledger's entries from being guessed."""
        return self._salt

    async def submit(self, operation: Operation[T]) -> T:
        """Do one operation and answer once it is committed; see `Store.submit`."""
        if self._closed:
            raise LedgerUnusableError("the ledger was closed. Start again to use it")
        if isinstance(operation, Reserve) and self._direct_now < self._direct_max and self._writing is None:
            granted = await self._try_direct(operation)
            if granted is not None:
                return cast("T", granted)
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((operation, future))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        try:
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                return await future
        except TimeoutError:
            raise LedgerBusyError(
                "the ledger's database was busy for too long. Send the same request with the same key again"
            ) from None

    @uncut
    async def state(self, budget: str) -> BudgetState:
        """A budget with all above it; see `Store.state`."""
        try:
            async with self._pool.acquire() as connection:
                now_ms, _, due, _ = await Rows(connection, self._writer).moment()
            if due:
                await self.submit(Sweep())
            async with (
                self._pool.acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                return await read_state(Rows(connection, self._writer), budget, now_ms)
        except FAILURES as error:
            raise _failure(error) from None

    @uncut
    async def budgets(self) -> Sequence[str]:
        """The ids of all budgets, in order."""
        async with self._reading() as rows:
            return list(await rows.budgets())

    @uncut
    async def spends(self, budget: str, since_ms: int, step_ms: int) -> Sequence[tuple[int, int, int]]:
        """What was charged to a budget, by steps of time; see `Store.spends`."""
        async with self._reading() as rows:
            return await rows.spends(budget, since_ms, step_ms)

    @uncut
    async def planned_holds(self, budget: str, most: int) -> Sequence[tuple[str, int, int]]:
        """What planned holds came to; see `Store.planned_holds`."""
        async with self._pool.acquire() as connection:
            return await Rows(connection, self._writer).planned_holds(budget, most)

    @uncut
    async def news(self) -> int:
        """How often any server said that it wrote; see `Store.news`."""
        try:
            return await self._news.heard()
        except FAILURES as error:
            raise _failure(error) from None

    @uncut
    async def next_expiry_in_ms(self) -> int | None:
        """How long until the next open hold expires; see `Store.next_expiry_in_ms`."""
        async with self._reading() as rows:
            return await rows.next_expiry_in_ms()

    async def close(self) -> None:
        """Commit what was submitted, give leases back, and leave the database."""
        if self._closed:
            return
        self._closed = True
        if self._writing is not None:
            await self._writing
        if self._memory.leases:
            async with (await self._writing_connection()).transaction():
                await Batch(await self._writing_connection(), self._writer, self._memory, ()).return_all()
        await self._news.close()
        if self._connection is not None:
            await self._pool.release(self._connection)
        await self._pool.close()

    @asynccontextmanager
    async def _reading(self) -> AsyncGenerator[Rows]:
        try:
            async with self._pool.acquire() as connection:
                yield Rows(connection, self._writer)
        except FAILURES as error:
            raise _failure(error) from None

    @uncut
    async def _try_direct(self, operation: Reserve) -> Grant | None:
        direct = Direct.of(operation, self._memory)
        if direct is None:
            return None
        self._direct_now += 1
        try:
            async with self._pool.acquire() as connection:
                granted = await direct.run(connection)
        except AGAIN:
            return None  # somebody was there first: the batch finds out who
        except FAILURES as error:
            raise _failure(error) from None
        finally:
            self._direct_now -= 1
        if granted is not None:
            self._news.say()
        return granted

    async def _write(self) -> None:
        """Commit batches until nobody waits."""
        while self._waiting:
            batch, self._waiting = self._waiting[:BATCH_MAX], self._waiting[BATCH_MAX:]
            await self._settle_batch(batch)
        self._writing = None

    async def _settle_batch(self, batch: Sequence[_Submitted]) -> None:
        try:
            outcomes = await self._commit([operation for operation, _ in batch])
        except FAILURES as error:
            outcomes = [(None, _failure(error))] * len(batch)
        except Exception as error:  # noqa: BLE001 - one operation's fault must not take the writer or the others down
            if len(batch) > 1:
                for each in batch:
                    await self._settle_batch([each])
                return
            _fail(batch[0][1], error)
            return
        else:
            self._news.say()
        for (_, future), (answer, refused) in zip(batch, outcomes, strict=True):
            if future.done():  # whoever asked has given up; what was done stays done
                continue
            if refused is None:
                future.set_result(answer)
            else:
                future.set_exception(refused)

    async def _writing_connection(self) -> Connection:
        """One connection that batches keep: the pool would reset it, a round trip, after each."""
        connection = self._connection
        if connection is None or is_lost(connection):
            connection = self._connection = await self._pool.acquire()
        return connection

    async def _commit(self, operations: Sequence[Operation[Any]]) -> list[Outcome]:
        take_back: set[str] = set()
        for attempt in range(ATTEMPTS_MAX):
            try:
                connection = await self._writing_connection()
                async with connection.transaction():
                    return await Batch(connection, self._writer, self._memory, operations).run(take_back)
            except LeasesInTheWayError as way:
                take_back |= way.budgets
            except AGAIN:
                self._memory.forget()
                if attempt == ATTEMPTS_MAX - 1:
                    raise
            except BaseException:
                self._memory.forget()
                raise
        raise LedgerBusyError("too many others write the same budgets. Send the same request with the same key again")


def _fail(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


def _failure(error: Exception) -> LedgerError:
    if (code := state_code(error)) is not None:
        return LedgerBusyError(
            f"the ledger's database refused it ({code}); nothing was changed. Send the same request again"
        )
    return LedgerBusyError(
        "the connection to the ledger's database broke, so whether it was done is not known. "
        "Send the same request with the same key again"
    )


def unreachable(error: Exception) -> TokenworthError:
    """What to tell whoever asked for a database that cannot be opened; never its address."""
    code = "" if (known := state_code(error)) is None else f" ({known})"
    if isinstance(error, ValueError):
        return InvalidInputError(
            "settings: ledger", "not a PostgreSQL address", "Send one such as postgresql://user@host:5432/database"
        )
    return LedgerUnusableError(
        f"the ledger's database cannot be opened{code}. Check that it runs, and the address in TOKENWORTH_LEDGER"
    )
