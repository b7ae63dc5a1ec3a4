"""The tool that charges a use that nothing was held for: it happened, so no limit refuses it."""

from __future__ import annotations

import json

from tokenworth.budgets import Amount
from tokenworth.burn.models import RecordUsageRequest, UsageRecorded
from tokenworth.burn.opened import dollars_of, in_words, ledger_of
from tokenworth.burn.priced import amount_of_usage
from tokenworth.burn.settle_reservation import notes_of
from tokenworth.context import Context

__all__ = ["record_usage"]


async def record_usage(request: RecordUsageRequest, context: Context) -> UsageRecorded:
    """Charge a usage to a budget and all above it, once for a key.

    Raises:
        InvalidInputError: an unknown budget, a key that came with another request, or a usage that cannot be read.
        NotPricedError: there is no price list to read a usage object with.
        LedgerError: the ledger cannot answer.
    """
    ledger = await ledger_of(context)
    priced = await amount_of_usage(request.usage, context)
    asked = json.dumps(["record", request.budget, request.usage], sort_keys=True)
    recorded = await ledger.record(request.budget, priced.amount, request.key, asked, priced.model)
    left = f"; {in_words(recorded.left)} left" if recorded.left != Amount() else ""
    return UsageRecorded(
        headline=f"{in_words(recorded.charged)} charged to {request.budget}{left}.",
        charged_usd=dollars_of(recorded.charged.nano_usd),
        charged_tokens=recorded.charged.tokens,
        left_usd=dollars_of(recorded.left.nano_usd),
        left_tokens=recorded.left.tokens,
        notes=notes_of(recorded, priced),
    )
