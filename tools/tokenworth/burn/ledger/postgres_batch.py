"""One batch of operations as one PostgreSQL transaction: what is read and locked for it, and which leases it uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tokenworth.budgets import NOTHING, UNITS, Amount, Balance, Budget, Grant
from tokenworth.burn.ledger.desk import Desk
from tokenworth.burn.ledger.entries import Entry, Leg
from tokenworth.burn.ledger.leases import (
    Lease,
    begin_slice,
    delete_leases,
    give_back,
    insert_lease,
    leases_of,
    next_shard,
    slice_of,
)
from tokenworth.burn.ledger.operations import Operation, Record, Reserve, Settle, expire
from tokenworth.burn.ledger.periods import span_at
from tokenworth.burn.ledger.postgres_driver import Connection
from tokenworth.burn.ledger.postgres_rows import Fetched, Rows
from tokenworth.burn.ledger.set_limits import SetBudget
from tokenworth.errors import TokenworthError

__all__ = ["Batch", "LeasesInTheWayError", "Memory"]

DUE_MAX: Final = 5_000
LEASE_AFTER: Final = 4
# How old the part of an answer's `left` may be that lies outside this server's lease.
BEYOND_MS: Final = 500

Outcome = tuple[Any, TokenworthError | None]


class LeasesInTheWayError(Exception):
    """A hold would be refused, or a budget would be in debt, while somebody has a slice of it.

    Attributes:
        budgets: whose slices must be given back before the batch is decided.
    """

    def __init__(self, budgets: set[str]) -> None:
        super().__init__()
        self.budgets = budgets


@dataclass(slots=True)
class Memory:
    """What one process remembers between batches; never trusted without a lock or a version.

    Attributes:
        version: of `budgets`.
        begun: balances known to exist.
        leases: this process's slices, by budget.
        leasing: whether it may take any.
    """

    version: int = -1
    budgets: dict[str, Budget] = field(default_factory=dict[str, Budget])
    begun: set[Leg] = field(default_factory=set[Leg])
    leases: dict[str, Lease] = field(default_factory=dict[str, Lease])
    leasing: bool = True

    def forget(self) -> None:
        """Trust nothing after a failure; leases are looked for again under their locks."""
        self.version = -1
        self.begun.clear()


class Batch:
    """Operations to do together, in a transaction that somebody else begins and ends."""

    def __init__(
        self, connection: Connection, writer: int, memory: Memory, operations: Sequence[Operation[Any]]
    ) -> None:
        self._connection = connection
        self._rows = Rows(connection, writer)
        self._memory = memory
        self._operations = operations
        self._fetched = Fetched()
        self._leases = dict(memory.leases)
        self._touched: set[Leg] = set()
        self._wants: dict[str, tuple[int, Amount]] = {}
        self._now_ms = 0

    async def run(self, take_back: set[str]) -> list[Outcome]:
        """Do them all; refusals are outcomes.

        Args:
            take_back: budgets whose leases are given back first, whoever has them.

        Raises:
            LeasesInTheWayError: others must be given back too; nothing that was done may be committed.
        """
        setting = any(isinstance(one, SetBudget) for one in self._operations)
        if setting:
            await self._rows.lock_new_periods()
        ids = [entry for one in self._operations if (entry := one.entry) is not None]
        self._now_ms, version, due, entries = await self._rows.moment(ids)
        if version != self._memory.version:
            self._memory.budgets = await self._rows.budgets()
            self._memory.version = version
        charged = self._chains([one for one in self._operations if isinstance(one, Reserve | Record)])
        self._wants = self._count_wants()
        await self._begin_periods(charged, alone=setting)
        budgets = dict(self._memory.budgets)
        if due:
            entries += await self._rows.lock_due(self._now_ms, DUE_MAX)
        self._fetched.entries = {entry.id: entry for entry in entries}
        entries = list(self._fetched.entries.values())
        await self._fetch_balances(charged, entries)
        back = take_back | {one.change.budget for one in self._operations if isinstance(one, SetBudget)}
        if back:
            await self._take_back(back)
        elif self._memory.leasing:
            await self._lease()
        desk = Desk(self._now_ms, budgets, self._fetched, {name: lease.shard for name, lease in self._leases.items()})
        desk.beyond = await self._beyond()
        outcomes = self._apply(desk, [entry for entry in entries if self._is_due(entry)])
        self._mark(desk)
        await self._check_leases(desk, outcomes, back)
        await self._rows.write(desk)
        self._remember(desk)
        return outcomes

    async def return_all(self) -> None:
        """Give this process's leases back."""
        await self._take_back(set(self._leases))
        desk = Desk(self._now_ms, self._memory.budgets, self._fetched)
        self._mark(desk)
        await self._rows.write(desk)
        self._memory.leases = {}

    def _chains(self, operations: Sequence[Operation[Any]]) -> dict[str, Budget]:
        """Every budget that some operations count in; unknown ones are left for the operation to refuse."""
        found: dict[str, Budget] = {}
        for operation in operations:
            above = operation.budget
            while above is not None and above not in found and above in self._memory.budgets:
                found[above] = self._memory.budgets[above]
                above = found[above].parent
        return found

    def _main(self, budget: Budget) -> Leg:
        return budget.id, span_at(budget.period, self._now_ms).start_ms, 0

    async def _begin_periods(self, charged: Mapping[str, Budget], *, alone: bool) -> None:
        """Be alone when a period may have to be begun, before any other lock is taken."""
        missing = {self._main(budget) for budget in charged.values()} - self._memory.begun
        if missing:
            found = await self._rows.existing(missing)
            self._memory.begun |= found
            if missing - found and not alone:
                await self._rows.lock_new_periods()
        if rolling := [name for name, budget in charged.items() if budget.period.kind == "rolling"]:
            self._memory.budgets |= await self._rows.lock_budgets(rolling)

    async def _fetch_balances(self, charged: Mapping[str, Budget], entries: Sequence[Entry]) -> None:
        wanted = self._charged_legs(charged)
        settles = {one.entry: one for one in self._operations if isinstance(one, Settle)}
        for entry in entries:
            if entry.is_hold and (entry.id in settles or self._is_due(entry)):
                wanted |= self._legs_of(entry, settles.get(entry.id))
        for one in self._operations:
            if isinstance(one, SetBudget):
                wanted |= self._set_legs(one)
        await self._lock(wanted)
        for name in [name for name, lease in self._leases.items() if self._reclaimed(name, lease, wanted)]:
            del self._leases[name]
        if absent := {(leg[0], leg[1], 0) for leg in wanted if leg[2] and leg not in self._fetched.balances}:
            await self._lock(absent | {self._main(self._memory.budgets[leg[0]]) for leg in absent})
        await self._fetch_series(wanted)
        await self._fetch_before({*charged, *(leg[0] for leg in wanted)})

    def _charged_legs(self, charged: Mapping[str, Budget]) -> set[Leg]:
        """Where holds and records count: a lease that covers what this batch wants, else the budget itself."""
        wanted: set[Leg] = set()
        for name, budget in charged.items():
            main = self._main(budget)
            lease = self._leases.get(name)
            if lease is not None and lease.period_ms == main[1] and lease.covers(self._wanted(name)):
                wanted.add((name, main[1], lease.shard))
                continue
            wanted.add(main)
            if lease is not None:
                wanted |= {(name, lease.period_ms, lease.shard), (name, lease.period_ms, 0)}
        if any(isinstance(one, Record) for one in self._operations):
            wanted |= {self._main(budget) for budget in charged.values()}
        return wanted

    def _reclaimed(self, name: str, lease: Lease, wanted: set[Leg]) -> bool:
        leg = (name, lease.period_ms, lease.shard)
        return leg in wanted and leg not in self._fetched.balances

    def _legs_of(self, entry: Entry, settle: Settle | None) -> set[Leg]:
        """Where an entry counts, with the budget itself behind a lease that may be exceeded or is not ours."""
        legs: set[Leg] = set()
        exceeded = entry.state == "expired" or (
            settle is not None and any((settle.amount.of(unit) or 0) > (entry.held.of(unit) or 0) for unit in UNITS)
        )
        for leg in entry.legs:
            legs.add(leg)
            lease = self._leases.get(leg[0])
            if leg[2] and (exceeded or lease is None or lease.shard != leg[2]):
                legs.add((leg[0], leg[1], 0))
        above: str | None = entry.budget
        while above is not None:
            budget = self._memory.budgets[above]
            lease = self._leases.get(above)
            main = self._main(budget)
            # For the answer's `left`; a lease of ours speaks for its budget.
            legs.add((above, main[1], lease.shard) if lease is not None and lease.period_ms == main[1] else main)
            above = budget.parent
        return legs

    def _set_legs(self, one: SetBudget) -> set[Leg]:
        legs: set[Leg] = set()
        before = self._memory.budgets.get(one.change.budget)
        for period in (before.period if before is not None else None, one.change.period):
            if period is not None:
                legs.add((one.change.budget, span_at(period, self._now_ms).start_ms, 0))
        return legs

    async def _fetch_series(self, wanted: set[Leg]) -> None:
        """Windows of rolling budgets, and the later periods of budgets that roll over or are set."""
        since: dict[str, int] = {}
        being_set = {one.change.budget for one in self._operations if isinstance(one, SetBudget)}
        for name, start, _ in wanted:
            budget = self._memory.budgets.get(name)
            first = start
            if budget is not None and budget.period.kind == "rolling":
                first = min(start, span_at(budget.period, self._now_ms).counted_from_ms)
            elif name not in being_set and (budget is None or not budget.period.rolls_over):
                continue
            since[name] = min(since.get(name, first), first)
        if since:
            self._put(await self._rows.lock_series(since))

    async def _fetch_before(self, names: set[str]) -> None:
        """The last period of each budget that rolls over and has not begun its present one."""
        for name in sorted(names):
            budget = self._memory.budgets.get(name)
            if budget is None or not budget.period.rolls_over:
                continue
            main = self._main(budget)
            if main in self._fetched.balances:
                continue
            before = await self._rows.lock_latest_before(name, main[1])
            if before is not None:
                self._fetched.before[name] = before
                self._put([before])

    async def _lock(self, legs: set[Leg]) -> None:
        if legs:
            self._put(await self._rows.lock_balances(legs))

    def _put(self, balances: Sequence[Balance]) -> None:
        for each in balances:
            self._fetched.balances.setdefault((each.budget, each.period_ms, each.shard), each)

    async def _take_back(self, names: set[str]) -> None:
        """Give every lease on some budgets back, whoever has it."""
        legs = await leases_of(self._connection, names)
        await self._lock({*legs, *((leg[0], leg[1], 0) for leg in legs)})
        returned = [leg for leg in legs if leg in self._fetched.balances]
        for leg in returned:
            self._return(leg)
        if returned:
            await delete_leases(self._connection, returned)
        for name in names:
            self._leases.pop(name, None)

    def _return(self, leg: Leg) -> None:
        main = (leg[0], leg[1], 0)
        give_back(self._fetched.balances[main], self._fetched.balances.pop(leg))
        self._touched.discard(leg)
        self._touched.add(main)

    async def _lease(self) -> None:
        """Take a slice of each budget that many holds of this batch want, and give back those that no longer do."""
        for name, lease in list(self._leases.items()):
            main = self._main(self._memory.budgets[name])
            leg = (name, lease.period_ms, lease.shard)
            held = {leg, (name, lease.period_ms, 0)} <= self._fetched.balances.keys()
            if held and (lease.period_ms != main[1] or not lease.covers(self._wanted(name))):
                self._return(leg)
                await delete_leases(self._connection, [leg])
                del self._leases[name]
        for name, (count, _) in sorted(self._wants.items()):
            budget = self._memory.budgets[name]
            plain = budget.period.kind != "rolling" and not budget.period.rolls_over
            if count >= LEASE_AFTER and plain and name not in self._leases:
                await self._take_slice(budget)

    async def _take_slice(self, budget: Budget) -> None:
        main = self._fetched.balances.get(self._main(budget))
        if main is None:
            return
        size = slice_of(budget, main, self._wanted(budget.id))
        if size is None:
            return
        leased = begin_slice(main, await next_shard(self._connection), size)
        await insert_lease(self._connection, leased)
        leg = (leased.budget, leased.period_ms, leased.shard)
        self._fetched.balances[leg] = leased
        self._touched |= {leg, (leg[0], leg[1], 0)}
        self._leases[budget.id] = Lease(leased.shard, leased.period_ms, size)

    def _wanted(self, budget: str) -> Amount:
        return self._wants[budget][1] if budget in self._wants else NOTHING

    def _count_wants(self) -> dict[str, tuple[int, Amount]]:
        """How many holds of this batch each budget is asked for, and how much they come to."""
        asked: dict[str, list[Reserve]] = {}
        for one in self._operations:
            if isinstance(one, Reserve):
                asked.setdefault(one.budget, []).append(one)
        found: dict[str, tuple[int, Amount]] = {}
        for holds in asked.values():
            sums = [sum([one.request.amount.of(unit) or 0 for one in holds]) for unit in UNITS]
            for name in self._chains(holds[:1]):
                count, before = found.get(name, (0, NOTHING))
                both = [(before.of(unit) or 0) + added for unit, added in zip(UNITS, sums, strict=True)]
                found[name] = count + len(holds), Amount(*both)
        return found

    async def _beyond(self) -> dict[str, Amount]:
        """What leased budgets still allow besides our slices, read without a lock: for answers only."""
        found: dict[str, Amount] = {}
        for name, lease in self._leases.items():
            if (name, lease.period_ms, lease.shard) not in self._fetched.balances:
                continue
            if self._now_ms >= lease.beyond_until_ms:
                others = [
                    self._fetched.balances.get((name, each.period_ms, each.shard), each)
                    for each in await self._rows.all_shards(name, lease.period_ms)
                    if each.period_ms == lease.period_ms and each.shard != lease.shard
                ]
                lease.beyond = Amount(*(sum(each.left(unit) or 0 for each in others) for unit in UNITS))
                lease.beyond_until_ms = self._now_ms + BEYOND_MS
            found[name] = lease.beyond
        return found

    def _is_due(self, entry: Entry) -> bool:
        return entry.state == "held" and (entry.expires_ms or 0) <= self._now_ms

    def _apply(self, desk: Desk, due: Sequence[Entry]) -> list[Outcome]:
        for entry in due:
            expire(desk, desk.entry(entry.id) or entry)
        outcomes: list[Outcome] = []
        for operation in self._operations:
            try:
                outcomes.append((operation.apply(desk), None))
            except TokenworthError as refused:
                outcomes.append((None, refused))
        return outcomes

    async def _check_leases(self, desk: Desk, outcomes: Sequence[Outcome], back: set[str]) -> None:
        """A slice in somebody's hands must neither be why a hold is refused nor be granted from while there is debt."""
        refused = [
            operation
            for operation, (answer, _) in zip(self._operations, outcomes, strict=True)
            if isinstance(answer, Grant) and answer.refusal is not None and answer.refusal.reason == "limit"
        ]
        suspects = set(self._chains(refused))
        for leg in desk.touched:
            balance = desk.balances[leg]
            if not leg[2] and any((balance.left(unit) or 0) < 0 for unit in UNITS):
                suspects.add(leg[0])
        if suspects - back and (found := {leg[0] for leg in await leases_of(self._connection, suspects - back)}):
            raise LeasesInTheWayError(found)

    def _mark(self, desk: Desk) -> None:
        for leg in self._touched:
            desk.balances.setdefault(leg, self._fetched.balances[leg])
            desk.touched.add(leg)

    def _remember(self, desk: Desk) -> None:
        """What the next batch may start from, should this one be committed."""
        self._memory.begun |= {leg for leg in desk.touched if not leg[2]}
        for name, lease in self._leases.items():
            balance = desk.balances.get((name, lease.period_ms, lease.shard))
            if balance is not None:
                lease.left = Amount(balance.left("usd"), balance.left("tokens"))
        self._memory.leases = self._leases
        if desk.changed_budgets:
            self._memory.version = -1
