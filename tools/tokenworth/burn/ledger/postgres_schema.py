"""The PostgreSQL ledger's tables, how a schema becomes one, and which are refused and left as they are."""

from __future__ import annotations

import secrets
from typing import Final

from tokenworth.burn.ledger.postgres_driver import Connection
from tokenworth.errors import LedgerUnusableError

__all__ = ["SCHEMA_VERSION", "inspect_schema", "open_schema"]

SALT_BYTES: Final = 32
# Orders processes that create or upgrade; the number is arbitrary and ours.
UPGRADE_LOCK: Final = 0x54574C47

# The clock is a function so that every statement asks the same one: the server's.
MIGRATIONS: Final = (
    """
    CREATE FUNCTION ledger_now_ms() RETURNS bigint LANGUAGE sql VOLATILE AS
      'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint';
    CREATE TABLE budgets (
      id text PRIMARY KEY,
      parent text REFERENCES budgets (id),
      kind text NOT NULL,
      timezone text NOT NULL,
      window_s bigint,
      rolls_over boolean NOT NULL,
      limit_nano_usd bigint CHECK (limit_nano_usd >= 0),
      limit_tokens bigint CHECK (limit_tokens >= 0)
    );
    CREATE TABLE balances (
      budget text NOT NULL,
      period_ms bigint NOT NULL,
      shard bigint NOT NULL,
      limit_nano_usd bigint,
      limit_tokens bigint,
      carry_nano_usd bigint NOT NULL,
      carry_tokens bigint NOT NULL,
      spent_nano_usd bigint NOT NULL,
      spent_tokens bigint NOT NULL,
      held_nano_usd bigint NOT NULL CHECK (held_nano_usd >= 0),
      held_tokens bigint NOT NULL CHECK (held_tokens >= 0),
      unpriced_tokens bigint NOT NULL,
      PRIMARY KEY (budget, period_ms, shard)
    ) WITH (fillfactor = 40);
    CREATE TABLE leases (
      shard bigint PRIMARY KEY,
      budget text NOT NULL,
      period_ms bigint NOT NULL
    );
    CREATE INDEX leases_of ON leases (budget);
    CREATE SEQUENCE shards;
    CREATE TABLE entries (
      id bytea PRIMARY KEY,
      asked bytea NOT NULL,
      state text NOT NULL,
      budget text NOT NULL,
      nano_usd bigint,
      tokens bigint,
      created_ms bigint NOT NULL,
      expires_ms bigint,
      on_expiry text NOT NULL,
      legs text NOT NULL,
      left_nano_usd bigint,
      left_tokens bigint,
      refused text,
      closed_asked bytea,
      closed_ms bigint,
      charged_nano_usd bigint,
      charged_tokens bigint,
      closed_left_nano_usd bigint,
      closed_left_tokens bigint,
      late boolean NOT NULL
    ) WITH (fillfactor = 80);
    CREATE INDEX entries_due ON entries (expires_ms) WHERE state = 'held';
    CREATE TABLE spends (
      budget text NOT NULL,
      slot_ms bigint NOT NULL,
      writer bigint NOT NULL,
      nano_usd bigint NOT NULL,
      tokens bigint NOT NULL,
      PRIMARY KEY (budget, slot_ms, writer)
    ) WITH (fillfactor = 60);
    CREATE TABLE observed (
      budget text NOT NULL,
      period_ms bigint NOT NULL,
      source text NOT NULL,
      nano_usd bigint,
      tokens bigint,
      PRIMARY KEY (budget, period_ms, source)
    );
    """,
    """
    ALTER TABLE budgets ADD COLUMN rollover_cap_nano_usd bigint CHECK (rollover_cap_nano_usd >= 0);
    ALTER TABLE budgets ADD COLUMN rollover_cap_tokens bigint CHECK (rollover_cap_tokens >= 0);
    ALTER TABLE balances ADD COLUMN headroom_nano_usd bigint;
    ALTER TABLE balances ADD COLUMN headroom_tokens bigint;
    ALTER TABLE entries ADD COLUMN model text;
    CREATE INDEX entries_planned ON entries (budget, closed_ms)
      WHERE model IS NOT NULL AND expires_ms IS NOT NULL AND state = 'settled';
    CREATE TABLE model_spends (
      budget text NOT NULL,
      period_ms bigint NOT NULL,
      model text NOT NULL,
      writer bigint NOT NULL,
      nano_usd bigint NOT NULL,
      tokens bigint NOT NULL,
      PRIMARY KEY (budget, period_ms, model, writer)
    ) WITH (fillfactor = 60);
    """,
)
"""One script for each version, in order; a released script never changes."""
SCHEMA_VERSION: Final = len(MIGRATIONS)


async def open_schema(connection: Connection) -> bytes:
    """Make sure that the connection's schema is a ledger of this version, creating or upgrading it; its salt.

    Raises:
        LedgerUnusableError: it is newer; it was not written to.
    """
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", UPGRADE_LOCK)
        known = await connection.fetchval("SELECT to_regclass('ledger_meta') IS NOT NULL")
        version = await connection.fetchval("SELECT format FROM ledger_meta") if known else 0
        _refuse_newer(version)
        if not known:
            await connection.execute(
                "CREATE TABLE ledger_meta "
                "(format bigint NOT NULL, salt bytea NOT NULL, budgets_version bigint NOT NULL)"
            )
            await connection.execute("INSERT INTO ledger_meta VALUES (0, $1, 0)", secrets.token_bytes(SALT_BYTES))
        for number in range(version, SCHEMA_VERSION):
            await connection.execute(MIGRATIONS[number])
        if version < SCHEMA_VERSION:
            await connection.execute("UPDATE ledger_meta SET format = $1", SCHEMA_VERSION)
        return bytes(await connection.fetchval("SELECT salt FROM ledger_meta"))


async def inspect_schema(connection: Connection) -> tuple[int, int]:
    """The format of the ledger in the connection's schema, 0 where there is none yet, and how many budgets it has.

    Raises:
        LedgerUnusableError: it is newer, or this user may not do what the ledger needs.
    """
    if await connection.fetchval("SELECT current_schema() IS NULL"):
        raise LedgerUnusableError(
            "the database has no schema of the name in search_path. Create it, or leave search_path out"
        )
    if await connection.fetchval("SELECT pg_is_in_recovery()"):
        raise LedgerUnusableError("the database is a read-only copy. Give TOKENWORTH_LEDGER the primary's address")
    if not await connection.fetchval("SELECT to_regclass('ledger_meta') IS NOT NULL"):
        if not await connection.fetchval("SELECT has_schema_privilege(current_schema(), 'CREATE')"):
            raise LedgerUnusableError("this user may not make tables in the schema. Grant it CREATE on the schema")
        return 0, 0
    version = int(await connection.fetchval("SELECT format FROM ledger_meta"))
    _refuse_newer(version)
    if not await connection.fetchval("SELECT has_table_privilege('balances', 'INSERT, UPDATE')"):
        raise LedgerUnusableError(
            "this user may not write to the ledger. Grant it INSERT, UPDATE and DELETE on all tables"
        )
    return version, int(await connection.fetchval("SELECT count(*) FROM budgets"))


def _refuse_newer(version: int) -> None:
    if version > SCHEMA_VERSION:
        raise LedgerUnusableError(
            f"the ledger has format {version}, newer than this version's {SCHEMA_VERSION}, and was left as it is. "
            "Upgrade tokenworth, or give TOKENWORTH_LEDGER another database"
        )
