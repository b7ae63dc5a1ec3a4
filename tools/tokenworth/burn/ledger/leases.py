"""Escrow leases: a server holds a slice of a hot budget and grants from it, so that servers do not wait for one row.

A lease is a balance of its own (a shard) whose limit is the slice, and the slice is held on the budget itself, so what
is granted together never passes the limit. Anybody may give a lease back at any time, under locks: whoever would
otherwise be refused does, so slices that others do not use never cause a refusal, and a server that died leaves
nothing that must expire.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tokenworth.budgets import NOTHING, UNITS, Amount, Balance, Budget
from tokenworth.burn.ledger.entries import Leg
from tokenworth.burn.ledger.postgres_driver import Connection, Row

__all__ = ["Lease", "begin_slice", "delete_leases", "give_back", "insert_lease", "leases_of", "next_shard", "slice_of"]

# A slice is a quarter of what is left, and only worth its row where it serves many batches like the present one.
SLICE_DIVISOR: Final = 4
BATCHES_MIN: Final = 8


@dataclass(slots=True)
class Lease:
    """A slice that this server grants from.

    Attributes:
        left: what it still allows, as of the last batch.
        beyond: what the budget still allows besides, as read some time ago, good until `beyond_until_ms`.
    """

    shard: int
    period_ms: int
    left: Amount
    beyond: Amount = NOTHING
    beyond_until_ms: int = 0

    def covers(self, wanted: Amount) -> bool:
        """Whether the slice has room for an amount, in the units that it limits."""
        return all((left := self.left.of(unit)) is None or (wanted.of(unit) or 0) <= left for unit in UNITS)


def slice_of(budget: Budget, main: Balance, wanted: Amount) -> Amount | None:
    """How much of a budget to lease for batches like one that wants this much; None when it is too close to its limit.

    An unlimited unit has no slice.
    """
    sizes: list[int | None] = []
    for unit in UNITS:
        left = main.left(unit)
        if budget.limit(unit) is None or left is None:
            sizes.append(None)
            continue
        size = left // SLICE_DIVISOR
        if size < BATCHES_MIN * max(wanted.of(unit) or 0, 1):
            return None
        sizes.append(size)
    return Amount(*sizes)


def begin_slice(main: Balance, shard: int, size: Amount) -> Balance:
    """Hold a slice on the budget and make its own balance."""
    main.held_nano_usd += size.nano_usd or 0
    main.held_tokens += size.tokens or 0
    return Balance(main.budget, main.period_ms, shard, limit_nano_usd=size.nano_usd, limit_tokens=size.tokens)


def give_back(main: Balance, leased: Balance) -> None:
    """Move what a lease granted and charged onto the budget, and let go of the slice."""
    main.held_nano_usd += leased.held_nano_usd - (leased.limit_nano_usd or 0)
    main.held_tokens += leased.held_tokens - (leased.limit_tokens or 0)
    main.spent_nano_usd += leased.spent_nano_usd
    main.spent_tokens += leased.spent_tokens
    main.unpriced_tokens += leased.unpriced_tokens


async def next_shard(connection: Connection) -> int:
    """A number that no other lease has or had."""
    return int(await connection.fetchval("SELECT nextval('shards')"))


async def insert_lease(connection: Connection, leased: Balance) -> None:
    """Let others find the lease."""
    await connection.execute("INSERT INTO leases VALUES ($1, $2, $3)", leased.shard, leased.budget, leased.period_ms)


async def leases_of(connection: Connection, budgets: Iterable[str]) -> list[Leg]:
    """The leases on some budgets, whoever has them."""
    rows: Sequence[Row] = await connection.fetch(
        "SELECT budget, period_ms, shard FROM leases WHERE budget = ANY ($1::text[])", sorted(budgets)
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def delete_leases(connection: Connection, legs: Sequence[Leg]) -> None:
    """Forget leases that were given back."""
    shards = [leg[2] for leg in legs]
    await connection.execute("DELETE FROM leases WHERE shard = ANY ($1::bigint[])", shards)
    await connection.execute("DELETE FROM balances WHERE shard = ANY ($1::bigint[]) AND shard <> 0", shards)
