"""What a balancer asks: whether this process lives, and whether to send it requests, for as long as it drains too."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["LIVE_PATH", "READY_PATH", "Health"]

LIVE_PATH: Final = "/healthz"
READY_PATH: Final = "/readyz"


class Health:
    """Answers both paths in front of an application, to whoever asks: they tell nothing else.

    Ready means that this process takes requests. It does not ask the ledger: all replicas share that one, and taking
    all of them away would take the tools that need no ledger with them.

    Attributes:
        ending: set when the process was asked to end. It is not ready from then on, answers everything all the same,
            and asks for each connection to be closed, so that none is cut while a request is on its way.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.ending = False
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an ASGI request, or pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        app: ASGIApp = self._app
        if scope["path"] == LIVE_PATH:
            app = PlainTextResponse("alive\n")
        elif scope["path"] == READY_PATH:
            app = PlainTextResponse("ending\n", 503) if self.ending else PlainTextResponse("ready\n")
        await app(scope, receive, self._parting(send) if self.ending else send)

    def _parting(self, send: Send) -> Send:
        async def send_last(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["connection"] = "close"
            await send(message)

        return send_last
