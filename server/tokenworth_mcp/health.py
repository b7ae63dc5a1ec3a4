"""What a balancer asks: whether this process lives, and whether to send it requests, for as long as it drains too."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Final

import anyio
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tokenworth.context import Context
from tokenworth.errors import TokenworthError

__all__ = ["LIVE_PATH", "READY_PATH", "Health", "Readiness"]

LIVE_PATH: Final = "/healthz"
READY_PATH: Final = "/readyz"
CHECK_SECONDS_MAX: Final = 5.0
AGAIN_SECONDS: Final = 1.0
HOUR_MS: Final = 3_600_000


class Readiness:
    """What the tools need, tried until it has been there once; says which part is missing, and nothing more of it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._missing: tuple[str, ...] = ("ledger", "prices")
        self._tried_at: float | None = None
        self._trying = anyio.Lock()

    async def missing(self) -> tuple[str, ...]:
        """The names of the parts that were never there; tried again at most once a second."""
        if self._missing:
            async with self._trying:
                if self._tried_at is None or time.monotonic() - self._tried_at > AGAIN_SECONDS:
                    checks = {"ledger": self._reach_ledger, "prices": self._read_prices}
                    self._missing = tuple([name for name in self._missing if not await _done(checks[name])])
                    self._tried_at = time.monotonic()
        return self._missing

    async def _reach_ledger(self) -> None:
        if self._context.ledger is not None:
            ledger = await self._context.ledger.open()
            # Nothing has this id, so there is nothing to read: one trip to the store and back.
            await ledger.spends("", time.time_ns() // 1_000_000, HOUR_MS)

    async def _read_prices(self) -> None:
        if self._context.prices is not None:
            await self._context.prices.ready()


async def _done(check: Callable[[], Awaitable[None]]) -> bool:
    try:
        with anyio.fail_after(CHECK_SECONDS_MAX):
            await check()
    except (TokenworthError, TimeoutError):
        return False
    return True


class Health:
    """Answers both paths in front of an application, to whoever asks: they tell nothing else.

    Ready means that this process takes requests and has reached the ledger and read the price list once. It does not
    go on asking the ledger: all replicas share that one, and taking all of them away would take the tools that need no
    ledger with them.

    Attributes:
        ending: set when the process was asked to end. It is not ready from then on, answers everything all the same,
            and asks for each connection to be closed, so that none is cut while a request is on its way.
    """

    def __init__(self, app: ASGIApp, readiness: Readiness) -> None:
        self.ending = False
        self._app = app
        self._readiness = readiness

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an ASGI request, or pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        app: ASGIApp = self._app
        if scope["path"] == LIVE_PATH:
            app = PlainTextResponse("alive\n")
        elif scope["path"] == READY_PATH:
            app = PlainTextResponse("ending\n", 503) if self.ending else await self._ready()
        await app(scope, receive, self._parting(send) if self.ending else send)

    async def _ready(self) -> PlainTextResponse:
        missing = await self._readiness.missing()
        if missing:
            return PlainTextResponse(f"not ready: {', '.join(missing)}\n", 503)
        return PlainTextResponse("ready\n")

    def _parting(self, send: Send) -> Send:
        async def send_last(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["connection"] = "close"
            await send(message)

        return send_last
