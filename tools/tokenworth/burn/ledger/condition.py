"""Looks a ledger over without making, upgrading or changing it: for whoever checks a set-up before using it."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from tokenworth.burn.ledger.opening import NO_DRIVER, POSTGRES, ledger_file, not_an_address
from tokenworth.burn.ledger.sqlite_schema import SCHEMA_VERSION, connect, refuse_foreign, unusable
from tokenworth.errors import LedgerUnusableError

__all__ = ["LedgerCondition", "inspect_ledger"]

SECONDS_MAX: Final = 5.0
NOT_WRITABLE: Final = "the ledger can be read but not written to"


@dataclass(frozen=True, slots=True)
class LedgerCondition:
    """What is at an address.

    Attributes:
        file: where a SQLite ledger is.
        format, newest_format: of the ledger, 0 where it is not made yet, and of this version.
        budgets: how many it has.
    """

    store: Literal["sqlite", "postgresql"]
    file: Path | None
    format: int
    newest_format: int
    budgets: int


async def inspect_ledger(address: str | None) -> LedgerCondition:
    """Whether a ledger could be used, and what it is.

    Args:
        address: as of `open_ledger`.

    Raises:
        LedgerUnusableError: it could not; the message says why and what to do.
        InvalidInputError: an address of another kind.
    """
    if address is not None and address.startswith(POSTGRES):
        return await _inspect_database(address)
    if address is not None and "://" in address:
        raise not_an_address()
    return await asyncio.to_thread(_inspect_file, ledger_file(address))


def _inspect_file(path: Path) -> LedgerCondition:
    if not path.exists():
        nearest = next(folder for folder in path.absolute().parents if folder.exists())
        if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
            raise LedgerUnusableError(
                "the ledger's folder cannot be written to. Give TOKENWORTH_LEDGER a file in a folder of yours"
            )
        return LedgerCondition("sqlite", path, 0, SCHEMA_VERSION, 0)
    try:
        version = refuse_foreign(path)
        if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
            raise LedgerUnusableError(f"{NOT_WRITABLE}. Change the permissions of the file and of its folder")
        connection = connect(path, sync="normal")
        try:
            connection.execute("BEGIN IMMEDIATE")  # proves that it can be written to, and is not kept locked
            budgets = connection.execute("SELECT count(*) FROM budgets").fetchone()[0] if version else 0
            connection.execute("ROLLBACK")
        finally:
            connection.close()
    except (sqlite3.Error, OSError) as error:
        raise unusable(error) from None
    return LedgerCondition("sqlite", path, version, SCHEMA_VERSION, int(budgets))


async def _inspect_database(address: str) -> LedgerCondition:
    try:
        from tokenworth.burn.ledger import postgres_schema as schema  # noqa: PLC0415 - an optional extra
        from tokenworth.burn.ledger import postgres_store as store  # noqa: PLC0415 - same
        from tokenworth.burn.ledger.postgres_driver import connect_pool  # noqa: PLC0415 - same
    except ModuleNotFoundError:
        raise LedgerUnusableError(NO_DRIVER) from None
    try:
        pool = await connect_pool(address, most=1, seconds_max=SECONDS_MAX, settings={})
        try:
            async with pool.acquire() as connection, connection.transaction(readonly=True):
                version, budgets = await schema.inspect_schema(connection)
        finally:
            await pool.close()
    except store.UNOPENED as error:
        raise store.unreachable(error) from None
    return LedgerCondition("postgresql", None, version, schema.SCHEMA_VERSION, budgets)
