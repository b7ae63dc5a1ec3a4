"""For how long whoever sent a request is let in: said where tokens are checked, awaited where a stream stays open."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Final

import anyio

__all__ = ["ADMISSION", "until_dismissed"]

ADMISSION: Final[ContextVar[Callable[[], Awaitable[None]] | None]] = ContextVar("tokenworth_admission", default=None)
"""Returns once the caller is let in no more; None where nobody has to say who they are."""


async def until_dismissed() -> None:
    """Wait until whoever sent the request at hand would no longer be let in."""
    dismissed = ADMISSION.get()
    await (anyio.sleep_forever() if dismissed is None else dismissed())
