"""The tool that charges what a hold came to and gives the rest back."""

from __future__ import annotations

import json

from tokenworth.budgets import Amount, Settlement
from tokenworth.burn.models import ReservationSettled, SettleReservationRequest, nano_of
from tokenworth.burn.opened import dollars_of, in_words, ledger_of
from tokenworth.burn.priced import Priced, amount_of_usage
from tokenworth.context import Context

__all__ = ["notes_of", "settle_reservation"]


async def settle_reservation(request: SettleReservationRequest, context: Context) -> ReservationSettled:
    """Charge the actual amount of a hold, once. Nothing is a release; more than was held is charged all the same.

    Raises:
        InvalidInputError: an unknown hold, one settled with another amount, or a usage that cannot be read.
        NotPricedError: there is no price list to read a usage object with.
        LedgerError: the ledger cannot answer.
    """
    ledger = await ledger_of(context)
    if request.usage is None:
        priced = Priced(nano_usd=nano_of(request.usd, up=False), tokens=request.tokens)
    else:
        priced = await amount_of_usage(request.usage, context)
    asked = json.dumps(["settle", nano_of(request.usd, up=False), request.tokens, request.usage], sort_keys=True)
    settled = await ledger.settle(request.hold, priced.amount, asked, model=priced.model)
    released = not settled.charged.nano_usd and not settled.charged.tokens
    left = f"; {in_words(settled.left)} left" if settled.left != Amount() else ""
    return ReservationSettled(
        headline=f"{'Released, nothing' if released else in_words(settled.charged)} charged{left}.",
        charged_usd=dollars_of(settled.charged.nano_usd),
        charged_tokens=settled.charged.tokens,
        left_usd=dollars_of(settled.left.nano_usd),
        left_tokens=settled.left.tokens,
        over_hold_usd=dollars_of(settled.over_hold.nano_usd or None),
        over_hold_tokens=settled.over_hold.tokens or None,
        late=settled.late,
        notes=notes_of(settled, priced),
    )


def notes_of(settled: Settlement, priced: Priced) -> list[str]:
    """What whoever charged should know."""
    notes: list[str] = []
    if settled.over_hold.nano_usd or settled.over_hold.tokens:
        notes.append("more than was held; all of it is charged")
    if settled.late:
        notes.append("the hold had expired; what was charged then was replaced")
    if priced.unpriced_reason is not None:
        how = "charged as held" if settled.charged.nano_usd is not None else "in no dollar figure"
        notes.append(f"the usage has no price ({priced.unpriced_reason}) and is {how}")
    if any((left or 0) < 0 for left in (settled.left.nano_usd, settled.left.tokens)):
        notes.append("the budget is in debt: nothing more is granted until its limit or period changes")
    return notes
