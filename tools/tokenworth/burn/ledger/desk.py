"""One transaction's working set: the rows that were read, what has become of them, and what must be written back.

Rules work on a desk and never on a store, so both stores have the same rules. A store fills the desk under its own
lock, lets operations work, and writes what changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from tokenworth.budgets import NOTHING, UNITS, Amount, Balance, Budget, Unit
from tokenworth.burn.ledger.entries import Entry, Leg
from tokenworth.burn.ledger.periods import Span, periods_between, slot_ms, span_at
from tokenworth.errors import InvalidInputError

__all__ = ["DEPTH_MAX", "NO_SHARDS", "Desk", "Place", "Source"]

DEPTH_MAX = 8
NO_SHARDS: Mapping[str, int] = {}
Place = tuple[Budget, Balance]
"""A budget and where a charge to it counts now."""


class Source(Protocol):
    """Where a desk finds rows that it does not have yet, all under one lock."""

    def entry(self, entry: bytes) -> Entry | None:
        """The entry with an id."""
        ...

    def balance(self, budget: str, period_ms: int, shard: int) -> Balance | None:
        """One balance."""
        ...

    def latest_before(self, budget: str, period_ms: int) -> Balance | None:
        """The balance of the last period that starts earlier."""
        ...

    def since(self, budget: str, period_ms: int) -> Sequence[Balance]:
        """The balances of all periods that start at a moment or later."""
        ...


class Desk:
    """Rows of one transaction.

    Attributes:
        now_ms: the store's clock, read once.
        budgets: every budget there is, by id; an operation may put one in.
        made, closed: entries that are new, and that were changed.
        balances: read or made here.
        touched: keys of the balances to write.
        spends: what was charged, by budget and slot of time: nano-USD and tokens.
        model_spends: the same of what named a model, by budget, period and model.
        changed_budgets: ids to write.
        beyond: what a budget still allows besides this server's lease, for answers; never granted from.
        observed: figures to write, by budget, period and source.
    """

    def __init__(
        self, now_ms: int, budgets: dict[str, Budget], source: Source, shards: Mapping[str, int] = NO_SHARDS
    ) -> None:
        self.now_ms = now_ms
        self.budgets = budgets
        self.balances: dict[Leg, Balance] = {}
        self.touched: set[Leg] = set()
        self.made: dict[bytes, Entry] = {}
        self.closed: dict[bytes, Entry] = {}
        self.spends: dict[tuple[str, int], list[int]] = {}
        self.model_spends: dict[tuple[str, int, str], list[int]] = {}
        self.changed_budgets: set[str] = set()
        self.beyond: dict[str, Amount] = {}
        self.observed: dict[tuple[str, int, str], Amount] = {}
        self._entries: dict[bytes, Entry | None] = {}
        self._source = source
        self._shards = shards
        self._series: dict[str, tuple[int, list[Balance]]] = {}

    def entry(self, entry: bytes) -> Entry | None:
        """The entry with an id, None if there is none."""
        if entry not in self._entries:
            self._entries[entry] = self._source.entry(entry)
        return self._entries[entry]

    def make(self, entry: Entry) -> None:
        """Keep a new entry."""
        self._entries[entry.id] = self.made[entry.id] = entry

    def close(self, entry: Entry) -> None:
        """Keep what an entry has become."""
        self._entries[entry.id] = entry
        if entry.id not in self.made:
            self.closed[entry.id] = entry

    def budget(self, budget: str) -> Budget:
        """The budget with an id.

        Raises:
            InvalidInputError: there is none.
        """
        found = self.budgets.get(budget)
        if found is None:
            raise InvalidInputError(
                "budget",
                "no budget has that id",
                'Create it first with set_budget, such as {"budget": "me", "limit_usd": 100, "period": "month"}',
            )
        return found

    def chain(self, budget: str) -> list[Budget]:
        """A budget and all above it, its own first."""
        chain = [self.budget(budget)]
        while (parent := chain[-1].parent) is not None:
            chain.append(self.budget(parent))
        return chain

    def places(self, budget: str, *, main: bool = False) -> list[Place]:
        """A budget and all above it, each with the balance that a charge counts in now."""
        return [(each, self.here(each, main=main)) for each in self.chain(budget)]

    def here(self, budget: Budget, *, main: bool = False) -> Balance:
        """The balance that a charge to a budget counts in now; `main` passes over this server's lease."""
        start = span_at(budget.period, self.now_ms).start_ms
        shard = 0 if main else self._shards.get(budget.id, 0)
        found = self._found((budget.id, start, shard)) if shard else None
        return found or self._found((budget.id, start, 0)) or self._begin(budget, start)

    def at(self, leg: Leg) -> Balance:
        """The balance that an entry was counted in; the budget's own once a lease was given back."""
        found = self._found(leg) or self._found((leg[0], leg[1], 0))
        return found or self._begin(self.budget(leg[0]), leg[1])

    def room(self, budget: Budget, balance: Balance, unit: Unit) -> int | None:
        """What a budget still allows at a balance, in one unit; None when it does not limit it."""
        limit = budget.limit_nano_usd if unit == "usd" else budget.limit_tokens
        if limit is None:
            return None
        period = budget.period
        if period.kind == "rolling":
            span = span_at(period, self.now_ms)
            return limit - sum(each.used(unit) for each in self._from(budget.id, span.counted_from_ms))
        if period.rolls_over and not balance.shard:
            # A clock that was set back meets periods already begun; what is used here is missing there, but for what
            # was beyond a cap and is lost there anyway.
            room, lost = balance.left(unit), 0
            for later in self._from(budget.id, balance.period_ms + 1):
                lost += later.lost(unit)
                if room is not None and (left := later.left(unit)) is not None:
                    room = min(room, left + lost)
            return room
        return balance.left(unit)

    def left(self, places: Sequence[Place]) -> Amount:
        """What the tightest limit of a chain allows now; a chain as `places` gives it."""
        tightest: list[int | None] = []
        for unit in UNITS:
            least: int | None = None
            for budget, balance in places:
                room = self.room(budget, balance, unit)
                if room is None:
                    continue
                if balance.shard and (beyond := self.beyond.get(budget.id)) is not None:
                    room += beyond.of(unit) or 0
                if least is None or room < least:
                    least = room
            tightest.append(least)
        return Amount(*tightest)

    def count(self, balance: Balance, *, held: Amount = NOTHING, spent: Amount = NOTHING) -> None:
        """Change what is held and spent at a balance; unknown amounts change nothing."""
        held_nano, held_tokens = held.nano_usd or 0, held.tokens or 0
        spent_nano, spent_tokens = spent.nano_usd or 0, spent.tokens or 0
        balance.held_nano_usd += held_nano
        balance.held_tokens += held_tokens
        balance.spent_nano_usd += spent_nano
        balance.spent_tokens += spent_tokens
        self.touch(balance)
        if self.budgets[balance.budget].period.rolls_over and not balance.shard:
            used_nano, used_tokens = held_nano + spent_nano, held_tokens + spent_tokens
            for later in self._from(balance.budget, balance.period_ms + 1):
                used_nano = later.carry_less("usd", used_nano)
                used_tokens = later.carry_less("tokens", used_tokens)
                self.touch(later)

    def spend(self, budget: str, amount: Amount, at_ms: int) -> None:
        """Keep when something was charged, for the pace of a budget."""
        width = slot_ms(self.budgets[budget].period)
        slot = self.spends.setdefault((budget, at_ms // width * width), [0, 0])
        slot[0] += amount.nano_usd or 0
        slot[1] += amount.tokens or 0

    def spend_on(self, model: str, leg: Leg, nano_usd: int, tokens: int) -> None:
        """Keep which model something was charged for; what names none is only in the balances."""
        if nano_usd or tokens:
            kept = self.model_spends.setdefault((leg[0], leg[1], model), [0, 0])
            kept[0] += nano_usd
            kept[1] += tokens

    def touch(self, balance: Balance) -> None:
        """Mark a balance to be written."""
        self.touched.add((balance.budget, balance.period_ms, balance.shard))

    def written(self) -> None:
        """Everything so far is in the store's transaction; only what follows must still be written."""
        self.touched.clear()
        self.made.clear()
        self.closed.clear()
        self.spends.clear()
        self.model_spends.clear()
        self.changed_budgets.clear()
        self.observed.clear()

    def span(self, budget: Budget) -> Span:
        """A budget's period now."""
        return span_at(budget.period, self.now_ms)

    def balances_from(self, budget: str, period_ms: int) -> list[Balance]:
        """The balances of a budget's periods that start at a moment or later, in order."""
        return self._from(budget, period_ms)

    def _found(self, leg: Leg) -> Balance | None:
        found = self.balances.get(leg)
        if found is None and (found := self._source.balance(*leg)) is not None:
            self.balances[leg] = found
        return found

    def _begin(self, budget: Budget, period_ms: int) -> Balance:
        """A budget's first figures in a period, with what earlier periods left when they roll over."""
        begun = Balance(budget.id, period_ms, limit_nano_usd=budget.limit_nano_usd, limit_tokens=budget.limit_tokens)
        if budget.period.rolls_over and (before := self._source.latest_before(budget.id, period_ms)) is not None:
            before = self.balances.setdefault((before.budget, before.period_ms, before.shard), before)
            idle = periods_between(budget.period, before.period_ms, period_ms) - 1
            for unit in UNITS:
                begun.carry(unit, _left_over(before, unit, idle), budget.period.cap(unit))
        self.balances[budget.id, period_ms, 0] = begun
        if budget.id in self._series:
            start, series = self._series[budget.id]
            if period_ms >= start:
                series.append(begun)
                series.sort(key=lambda each: each.period_ms)
        return begun

    def _from(self, budget: str, period_ms: int) -> list[Balance]:
        """Read once from the earliest moment asked for; rows read before stay the ones worked on."""
        known = self._series.get(budget)
        if known is None or known[0] > period_ms:
            series = [
                self.balances.setdefault((each.budget, each.period_ms, 0), each)
                for each in self._source.since(budget, period_ms)
            ]
            present = {each.period_ms for each in series}
            series += [
                each
                for (name, start, shard), each in self.balances.items()
                if name == budget and start >= period_ms and not shard and start not in present
            ]
            known = period_ms, sorted(series, key=lambda each: each.period_ms)
            self._series[budget] = known
        return [each for each in known[1] if each.period_ms >= period_ms]


def _left_over(before: Balance, unit: Unit, idle: int) -> int:
    """What a period and the idle ones after it leave; a cap on each of them comes to the same cap on all at once."""
    left = before.left(unit)
    limit = before.limit_nano_usd if unit == "usd" else before.limit_tokens
    return 0 if left is None or limit is None else left + idle * limit
