"""Every price source at its real URLs, answered by one local TLS server with recorded payloads."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import trustme

from support.http_server import Answer, Seen, Server, reply, serving
from tokenworth.http import HttpClient, HttpLimits, HttpSeams, open_http_client
from tokenworth.prices.fetchers import SOURCES, Source

FIXTURES = Path(__file__).parents[2] / "fixtures/prices/network"
NOW = datetime(2026, 9, 30, 12, tzinfo=UTC)
QUICK = HttpLimits(connect_seconds=1, read_seconds=0.3, overall_seconds=2)
HOSTS = frozenset(source.host for source in SOURCES.values())
AUTHORITY = trustme.CA()


def small(name: str) -> Source:
    """A source as it is, but content with the few models of an excerpt."""
    return replace(SOURCES[name], models_min=5 if name != "openrouter_endpoints" else 1)


def recorded(name: str) -> bytes:
    return (FIXTURES / name).read_bytes()


def url_of(name: str, document: int = 0) -> str:
    return SOURCES[name].documents[document].url


AZURE_SECOND_PAGE = (
    "https://prices.azure.com/api/retail/prices?api-version=2023-01-01-preview&currencyCode=USD"
    "&$filter=contains(productName,%20'Azure%20OpenAI')&$skip=1000"
)


def recorded_payloads() -> dict[str, bytes]:
    """The body of each source's URL; what is not in here answers 404."""
    empty = b'{"Items": [], "NextPageLink": null, "Count": 0}'
    return {
        url_of("litellm"): recorded("litellm.json"),
        url_of("models_dev"): recorded("models_dev.json"),
        url_of("genai_prices"): recorded("genai_prices.json"),
        url_of("llm_prices"): recorded("llm_prices.json"),
        url_of("vercel"): recorded("vercel.json"),
        url_of("openrouter"): recorded("openrouter_models.json"),
        "https://openrouter.ai/api/v1/models/maker/long/endpoints": recorded("openrouter_endpoints.json"),
        "https://configs.portkey.ai/pricing/anthropic.json": recorded("portkey_anthropic.json"),
        "https://configs.portkey.ai/pricing/google.json": recorded("portkey_google.json"),
        **{document.url: empty for document in SOURCES["azure"].documents},
        url_of("azure"): recorded("azure_1.json"),
        AZURE_SECOND_PAGE: recorded("azure_2.json"),
        url_of("aws"): recorded("aws_bedrock.json"),
        url_of("aws", 1): recorded("aws_foundation_models.json"),
    }


@dataclass
class Upstream:
    """What each URL answers now, and what was asked."""

    bodies: dict[str, bytes] = field(default_factory=recorded_payloads)
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    conditional: list[str] = field(default_factory=list)

    async def __call__(self, seen: Seen, writer: asyncio.StreamWriter) -> None:
        url = f"https://{seen.headers['host']}{seen.target}"
        self.asked.append(url)
        if url in self.answers:
            await self.answers[url](seen, writer)
            return
        body = self.bodies.get(url)
        if body is None:
            writer.write(reply(404))
            return
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if seen.headers.get("if-none-match"):
            self.conditional.append(url)
        unchanged = seen.headers.get("if-none-match") == etag
        writer.write(reply(304, ETag=etag) if unchanged else reply(200, body, ETag=etag))


async def no_wait(seconds: float) -> None:
    """Stands in for sleeping between attempts."""


@asynccontextmanager
async def upstream() -> AsyncIterator[tuple[Upstream, Server]]:
    """A server that plays every source."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert(*sorted(HOSTS)).configure_cert(context)
    answers = Upstream()
    async with serving(answers, tls=context) as server:
        yield answers, server


@asynccontextmanager
async def reaching(server: Server, *, limits: HttpLimits = QUICK, **seams: object) -> AsyncIterator[HttpClient]:
    """A client whose every host is that server."""
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    AUTHORITY.configure_trust(trust)
    settled = {"resolve": server.resolve, "trust": trust, "loopback": True, "sleep": no_wait, "clock": lambda: NOW}
    async with open_http_client(HOSTS, limits=limits, seams=HttpSeams(**(settled | seams))) as client:
        yield client
