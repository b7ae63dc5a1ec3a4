"""Both stores, each new and empty, with a clock that a test sets."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from tokenworth.burn.ledger.book import Book
from tokenworth.burn.ledger.postgres_store import open_postgres
from tokenworth.burn.ledger.sqlite_store import SqliteStore

POSTGRES = os.environ.get("TOKENWORTH_TEST_POSTGRES", "postgresql://root@127.0.0.1:5432/test")
NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)


def ms(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000


@dataclass
class SqliteBench:
    path: Path
    now_ms: int = ms(NOON)

    async def open(self) -> Book:
        return Book(SqliteStore(self.path, clock_ms=lambda: self.now_ms))

    async def set_clock(self, moment: datetime) -> None:
        self.now_ms = ms(moment)

    async def begin(self) -> None:
        """Opening makes the file."""

    async def end(self) -> None:
        """The folder is the test's own."""


@dataclass
class PostgresBench:
    schema: str

    @property
    def address(self) -> str:
        return f"{POSTGRES}?search_path={self.schema}"

    async def open(self) -> Book:
        return Book(await open_postgres(self.address))

    async def begin(self) -> None:
        connection = await asyncpg.connect(POSTGRES)
        await connection.execute(f"CREATE SCHEMA {self.schema}")
        await connection.close()
        book = await self.open()
        await book.close()
        await self.set_clock(NOON)

    async def set_clock(self, moment: datetime) -> None:
        connection = await asyncpg.connect(self.address)
        await connection.execute(
            "CREATE OR REPLACE FUNCTION ledger_now_ms() RETURNS bigint LANGUAGE sql VOLATILE AS "
            f"'SELECT {ms(moment)}::bigint'"
        )
        await connection.close()

    async def end(self) -> None:
        connection = await asyncpg.connect(POSTGRES)
        await connection.execute(f"DROP SCHEMA {self.schema} CASCADE")
        await connection.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def unopened(request, tmp_path):
    """Each store in turn, for tests that run a loop of their own; `begin` first and `end` last."""
    if request.param == "sqlite":
        return SqliteBench(tmp_path / "ledger.sqlite3")
    return PostgresBench(f"test_{secrets.token_hex(6)}")


@pytest.fixture
async def bench(unopened):
    """Each store in turn."""
    await unopened.begin()
    yield unopened
    await unopened.end()


@pytest.fixture
async def book(bench):
    """One open ledger."""
    opened = await bench.open()
    yield opened
    await opened.close()
