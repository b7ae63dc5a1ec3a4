"""The budget tools as any Python caller asks them, over a real ledger in a file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tokenworth.burn.ledger.book import Book
from tokenworth.burn.ledger.sqlite_store import SqliteStore
from tokenworth.context import Caller, Cost
from tokenworth.errors import InvalidInputError
from tokenworth.wiring import build_context

NOON = datetime(2026, 6, 16, 0, tzinfo=UTC)  # half of June is gone
# USD per million tokens: sent, written to a cache, made; above 200,000 tokens sent the long price holds.
PRICES = {
    "opus": (Decimal(5), Decimal("6.25"), Decimal(25)),
    "haiku": (Decimal(1), Decimal("1.25"), Decimal(5)),
}
LONG_FACTOR = 2
COUNTS = ("input_tokens", "cache_write_5m_tokens", "output_tokens")


class FixedPrices:
    """A price list of two models, with a price for long prompts."""

    async def ready(self):
        """There is nothing to read."""

    def cost_of_usage(self, model, usage, at, provider=None):
        counts = [usage.get(name, 0) for name in COUNTS]
        if not any(name in usage for name in COUNTS):
            raise InvalidInputError("usage", "no token count that we know", "Send input_tokens and output_tokens")
        if model not in PRICES:
            return Cost(None, sum(counts), model, "no model has that name")
        factor = LONG_FACTOR if counts[0] + counts[1] > 200_000 else 1
        usd = sum(rate * count for rate, count in zip(PRICES[model], counts, strict=True)) * factor / 10**6
        return Cost(usd, sum(counts), model)

    def alternatives(self, model, at):
        return [name for name in PRICES if name != model]

    def blended_usd_per_million(self, model, at):
        return None


@dataclass
class Opened:
    """A ledger that a test opened."""

    book: Book

    async def open(self):
        return self.book

    async def close(self):
        await self.book.close()


@dataclass
class Clock:
    now: datetime = NOON

    def __call__(self):
        return self.now

    def ms(self):
        return int(self.now.timestamp()) * 1000


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def context(tmp_path, clock):
    """An agent's context: its own budget is "me", and it may not raise limits."""
    opened = Opened(Book(SqliteStore(tmp_path / "ledger.sqlite3", clock_ms=clock.ms)))
    yield replace(build_context(), ledger=opened, clock=clock, prices=FixedPrices(), caller=Caller("me"))
    await opened.close()


@pytest.fixture
def owner(context):
    """The same for whoever owns the budgets."""
    return replace(context, caller=Caller("me", may_raise_limits=True))
