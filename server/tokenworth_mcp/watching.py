"""Which watched budgets have changed: each is looked at once, however many watch it, and a few times a second at most.

What is compared is what the budget's page shows, so a write that changes nothing is no change, and a limit above, a
hold that expires and a period that begins are. Whichever process wrote, the store's `news` says that there is
something to look at; what time alone brings about is looked for when it is due.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from tokenworth.budgets import BUDGET_ID, BUDGET_ID_CHARACTERS_MAX
from tokenworth.burn.ledger.periods import next_change_ms
from tokenworth.errors import InvalidInputError, LedgerError
from tokenworth_mcp.resources import BUDGETS

if TYPE_CHECKING:
    from tokenworth.budgets import BudgetState
    from tokenworth.context import Context, LedgerSource

__all__ = ["Listener", "Watch"]

LOOK_SECONDS: Final = 0.2
# A server may die between a write and its word of it; nobody hears of that write sooner than this.
LOST_SECONDS: Final = 15.0
UNREAD: Final = object()


class Listener:
    """What one client is still to be told: each address that changed, once, in the order of the changes."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._changed: dict[str, None] = {}
        self._wake = asyncio.Event()
        self._over = False

    def __aiter__(self) -> Listener:
        return self

    async def __anext__(self) -> str:
        """The next address that changed.

        Raises:
            StopAsyncIteration: nobody looks any more.
        """
        while not self._changed:
            if self._over:
                raise StopAsyncIteration
            self._wake.clear()
            await self._wake.wait()
        address = next(iter(self._changed))
        del self._changed[address]
        return address

    def tell(self, address: str) -> None:
        """It changed."""
        self._changed[address] = None
        self._wake.set()

    def stop(self) -> None:
        """Nothing more will be told."""
        self._over = True
        self._wake.set()

    def leave(self) -> None:
        """Listen no more."""
        self._watch.forget(self)


@dataclass(slots=True)
class _Watched:
    """One budget as one tenant sees it.

    Attributes:
        standing: what its page rested on when it was last looked at, None while there is no such budget.
        due: when time alone may have changed that, in seconds of the event loop.
    """

    address: str
    source: LedgerSource
    listeners: set[Listener] = field(default_factory=set[Listener])
    standing: object = UNREAD
    due: float = 0.0
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def look(self) -> bool:
        """Whether it stands otherwise than it did.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        before = self.standing
        now = asyncio.get_running_loop().time()
        try:
            state = await (await self.source.open()).state(_budget_at(self.address))
        except InvalidInputError:
            self.standing, self.due = None, float("inf")
        else:
            self.standing, self.due = _standing(state), now + _seconds_until_due(state)
        return self.standing != before


class Watch:
    """Looks at the budgets of one ledger that somebody listens to, and at nothing while nobody does."""

    def __init__(self, lost_seconds: float = LOST_SECONDS) -> None:
        """Nobody listens yet.

        Args:
            lost_seconds: how long a write that nobody told of may go unseen.
        """
        self._lost_seconds = lost_seconds
        # The same address is another tenant's other budget.
        self._watched: dict[tuple[str | None, str], _Watched] = {}
        self._looking: asyncio.Task[None] | None = None
        self._news: int | None = None
        self._all_due = 0.0

    def may_change(self, address: str) -> bool:
        """Whether an address is of a budget that there could be."""
        budget = _budget_at(address)
        return (
            address.startswith(BUDGETS)
            and len(budget) <= BUDGET_ID_CHARACTERS_MAX
            and re.fullmatch(BUDGET_ID, budget) is not None
        )

    async def listen(self, addresses: Iterable[str], context: Context) -> Listener:
        """Listen to some budgets; whatever changes from now on is told, until the listener leaves.

        A budget that does not exist yet may be listened to. While the ledger cannot be read nothing is said, and
        afterwards what changed meanwhile.
        """
        listener = Listener(self)
        if context.ledger is None:
            return listener
        try:
            for address in addresses:
                key = context.caller.tenant, address
                watched = self._watched.setdefault(key, _Watched(address, context.ledger))
                watched.listeners.add(listener)
                async with watched.reading:
                    if watched.standing is UNREAD:
                        await self._read_first(watched)
        except BaseException:
            self.forget(listener)
            raise
        if self._watched and self._looking is None:
            self._looking = asyncio.create_task(self._look())
        return listener

    def forget(self, listener: Listener) -> None:
        """Tell somebody no more, and look no more at what nobody else listens to."""
        for key, watched in tuple(self._watched.items()):
            watched.listeners.discard(listener)
            if not watched.listeners:
                del self._watched[key]
        if not self._watched and self._looking is not None:
            self._looking.cancel()
            self._looking = None

    async def _read_first(self, watched: _Watched) -> None:
        try:
            await watched.look()
        except LedgerError:
            return  # told of as soon as it can be read
        watched.due = 0.0  # what was written meanwhile may be news that others have looked at already

    async def _look(self) -> None:
        try:
            while self._watched:
                await asyncio.sleep(LOOK_SECONDS)
                try:
                    await self._look_once()
                except LedgerError:
                    self._news = None  # look again as soon as it can be read
        finally:
            if self._looking is asyncio.current_task():  # nobody asked it to end, and those who listen must not wait on
                self._looking = None
                for listener in {each for watched in self._watched.values() for each in watched.listeners}:
                    listener.stop()

    async def _look_once(self) -> None:
        watched_now = tuple(self._watched.values())
        ledger = await watched_now[0].source.open()  # of any tenant: the news are of the ledger that they share
        now = asyncio.get_running_loop().time()
        news = await ledger.news()
        everything = news != self._news or now >= self._all_due
        if everything:
            # Holds that have expired are charged or given back by whoever looks next: that is a write, and news.
            expiry_ms = await ledger.next_expiry_in_ms()
            expiry_seconds = float("inf") if expiry_ms is None else expiry_ms / 1000
            self._all_due = now + min(expiry_seconds, self._lost_seconds)
        for watched in watched_now:
            if everything or now >= watched.due:
                await self._tell_if_changed(watched)
        self._news = news

    async def _tell_if_changed(self, watched: _Watched) -> None:
        try:
            async with watched.reading:
                changed = await watched.look()
        except LedgerError:
            watched.due = 0.0  # again as soon as it can be read, and the others' all the same
            return
        if changed:
            for listener in watched.listeners:
                listener.tell(watched.address)


def _budget_at(address: str) -> str:
    return unquote(address.removeprefix(BUDGETS))


def _standing(state: BudgetState) -> object:
    # A rolling window moves all the time; what is in it is what counts.
    return [replace(level, balance=replace(level.balance, period_ms=0)) for level in state.chain]


def _seconds_until_due(state: BudgetState) -> float:
    """How long until a period of the chain ends, or something may leave a rolling window."""
    changes = (next_change_ms(level.budget.period, state.now_ms) for level in state.chain)
    return min((each - state.now_ms for each in changes if each is not None), default=float("inf")) / 1000
