"""A LiteLLM proxy of one's own: a key's daily activity and limit, or every request of the proxy's spend logs.

Amounts are USD; days and moments are in UTC, written "YYYY-MM-DD" and "YYYY-MM-DD HH:MM:SS".
https://docs.litellm.ai/docs/proxy/cost_tracking
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from tokenworth.burn.providers.fields import count, drifted, member, money, optional_money, rows, total_usd
from tokenworth.burn.providers.pages import Asking, Parameters
from tokenworth.burn.providers.provider import Findings, Provider, Question, Quota, midnight

__all__ = ["DAILY", "LOGS"]

ADDRESS: Final = "LITELLM_PROXY_URL"
KEY: Final = "LITELLM_API_KEY"
ROWS_A_PAGE: Final = 100
DURATION: Final = re.compile(r"[0-9]{1,4}(?:s|m|h|d|w|mo)")


def _headers(key: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def _daily(asking: Asking, question: Question) -> Findings:
    """What the proxy's daily table says of the key's user, and what the key itself may spend."""
    first = midnight(question.since)
    user = question.narrowed.get("user")
    asked: Parameters = (
        ("start_date", f"{first:%Y-%m-%d}"),
        ("end_date", f"{question.until:%Y-%m-%d}"),
        ("page_size", 1000),
        *(() if user is None else (("user_id", user),)),
    )
    spent: list[Decimal] = []
    tokens = 0
    async for page in asking.by_number("/user/daily/activity", asked, counted_in="metadata"):
        for row in rows(page, "results"):
            metrics = member(row, "metrics")
            spent.append(money(metrics, "spend"))
            tokens += count(metrics, "total_tokens")
    return Findings(total_usd(spent), tokens, first, [await _key_limit(asking)])


async def _key_limit(asking: Asking) -> Quota:
    """The limit of the key that asks; of its answer nothing else is kept, least of all the key's own hash."""
    info = member(await asking.page("/key/info"), "info")
    used, limit = money(info, "spend"), optional_money(info, "max_budget")
    duration = info.get("budget_duration")
    shown = duration if isinstance(duration, str) and DURATION.fullmatch(duration) else None
    return Quota("key limit", "usd", used, limit, None if limit is None else limit - used, shown)


async def _logs(asking: Asking, question: Question) -> Findings:
    """Every request of the proxy in the period, each counted once; only an administrator's key may ask."""
    user = question.narrowed.get("user")
    asked: Parameters = (
        ("start_date", _moment(question.since)),
        ("end_date", _moment(question.until)),
        ("page_size", ROWS_A_PAGE),
        *(() if user is None else (("user_id", user),)),
    )
    spent: dict[str, tuple[Decimal, int]] = {}
    async for page in asking.by_number("/spend/logs/v2", asked):
        if page.get("total_is_capped"):
            raise drifted("the report", "leaves out rows beyond the proxy's own limit; ask for a shorter period")
        for row in rows(page, "data"):
            request = row.get("request_id")
            if not isinstance(request, str) or not request:
                raise drifted("request_id", "is missing")
            # Rows that arrive while we read push others to the next page: those come twice.
            spent[request] = money(row, "spend"), count(row, "total_tokens")
    usd = total_usd(amount for amount, _ in spent.values())
    return Findings(usd, sum(tokens for _, tokens in spent.values()))


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


DAILY: Final = Provider(
    name="litellm",
    trusted_for="tokens and cost of a proxy's user by days in UTC, and the key's limit",
    host=None,
    address_variable=ADDRESS,
    key_variable=KEY,
    headers=_headers,
    find=_daily,
    takes=frozenset({"user"}),
)
LOGS: Final = Provider(
    name="litellm-logs",
    trusted_for="tokens and cost of every request through a proxy, to the second",
    host=None,
    address_variable=ADDRESS,
    key_variable=KEY,
    headers=_headers,
    find=_logs,
    takes=frozenset({"user"}),
)
