"""Any sequence of calls against a model of the ledger that was written from its rules, not from its code.

The model keeps no balances: it keeps what happened, and adds it all up anew for every question.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tokenworth.budgets import Amount, BudgetChange, HoldRequest, Period
from tokenworth.errors import InvalidInputError, NotAllowedError

# PostgreSQL gets a tenth: its every call is a round trip or several.
EXAMPLES = int(os.environ.get("TOKENWORTH_MODEL_EXAMPLES", "150"))
BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 3, 27, 9, tzinfo=UTC)  # two days before Berlin's clocks go forward
TREE = {
    "org": (None, Period("once")),
    "team": ("org", Period("day", "Europe/Berlin", None, rolls_over=True, cap_nano_usd=80)),
    "me": ("team", Period("day", "Europe/Berlin")),
    "window": ("org", Period("rolling", "UTC", 7200)),
}
UNITS = ("usd", "tokens")
# Mostly known: an unknown amount meets a limit everywhere and is refused.
models = st.sampled_from([None, "opus", "haiku"])
amounts = st.one_of(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60), st.none())
numbers = itertools.count()


def chain(budget):
    while budget is not None:
        yield budget
        budget = TREE[budget][0]


def day(moment):
    return moment.astimezone(BERLIN).date()


@dataclass
class Use:
    """Something that counts: a hold until it is settled, or a record. `counted` is what it counts as, by unit, and
    `model` what it is charged for.
    """

    budget: str
    at: datetime
    held: dict
    counted: dict
    expires: datetime | None = None
    on_expiry: str = "charge"
    state: str = "held"
    closed: object = None
    answer: object = None
    model: str | None = None


class Model:
    def __init__(self):
        self.now = START
        self.uses = []
        self.limits = {}  # budget -> unit -> [(day set, limit)]
        self.caps = [(day(START) - timedelta(days=1), 80)]  # the team's on rolling over: [(day set, cap)]

    def expire(self):
        for use in self.uses:
            if use.state == "held" and use.expires <= self.now:
                use.state = "expired"
                use.counted = dict(use.held) if use.on_expiry == "charge" else dict.fromkeys(UNITS, 0)

    def limit(self, budget, unit):
        known = self.limits.get(budget, {}).get(unit)
        return known[-1][1] if known else None

    def used(self, budget, unit, since):
        """Everything that counts on a budget and came no earlier."""
        return sum(use.counted[unit] or 0 for use in self.uses if budget in chain(use.budget) and since(use.at))

    def room(self, budget, unit):
        """What a budget allows: at least, and at most. They differ only while a rolling window forgets."""
        limit = self.limit(budget, unit)
        if limit is None:
            return None
        _, period = TREE[budget]
        if period.kind == "once":
            room = limit - self.used(budget, unit, lambda _: True)
        elif period.kind == "rolling":
            window = timedelta(seconds=period.window_s)
            surely = self.used(budget, unit, lambda at: at > self.now - window)
            maybe = self.used(budget, unit, lambda at: at > self.now - window * 61 / 60)
            return limit - maybe, limit - surely
        elif period.rolls_over:
            room = self.room_with_carry(budget, unit)
        else:
            room = limit - self.used(budget, unit, lambda at: day(at) == day(self.now))
        return room, room

    def room_with_carry(self, budget, unit):
        """Every day had the limit that was in force on it, and takes over what the cap before it lets through."""
        room, each = 0, self.first_day
        while each <= day(self.now):
            carried = min(room, [cap for since, cap in self.caps if since < each][-1])
            limit = [value for since, value in self.limits[budget][unit] if since <= each][-1]
            room = carried + limit - self.used(budget, unit, lambda at, on=each: day(at) == on)
            each += timedelta(days=1)
        return room

    def by_model(self, budget):
        """What was charged for each model, in both units."""
        found = {}
        for use in self.uses:
            if use.state != "held" and use.model is not None and budget in chain(use.budget):
                usd, tokens = found.get(use.model, (0, 0))
                found[use.model] = usd + (use.counted["usd"] or 0), tokens + (use.counted["tokens"] or 0)
        return {model: charged for model, charged in found.items() if any(charged)}

    def verdict(self, budget, wanted):
        """True, False, or None where a window is just forgetting."""
        sure = True
        for each in chain(budget):
            for unit in UNITS:
                room = self.room(each, unit)
                if room is None:
                    continue
                if wanted[unit] is None or wanted[unit] > room[1]:
                    return False
                if wanted[unit] > room[0]:
                    sure = None
        return sure


class LedgerMachine(RuleBasedStateMachine):
    keys = Bundle("keys")

    def __init__(self, loop, bench, book):
        super().__init__()
        self.loop, self.bench, self.book = loop, bench, book
        self.prefix = f"x{next(numbers)}-"
        self.model = Model()
        self.model.first_day = day(START)

    def do(self, call):
        return self.loop.run_until_complete(call)

    def name(self, budget):
        return self.prefix + budget

    @initialize(limits=st.tuples(*[st.integers(50, 200)] * 4))
    def create(self, limits):
        self.do(self.bench.set_clock(START))
        for (budget, (parent, period)), limit in zip(TREE.items(), limits, strict=True):
            above = None if parent is None else self.name(parent)
            self.do(self.book.set_budget(BudgetChange(self.name(budget), "usd", limit, period, above)))
            self.model.limits[budget] = {"usd": [(day(START), limit)]}

    @rule(minutes=st.one_of(st.integers(0, 200), st.sampled_from([1440, 2880, 4320])))
    def time_passes(self, minutes):
        self.model.now += timedelta(minutes=minutes)
        self.do(self.bench.set_clock(self.model.now))
        self.model.expire()

    @rule(
        target=keys,
        budget=st.sampled_from(sorted(TREE)),
        usd=amounts,
        tokens=amounts,
        minutes=st.sampled_from([5, 60, 3000]),
        on_expiry=st.sampled_from(["charge", "release"]),
        model=models,
    )
    def reserve(self, budget, usd, tokens, minutes, on_expiry, model=None):
        wanted = {"usd": usd, "tokens": tokens}
        request = HoldRequest(
            self.name(budget),
            Amount(usd, tokens),
            f"{self.prefix}{next(numbers)}",
            f"{usd} {tokens}",
            minutes * 60,
            on_expiry,
            model,
        )
        verdict = self.model.verdict(budget, wanted)
        grant = self.do(self.book.reserve(request))
        assert verdict is None or grant.granted == verdict, (wanted, self.model.now)
        if not grant.granted:
            assert grant.hold is None
            return request, grant, None
        expires = self.model.now + timedelta(minutes=minutes)
        use = Use(budget, self.model.now, wanted, dict(wanted), expires, on_expiry, model=model)
        self.model.uses.append(use)
        return request, grant, use

    @rule(target=keys, budget=st.sampled_from(sorted(TREE)), beyond=st.sampled_from([0, 1]))
    def reserve_all_that_is_left_or_one_more(self, budget, beyond):
        rooms = [room for each in chain(budget) if (room := self.model.room(each, "usd")) is not None]
        return self.reserve(budget, max(min(room[0] for room in rooms), 0) + beyond, 1, 3000, "charge")

    @rule(minutes=st.sampled_from([600, 1440]), known=keys, usd=st.integers(0, 60))
    def settle_after_a_while(self, minutes, known, usd):
        self.time_passes(minutes)
        self.settle(known, usd, None, None)

    @rule(known=keys, beyond=st.integers(-60, 60))
    def settle_off_the_hold_once_the_next_day_has_begun(self, known, beyond):
        self.time_passes(1440)
        self.record("team", 1, again=False, model=None)
        held = 0 if known[2] is None else known[2].held["usd"] or 0
        self.settle(known, max(held + beyond, 0), None, None)

    @rule(known=keys)
    def ask_again(self, known):
        request, grant, _ = known
        assert self.do(self.book.reserve(request)) == grant

    @rule(known=keys)
    def ask_something_else_with_the_same_key(self, known):
        request, _, _ = known
        changed = HoldRequest(request.budget, request.amount, request.key, request.asked + "!")
        with pytest.raises(InvalidInputError):
            self.do(self.book.reserve(changed))

    @rule(known=keys, usd=amounts, tokens=amounts, model=models)
    def settle(self, known, usd, tokens, model):
        _, grant, use = known
        if use is None or (usd is None and tokens is None):
            return
        said = (usd, tokens)
        call = self.book.settle(grant.hold, Amount(usd, tokens), f"{usd} {tokens}", model=model)
        if use.closed is not None and use.closed != said:
            with pytest.raises(InvalidInputError):
                self.do(call)
            return
        answer = self.do(call)
        if use.closed is not None:
            assert answer == use.answer
            return
        assert answer.late == (use.state == "expired")
        if not usd and not tokens:
            use.counted = {"usd": 0, "tokens": 0}
        else:
            use.counted = {
                "usd": use.held["usd"] if usd is None else usd,
                "tokens": use.held["tokens"] if tokens is None else tokens,
            }
        use.state, use.closed, use.answer = "settled", said, answer
        use.model = model or use.model
        assert answer.charged == Amount(use.counted["usd"], use.counted["tokens"])

    @rule(budget=st.sampled_from(sorted(TREE)), usd=st.integers(0, 60), again=st.booleans(), model=models)
    def record(self, budget, usd, again, model):
        key = f"{self.prefix}{next(numbers)}"
        for _ in range(1 + again):
            self.do(self.book.record(self.name(budget), Amount(usd, usd * 2), key, str(usd), model))
        counted = {"usd": usd, "tokens": usd * 2}
        self.model.uses.append(Use(budget, self.model.now, counted, counted, state="settled", closed=True, model=model))

    @rule(budget=st.sampled_from(sorted(TREE)), limit=st.integers(0, 250), owner=st.booleans())
    def set_limit(self, budget, limit, owner):
        change = BudgetChange(self.name(budget), "usd", limit, may_raise=owner)
        if not owner and limit > self.model.limit(budget, "usd"):
            with pytest.raises(NotAllowedError):
                self.do(self.book.set_budget(change))
            return
        self.do(self.book.set_budget(change))
        self.model.limits[budget]["usd"].append((day(self.model.now), limit))

    @rule(cap=st.one_of(st.integers(0, 150), st.none()))
    def set_cap(self, cap):
        _, period = TREE["team"]
        period = Period(period.kind, period.timezone, rolls_over=True, cap_nano_usd=cap)
        self.do(self.book.set_budget(BudgetChange(self.name("team"), period=period, may_raise=True)))
        self.model.caps.append((day(self.model.now), float("inf") if cap is None else cap))

    @invariant()
    def the_ledger_shows_what_the_model_adds_up(self):
        if not self.model.limits:
            return
        for budget, (_, period) in TREE.items():
            state = self.do(self.book.state(self.name(budget)))
            left, room = state.own.balance.left("usd"), self.model.room(budget, "usd")
            assert room[0] <= left <= room[1], (budget, left, room)
            if period.kind == "once":
                held = sum(use.counted["usd"] or 0 for use in self.model.uses if use.state == "held")
                assert state.own.balance.held_nano_usd == held
                by_model = {model: (usd, tokens) for model, usd, tokens in state.by_model if usd or tokens}
                assert by_model == self.model.by_model(budget)
                assert state.own.balance.used("tokens") == self.model.used(budget, "tokens", lambda _: True)


def test_any_sequence_of_calls_agrees_with_the_rules(unopened):
    loop = asyncio.new_event_loop()
    loop.run_until_complete(unopened.begin())
    book = loop.run_until_complete(unopened.open())
    try:
        run_state_machine_as_test(
            lambda: LedgerMachine(loop, unopened, book),
            settings=settings(
                max_examples=EXAMPLES if hasattr(unopened, "path") else EXAMPLES // 10,
                stateful_step_count=40,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        loop.run_until_complete(book.close())
        loop.run_until_complete(unopened.end())
        loop.close()
