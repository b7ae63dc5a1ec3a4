"""Reads and writes a desk's rows in PostgreSQL: all that a batch needs is fetched first, under locks in a fixed order.

The order is: entries by id, the lock for new periods, rolling budgets by id, balances by key. What must be taken out
of order can at worst meet a deadlock, which PostgreSQL breaks and the store tries again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from tokenworth.budgets import Amount, Balance, Budget
from tokenworth.burn.ledger.desk import Desk
from tokenworth.burn.ledger.entries import ENTRY_COLUMNS, Entry, Leg, entry_from_row, row_of
from tokenworth.burn.ledger.postgres_driver import Connection
from tokenworth.burn.ledger.rows import (
    BALANCE_COLUMNS,
    CLOSING_COLUMNS,
    balance_from_row,
    budget_from_row,
    row_of_balance,
    row_of_budget,
    row_of_closing,
)

__all__ = ["Fetched", "Rows"]

# Keeps two processes from beginning the same period of a budget at once; the number is arbitrary and ours.
PERIOD_LOCK: Final = 0x54574C48


# The queries are put together from our own column names alone.
COLUMNS: Final = ", ".join(BALANCE_COLUMNS)
BALANCES: Final = f"SELECT {COLUMNS} FROM balances"  # noqa: S608 - see above
ENTRIES: Final = f"SELECT {', '.join(ENTRY_COLUMNS)} FROM entries"  # noqa: S608 - see above
LOCK_BALANCES: Final = f"""
{BALANCES} JOIN unnest($1::text[], $2::bigint[], $3::bigint[]) AS wanted (budget, period_ms, shard)
USING (budget, period_ms, shard) ORDER BY budget, period_ms, shard FOR UPDATE OF balances
"""
MOMENT: Final = f"""
WITH now AS MATERIALIZED (SELECT ledger_now_ms() AS now_ms),
known AS MATERIALIZED ({ENTRIES} WHERE id = ANY ($1::bytea[]) ORDER BY id FOR UPDATE)
SELECT now_ms, budgets_version,
  EXISTS (SELECT FROM entries WHERE entries.state = 'held' AND entries.expires_ms <= (SELECT now_ms FROM now)),
  known.* FROM now, ledger_meta LEFT JOIN known ON true
"""  # noqa: S608 - see above
ENTRY_TYPES: Final = dict.fromkeys(ENTRY_COLUMNS, "bigint") | {
    "id": "bytea",
    "asked": "bytea",
    "state": "text",
    "budget": "text",
    "on_expiry": "text",
    "legs": "text",
    "refused": "text",
    "closed_asked": "bytea",
    "late": "boolean",
    "model": "text",
}
BALANCE_TYPES: Final = dict.fromkeys(BALANCE_COLUMNS, "bigint") | {"budget": "text"}
CLOSED_COLUMNS: Final = (*CLOSING_COLUMNS, "id")
SPEND_TYPES: Final = ("text", "bigint", "bigint", "bigint", "bigint")


def _arrays(types: Sequence[str], after: int) -> str:
    return ", ".join(f"${after + place + 1}::{each}[]" for place, each in enumerate(types))


# One statement and one way there and back for everything that holding and charging writes.
AFTER_MADE: Final = len(ENTRY_COLUMNS)
AFTER_CLOSED: Final = AFTER_MADE + len(CLOSED_COLUMNS)
AFTER_BALANCES: Final = AFTER_CLOSED + len(BALANCE_COLUMNS)
CLOSED: Final = ", ".join(f"{name} = now.{name}" for name in CLOSING_COLUMNS)
REPLACED: Final = ", ".join(f"{name} = excluded.{name}" for name in BALANCE_COLUMNS[3:])
WRITE: Final = f"""
WITH made AS (
  INSERT INTO entries SELECT * FROM unnest({_arrays([*ENTRY_TYPES.values()], 0)})
), closed AS (
  UPDATE entries SET {CLOSED}
  FROM unnest({_arrays([ENTRY_TYPES[name] for name in CLOSED_COLUMNS], AFTER_MADE)})
  AS now ({", ".join(CLOSED_COLUMNS)})
  WHERE entries.id = now.id
), counted AS (
  INSERT INTO balances SELECT * FROM unnest({_arrays([*BALANCE_TYPES.values()], AFTER_CLOSED)})
  ON CONFLICT (budget, period_ms, shard) DO UPDATE SET {REPLACED}
)
INSERT INTO spends SELECT * FROM unnest({_arrays(SPEND_TYPES, AFTER_BALANCES)})
ON CONFLICT (budget, slot_ms, writer)
DO UPDATE SET nano_usd = spends.nano_usd + excluded.nano_usd, tokens = spends.tokens + excluded.tokens
"""  # noqa: S608 - see above
ADD_MODEL_SPENDS: Final = """
INSERT INTO model_spends VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (budget, period_ms, model, writer)
DO UPDATE SET nano_usd = model_spends.nano_usd + excluded.nano_usd, tokens = model_spends.tokens + excluded.tokens
"""
# The conditions are those of the index, so that nothing else is read.
SELECT_PLANNED: Final = """
SELECT model, nano_usd, charged_nano_usd FROM entries
WHERE budget = $1 AND model IS NOT NULL AND expires_ms IS NOT NULL AND state = 'settled' AND nano_usd > 0
ORDER BY closed_ms DESC LIMIT $2
"""
PUT_BUDGET: Final = """
INSERT INTO budgets VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO UPDATE SET
parent = excluded.parent, kind = excluded.kind, timezone = excluded.timezone, window_s = excluded.window_s,
rolls_over = excluded.rolls_over, limit_nano_usd = excluded.limit_nano_usd, limit_tokens = excluded.limit_tokens,
rollover_cap_nano_usd = excluded.rollover_cap_nano_usd, rollover_cap_tokens = excluded.rollover_cap_tokens
"""
PUT_OBSERVED: Final = """
INSERT INTO observed VALUES ($1, $2, $3, $4, $5) ON CONFLICT (budget, period_ms, source)
DO UPDATE SET nano_usd = excluded.nano_usd, tokens = excluded.tokens
"""


class Fetched:
    """What was fetched for a batch: a desk's source. What is not in it does not exist."""

    def __init__(self) -> None:
        self.entries: dict[bytes, Entry] = {}
        self.balances: dict[Leg, Balance] = {}
        self.before: dict[str, Balance] = {}

    def entry(self, entry: bytes) -> Entry | None:
        """The entry with an id."""
        return self.entries.get(entry)

    def balance(self, budget: str, period_ms: int, shard: int) -> Balance | None:
        """One balance."""
        return self.balances.get((budget, period_ms, shard))

    def latest_before(self, budget: str, period_ms: int) -> Balance | None:
        """The balance of the last period that starts earlier."""
        found = self.before.get(budget)
        return found if found is not None and found.period_ms < period_ms else None

    def since(self, budget: str, period_ms: int) -> list[Balance]:
        """The balances of all periods that start at a moment or later."""
        return sorted(
            (
                each
                for (name, start, shard), each in self.balances.items()
                if name == budget and start >= period_ms and not shard
            ),
            key=lambda each: each.period_ms,
        )


class Rows:
    """One connection's rows, inside a transaction that somebody else begins and ends."""

    def __init__(self, connection: Connection, writer: int) -> None:
        self._connection = connection
        self._writer = writer

    async def moment(self, entries: Sequence[bytes] = ()) -> tuple[int, int, bool, list[Entry]]:
        """The store's clock, the version of its budgets, whether a hold has expired, and entries, locked in order."""
        rows = await self._connection.fetch(MOMENT, sorted(entries))
        found = [entry_from_row(tuple(row)[3:]) for row in rows if row[3] is not None]
        return rows[0][0], rows[0][1], rows[0][2], found

    async def budgets(self) -> dict[str, Budget]:
        """Every budget, by id."""
        rows = await self._connection.fetch("SELECT * FROM budgets ORDER BY id")
        return {row[0]: budget_from_row(tuple(row)) for row in rows}

    async def next_expiry_in_ms(self) -> int | None:
        """How long until the next open hold expires, by the store's clock."""
        expiry_in_ms: int | None = await self._connection.fetchval(
            "SELECT min(expires_ms) - ledger_now_ms() FROM entries WHERE state = 'held'"
        )
        return expiry_in_ms

    async def lock_new_periods(self) -> None:
        """Be the only one to begin periods until the transaction ends."""
        await self._connection.execute("SELECT pg_advisory_xact_lock($1)", PERIOD_LOCK)

    async def lock_budgets(self, budgets: Iterable[str]) -> dict[str, Budget]:
        """Lock budgets themselves: rolling ones have no one balance that everybody locks."""
        rows = await self._connection.fetch(
            "SELECT * FROM budgets WHERE id = ANY ($1::text[]) ORDER BY id FOR UPDATE", sorted(budgets)
        )
        return {row[0]: budget_from_row(tuple(row)) for row in rows}

    async def lock_due(self, now_ms: int, most: int) -> list[Entry]:
        """Open holds that have expired and that no other process is just ending."""
        rows = await self._connection.fetch(
            f"{ENTRIES} WHERE state = 'held' AND expires_ms <= $1 ORDER BY expires_ms LIMIT $2 FOR UPDATE SKIP LOCKED",
            now_ms,
            most,
        )
        return [entry_from_row(tuple(row)) for row in rows]

    async def lock_balances(self, legs: Iterable[Leg]) -> list[Balance]:
        """Balances by their keys, locked in order; those that do not exist are left out."""
        wanted = sorted(set(legs))
        rows = await self._connection.fetch(
            LOCK_BALANCES, [leg[0] for leg in wanted], [leg[1] for leg in wanted], [leg[2] for leg in wanted]
        )
        return [balance_from_row(tuple(row)) for row in rows]

    async def lock_series(self, budgets: Mapping[str, int]) -> list[Balance]:
        """The budgets' own balances of all periods from a start on, locked in order."""
        rows = await self._connection.fetch(
            f"{BALANCES} JOIN unnest($1::text[], $2::bigint[]) AS wanted (budget, since_ms) USING (budget) "
            "WHERE period_ms >= since_ms AND shard = 0 ORDER BY budget, period_ms FOR UPDATE OF balances",
            list(budgets),
            list(budgets.values()),
        )
        return [balance_from_row(tuple(row)) for row in rows]

    async def lock_latest_before(self, budget: str, period_ms: int) -> Balance | None:
        """The balance of a budget's last period that starts earlier."""
        row = await self._connection.fetchrow(
            f"{BALANCES} WHERE budget = $1 AND period_ms < $2 AND shard = 0 ORDER BY period_ms DESC LIMIT 1 FOR UPDATE",
            budget,
            period_ms,
        )
        return None if row is None else balance_from_row(tuple(row))

    async def existing(self, legs: Iterable[Leg]) -> set[Leg]:
        """Which of some balances exist, without locking them."""
        wanted = list(legs)
        rows = await self._connection.fetch(
            "SELECT budget, period_ms, shard FROM balances JOIN unnest($1::text[], $2::bigint[], $3::bigint[]) "
            "AS wanted (budget, period_ms, shard) USING (budget, period_ms, shard)",
            [leg[0] for leg in wanted],
            [leg[1] for leg in wanted],
            [leg[2] for leg in wanted],
        )
        return {(row[0], row[1], row[2]) for row in rows}

    async def all_shards(self, budget: str, since_ms: int) -> list[Balance]:
        """Balances of a budget with those of its leases, as they are now."""
        rows = await self._connection.fetch(f"{BALANCES} WHERE budget = $1 AND period_ms >= $2", budget, since_ms)
        return [balance_from_row(tuple(row)) for row in rows]

    async def latest_before(self, budget: str, period_ms: int) -> Balance | None:
        """The balance of the last period that starts earlier, as it is now."""
        row = await self._connection.fetchrow(
            f"{BALANCES} WHERE budget = $1 AND period_ms < $2 AND shard = 0 ORDER BY period_ms DESC LIMIT 1",
            budget,
            period_ms,
        )
        return None if row is None else balance_from_row(tuple(row))

    async def spends(self, budget: str, since_ms: int, step_ms: int) -> list[tuple[int, int, int]]:
        """What was charged to a budget since a moment, by steps of time: moment, nano-USD, tokens."""
        rows = await self._connection.fetch(
            "SELECT slot_ms / $3 * $3, sum(nano_usd)::bigint, sum(tokens)::bigint FROM spends "
            "WHERE budget = $1 AND slot_ms >= $2 GROUP BY 1 ORDER BY 1",
            budget,
            since_ms,
            step_ms,
        )
        return [(row[0], row[1], row[2]) for row in rows]

    async def observed(self, budget: str, period_ms: int) -> dict[str, Amount]:
        """What logs and reports saw in a period, by source."""
        rows = await self._connection.fetch(
            "SELECT source, nano_usd, tokens FROM observed WHERE budget = $1 AND period_ms = $2 ORDER BY source",
            budget,
            period_ms,
        )
        return {row[0]: Amount(row[1], row[2]) for row in rows}

    async def model_spends(self, budget: str, first_ms: int, last_ms: int) -> list[tuple[str, int, int]]:
        """What was charged for each model in the periods that start in a span of time: model, nano-USD, tokens."""
        rows = await self._connection.fetch(
            "SELECT model, sum(nano_usd)::bigint, sum(tokens)::bigint FROM model_spends "
            "WHERE budget = $1 AND period_ms BETWEEN $2 AND $3 GROUP BY model",
            budget,
            first_ms,
            last_ms,
        )
        return [(row[0], row[1], row[2]) for row in rows]

    async def planned_holds(self, budget: str, most: int) -> list[tuple[str, int, int]]:
        """The latest planned holds that were settled: model, nano-USD held, nano-USD charged."""
        rows = await self._connection.fetch(SELECT_PLANNED, budget, most)
        return [(row[0], row[1], row[2]) for row in rows]

    async def write(self, desk: Desk) -> None:
        """Put everything that a desk changed into its tables."""
        if desk.changed_budgets:
            await self._many(PUT_BUDGET, [row_of_budget(desk.budgets[name]) for name in sorted(desk.changed_budgets)])
            await self._connection.execute("UPDATE ledger_meta SET budgets_version = budgets_version + 1")
        made = [row_of(entry) for entry in desk.made.values()]
        closed = [row_of_closing(entry) for entry in desk.closed.values()]
        balances = [row_of_balance(desk.balances[leg]) for leg in sorted(desk.touched)]
        spends = [(*where, self._writer, *amount) for where, amount in sorted(desk.spends.items())]
        if made or closed or balances or spends:
            await self._connection.execute(
                WRITE,
                *_columns(made, len(ENTRY_COLUMNS)),
                *_columns(closed, len(CLOSED_COLUMNS)),
                *_columns(balances, len(BALANCE_COLUMNS)),
                *_columns(spends, len(SPEND_TYPES)),
            )
        models = [(*where, self._writer, *amount) for where, amount in sorted(desk.model_spends.items())]
        await self._many(ADD_MODEL_SPENDS, models)
        seen = [(*where, amount.nano_usd, amount.tokens) for where, amount in sorted(desk.observed.items())]
        await self._many(PUT_OBSERVED, seen)

    async def _many(self, statement: str, rows: Sequence[Any]) -> None:
        if rows:
            await self._connection.executemany(statement, rows)


def _columns(rows: Sequence[Sequence[Any]], count: int) -> list[list[Any]]:
    """Rows as one list a column."""
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(count)]
