"""The budget that a token grant of an offer amounts to: its limit, and when it starts anew."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from tokenworth.errors import InvalidInputError
from tokenworth.money import Money
from tokenworth.terms import Offer, TokenGrant

__all__ = ["budget_of_grant"]

# The ledger has no calendar years: what may be used in any 365 days is the year's amount, wherever the year begins.
YEAR: Final = "365d"


def budget_of_grant(offer: Offer) -> dict[str, Any]:
    """What to send to `set_budget` besides the budget's id.

    A grant by the month starts anew each month in UTC, and carries over what is left if the offer says so; a grant by
    the year is a rolling window of 365 days; a lump is there once. Money becomes USD at the offer's own rate.

    Raises:
        InvalidInputError: no grant, an amount in another currency without a rate, or a rule that budgets cannot keep.
    """
    grant = offer.tokens
    if grant is None:
        raise InvalidInputError("offer.tokens", "missing", "Send an offer with tokens, such as per_month: 500")
    every = _every(grant)
    period: dict[str, str | int] = {"every": every, "unused": "expires"}
    if grant.unused == "rolls_over" and every == "month":
        period |= {"unused": "rolls_over", **_cap(offer, grant)}
    return {**_limit(offer, grant), "period": period}


def _cap(offer: Offer, grant: TokenGrant) -> dict[str, str | int]:
    """The most that rolls over, in the unit of the limit."""
    if grant.rollover_cap is None:
        return {}
    if grant.counted is None:
        return {"rollover_cap_usd": str(_usd(offer, grant.rollover_cap))}
    if grant.usd_per_million is None or not grant.usd_per_million.number:
        raise InvalidInputError(
            "offer.tokens.rollover_cap",
            "an amount of money, and the budget counts tokens",
            "Send usd_per_million too, or leave the cap out",
        )
    return {"rollover_cap_tokens": int(grant.rollover_cap.number / grant.usd_per_million.number * 1_000_000)}


def _every(grant: TokenGrant) -> str:
    if grant.per_month is not None or grant.tokens_per_month is not None:
        return "month"
    return "once" if grant.total is not None or grant.tokens_total is not None else YEAR


def _limit(offer: Offer, grant: TokenGrant) -> dict[str, Any]:
    if grant.counted is not None:
        return {"limit_tokens": grant.counted}
    if grant.share_of_base is not None:
        return {"limit_usd": str(_usd(offer, offer.base) * grant.share_of_base)}
    said = next(amount for amount in (grant.per_month, grant.per_year, grant.total) if amount is not None)
    return {"limit_usd": str(_usd(offer, said))}


def _usd(offer: Offer, amount: Money) -> Decimal:
    if offer.fx is not None:
        return amount.number * offer.fx.number
    if offer.currency != "USD":
        raise InvalidInputError("offer.fx", "missing", "Budgets are kept in USD: send USD per unit of the currency")
    return amount.number
