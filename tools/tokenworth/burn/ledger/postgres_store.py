"""The ledger for many machines: one PostgreSQL schema, any number of servers.

A hold that comes alone is one statement: a conditional update of the budget's rows with the insert beside it. Holds
that come together share a transaction, and budgets that are hot are leased (see `leases`).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from typing import Any, Final, TypeVar

import asyncpg

from tokenworth.budgets import Amount, Balance, Budget, BudgetState
from tokenworth.burn.ledger.desk import Desk
from tokenworth.burn.ledger.direct import Direct
from tokenworth.burn.ledger.operations import Operation, Reserve, Sweep
from tokenworth.burn.ledger.periods import nominal_ms, span_at
from tokenworth.burn.ledger.postgres_batch import Batch, LeasesInTheWayError, Memory, Outcome
from tokenworth.burn.ledger.postgres_rows import Fetched, Rows
from tokenworth.burn.ledger.postgres_schema import open_schema
from tokenworth.burn.ledger.state import state_of
from tokenworth.errors import InvalidInputError, LedgerBusyError, LedgerError, LedgerUnusableError, TokenworthError

__all__ = ["PostgresStore", "open_postgres"]

BATCH_MAX: Final = 256
CONNECTIONS_MAX: Final = 10
DIRECT_MAX: Final = 4
ATTEMPTS_MAX: Final = 8
CONNECT_SECONDS_MAX: Final = 10.0
ANSWER_SECONDS_MAX: Final = 30.0
# Every query goes by a key. A plan made while a table was small would otherwise read all of it for ever after.
PLANNING: Final = {"enable_seqscan": "off", "jit": "off"}
AGAIN: Final = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.UniqueViolationError,
    asyncpg.ForeignKeyViolationError,
)

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
        pool = await asyncpg.create_pool(
            address,
            min_size=1,
            max_size=max(CONNECTIONS_MAX, direct_max + 4),
            timeout=CONNECT_SECONDS_MAX,
            server_settings=PLANNING,
        )
        async with pool.acquire() as connection:
            salt = await open_schema(connection)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise _unreachable(error) from None
    return PostgresStore(pool, salt, leasing=leasing, direct_max=direct_max)


class PostgresStore:
    """A ledger in a PostgreSQL schema; see `Store`."""

    def __init__(self, pool: asyncpg.Pool, salt: bytes, *, leasing: bool, direct_max: int) -> None:
        self._pool = pool
        self._salt = salt
        self._writer = secrets.randbits(62)
        self._memory = Memory(leasing=leasing)
        self._waiting: list[_Submitted] = []
        self._direct_max = direct_max
        self._direct_now = 0
        self._writing: asyncio.Task[None] | None = None
        self._connection: asyncpg.Connection | None = None
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
                return granted
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
                return await _read_state(Rows(connection, self._writer), budget, now_ms)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise _failure(error) from None

    async def budgets(self) -> Sequence[str]:
        """The ids of all budgets, in order."""
        async with self._pool.acquire() as connection:
            return list(await Rows(connection, self._writer).budgets())

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
        if self._connection is not None:
            await self._pool.release(self._connection)
        await self._pool.close()

    async def _try_direct(self, operation: Reserve) -> Any:
        direct = Direct.of(operation, self._memory)
        if direct is None:
            return None
        self._direct_now += 1
        try:
            async with self._pool.acquire() as connection:
                return await direct.run(connection)
        except AGAIN:
            return None  # somebody was there first: the batch finds out who
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise _failure(error) from None
        finally:
            self._direct_now -= 1

    async def _write(self) -> None:
        """Commit batches until nobody waits."""
        while self._waiting:
            batch, self._waiting = self._waiting[:BATCH_MAX], self._waiting[BATCH_MAX:]
            await self._settle_batch(batch)
        self._writing = None

    async def _settle_batch(self, batch: Sequence[_Submitted]) -> None:
        try:
            outcomes = await self._commit([operation for operation, _ in batch])
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            outcomes = [(None, _failure(error))] * len(batch)
        except Exception as error:  # noqa: BLE001 - one operation's fault must not take the writer or the others down
            if len(batch) > 1:
                for each in batch:
                    await self._settle_batch([each])
                return
            _fail(batch[0][1], error)
            return
        for (_, future), (answer, refused) in zip(batch, outcomes, strict=True):
            if future.done():  # whoever asked has given up; what was done stays done
                continue
            if refused is None:
                future.set_result(answer)
            else:
                future.set_exception(refused)

    async def _writing_connection(self) -> asyncpg.Connection:
        """One connection that batches keep: the pool would reset it, a round trip, after each."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._pool.acquire()
        return self._connection

    async def _commit(self, operations: Sequence[Operation[Any]]) -> list[Outcome]:
        exact = False
        for attempt in range(ATTEMPTS_MAX):
            try:
                connection = await self._writing_connection()
                async with connection.transaction():
                    return await Batch(connection, self._writer, self._memory, operations).run(exact=exact)
            except LeasesInTheWayError:
                exact = True
            except AGAIN:
                self._memory.forget()
                if attempt == ATTEMPTS_MAX - 1:
                    raise
            except BaseException:
                self._memory.forget()
                raise
        raise LedgerBusyError("too many others write the same budgets. Send the same request with the same key again")


class _Snapshot(Fetched):
    """Rows read for showing a budget."""

    def __init__(self) -> None:
        super().__init__()
        self.spent: dict[str, list[tuple[int, int, int]]] = {}
        self.seen: dict[tuple[str, int], dict[str, Amount]] = {}

    def spends(self, budget: str, since_ms: int) -> list[tuple[int, int, int]]:
        """What was charged since a moment, by slot."""
        return [each for each in self.spent.get(budget, []) if each[0] >= since_ms]

    def observed(self, budget: str, period_ms: int) -> dict[str, Amount]:
        """What logs and reports saw in a period."""
        return self.seen.get((budget, period_ms), {})


async def _read_state(rows: Rows, budget: str, now_ms: int) -> BudgetState:
    budgets = await rows.budgets()
    snapshot = _Snapshot()
    chain: list[Budget] = Desk(now_ms, budgets, snapshot).chain(budget)
    for each in chain:
        span = span_at(each.period, now_ms)
        for balance in _together(await rows.all_shards(each.id, span.counted_from_ms)):
            snapshot.balances[balance.budget, balance.period_ms, 0] = balance
        snapshot.seen[each.id, span.start_ms] = await rows.observed(each.id, span.start_ms)
        if each.period.rolls_over and (each.id, span.start_ms, 0) not in snapshot.balances:
            before = await rows.latest_before(each.id, span.start_ms)
            if before is not None:
                snapshot.before[each.id] = before
    own = chain[0]
    since_ms = min(span_at(own.period, now_ms).counted_from_ms or now_ms, now_ms - nominal_ms(own.period))
    snapshot.spent[own.id] = await rows.spends(own.id, since_ms)
    return state_of(snapshot, budgets, budget, now_ms)


def _together(balances: Sequence[Balance]) -> list[Balance]:
    """Each period's balance with its leases' figures in place of their slices."""
    mains = {each.period_ms: each for each in balances if not each.shard}
    for leased in balances:
        if leased.shard and (main := mains.get(leased.period_ms)) is not None:
            main.held_nano_usd += leased.held_nano_usd - (leased.limit_nano_usd or 0)
            main.held_tokens += leased.held_tokens - (leased.limit_tokens or 0)
            main.spent_nano_usd += leased.spent_nano_usd
            main.spent_tokens += leased.spent_tokens
            main.unpriced_tokens += leased.unpriced_tokens
    return list(mains.values())


def _fail(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


def _failure(error: Exception) -> LedgerError:
    if isinstance(error, asyncpg.PostgresError) and not isinstance(error, asyncpg.PostgresConnectionError):
        return LedgerBusyError(
            f"the ledger's database refused it ({error.sqlstate}); nothing was changed. Send the same request again"
        )
    return LedgerBusyError(
        "the connection to the ledger's database broke, so whether it was done is not known. "
        "Send the same request with the same key again"
    )


def _unreachable(error: Exception) -> TokenworthError:
    code = f" ({error.sqlstate})" if isinstance(error, asyncpg.PostgresError) else ""
    if isinstance(error, ValueError):
        return InvalidInputError(
            "settings: ledger", "not a PostgreSQL address", "Send one such as postgresql://user@host:5432/database"
        )
    return LedgerUnusableError(
        f"the ledger's database cannot be opened{code}. Check that it runs, and the address in TOKENWORTH_LEDGER"
    )
