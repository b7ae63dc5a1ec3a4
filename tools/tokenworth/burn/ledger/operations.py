"""What can be done to a ledger, each as one all-or-nothing operation on a desk: the rules of holding and charging."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from tokenworth.budgets import NOTHING, UNITS, Amount, Grant, HoldRequest, Refusal, Settlement
from tokenworth.burn.ledger.desk import Desk, Place
from tokenworth.burn.ledger.entries import Entry, Leg, fingerprint, hold_name
from tokenworth.errors import InvalidInputError

__all__ = ["Observe", "Operation", "Record", "Reserve", "Settle", "Sweep", "expire"]

T_co = TypeVar("T_co", covariant=True)


class Operation(Protocol[T_co]):
    """One thing to do, and what a store must read for it first."""

    @property
    def entry(self) -> bytes | None:
        """The entry that it makes, repeats or settles."""
        ...

    @property
    def budget(self) -> str | None:
        """The budget whose chain it counts in."""
        ...

    def apply(self, desk: Desk) -> T_co:
        """Do it.

        Raises:
            TokenworthError: it cannot be done; the desk is as it was.
        """
        ...


@dataclass(frozen=True, slots=True)
class Reserve:
    """Hold a worst case on a budget and all above it, or on none of them."""

    entry: bytes
    request: HoldRequest

    @property
    def budget(self) -> str:
        """The budget asked."""
        return self.request.budget

    def apply(self, desk: Desk) -> Grant:
        """Grant or refuse; a refusal is kept too, so that a key has one answer for ever.

        Raises:
            InvalidInputError: an unknown budget, or a key that came with another request before.
        """
        request = self.request
        asked = fingerprint(request.asked)
        if (before := desk.entry(self.entry)) is not None:
            _check_same(before, asked, hold=True)
            return _grant(before)
        places = desk.places(request.budget)
        refusal = _refusal(desk, places, request.amount)
        if refusal is None:
            for _, balance in places:
                desk.count(balance, held=request.amount)
        left = desk.left(places)
        made = Entry(
            id=self.entry,
            asked=asked,
            state="held" if refusal is None else "denied",
            budget=request.budget,
            nano_usd=request.amount.nano_usd,
            tokens=request.amount.tokens,
            created_ms=desk.now_ms,
            expires_ms=desk.now_ms + request.expires_in_s * 1000,
            on_expiry=request.on_expiry,
            legs=tuple([(balance.budget, balance.period_ms, balance.shard) for _, balance in places]),
            left_nano_usd=left.nano_usd,
            left_tokens=left.tokens,
            refused=None if refusal is None else f"{refusal.budget} {refusal.unit} {refusal.reason}",
            model=request.model,
        )
        desk.make(made)
        return _grant(made)


@dataclass(frozen=True, slots=True)
class Settle:
    """Charge what a hold came to, once; nothing is a release, and more than was held is charged all the same.

    Attributes:
        amount: what it came to. A unit that is not said is charged as it was held.
        asked: the request in the caller's own terms.
        within: what the id of the hold's budget must begin with, or there is no such hold.
        model: that was used; None is the one that the hold was planned for, if any.
    """

    entry: bytes
    amount: Amount
    asked: str
    within: str = ""
    model: str | None = None

    @property
    def budget(self) -> None:
        """The hold knows where it counts."""
        return

    def apply(self, desk: Desk) -> Settlement:
        """Settle, also after the hold expired.

        Raises:
            InvalidInputError: no such hold, or one that was settled with another request.
        """
        entry = desk.entry(self.entry)
        if entry is None or not entry.is_hold or entry.state == "denied" or not entry.budget.startswith(self.within):
            raise InvalidInputError("hold", "no hold has that name", 'Send "hold" as reserve_budget answered it')
        asked = fingerprint(self.asked)
        if entry.closed_asked is not None:
            if entry.closed_asked != asked:
                raise InvalidInputError(
                    "hold",
                    "already settled with another amount",
                    "A hold is settled once; add what it missed with record_usage",
                )
            return _settlement(entry)
        charged = self._charged(entry)
        expired = entry.state == "expired"
        before = entry.charged if expired else NOTHING
        held = NOTHING if expired else Amount(-(entry.nano_usd or 0), -(entry.tokens or 0))
        spent = Amount((charged.nano_usd or 0) - (before.nano_usd or 0), (charged.tokens or 0) - (before.tokens or 0))
        unpriced = (charged.tokens or 0) if charged.nano_usd is None else 0
        named = self.model is not None or entry.model is not None
        for leg in entry.legs:
            balance = desk.at(leg)
            desk.count(balance, held=held, spent=spent)
            balance.unpriced_tokens += unpriced
            desk.spend(leg[0], spent, desk.now_ms)
            if named:
                _spend_on(desk, entry.model, leg, before, -1)
                _spend_on(desk, self.model or entry.model, leg, charged, 1)
            _put_excess_on_main(desk, leg)
        left = desk.left(desk.places(entry.budget))
        entry.state = "released" if charged == NOTHING else "settled"
        entry.late = expired
        entry.closed_asked = asked
        entry.closed_ms = desk.now_ms
        entry.charged_nano_usd, entry.charged_tokens = charged.nano_usd, charged.tokens
        entry.closed_left_nano_usd, entry.closed_left_tokens = left.nano_usd, left.tokens
        desk.close(entry)
        return _settlement(entry)

    def _charged(self, entry: Entry) -> Amount:
        said = [amount for unit in UNITS if (amount := self.amount.of(unit)) is not None]
        if not any(said):
            return NOTHING
        return Amount(
            entry.nano_usd if self.amount.nano_usd is None else self.amount.nano_usd,
            entry.tokens if self.amount.tokens is None else self.amount.tokens,
        )


@dataclass(frozen=True, slots=True)
class Record:
    """Charge a use that nobody held anything for; it happened, so no limit refuses it."""

    entry: bytes
    budget: str
    amount: Amount
    asked: str
    model: str | None = None

    def apply(self, desk: Desk) -> Settlement:
        """Charge it to the budget and all above it.

        Raises:
            InvalidInputError: an unknown budget, or a key that came with another request before.
        """
        asked = fingerprint(self.asked)
        if (before := desk.entry(self.entry)) is not None:
            _check_same(before, asked, hold=False)
            return _settlement(before)
        places = desk.places(self.budget, main=True)
        for _, balance in places:
            desk.count(balance, spent=self.amount)
            balance.unpriced_tokens += (self.amount.tokens or 0) if self.amount.nano_usd is None else 0
            desk.spend(balance.budget, self.amount, desk.now_ms)
            _spend_on(desk, self.model, (balance.budget, balance.period_ms, 0), self.amount, 1)
        left = desk.left(places)
        made = Entry(
            id=self.entry,
            asked=asked,
            state="settled",
            budget=self.budget,
            nano_usd=None,
            tokens=None,
            created_ms=desk.now_ms,
            expires_ms=None,
            on_expiry="charge",
            legs=tuple([(balance.budget, balance.period_ms, 0) for _, balance in places]),
            closed_ms=desk.now_ms,
            charged_nano_usd=self.amount.nano_usd,
            charged_tokens=self.amount.tokens,
            closed_left_nano_usd=left.nano_usd,
            closed_left_tokens=left.tokens,
        )
        desk.make(made)
        return _settlement(made)


@dataclass(frozen=True, slots=True)
class Observe:
    """Keep what a log or a provider's report says a budget used in its present period; it replaces what that source
    said before and is never added to what was spent.
    """

    budget: str
    source: str
    amount: Amount

    @property
    def entry(self) -> None:
        """A figure has no key: sending it again changes nothing."""
        return

    def apply(self, desk: Desk) -> None:
        """Keep the figure.

        Raises:
            InvalidInputError: an unknown budget.
        """
        budget = desk.budget(self.budget)
        desk.observed[budget.id, desk.span(budget).start_ms, self.source] = self.amount


@dataclass(frozen=True, slots=True)
class Sweep:
    """Nothing but what every operation does first: end the holds that have expired."""

    @property
    def entry(self) -> None:
        """It has no key."""
        return

    @property
    def budget(self) -> None:
        """It counts nowhere."""
        return

    def apply(self, desk: Desk) -> None:
        """Nothing more."""
        del desk


def expire(desk: Desk, entry: Entry) -> None:
    """End a hold that nobody settled in time: charge it, or give it back, as its request said."""
    charged = entry.held if entry.on_expiry == "charge" else NOTHING
    at_ms = entry.expires_ms or desk.now_ms
    for leg in entry.legs:
        held = Amount(-(entry.nano_usd or 0), -(entry.tokens or 0))
        desk.count(desk.at(leg), held=held, spent=charged)
        desk.spend(leg[0], charged, at_ms)
        _spend_on(desk, entry.model, leg, charged, 1)
    entry.state = "expired"
    entry.charged_nano_usd, entry.charged_tokens = charged.nano_usd, charged.tokens
    desk.close(entry)


def _refusal(desk: Desk, places: Sequence[Place], amount: Amount) -> Refusal | None:
    """The first limit, from the budget up, that the amount does not fit under or cannot be measured against."""
    for budget, balance in places:
        for unit in UNITS:
            room = desk.room(budget, balance, unit)
            if room is None:
                continue
            wanted = amount.of(unit)
            if wanted is None:
                return Refusal(budget.id, unit, "unpriced" if unit == "usd" else "uncounted")
            if wanted > room:
                return Refusal(budget.id, unit, "limit")
    return None


def _spend_on(desk: Desk, model: str | None, leg: Leg, amount: Amount, times: Literal[1, -1]) -> None:
    if model is not None:
        desk.spend_on(model, leg, times * (amount.nano_usd or 0), times * (amount.tokens or 0))


def _put_excess_on_main(desk: Desk, leg: Leg) -> None:
    """A lease is a slice already counted on the budget; what is charged beyond the slice is the budget's own debt."""
    balance = desk.at(leg)
    if not balance.shard:
        return
    excess = Amount(*(max(-(balance.left(unit) or 0), 0) for unit in UNITS))
    if excess != NOTHING:
        desk.count(balance, spent=Amount(*(-(excess.of(unit) or 0) for unit in UNITS)))
        desk.count(desk.at((leg[0], leg[1], 0)), spent=excess)


def _check_same(before: Entry, asked: bytes, *, hold: bool) -> None:
    if before.is_hold != hold or before.asked != asked:
        raise InvalidInputError(
            "key",
            "already came with another request",
            "Send the same request again for the same answer, or a new key such as a UUID for a new request",
        )


def _grant(entry: Entry) -> Grant:
    refusal = entry.refusal
    if refusal is not None:
        return Grant(granted=False, hold=None, left=entry.left, refusal=refusal)
    return Grant(granted=True, hold=hold_name(entry.id), left=entry.left, expires_at_ms=entry.expires_ms)


def _settlement(entry: Entry) -> Settlement:
    over = Amount(
        max((entry.charged_nano_usd or 0) - (entry.nano_usd or 0), 0),
        max((entry.charged_tokens or 0) - (entry.tokens or 0), 0),
    )
    return Settlement(
        charged=entry.charged,
        left=entry.closed_left,
        over_hold=over if entry.is_hold else NOTHING,
        late=entry.late,
    )
