"""The SQLite ledger's tables, how a file becomes one, and which files are refused and left as they are."""

from __future__ import annotations

import os
import secrets
import sqlite3
from pathlib import Path
from typing import Final

from tokenworth.errors import LedgerUnusableError

__all__ = ["APPLICATION_ID", "SCHEMA_VERSION", "connect", "open_database", "refuse_foreign", "unusable"]

# "TWLG", so that file(1) and we can tell a ledger from any other database.
APPLICATION_ID: Final = 0x54574C47
SQLITE_MIN: Final = (3, 37, 0)  # STRICT tables
BUSY_MS: Final = 5_000
SALT_BYTES: Final = 32
# 16 MB of log between checkpoints, each of which costs two fsyncs: four times SQLite's own interval.
CHECKPOINT_PAGES: Final = 4_000

MIGRATIONS: Final = (
    """
    CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE budgets (
      id TEXT PRIMARY KEY,
      parent TEXT REFERENCES budgets (id),
      kind TEXT NOT NULL,
      timezone TEXT NOT NULL,
      window_s INTEGER,
      rolls_over INTEGER NOT NULL,
      limit_nano_usd INTEGER CHECK (limit_nano_usd >= 0),
      limit_tokens INTEGER CHECK (limit_tokens >= 0)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE balances (
      budget TEXT NOT NULL,
      period_ms INTEGER NOT NULL,
      shard INTEGER NOT NULL CHECK (shard = 0),
      limit_nano_usd INTEGER,
      limit_tokens INTEGER,
      carry_nano_usd INTEGER NOT NULL,
      carry_tokens INTEGER NOT NULL,
      spent_nano_usd INTEGER NOT NULL,
      spent_tokens INTEGER NOT NULL,
      held_nano_usd INTEGER NOT NULL CHECK (held_nano_usd >= 0),
      held_tokens INTEGER NOT NULL CHECK (held_tokens >= 0),
      unpriced_tokens INTEGER NOT NULL,
      PRIMARY KEY (budget, period_ms)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE entries (
      id BLOB PRIMARY KEY,
      asked BLOB NOT NULL,
      state TEXT NOT NULL,
      budget TEXT NOT NULL,
      nano_usd INTEGER,
      tokens INTEGER,
      created_ms INTEGER NOT NULL,
      expires_ms INTEGER,
      on_expiry TEXT NOT NULL,
      legs TEXT NOT NULL,
      left_nano_usd INTEGER,
      left_tokens INTEGER,
      refused TEXT,
      closed_asked BLOB,
      closed_ms INTEGER,
      charged_nano_usd INTEGER,
      charged_tokens INTEGER,
      closed_left_nano_usd INTEGER,
      closed_left_tokens INTEGER,
      late INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX entries_due ON entries (expires_ms) WHERE state = 'held';
    CREATE TABLE spends (
      budget TEXT NOT NULL,
      slot_ms INTEGER NOT NULL,
      nano_usd INTEGER NOT NULL,
      tokens INTEGER NOT NULL,
      PRIMARY KEY (budget, slot_ms)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE observed (
      budget TEXT NOT NULL,
      period_ms INTEGER NOT NULL,
      source TEXT NOT NULL,
      nano_usd INTEGER,
      tokens INTEGER,
      PRIMARY KEY (budget, period_ms, source)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO meta VALUES ('budgets_version', 0);
    """,
    """
    ALTER TABLE budgets ADD COLUMN rollover_cap_nano_usd INTEGER CHECK (rollover_cap_nano_usd >= 0);
    ALTER TABLE budgets ADD COLUMN rollover_cap_tokens INTEGER CHECK (rollover_cap_tokens >= 0);
    ALTER TABLE balances ADD COLUMN headroom_nano_usd INTEGER;
    ALTER TABLE balances ADD COLUMN headroom_tokens INTEGER;
    ALTER TABLE entries ADD COLUMN model TEXT;
    CREATE INDEX entries_planned ON entries (budget, closed_ms)
      WHERE model IS NOT NULL AND expires_ms IS NOT NULL AND state = 'settled';
    CREATE TABLE model_spends (
      budget TEXT NOT NULL,
      period_ms INTEGER NOT NULL,
      model TEXT NOT NULL,
      nano_usd INTEGER NOT NULL,
      tokens INTEGER NOT NULL,
      PRIMARY KEY (budget, period_ms, model)
    ) STRICT, WITHOUT ROWID;
    """,
)
"""One script for each version, in order; a released script never changes."""
SCHEMA_VERSION: Final = len(MIGRATIONS)


def open_database(path: Path) -> bytes:
    """Make sure that a file is a ledger of this version, creating or upgrading it; its salt.

    Whoever calls holds the lock among processes.

    Raises:
        LedgerUnusableError: it is newer, another kind of file, or cannot be opened; it was not written to.
    """
    if sqlite3.sqlite_version_info < SQLITE_MIN:
        raise LedgerUnusableError("this Python's SQLite is older than 3.37, which the ledger needs. Use a newer Python")
    try:
        if not path.exists():
            # Before SQLite makes it, so that nobody else can read it; its -wal and -shm take the same mode.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        refuse_foreign(path)
        connection = connect(path, sync="full")
    except (sqlite3.Error, OSError) as error:
        raise unusable(error) from None
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        _upgrade(connection)
        (salt,) = connection.execute("SELECT value FROM meta WHERE name = 'salt'").fetchone()
    except sqlite3.Error as error:
        raise unusable(error) from None
    finally:
        connection.close()
    return bytes(salt)


def connect(path: Path, *, sync: str, read_only: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode for one thread.

    Args:
        path: the file, which `open_database` has made a ledger.
        sync: "normal" (what was answered survives the process) or "full" (it also survives the machine's power).
        read_only: refuse to write.
    """
    connection = sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    connection.execute(f"PRAGMA synchronous = {'FULL' if sync == 'full' else 'NORMAL'}")
    if read_only:
        connection.execute("PRAGMA query_only = ON")
    return connection


def refuse_foreign(path: Path) -> int:
    """Look at what is there without being able to write to it; the format that it has, 0 for an empty file.

    Raises:
        LedgerUnusableError: another kind of database, or a newer ledger.
        sqlite3.Error: not a database.
    """
    if path.stat().st_size == 0:
        return 0
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_MS / 1000)
    try:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    finally:
        connection.close()
    if application != APPLICATION_ID and (tables or application):
        raise LedgerUnusableError("the file is another kind of database. Give TOKENWORTH_LEDGER a file of its own")
    if version > SCHEMA_VERSION:
        raise LedgerUnusableError(
            f"the ledger has format {version}, newer than this version's {SCHEMA_VERSION}, and was left as it is. "
            "Upgrade tokenworth, or give TOKENWORTH_LEDGER another file"
        )
    return int(version)


def _upgrade(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        for number in range(version, SCHEMA_VERSION):
            for statement in MIGRATIONS[number].split(";"):
                if statement.strip():
                    connection.execute(statement)
        if version == 0:
            connection.execute("INSERT INTO meta VALUES ('salt', ?)", (secrets.token_bytes(SALT_BYTES),))
        if version < SCHEMA_VERSION:
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def unusable(error: Exception) -> LedgerUnusableError:
    """What to tell whoever asked for a file that cannot be opened; never its path."""
    name = error.sqlite_errorname if isinstance(error, sqlite3.Error) and hasattr(error, "sqlite_errorname") else "I/O"
    return LedgerUnusableError(
        f"the ledger's file cannot be opened as a ledger ({name}). Check its folder and permissions, or give "
        "TOKENWORTH_LEDGER another file"
    )
