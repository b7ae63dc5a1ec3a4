"""What one caller, and all together, may ask at a time: rates, requests in flight, and the seconds that one may take.

Counted in this process: several replicas allow as many times as much. Rates are for callers that are known by their
tokens; a server of this machine's own has one user, and only the limits for all.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import anyio
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tokenworth_mcp.answer_size import is_stream
from tokenworth_mcp.settings import Settings

__all__ = ["LISTENING", "CallerLimits", "Rate"]

CALLERS_KEPT_MAX: Final = 10_000
RETRY_SECONDS: Final = 1
LISTENING: Final = "tokenworth.listening"
"""Where a request's scope has what is called once it only listens: it then takes nobody's place any more."""


@dataclass(slots=True)
class Rate:
    """One caller's allowance, a token bucket: so many at once, and so many a second after that.

    Attributes:
        left: requests that may come now.
        at: when that was so, in seconds of the clock.
        in_flight: requests that are being answered.
    """

    left: float
    at: float
    in_flight: int = 0

    def wait_seconds(self, now: float, per_second: float, burst: int) -> float:
        """Take one request: 0 when it may come now, or how long until one may, and nothing is taken."""
        self.left = min(self.left + (now - self.at) * per_second, burst)
        self.at = now
        if self.left < 1:
            return (1 - self.left) / per_second
        self.left -= 1
        return 0.0


class CallerLimits:
    """Lets a request through when its caller and the server have room for it, and ends it when it takes too long."""

    def __init__(self, app: ASGIApp, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._settings = settings
        self._clock = clock
        self._rates: dict[str, Rate] = {}
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an ASGI request with when to come again, or pass it on."""
        rate = self._rate(scope)
        refusal = self._refusal(rate)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        self._count(rate, 1)
        counted = True

        def listening() -> None:
            nonlocal counted
            if counted:
                counted = False
                self._count(rate, -1)

        try:
            await self._in_time({**scope, LISTENING: listening}, receive, send)
        finally:
            listening()

    def _rate(self, scope: Scope) -> Rate | None:
        user = scope.get("user")
        if not isinstance(user, AuthenticatedUser):
            return None
        token = user.access_token
        name = f"{(token.claims or {}).get('tenant')} {token.subject}"
        rate = self._rates.pop(name, None)
        if rate is None:
            self._make_room()
            rate = Rate(self._settings.caller_burst, self._clock())
        self._rates[name] = rate
        return rate

    def _make_room(self) -> None:
        """Forget who asked longest ago; whoever waited that long has a full bucket again."""
        if len(self._rates) >= CALLERS_KEPT_MAX:
            idle = next((name for name, rate in self._rates.items() if not rate.in_flight), None)
            if idle is not None:
                del self._rates[idle]

    def _refusal(self, rate: Rate | None) -> Response | None:
        settings = self._settings
        if self._in_flight >= settings.requests_max:
            return _later(503, "The server has as many requests as it can answer", RETRY_SECONDS)
        if rate is None:
            return None
        if rate.in_flight >= settings.caller_requests_max:
            text = f"There are {rate.in_flight} requests of yours in progress already"
            return _later(429, text, RETRY_SECONDS)
        wait = rate.wait_seconds(self._clock(), settings.caller_requests_per_second, settings.caller_burst)
        if wait > 0:
            text = f"More than {settings.caller_requests_per_second:g} requests a second"
            return _later(429, text, math.ceil(wait))
        return None

    def _count(self, rate: Rate | None, change: int) -> None:
        self._in_flight += change
        if rate is not None:
            rate.in_flight += change

    async def _in_time(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def begin(message: Message) -> None:
            nonlocal begun
            if not begun and message["type"] == "http.response.start":
                begun = True
                if is_stream(message):
                    deadline.deadline = math.inf
            await send(message)

        with anyio.move_on_after(self._settings.request_seconds_max) as deadline:
            await self._app(scope, receive, begin)
        if deadline.cancelled_caught and not begun:
            await _later(503, "The request took too long to answer", RETRY_SECONDS)(scope, receive, send)


def _later(status: int, text: str, seconds: int) -> Response:
    return Response(text, status, {"Retry-After": str(seconds)}, "text/plain")
