"""Reads and writes a desk's rows in SQLite, inside a transaction that somebody else begins and ends."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from tokenworth.budgets import Amount, Balance, Budget
from tokenworth.burn.ledger.desk import Desk
from tokenworth.burn.ledger.entries import ENTRY_COLUMNS, Entry, entry_from_row, row_of
from tokenworth.burn.ledger.rows import (
    BALANCE_COLUMNS,
    CLOSING_COLUMNS,
    balance_from_row,
    budget_from_row,
    row_of_balance,
    row_of_budget,
    row_of_closing,
)

__all__ = ["Rows"]

# The queries are put together from our own column names alone.
BALANCES: Final = f"SELECT {', '.join(BALANCE_COLUMNS)} FROM balances"  # noqa: S608 - see above
SELECT_BALANCE: Final = f"{BALANCES} WHERE budget = ? AND period_ms = ?"
SELECT_BEFORE: Final = f"{BALANCES} WHERE budget = ? AND period_ms < ? ORDER BY period_ms DESC LIMIT 1"
SELECT_SINCE: Final = f"{BALANCES} WHERE budget = ? AND period_ms >= ? ORDER BY period_ms"
ENTRIES: Final = f"SELECT {', '.join(ENTRY_COLUMNS)} FROM entries"  # noqa: S608 - see above
SELECT_ENTRY: Final = f"{ENTRIES} WHERE id = ?"
SELECT_DUE: Final = f"{ENTRIES} WHERE state = 'held' AND expires_ms <= ? ORDER BY expires_ms LIMIT ?"
SELECT_NEWS: Final = """
SELECT value, EXISTS (SELECT 1 FROM entries WHERE state = 'held' AND expires_ms <= ?)
FROM meta WHERE name = 'budgets_version'
"""
# The conditions are those of the index, so that nothing else is read.
SELECT_PLANNED: Final = """
SELECT model, nano_usd, charged_nano_usd FROM entries
WHERE budget = ? AND model IS NOT NULL AND expires_ms IS NOT NULL AND state = 'settled' AND nano_usd > 0
ORDER BY closed_ms DESC LIMIT ?
"""
INSERT_ENTRY: Final = f"INSERT INTO entries VALUES ({', '.join('?' * len(ENTRY_COLUMNS))})"  # noqa: S608 - see above
CLOSED: Final = ", ".join(f"{name} = ?" for name in CLOSING_COLUMNS)
CLOSE_ENTRY: Final = f"UPDATE entries SET {CLOSED} WHERE id = ?"  # noqa: S608 - see above
PUT_BALANCE: Final = f"INSERT OR REPLACE INTO balances VALUES ({', '.join('?' * len(BALANCE_COLUMNS))})"  # noqa: S608 - see above
ADD_SPEND: Final = """
INSERT INTO spends VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET nano_usd = nano_usd + excluded.nano_usd, tokens = tokens + excluded.tokens
"""
ADD_MODEL_SPEND: Final = """
INSERT INTO model_spends VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET nano_usd = nano_usd + excluded.nano_usd, tokens = tokens + excluded.tokens
"""
PUT_BUDGET: Final = """
INSERT INTO budgets VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET parent = excluded.parent, kind = excluded.kind, timezone = excluded.timezone,
window_s = excluded.window_s, rolls_over = excluded.rolls_over, limit_nano_usd = excluded.limit_nano_usd,
limit_tokens = excluded.limit_tokens, rollover_cap_nano_usd = excluded.rollover_cap_nano_usd,
rollover_cap_tokens = excluded.rollover_cap_tokens
"""


class Rows:
    """One connection's rows; a desk's source."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def entry(self, entry: bytes) -> Entry | None:
        """The entry with an id."""
        row = self._connection.execute(SELECT_ENTRY, (entry,)).fetchone()
        return None if row is None else entry_from_row(row)

    def balance(self, budget: str, period_ms: int, shard: int) -> Balance | None:
        """One balance; there are no shards here, where one process writes at a time."""
        del shard
        return _balance(self._connection.execute(SELECT_BALANCE, (budget, period_ms)).fetchone())

    def latest_before(self, budget: str, period_ms: int) -> Balance | None:
        """The balance of the last period that starts earlier."""
        return _balance(self._connection.execute(SELECT_BEFORE, (budget, period_ms)).fetchone())

    def since(self, budget: str, period_ms: int) -> list[Balance]:
        """The balances of all periods that start at a moment or later."""
        return [balance_from_row(row) for row in self._connection.execute(SELECT_SINCE, (budget, period_ms))]

    def due(self, now_ms: int, most: int) -> list[Entry]:
        """Open holds that have expired, the oldest first."""
        return [entry_from_row(row) for row in self._connection.execute(SELECT_DUE, (now_ms, most))]

    def next_expiry_ms(self) -> int | None:
        """When the next open hold expires."""
        (expiry_ms,) = self._connection.execute("SELECT min(expires_ms) FROM entries WHERE state = 'held'").fetchone()
        return None if expiry_ms is None else int(expiry_ms)

    def news(self, now_ms: int) -> tuple[int, bool]:
        """A number that changes whenever a budget is set, and whether a hold has expired."""
        version, due = self._connection.execute(SELECT_NEWS, (now_ms,)).fetchone()
        return int(version), bool(due)

    def data_version(self) -> int:
        """SQLite's count of the commits of other connections to the file."""
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        return int(version)

    def budgets(self) -> dict[str, Budget]:
        """Every budget, by id."""
        return {row[0]: budget_from_row(row) for row in self._connection.execute("SELECT * FROM budgets ORDER BY id")}

    def budgets_above(self, budget: str) -> dict[str, Budget]:
        """A budget and all above it, by id; empty when there is none."""
        found: dict[str, Budget] = {}
        above: str | None = budget
        while above is not None and above not in found:
            row = self._connection.execute("SELECT * FROM budgets WHERE id = ?", (above,)).fetchone()
            if row is None:
                break
            found[above] = budget_from_row(row)
            above = found[above].parent
        return found

    def spends(self, budget: str, since_ms: int, step_ms: int) -> list[tuple[int, int, int]]:
        """What was charged to a budget since a moment, by steps of time: moment, nano-USD, tokens."""
        return self._connection.execute(
            "SELECT slot_ms / ?1 * ?1, sum(nano_usd), sum(tokens) FROM spends "
            "WHERE budget = ?2 AND slot_ms >= ?3 GROUP BY 1 ORDER BY 1",
            (step_ms, budget, since_ms),
        ).fetchall()

    def observed(self, budget: str, period_ms: int) -> dict[str, Amount]:
        """What logs and reports saw in a period, by source."""
        rows = self._connection.execute(
            "SELECT source, nano_usd, tokens FROM observed WHERE budget = ? AND period_ms = ? ORDER BY source",
            (budget, period_ms),
        )
        return {source: Amount(nano, tokens) for source, nano, tokens in rows}

    def model_spends(self, budget: str, first_ms: int, last_ms: int) -> list[tuple[str, int, int]]:
        """What was charged for each model in the periods that start in a span of time: model, nano-USD, tokens."""
        return self._connection.execute(
            "SELECT model, sum(nano_usd), sum(tokens) FROM model_spends "
            "WHERE budget = ? AND period_ms BETWEEN ? AND ? GROUP BY model",
            (budget, first_ms, last_ms),
        ).fetchall()

    def planned_holds(self, budget: str, most: int) -> list[tuple[str, int, int]]:
        """The latest planned holds that were settled: model, nano-USD held, nano-USD charged."""
        return self._connection.execute(SELECT_PLANNED, (budget, most)).fetchall()

    def write(self, desk: Desk) -> None:
        """Put everything that a desk changed into its tables."""
        many = self._connection.executemany
        if desk.changed_budgets:
            many(PUT_BUDGET, (row_of_budget(desk.budgets[name]) for name in sorted(desk.changed_budgets)))
            self._connection.execute("UPDATE meta SET value = value + 1 WHERE name = 'budgets_version'")
        if desk.made:
            many(INSERT_ENTRY, map(row_of, desk.made.values()))
        if desk.closed:
            many(CLOSE_ENTRY, map(row_of_closing, desk.closed.values()))
        if desk.touched:
            many(PUT_BALANCE, [row_of_balance(desk.balances[leg]) for leg in desk.touched])
        if desk.spends:
            many(ADD_SPEND, ((*where, *amount) for where, amount in desk.spends.items()))
        if desk.model_spends:
            many(ADD_MODEL_SPEND, ((*where, *amount) for where, amount in desk.model_spends.items()))
        if desk.observed:
            many(
                "INSERT OR REPLACE INTO observed VALUES (?, ?, ?, ?, ?)",
                ((*where, amount.nano_usd, amount.tokens) for where, amount in desk.observed.items()),
            )


def _balance(row: Sequence[object] | None) -> Balance | None:
    return None if row is None else balance_from_row(row)
