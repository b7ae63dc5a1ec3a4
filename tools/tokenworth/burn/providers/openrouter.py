"""OpenRouter: what a key has used and may use, and the account's activity by completed days with its credits.

https://openrouter.ai/docs/api-reference/api-keys/get-current-key, .../analytics/get-user-activity
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from tokenworth.burn.providers.fields import Row, count, drifted, member, money, optional_money, rows, total_usd
from tokenworth.burn.providers.pages import Asking
from tokenworth.burn.providers.provider import Findings, Provider, Question, Quota, midnight
from tokenworth.errors import InvalidInputError

__all__ = ["ACTIVITY", "KEY"]

HOST: Final = "openrouter.ai"
USED_IN: Final = {"day": "usage_daily", "week": "usage_weekly", "month": "usage_monthly", "once": "usage"}
RESETS: Final = ("daily", "weekly", "monthly")
DAYS_KEPT: Final = 30


def _headers(key: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def _key(asking: Asking, question: Question) -> Findings:
    """The key's own use in the provider's day, week (from Monday) or month, all in UTC, or since it was made."""
    name = USED_IN.get(question.period.kind)
    if name is None:
        raise InvalidInputError(
            "budget", "a rolling window is none that a key's use is kept by", "Send a budget by the day, week or month"
        )
    data = member(await asking.page("/api/v1/key"), "data")
    limit, left = optional_money(data, "limit"), optional_money(data, "limit_remaining")
    resets = data.get("limit_reset")
    used = None if limit is None or left is None else limit - left
    quota = Quota("key limit", "usd", used, limit, left, resets if resets in RESETS else None)
    found = Findings(total_usd([money(data, name)]), quotas=[quota])
    if question.period.kind == "once":
        found.notes.append("the figure is all that the key has used since it was made")
    elif question.period.timezone != "UTC":
        found.notes.append("the provider's periods begin at midnight in UTC")
    return found


async def _activity(asking: Asking, question: Question) -> Findings:
    """Tokens and cost by completed days in UTC, which the provider keeps for 30 days; today is not in it yet."""
    first = midnight(question.since)
    if first < midnight(question.until) - timedelta(days=DAYS_KEPT):
        raise InvalidInputError("since", "more than 30 days ago, which activity is not kept for", "Send a later day")
    spent: list[Decimal] = []
    tokens = 0
    for row in rows(await asking.page("/api/v1/activity"), "data"):
        if _day(row) < first.date():
            continue
        spent.append(money(row, "usage"))
        tokens += count(row, "prompt_tokens") + count(row, "completion_tokens")
    credit = member(await asking.page("/api/v1/credits"), "data")
    bought, used = money(credit, "total_credits"), money(credit, "total_usage")
    quota = Quota("account credits", "usd", used, bought, bought - used)
    return Findings(total_usd(spent), tokens, first, [quota], ["completed days only: today is not in it yet"])


def _day(row: Row) -> date:
    said = row.get("date")
    try:
        return datetime.fromisoformat(said if isinstance(said, str) else "").date()
    except ValueError:
        raise drifted("date", "is missing or not a day") from None


KEY: Final = Provider(
    name="openrouter",
    trusted_for="what one key has used and may still use, in USD",
    host=HOST,
    key_variable="OPENROUTER_API_KEY",
    headers=_headers,
    find=_key,
    dated=False,
)
ACTIVITY: Final = Provider(
    name="openrouter-activity",
    trusted_for="tokens and cost of an account by completed days in UTC, and its credits",
    host=HOST,
    key_variable="OPENROUTER_MANAGEMENT_KEY",
    headers=_headers,
    find=_activity,
)
