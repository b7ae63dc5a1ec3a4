"""The history's tables, how a file becomes one, and which files are refused and left as they are."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from tokenworth.errors import HistoryUnusableError

__all__ = ["APPLICATION_ID", "SCHEMA_VERSION", "open_history"]

# "TWUH", so that file(1) and we can tell a history from any other database.
APPLICATION_ID: Final = 0x54575548
SQLITE_MIN: Final = (3, 37, 0)  # STRICT tables
BUSY_S: Final = 15.0
CACHE_KIB: Final = 8_192
# As many as a first look writes: each page then goes to its place once.
CHECKPOINT_PAGES: Final = 16_000

MIGRATIONS: Final = (
    """
    CREATE TABLE notes (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE models (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE places (
      id INTEGER PRIMARY KEY,
      project TEXT NOT NULL,
      session TEXT NOT NULL,
      UNIQUE (project, session)
    ) STRICT;
    CREATE TABLE files (
      path BLOB PRIMARY KEY,
      agent TEXT NOT NULL,
      stamp TEXT NOT NULL,
      position INTEGER NOT NULL,
      state BLOB NOT NULL,
      mark BLOB NOT NULL,
      lost INTEGER NOT NULL,
      problem TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE threads (
      agent TEXT NOT NULL,
      thread TEXT NOT NULL,
      parent TEXT NOT NULL,
      PRIMARY KEY (agent, thread)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE quotas (
      agent TEXT NOT NULL,
      window_minutes INTEGER NOT NULL,
      used_percent REAL NOT NULL,
      resets_at_s INTEGER,
      seen_at_ms INTEGER NOT NULL,
      PRIMARY KEY (agent, window_minutes)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE calls (
      agent TEXT NOT NULL,
      family TEXT NOT NULL,
      call TEXT NOT NULL,
      request TEXT NOT NULL,
      rank INTEGER NOT NULL,
      version INTEGER NOT NULL,
      at_ms INTEGER NOT NULL,
      model INTEGER NOT NULL,
      place INTEGER NOT NULL,
      input INTEGER NOT NULL,
      cache_write_5m INTEGER NOT NULL,
      cache_write_1h INTEGER NOT NULL,
      cache_read INTEGER NOT NULL,
      output INTEGER NOT NULL,
      messages INTEGER NOT NULL,
      web_searches INTEGER NOT NULL,
      paid_nano_usd INTEGER,
      pico_usd INTEGER,
      was_pico_usd INTEGER,
      counts INTEGER NOT NULL DEFAULT 1,
      PRIMARY KEY (agent, family, call, request)
    ) STRICT, WITHOUT ROWID;
    """,
    # Calls, models and places go by numbers made of their names, and sums by the quarter of an hour are kept.
    """
    ALTER TABLE calls RENAME TO calls_1;
    CREATE TABLE calls (
      id INTEGER PRIMARY KEY,
      told INTEGER NOT NULL,
      request INTEGER NOT NULL,
      family INTEGER NOT NULL,
      agent TEXT NOT NULL,
      rank INTEGER NOT NULL,
      version INTEGER NOT NULL,
      at_ms INTEGER NOT NULL,
      model INTEGER NOT NULL,
      place INTEGER NOT NULL,
      input INTEGER NOT NULL,
      cache_write_5m INTEGER NOT NULL,
      cache_write_1h INTEGER NOT NULL,
      cache_read INTEGER NOT NULL,
      output INTEGER NOT NULL,
      messages INTEGER NOT NULL,
      web_searches INTEGER NOT NULL,
      paid_nano_usd INTEGER,
      pico_usd INTEGER,
      was_pico_usd INTEGER,
      counts INTEGER NOT NULL DEFAULT 1
    ) STRICT;
    INSERT INTO calls
      SELECT NULL, told_number(agent, family, call), request_number(request), family_number(family), agent, rank,
        version, at_ms, number_of(name), number_of(project, session), input, cache_write_5m, cache_write_1h, cache_read,
        output, messages, web_searches, paid_nano_usd, pico_usd, was_pico_usd, counts
      FROM calls_1 JOIN models ON models.id = model JOIN places ON places.id = place;
    DROP TABLE calls_1;
    CREATE UNIQUE INDEX calls_told ON calls (told, request);
    CREATE INDEX calls_family ON calls (family) WHERE family <> 0;
    UPDATE models SET id = number_of(name);
    UPDATE places SET id = number_of(project, session);
    CREATE TABLE sums (
      slot INTEGER NOT NULL,
      agent TEXT NOT NULL,
      model INTEGER NOT NULL,
      calls INTEGER NOT NULL,
      input INTEGER NOT NULL,
      cache_write_5m INTEGER NOT NULL,
      cache_write_1h INTEGER NOT NULL,
      cache_read INTEGER NOT NULL,
      output INTEGER NOT NULL,
      messages INTEGER NOT NULL,
      pico_usd INTEGER NOT NULL,
      unpriced INTEGER NOT NULL,
      PRIMARY KEY (slot, agent, model)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO sums
      SELECT at_ms / 900000, agent, model, count(*), sum(input), sum(cache_write_5m), sum(cache_write_1h),
        sum(cache_read), sum(output), sum(messages), sum(coalesce(pico_usd, paid_nano_usd * 1000, 0)),
        sum(CASE WHEN coalesce(pico_usd, paid_nano_usd) IS NULL THEN messages ELSE 0 END)
      FROM calls WHERE counts GROUP BY 1, 2, 3;
    """,
)
"""One script for each version, in order; a released script never changes."""
SCHEMA_VERSION: Final = len(MIGRATIONS)


def open_history(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode to a history, which is created or upgraded first.

    Raises:
        HistoryUnusableError: it is newer, another kind of file, or cannot be opened; it was not written to.
    """
    if sqlite3.sqlite_version_info < SQLITE_MIN:
        raise HistoryUnusableError("this Python's SQLite is older than 3.37. Use a newer Python")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Before SQLite makes it, so that nobody else can read it; its -wal and -shm take the same mode.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        version = _refuse_foreign(path)
        connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    except (sqlite3.Error, OSError) as error:
        raise _unusable(error) from None
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        if version < SCHEMA_VERSION:
            _upgrade(connection)
    except sqlite3.Error as error:
        connection.close()
        raise _unusable(error) from None
    return connection


def _refuse_foreign(path: Path) -> int:
    """Look at what is there without being able to write to it; its version."""
    if path.stat().st_size == 0:
        return 0
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_S)) as connection:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application != APPLICATION_ID and (tables or application):
        raise HistoryUnusableError("the file is another kind of database. Move it away")
    if version > SCHEMA_VERSION:
        raise HistoryUnusableError(
            f"it has format {version}, newer than this version's {SCHEMA_VERSION}, and was left as it is. "
            "Upgrade tokenworth"
        )
    return int(version)


def _upgrade(connection: sqlite3.Connection) -> None:
    _teach(connection)
    connection.execute("BEGIN IMMEDIATE")
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        for number in range(version, SCHEMA_VERSION):
            for statement in MIGRATIONS[number].split(";"):
                if statement.strip():
                    connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _teach(connection: sqlite3.Connection) -> None:
    """The numbers of names, for scripts that need them."""
    from tokenworth.burn.logs.naming import number_of, request_number  # noqa: PLC0415 - an upgrade happens once

    def family_number(family: str) -> int:
        return number_of(family) if family else 0

    def told_number(agent: str, family: str, call: str) -> int:
        return number_of(agent, call) ^ family_number(family)

    connection.create_function("number_of", -1, number_of, deterministic=True)
    connection.create_function("request_number", 1, request_number, deterministic=True)
    connection.create_function("family_number", 1, family_number, deterministic=True)
    connection.create_function("told_number", 3, told_number, deterministic=True)


def _unusable(error: Exception) -> HistoryUnusableError:
    name = error.sqlite_errorname if isinstance(error, sqlite3.Error) and hasattr(error, "sqlite_errorname") else "I/O"
    return HistoryUnusableError(f"its file cannot be opened ({name}). Check its folder and permissions")
