"""A hold as one PostgreSQL statement: the conditional update of a budget and all above it, with the insert beside it.

It grants or does nothing. Whatever is not a plain grant (a key seen before, a limit reached, budgets changed, a hold
to expire first) is left to the batch, which knows all the rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tokenworth.budgets import Amount, Grant
from tokenworth.burn.ledger.entries import Leg, fingerprint, hold_name, written_legs
from tokenworth.burn.ledger.operations import Reserve
from tokenworth.burn.ledger.periods import span_at
from tokenworth.burn.ledger.postgres_batch import Memory
from tokenworth.burn.ledger.postgres_driver import Connection
from tokenworth.burn.ledger.sqlite_store import wall_clock_ms

__all__ = ["Direct"]

NEVER_MS: Final = 2**62
HOLD: Final = """
WITH moment AS MATERIALIZED (SELECT ledger_now_ms() AS now_ms),
ready AS MATERIALIZED (
  SELECT now_ms FROM ledger_meta, moment
  WHERE budgets_version = $1 AND now_ms >= $2 AND now_ms < $3
  AND NOT EXISTS (SELECT FROM entries WHERE id = $4)
  AND NOT EXISTS (SELECT FROM entries WHERE state = 'held' AND expires_ms <= (SELECT now_ms FROM moment))
),
locked AS MATERIALIZED (
  SELECT budget, period_ms,
    limit_nano_usd + carry_nano_usd - spent_nano_usd - held_nano_usd - $7::bigint AS left_nano_usd,
    limit_tokens + carry_tokens - spent_tokens - held_tokens - $8::bigint AS left_tokens,
    limit_nano_usd IS NOT NULL AND $7::bigint IS NULL OR limit_tokens IS NOT NULL AND $8::bigint IS NULL AS unknown
  FROM balances
  WHERE (budget, period_ms) IN (SELECT * FROM unnest($5::text[], $6::bigint[])) AND shard = 0
  AND EXISTS (SELECT FROM ready)
  ORDER BY budget FOR UPDATE
),
fits AS MATERIALIZED (
  SELECT min(left_nano_usd) AS left_nano_usd, min(left_tokens) AS left_tokens FROM locked
  HAVING count(*) = cardinality($5::text[])
  AND NOT bool_or(unknown OR coalesce(left_nano_usd, 0) < 0 OR coalesce(left_tokens, 0) < 0)
),
held AS (
  UPDATE balances SET held_nano_usd = held_nano_usd + coalesce($7, 0), held_tokens = held_tokens + coalesce($8, 0)
  FROM locked WHERE balances.budget = locked.budget AND balances.period_ms = locked.period_ms AND shard = 0
  AND EXISTS (SELECT FROM fits)
)
INSERT INTO entries (id, asked, state, budget, nano_usd, tokens, created_ms, expires_ms, on_expiry, legs,
  left_nano_usd, left_tokens, late, model)
SELECT $4, $9, 'held', $10, $7, $8, now_ms, now_ms + $11::bigint, $12, $13, left_nano_usd, left_tokens, false, $14
FROM fits, ready
RETURNING left_nano_usd, left_tokens, expires_ms
"""


@dataclass(frozen=True, slots=True)
class Direct:
    """One hold, ready to be sent."""

    operation: Reserve
    version: int
    legs: tuple[Leg, ...]
    from_ms: int
    until_ms: int

    @classmethod
    def of(cls, operation: Reserve, memory: Memory) -> Direct | None:
        """The statement for a hold; None when its budgets are not known, leased, or not one row each."""
        legs: list[Leg] = []
        from_ms, until_ms = 0, NEVER_MS
        above: str | None = operation.budget
        while above is not None:
            budget = memory.budgets.get(above)
            if budget is None or budget.period.rolls_over or budget.period.kind == "rolling" or above in memory.leases:
                return None
            span = span_at(budget.period, wall_clock_ms())
            leg = (above, span.start_ms, 0)
            if leg not in memory.begun:
                return None
            legs.append(leg)
            from_ms = max(from_ms, span.start_ms)
            until_ms = min(until_ms, span.end_ms or NEVER_MS)
            above = budget.parent
        return cls(operation, memory.version, tuple(legs), from_ms, until_ms)

    async def run(self, connection: Connection) -> Grant | None:
        """The grant, or None when it was none and nothing was changed.

        Raises:
            Exception: one of `AGAIN`, when the same key came in another connection at the same time.
        """
        request = self.operation.request
        row = await connection.fetchrow(
            HOLD,
            self.version,
            self.from_ms,
            self.until_ms,
            self.operation.entry,
            [leg[0] for leg in self.legs],
            [leg[1] for leg in self.legs],
            request.amount.nano_usd,
            request.amount.tokens,
            fingerprint(request.asked),
            request.budget,
            request.expires_in_s * 1000,
            request.on_expiry,
            written_legs(self.legs),
            request.model,
        )
        if row is None:
            return None
        return Grant(
            granted=True,
            hold=hold_name(self.operation.entry),
            left=Amount(row[0], row[1]),
            expires_at_ms=row[2],
        )
