"""Long computations: off the event loop, stopped when nobody waits for them any more, and heard of on the way."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from anyio import CapacityLimiter

    from tokenworth.context import Context

__all__ = ["UNWATCHED", "Report", "Work", "cores", "off_the_loop"]

Answered = TypeVar("Answered")
Asked = TypeVar("Asked")

Report = Callable[[float, str], Coroutine[Any, Any, None]]
"""Tells whoever asked how far a call has come: the share that is done, from 0 to 1, and what is done."""


class Work(Protocol):
    """What a computation says between its parts."""

    def check(self) -> None:
        """Go on, or stop here because nobody waits any more; cheap enough for every block of draws.

        Raises:
            BaseException: the event loop's own cancellation, which nothing in between may catch.
        """
        ...

    def reached(self, share: float, done: str) -> None:
        """The same, saying how far it has come: a share from 0 to 1 that only grows."""
        ...


@dataclass(frozen=True, slots=True)
class _Unwatched:
    """Work that nobody can stop or asks about: a script's, a batch's."""

    def check(self) -> None:
        """Go on."""

    def reached(self, share: float, done: str) -> None:
        """Go on."""


UNWATCHED = _Unwatched()


@dataclass(frozen=True, slots=True)
class _InThread:
    """Work in a thread of the event loop's, which is stopped with the task that waits for it."""

    report: Report | None

    def check(self) -> None:
        from anyio import from_thread  # noqa: PLC0415 - reached inside a call only

        from_thread.check_cancelled()

    def reached(self, share: float, done: str) -> None:
        from anyio import from_thread  # noqa: PLC0415 - reached inside a call only

        if self.report is None:
            from_thread.check_cancelled()
        else:
            from_thread.run(self.report, share, done)


async def off_the_loop(function: Callable[[Asked, Context], Answered], asked: Asked, context: Context) -> Answered:
    """Compute in a thread, so that other calls are answered meanwhile; no more at a time than the context allows.

    The function's context has a `work` to check between parts. A cancelled call waits for the next check, so that
    nothing goes on behind its back.
    """
    from anyio import to_thread  # noqa: PLC0415 - reached inside a call only

    watched = replace(context, work=_InThread(context.report))
    return await to_thread.run_sync(function, asked, watched, limiter=_places(context.computations_max))


def cores() -> int:
    """How many processors this process may use: more computations at a time would only wait for each other."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_PLACES: WeakKeyDictionary[AbstractEventLoop, CapacityLimiter] = WeakKeyDictionary()


def _places(most: int) -> CapacityLimiter:
    """The event loop's places for computations, apart from those of its short work: files, checks, the ledger."""
    from asyncio import get_running_loop  # noqa: PLC0415 - reached inside a call only

    from anyio import CapacityLimiter  # noqa: PLC0415 - as above

    loop = get_running_loop()
    places = _PLACES.get(loop)
    if places is None:
        places = _PLACES[loop] = CapacityLimiter(most)
    return places
