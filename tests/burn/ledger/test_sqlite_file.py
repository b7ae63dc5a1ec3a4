"""The SQLite file: made private, upgraded in place, and left alone when it is not ours or newer than we are."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import subprocess
import sys

import pytest

from tokenworth.budgets import NANO, Amount, BudgetChange, HoldRequest
from tokenworth.burn.ledger.book import Book
from tokenworth.burn.ledger.sqlite_schema import SCHEMA_VERSION
from tokenworth.burn.ledger.sqlite_store import SqliteStore
from tokenworth.errors import LedgerBusyError, LedgerUnusableError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "ledger.sqlite3"


async def made(path):
    book = Book(SqliteStore(path))
    await book.set_budget(BudgetChange("me", "usd", NANO))
    await book.close()


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
async def test_nobody_else_can_read_the_file(path):
    await made(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_a_newer_ledger_is_refused_and_not_a_byte_of_it_changes(path):
    await made(path)
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(LedgerUnusableError, match="newer than this version's"):
        SqliteStore(path)
    assert path.read_bytes() == before


async def test_another_program_s_database_is_refused_and_left_as_it_is(path):
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(LedgerUnusableError, match="another kind of database"):
        SqliteStore(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database, but long enough to look at" * 50, b"\0" * 4096])
def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(LedgerUnusableError):
        SqliteStore(path)
    assert path.read_bytes() == content


def test_a_path_that_cannot_be_a_file_is_refused_without_naming_it(tmp_path):
    (tmp_path / "plain").write_text("")
    with pytest.raises(LedgerUnusableError) as refused:
        SqliteStore(tmp_path / "plain" / "ledger.sqlite3")
    assert str(tmp_path) not in str(refused.value)


async def test_a_ledger_opens_again_with_everything_that_was_in_it(path):
    await made(path)
    book = Book(SqliteStore(path))
    request = HoldRequest("me", Amount(NANO // 4), "a", "a")
    grant = await book.reserve(request)
    await book.close()
    again = Book(SqliteStore(path, sync="full"))
    assert await again.reserve(request) == grant
    assert (await again.state("me")).left("usd") == NANO * 3 // 4
    await again.close()
    assert not path.with_name(f"{path.name}-wal").exists()


def test_many_processes_may_create_the_ledger_at_once(path):
    program = (
        "import sys, pathlib\nfrom tokenworth.burn.ledger.sqlite_store import SqliteStore\n"
        "print(SqliteStore(pathlib.Path(sys.argv[1])).salt.hex())"
    )
    command = [sys.executable, "-c", program, str(path)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    salts = {process.communicate()[0] for process in processes}
    assert [process.returncode for process in processes] == [0] * 6
    assert len(salts) == 1


async def test_a_file_that_another_program_keeps_locked_is_busy_and_nothing_is_lost(path, monkeypatch):
    await made(path)
    monkeypatch.setattr("tokenworth.burn.ledger.sqlite_schema.BUSY_MS", 50)
    book = Book(SqliteStore(path))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    request = HoldRequest("me", Amount(NANO), "a", "a")
    with pytest.raises(LedgerBusyError, match="another program keeps the ledger's file locked"):
        await book.reserve(request)
    other.execute("ROLLBACK")
    other.close()
    assert (await book.reserve(request)).granted
    await book.close()


async def test_a_closed_ledger_says_so(path):
    book = Book(SqliteStore(path))
    await book.close()
    await book.close()
    with pytest.raises(LedgerUnusableError, match="was closed"):
        await book.reserve(HoldRequest("me", Amount(1), "a", "a"))


async def test_a_caller_that_gives_up_waiting_undoes_nothing(path):
    await made(path)
    book = Book(SqliteStore(path))
    request = HoldRequest("me", Amount(NANO // 2), "a", "a")
    asked = asyncio.ensure_future(book.reserve(request))
    await asyncio.wait([asked], timeout=0)
    asked.cancel()
    assert (await book.reserve(request)).granted
    assert (await book.state("me")).left("usd") == NANO // 2
    await book.close()
