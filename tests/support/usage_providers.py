"""Every provider at its own address, answered by one local TLS server with pages of the shapes they send."""

from __future__ import annotations

import asyncio
import json
import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import trustme

from support.http_server import Answer, Seen, Server, reply, serving
from tokenworth.burn.providers import PROVIDERS
from tokenworth.burn.providers.models import ObserveBudgetRequest
from tokenworth.burn.providers.observe_budget import observe_budget
from tokenworth.http import HttpSeams

PAGES = Path(__file__).parents[2] / "fixtures" / "providers"
PROXY = "llm.example.com"
HOSTS = sorted({provider.host or PROXY for provider in PROVIDERS.values()})
AUTHORITY = trustme.CA()
KEY = "sk-secret-0123456789"
ENVIRONMENT = {provider.key_variable: KEY for provider in PROVIDERS.values()} | {
    "LITELLM_PROXY_URL": f"https://{PROXY}"
}
EMPTY = {"data": [], "has_more": False, "next_page": None}
# What each report cannot do without.
NEEDS = {"anthropic-limits": {"user": "user_01AbC"}, "github-copilot": {"organization": "octo-org"}}


def recorded(provider: str) -> dict[str, list[dict]]:
    return json.loads((PAGES / f"{provider}.json").read_text())


@dataclass
class Upstream:
    """What each path answers: its pages by cursor or number, or an answer of a test's own; and what was asked.

    A report that is asked for day by day has its pages by path and day; a day without any is empty.
    """

    pages: dict[str, list[dict]]
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    async def __call__(self, seen: Seen, writer: asyncio.StreamWriter) -> None:
        target = urlsplit(seen.target)
        query = parse_qs(target.query)
        self.asked.append((target.path, query))
        self.headers.append(seen.headers)
        path = self._known(target.path, query.get("starting_at", [""])[0])
        if path in self.answers:
            await self.answers[path](seen, writer)
            return
        by_day = any(known.startswith(f"{target.path}?") for known in self.pages)
        page = self._page(self.pages.get(path, [EMPTY] if by_day else []), query.get("page", [None])[0])
        writer.write(reply(404) if page is None else reply(200, json.dumps(page).encode()))

    def _known(self, path, day):
        return of_day if (of_day := f"{path}?starting_at={day}") in self.pages else path

    @staticmethod
    def _page(pages, cursor):
        if cursor is None or cursor == "1":
            return pages[0] if pages else None
        if cursor.isdigit():
            return pages[int(cursor) - 1] if int(cursor) <= len(pages) else None
        before = [number for number, page in enumerate(pages) if page.get("next_page") == cursor]
        return pages[before[0] + 1] if before else None


@dataclass
class Desk:
    """Observes budgets by way of that server."""

    context: object
    upstream: Upstream
    server: Server
    waits: list[float] = field(default_factory=list)

    async def observe(self, provider, *, environment=ENVIRONMENT, budget="me", **asked):
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        AUTHORITY.configure_trust(trust)
        seams = HttpSeams(resolve=self.server.resolve, trust=trust, loopback=True, sleep=self._wait)
        request = ObserveBudgetRequest(budget=budget, provider=provider, **(NEEDS.get(provider, {}) | asked))
        return await observe_budget(request, self.context, environment=environment, seams=seams)

    async def observed(self, budget="me"):
        """What the ledger keeps, by source."""
        ledger = await self.context.ledger.open()
        return dict((await ledger.state(budget)).own.observed)

    async def _wait(self, seconds):
        self.waits.append(seconds)


@asynccontextmanager
async def desk_of(context, provider):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert(*HOSTS).configure_cert(tls)
    upstream = Upstream(recorded(provider))
    async with serving(upstream, tls=tls) as server:
        yield Desk(context, upstream, server)
