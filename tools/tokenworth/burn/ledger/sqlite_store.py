"""The embedded ledger: one SQLite file, any number of processes, one writer thread in each.

The writer takes whatever has been submitted since its last turn and commits it as one transaction, so a commit is
shared by all who wait for it; nobody hears of a grant before it is in the file.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from tokenworth.budgets import Budget, BudgetState
from tokenworth.burn.ledger.desk import Desk
from tokenworth.burn.ledger.operations import Operation, Sweep, expire
from tokenworth.burn.ledger.sqlite_rows import Rows
from tokenworth.burn.ledger.sqlite_schema import connect, open_database
from tokenworth.burn.ledger.state import state_of
from tokenworth.burn.ledger.turns import Turns
from tokenworth.errors import LedgerBusyError, LedgerError, LedgerUnusableError, TokenworthError

__all__ = ["SqliteStore", "Sync", "wall_clock_ms"]

BATCH_MAX: Final = 256
DUE_MAX: Final = 500
ANSWER_SECONDS_MAX: Final = 30.0
# Whoever watches asks a few times a second, and all who watch share an answer.
NEWS_SECONDS: Final = 0.1
CLOSE_SECONDS_MAX: Final = 10.0

T = TypeVar("T")
Sync = Literal["normal", "full"]
_Submitted = tuple[Operation[Any], "asyncio.Future[Any]"]
_Outcome = tuple["asyncio.Future[Any]", Any, BaseException | None]


def wall_clock_ms() -> int:
    """This machine's clock, which all processes of a SQLite ledger share."""
    return time.time_ns() // 1_000_000


class SqliteStore:
    """A ledger in a file; see `Store`."""

    def __init__(self, path: Path, *, sync: Sync = "normal", clock_ms: Callable[[], int] = wall_clock_ms) -> None:
        """Open or create the ledger in a file; blocking, so call it from a thread.

        Raises:
            LedgerUnusableError: the file is newer, another kind of file, or cannot be opened.
        """
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._turns = Turns(path)
        except OSError:
            raise LedgerUnusableError(
                "the ledger's folder cannot be written to. Give TOKENWORTH_LEDGER a file in a folder of yours"
            ) from None
        with self._turns:
            self._salt = open_database(path)
        self._clock_ms = clock_ms
        self._connection = connect(path, sync=sync)
        self._reading = connect(path, sync=sync, read_only=True)
        self._rows = Rows(self._connection)
        self._readable = Rows(self._reading)
        self._known: tuple[int, dict[str, Budget]] = (-1, {})
        self._news: tuple[float, int] = (float("-inf"), 0)
        self._submitted: queue.SimpleQueue[_Submitted | None] = queue.SimpleQueue()
        self._readers = ThreadPoolExecutor(1, "tokenworth-ledger-reader")
        self._writer = threading.Thread(target=self._write, name="tokenworth-ledger-writer", daemon=True)
        self._writer.start()
        self._closed = False

    @property
    def salt(self) -> bytes:
        """What keeps the ids of this ledger's entries from being guessed."""
        return self._salt

    async def submit(self, operation: Operation[T]) -> T:
        """Do one operation and answer once it is committed; see `Store.submit`."""
        if self._closed:
            raise LedgerUnusableError("the ledger was closed. Start again to use it")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        # A bare timer: asyncio.timeout costs as much as the rest of this method.
        patience = loop.call_later(ANSWER_SECONDS_MAX, _give_up, future)
        self._submitted.put((operation, future))
        try:
            return await future
        finally:
            patience.cancel()

    async def state(self, budget: str) -> BudgetState:
        """A budget with all above it; see `Store.state`."""
        loop = asyncio.get_running_loop()
        now_ms = self._clock_ms()
        if await loop.run_in_executor(self._readers, self._read, self._readable.due, now_ms, 1):
            await self.submit(Sweep())
        return await loop.run_in_executor(self._readers, self._read, self._state, budget, now_ms)

    async def budgets(self) -> Sequence[str]:
        """The ids of all budgets, in order."""
        loop = asyncio.get_running_loop()
        return list(await loop.run_in_executor(self._readers, self._read, self._readable.budgets))

    async def spends(self, budget: str, since_ms: int, step_ms: int) -> Sequence[tuple[int, int, int]]:
        """What was charged to a budget, by steps of time; see `Store.spends`."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self._read, self._readable.spends, budget, since_ms, step_ms)

    async def planned_holds(self, budget: str, most: int) -> Sequence[tuple[str, int, int]]:
        """What planned holds came to; see `Store.planned_holds`."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self._read, self._readable.planned_holds, budget, most)

    async def news(self) -> int:
        """SQLite's own count of what other connections wrote, of this process or another; see `Store.news`."""
        loop = asyncio.get_running_loop()
        if loop.time() - self._news[0] >= NEWS_SECONDS:
            self._news = loop.time(), await loop.run_in_executor(self._readers, self._read, self._readable.data_version)
        return self._news[1]

    async def next_expiry_in_ms(self) -> int | None:
        """How long until the next open hold expires; see `Store.next_expiry_in_ms`."""
        loop = asyncio.get_running_loop()
        expiry_ms = await loop.run_in_executor(self._readers, self._read, self._readable.next_expiry_ms)
        return None if expiry_ms is None else expiry_ms - self._clock_ms()

    async def close(self) -> None:
        """Commit what was submitted, then close the file."""
        if self._closed:
            return
        self._closed = True
        self._submitted.put(None)
        await asyncio.to_thread(self._writer.join, CLOSE_SECONDS_MAX)
        await asyncio.to_thread(self._readers.shutdown)
        if not self._writer.is_alive():
            self._reading.close()
            self._connection.close()
            self._turns.close()

    def _read(self, read: Callable[..., T], *arguments: object) -> T:
        """Run a read in the reader's thread as one snapshot."""
        try:
            self._reading.execute("BEGIN")
            try:
                return read(*arguments)
            finally:
                self._reading.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise _failure(error) from None

    def _state(self, budget: str, now_ms: int) -> BudgetState:
        return state_of(self._readable, self._readable.budgets_above(budget), budget, now_ms)

    def _write(self) -> None:
        """The writer's thread: batches until it is told to stop."""
        going = True
        while going:
            first = self._submitted.get()
            batch: list[_Submitted] = []
            while first is not None:
                batch.append(first)
                if len(batch) == BATCH_MAX:
                    break
                try:
                    first = self._submitted.get_nowait()
                except queue.Empty:
                    break
            going = first is not None
            if batch:
                _deliver_all(self._settle_batch(batch))

    def _settle_batch(self, batch: list[_Submitted]) -> list[_Outcome]:
        try:
            with self._turns:
                return self._commit(batch)
        except sqlite3.Error as error:
            failure: BaseException = _failure(error)
        except Exception as error:  # noqa: BLE001 - one operation's fault must not take the writer or the others down
            if len(batch) > 1:
                return [outcome for each in batch for outcome in self._settle_batch([each])]
            failure = error
        return [(future, None, failure) for _, future in batch]

    def _commit(self, batch: list[_Submitted]) -> list[_Outcome]:
        """Do a batch as one transaction; refusals are outcomes, anything else undoes all of it."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            now_ms = self._clock_ms()
            version, due = self._rows.news(now_ms)
            desk = Desk(now_ms, self._budgets(version), self._rows)
            if due:
                self._sweep(desk)
            outcomes: list[_Outcome] = []
            for operation, future in batch:
                try:
                    outcomes.append((future, operation.apply(desk), None))
                except TokenworthError as refused:
                    outcomes.append((future, None, refused))
            self._rows.write(desk)
            self._connection.execute("COMMIT")
        except BaseException:
            self._known = (-1, {})
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        if desk.changed_budgets:
            self._known = (-1, {})
        return outcomes

    def _budgets(self, version: int) -> dict[str, Budget]:
        if version != self._known[0]:
            self._known = version, self._rows.budgets()
        return self._known[1]

    def _sweep(self, desk: Desk) -> None:
        """End every expired hold before anything else is decided."""
        while due := self._rows.due(desk.now_ms, DUE_MAX):
            for entry in due:
                expire(desk, entry)
            self._rows.write(desk)
            desk.written()


def _deliver_all(outcomes: list[_Outcome]) -> None:
    if len(outcomes) == 1:
        loop = outcomes[0][0].get_loop()
        if not loop.is_closed():
            loop.call_soon_threadsafe(_deliver, outcomes)
        return
    by_loop: dict[asyncio.AbstractEventLoop, list[_Outcome]] = {}
    for outcome in outcomes:
        by_loop.setdefault(outcome[0].get_loop(), []).append(outcome)
    for loop, theirs in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_deliver, theirs)


def _deliver(outcomes: list[_Outcome]) -> None:
    for future, value, error in outcomes:
        if future.done():  # whoever asked has given up; what was done stays done
            continue
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)


def _give_up(future: asyncio.Future[Any]) -> None:
    if not future.done():
        future.set_exception(
            LedgerBusyError(
                f"the ledger was busy for {ANSWER_SECONDS_MAX:.0f} seconds. "
                "Send the same request with the same key again"
            )
        )


def _failure(error: sqlite3.Error) -> LedgerError:
    name = getattr(error, "sqlite_errorname", "SQLITE_ERROR")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return LedgerBusyError("another program keeps the ledger's file locked. Send the same request again")
    return LedgerUnusableError(
        f"the ledger's file cannot be used ({name}); nothing was changed. Check the disk, or give TOKENWORTH_LEDGER "
        "another file"
    )
