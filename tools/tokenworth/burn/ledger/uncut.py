"""Database work that goes on to its end when whoever asked for it has left.

A query that is cut off takes its connection with it, or a second connection to tell the database, and whether it was
done is then not known. Let to its end it costs what it would have, and the same key hears what became of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from types import CoroutineType
from typing import Any, ParamSpec, TypeVar, cast

__all__ = ["uncut"]

Asked = ParamSpec("Asked")
Answered = TypeVar("Answered")


def uncut(
    work: Callable[Asked, Coroutine[Any, Any, Answered]],
) -> Callable[Asked, CoroutineType[Any, Any, Answered]]:
    """The same work, in a task that is not cancelled with the one that waits for it."""
    going: set[asyncio.Task[Answered]] = set()  # an event loop alone does not keep its tasks

    def let_go(task: asyncio.Task[Answered]) -> None:
        going.discard(task)
        if not task.cancelled():
            task.exception()  # nobody may be left to hear of it, and that is no fault to be logged

    @wraps(work)
    async def whole(*args: Asked.args, **kwargs: Asked.kwargs) -> Answered:
        task = asyncio.create_task(work(*args, **kwargs))
        going.add(task)
        task.add_done_callback(let_go)
        return await asyncio.shield(task)

    # What `async def` makes, as the stores' protocol has it; mypy knows it by its base class alone.
    return cast("Callable[Asked, CoroutineType[Any, Any, Answered]]", whole)
