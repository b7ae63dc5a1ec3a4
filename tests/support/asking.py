"""A client pointed at a loopback server under made-up names, with waiting, time and trust in the test's hands."""

from __future__ import annotations

import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from tokenworth.http import HttpLimits, HttpSeams, open_http_client

HOST = "prices.example"
NOW = datetime(2026, 9, 30, 12, tzinfo=UTC)
QUICK = HttpLimits(connect_seconds=1, read_seconds=0.3, overall_seconds=2)


class Waits:
    """Stands in for sleeping: notes how long was asked for, and goes on."""

    def __init__(self):
        self.seconds = []

    async def __call__(self, seconds):
        self.seconds.append(seconds)


@asynccontextmanager
async def asking(server, *, hosts=(HOST,), limits=QUICK, **seams):
    """A client that reaches the server under any of the names."""
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody, and is quick to make
    seams = {
        "resolve": server.resolve,
        "loopback": True,
        "sleep": Waits(),
        "clock": lambda: NOW,
        "trust": trust,
    } | seams
    async with open_http_client(hosts, limits=limits, seams=HttpSeams(**seams)) as client:
        yield client


def url(path="/prices.json", host=HOST):
    return f"http://{host}{path}"


def trusting(authority):
    context = ssl.create_default_context(cafile=None)
    authority.configure_trust(context)
    return context


def certified(authority, *names):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context
