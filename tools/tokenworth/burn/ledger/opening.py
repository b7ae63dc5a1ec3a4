"""Opens the ledger that an address names: a SQLite file, or a PostgreSQL database for many machines."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from tokenworth.burn.ledger.book import Book
from tokenworth.burn.ledger.sqlite_store import SqliteStore, Sync
from tokenworth.burn.ledger.store import Store
from tokenworth.errors import InvalidInputError, LedgerUnusableError
from tokenworth.user_folders import data_folder

__all__ = ["NO_DRIVER", "POSTGRES", "ledger_file", "not_an_address", "open_ledger"]

POSTGRES: Final = ("postgresql://", "postgres://")
FILE_NAME: Final = "ledger.sqlite3"
NO_DRIVER: Final = (
    "a PostgreSQL ledger needs the extra `postgres`. Install tokenworth[postgres], or give TOKENWORTH_LEDGER a file"
)


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
        raise not_an_address()
    return Book(await asyncio.to_thread(_open_file, address, sync))


def ledger_file(address: str | None) -> Path:
    """The file that an address names; one in the user's data folder when there is none."""
    if address is not None:
        return Path(address).expanduser()
    return data_folder() / FILE_NAME


def not_an_address() -> InvalidInputError:
    """The error for an address of another kind."""
    return InvalidInputError(
        "settings: ledger", "not an address of a ledger", "Send the path of a file, or a postgresql:// address"
    )


def _open_file(address: str | None, sync: Sync) -> SqliteStore:
    return SqliteStore(ledger_file(address), sync=sync)


async def _open_database(address: str) -> Store:
    try:
        from tokenworth.burn.ledger.postgres_store import open_postgres  # noqa: PLC0415 - an optional extra
    except ModuleNotFoundError:
        raise LedgerUnusableError(NO_DRIVER) from None
    return await open_postgres(address)
