"""Opens the ledger that an address names: a SQLite file, or a PostgreSQL database for many machines."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from platformdirs import user_data_path

from tokenworth.burn.ledger.book import Book
from tokenworth.burn.ledger.sqlite_store import SqliteStore, Sync
from tokenworth.burn.ledger.store import Store
from tokenworth.errors import InvalidInputError, LedgerUnusableError

__all__ = ["open_ledger"]

POSTGRES: Final = ("postgresql://", "postgres://")
FILE_NAME: Final = "ledger.sqlite3"


async def open_ledger(address: str | None, *, sync: Sync = "normal") -> Book:
    """Open or create a ledger.

    Args:
        address: a path, or a postgresql:// address; None is a file in the user's data folder.
        sync: what a SQLite ledger's answers survive, the process ("normal") or power loss too ("full").

    Raises:
        LedgerUnusableError: it is newer, something else, or cannot be reached.
        InvalidInputError: an address of another kind.
    """
    if address is not None and address.startswith(POSTGRES):
        return Book(await _open_database(address))
    if address is not None and "://" in address:
        raise InvalidInputError(
            "settings: ledger", "not an address of a ledger", "Send the path of a file, or a postgresql:// address"
        )
    return Book(await asyncio.to_thread(_open_file, address, sync))


def _open_file(address: str | None, sync: Sync) -> SqliteStore:
    path = user_data_path("tokenworth", appauthor=False) / FILE_NAME if address is None else Path(address).expanduser()
    return SqliteStore(path, sync=sync)


async def _open_database(address: str) -> Store:
    try:
        from tokenworth.burn.ledger.postgres_store import open_postgres  # noqa: PLC0415 - an optional extra
    except ModuleNotFoundError:
        raise LedgerUnusableError(
            "a PostgreSQL ledger needs the extra `postgres`. Install tokenworth[postgres], "
            "or give TOKENWORTH_LEDGER a file"
        ) from None
    return await open_postgres(address)
