"""The tool that creates a budget or lowers its limit; raising one is not for whoever spends it."""

from __future__ import annotations

from decimal import Decimal

from tokenworth.budgets import Amount, BudgetChange, Unit, nano_usd
from tokenworth.burn.models import BudgetSet, SetBudgetRequest
from tokenworth.burn.opened import dollars_of, in_words, ledger_of, period_in_words
from tokenworth.context import Context

__all__ = ["set_budget"]


async def set_budget(request: SetBudgetRequest, context: Context) -> BudgetSet:
    """Create a budget, or change one that exists; what is not sent stays as it is.

    Raises:
        InvalidInputError: an unknown parent or time zone, or a new budget without a limit.
        NotAllowedError: the caller may not raise or remove a limit, or move a budget.
        LedgerError: the ledger cannot answer.
    """
    ledger = await ledger_of(context)
    unit, limit = _limit(request)
    budget, created = await ledger.set_budget(
        BudgetChange(
            budget=request.budget,
            unit=unit,
            limit=limit,
            period=None if request.period is None else request.period.period(),
            parent=request.parent,
            may_raise=context.caller.may_raise_limits,
        )
    )
    state = await ledger.state(budget.id)
    left = Amount(state.left("usd"), state.left("tokens"))
    limits = in_words(Amount(budget.limit_nano_usd, budget.limit_tokens))
    limited = budget.limit_nano_usd is not None or budget.limit_tokens is not None
    below = f" below {budget.parent}" if budget.parent is not None else ""
    return BudgetSet(
        headline=(
            f"Budget {budget.id}{below} {'was created with' if created else 'has'} "
            f"{limits if limited else 'no limit'} ({period_in_words(budget)}); left now: "
            f"{in_words(left) if left != Amount() else 'no limit'}."
        ),
        budget=budget.id,
        created=created,
        limit_usd=dollars_of(budget.limit_nano_usd),
        limit_tokens=budget.limit_tokens,
        period=period_in_words(budget),
        parent=budget.parent,
        left_usd=dollars_of(left.nano_usd),
        left_tokens=left.tokens,
    )


def _limit(request: SetBudgetRequest) -> tuple[Unit | None, int | None]:
    if request.limit_usd is not None:
        return "usd", nano_usd(request.limit_usd, up=False) if isinstance(request.limit_usd, Decimal) else None
    if request.limit_tokens is not None:
        return "tokens", request.limit_tokens if isinstance(request.limit_tokens, int) else None
    return None, None
