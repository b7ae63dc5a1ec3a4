"""Prometheus metrics of a network server: how much is asked, how long it takes, what is refused. Never by whom."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Sequence
from typing import Any, Final, TypeVar

from mcp.server.context import CallNext, HandlerResult, ServerMiddleware, ServerRequestContext
from mcp_types import CallToolResult
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tokenworth.budgets import Amount, Budget, BudgetChange, BudgetState, Grant, HoldRequest, Settlement
from tokenworth.context import Ledger, LedgerSource
from tokenworth.errors import LedgerError, TokenworthError
from tokenworth_mcp.catalogue import TOOLS
from tokenworth_mcp.strict_json import is_object

__all__ = ["Metrics"]

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
# Labels are from lists of ours: what callers write must not become a time series.
TOOL_NAMES: Final = frozenset(tool.name for tool in TOOLS)
OTHER: Final = "other"
METHODS: Final = frozenset(
    {
        "completion/complete",
        "initialize",
        "ping",
        "prompts/get",
        "prompts/list",
        "resources/list",
        "resources/read",
        "resources/templates/list",
        "server/discover",
        "subscriptions/listen",
        "tools/call",
        "tools/list",
    }
)

Done = TypeVar("Done")


class Metrics:
    """The figures of one server, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = self._counter("requests", "Messages answered, by method and outcome.", "method", "outcome")
        self.refusals = self._counter("refusals", "Requests refused before any tool saw them, by status.", "status")
        self.ledger = self._counter("ledger_operations", "Operations of the ledger.", "operation", "outcome")
        self.tool_seconds = Histogram(
            "tokenworth_tool_seconds", "How long calls take.", ["tool"], buckets=SECONDS, registry=self.registry
        )
        self.in_flight = Gauge(
            "tokenworth_requests_in_flight", "Requests that are being answered.", registry=self.registry
        )

    def requests_of(self, app: ASGIApp) -> ASGIApp:
        """An application whose requests are counted."""
        return _MeasuredRequests(app, self)

    def calls(self) -> ServerMiddleware[Any]:
        """What counts messages and times tools."""
        return _MeasuredCalls(self)

    def ledgers_of(self, source: LedgerSource) -> LedgerSource:
        """A source whose ledger's operations are counted."""
        return _MeasuredLedgers(source, self)

    async def answer(self) -> Response:
        """All figures, as Prometheus reads them."""
        return Response(generate_latest(self.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(f"tokenworth_{name}", what, labels, registry=self.registry)


class _MeasuredRequests:
    """Counts the requests in flight, and those that are refused."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass an ASGI request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= 400:
                self._metrics.refusals.labels(str(message["status"])).inc()
            await send(message)

        with self._metrics.in_flight.track_inprogress():
            await self._app(scope, receive, counted)


class _MeasuredCalls:
    """Middleware of the SDK's that counts messages and times tools."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """The answer, as it is."""
        began = time.perf_counter()
        outcome = "error"
        try:
            result = await call_next(ctx)
            if not (is_object(result) and result.get("isError")) and not (
                isinstance(result, CallToolResult) and result.is_error
            ):
                outcome = "ok"
            return result
        finally:
            method = ctx.method if ctx.method in METHODS else OTHER
            self._metrics.requests.labels(method, outcome).inc()
            if ctx.method == "tools/call":
                name = (ctx.params or {}).get("name")
                tool = name if name in TOOL_NAMES else OTHER
                self._metrics.tool_seconds.labels(tool).observe(time.perf_counter() - began)


class _MeasuredLedgers:
    """Opens the ledger that a source opens, and counts what it is asked."""

    def __init__(self, source: LedgerSource, metrics: Metrics) -> None:
        self._source = source
        self._metrics = metrics

    def is_there(self) -> bool:
        """Whether there is one already."""
        return self._source.is_there()

    async def open(self) -> Ledger:
        """The ledger, counted.

        Raises:
            LedgerError: it cannot be opened.
        """
        return _MeasuredLedger(await self._source.open(), self._metrics.ledger)

    async def close(self) -> None:
        """Finish what was asked of it."""
        await self._source.close()


class _MeasuredLedger:
    """A ledger whose every operation is counted."""

    def __init__(self, ledger: Ledger, counter: Counter) -> None:
        self._ledger = ledger
        self._counter = counter

    async def set_budget(self, change: BudgetChange) -> tuple[Budget, bool]:
        """Create a budget or change one."""
        return await self._counted("set_budget", self._ledger.set_budget(change))

    async def reserve(self, request: HoldRequest) -> Grant:
        """Hold a worst case."""
        return await self._counted("reserve", self._ledger.reserve(request))

    async def settle(
        self, hold: str, amount: Amount, asked: str, within: str = "", model: str | None = None
    ) -> Settlement:
        """Charge what a hold came to."""
        return await self._counted("settle", self._ledger.settle(hold, amount, asked, within, model))

    async def record(self, budget: str, amount: Amount, key: str, asked: str, model: str | None = None) -> Settlement:
        """Charge a use that nothing was held for."""
        return await self._counted("record", self._ledger.record(budget, amount, key, asked, model))

    async def observe(self, budget: str, source: str, amount: Amount) -> None:
        """Keep what a log or report says was used."""
        await self._counted("observe", self._ledger.observe(budget, source, amount))

    async def state(self, budget: str) -> BudgetState:
        """A budget with all above it."""
        return await self._counted("state", self._ledger.state(budget))

    async def spends(self, budget: str, since_ms: int, step_ms: int) -> Sequence[tuple[int, int, int]]:
        """What was charged to a budget since a moment."""
        return await self._counted("spends", self._ledger.spends(budget, since_ms, step_ms))

    async def planned_holds(self, budget: str, most: int) -> Sequence[tuple[str, int, int]]:
        """What planned holds on a budget came to."""
        return await self._counted("planned_holds", self._ledger.planned_holds(budget, most))

    async def budgets(self) -> Sequence[str]:
        """The ids of all budgets."""
        return await self._counted("budgets", self._ledger.budgets())

    async def news(self) -> int:
        """A number that differs once anything was written; asked all the time, so not measured."""
        return await self._ledger.news()

    async def next_expiry_in_ms(self) -> int | None:
        """How long until the next open hold expires; asked beside the news, so not measured."""
        return await self._ledger.next_expiry_in_ms()

    async def _counted(self, operation: str, asked: Awaitable[Done]) -> Done:
        outcome = "cancelled"
        try:
            done = await asked
            outcome = "ok"
        except LedgerError:
            outcome = "failed"
            raise
        except TokenworthError:
            outcome = "refused"
            raise
        finally:
            self._counter.labels(operation, outcome).inc()
        return done
