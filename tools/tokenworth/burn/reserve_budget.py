"""The tool that holds a worst case on a budget and all above it before work starts, or says why it cannot."""

from __future__ import annotations

import json

from tokenworth.budgets import Amount, Grant, HoldRequest
from tokenworth.burn.models import BudgetReserved, ReserveBudgetRequest, nano_of
from tokenworth.burn.opened import dollars_of, in_words, ledger_of, moment, prices_of, unit_in_words
from tokenworth.burn.priced import Priced, worst_case
from tokenworth.context import Context

__all__ = ["reserve_budget"]


async def reserve_budget(request: ReserveBudgetRequest, context: Context) -> BudgetReserved:
    """Hold an amount, or the worst case of a planned call. The same key and request always get the same answer.

    Raises:
        InvalidInputError: an unknown budget, or a key that came with another request.
        LedgerError: the ledger cannot answer.
    """
    ledger = await ledger_of(context)
    if request.planned is None:
        priced = Priced(nano_usd=nano_of(request.usd, up=True), tokens=request.tokens)
    else:
        priced = worst_case(request.planned, await prices_of(context), context.clock())
    grant = await ledger.reserve(
        HoldRequest(
            budget=request.budget,
            amount=priced.amount,
            key=request.key,
            asked=_canonical(request),
            expires_in_s=request.hold_minutes * 60,
            on_expiry=request.on_expiry,
            model=priced.model,
        )
    )
    return _granted(request, grant, priced.amount) if grant.granted else _refused(request, grant, priced)


def _canonical(request: ReserveBudgetRequest) -> str:
    """The request without its key, so that 0.10 and "$0.1" are one request; a price that moves is none."""
    planned = None if request.planned is None else request.planned.model_dump()
    amounts = (nano_of(request.usd, up=True), request.tokens, planned)
    return json.dumps(["reserve", request.budget, *amounts, request.hold_minutes, request.on_expiry])


def _granted(request: ReserveBudgetRequest, grant: Grant, amount: Amount) -> BudgetReserved:
    expires = moment(grant.expires_at_ms)
    left = f"; {in_words(grant.left)} left" if grant.left != Amount() else ""
    then = "charged" if request.on_expiry == "charge" else "released"
    return BudgetReserved(
        headline=f"Granted: {in_words(amount)} held on {request.budget} as {grant.hold}{left}.",
        granted=True,
        hold=grant.hold,
        held_usd=dollars_of(amount.nano_usd),
        held_tokens=amount.tokens,
        left_usd=dollars_of(grant.left.nano_usd),
        left_tokens=grant.left.tokens,
        expires_at=expires,
        do_next=f"Settle it with settle_reservation by {expires:%Y-%m-%d %H:%M} UTC; after that it is {then}.",
    )


def _refused(request: ReserveBudgetRequest, grant: Grant, priced: Priced) -> BudgetReserved:
    refusal = grant.refusal
    budget = request.budget if refusal is None else refusal.budget
    if refusal is None or refusal.reason == "limit":
        unit = "usd" if refusal is None else refusal.unit
        left = max(grant.left.of(unit) or 0, 0)
        debt = ", which is in debt" if (grant.left.of(unit) or 0) < 0 else ""
        reason = f"the limit of {budget}{debt} leaves {unit_in_words(left, unit)}"
        do_next = "Ask for less, wait for holds to settle or the next period, or ask for a higher limit; use a new key."
    elif refusal.reason == "unpriced":
        reason = f"{budget} has a USD limit and the amount has no price"
        if priced.unpriced_reason is not None:
            reason += f" ({priced.unpriced_reason})"
        do_next = "Send usd, or planned with a model that has a price; use a new key."
    else:
        reason = f"{budget} has a token limit and the amount has no tokens"
        do_next = "Send tokens beside usd, or planned; use a new key."
    return BudgetReserved(
        headline=f"Not granted, nothing is held: {reason}.",
        granted=False,
        left_usd=dollars_of(grant.left.nano_usd),
        left_tokens=grant.left.tokens,
        refused_by=budget,
        reason=reason,
        do_next=do_next,
    )
