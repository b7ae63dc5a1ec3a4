"""Anthropic's organization APIs: analytics (usage and cost), the older admin reports, and effective spend limits.

Amounts are decimal strings in cents. Reports page by cursor; their time buckets are in UTC.
https://platform.claude.com/docs/en/manage-claude/usage-cost-analytics-api
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from tokenworth.burn.providers.fields import Row, cents, count, drifted, member, optional_money, rows, total_usd
from tokenworth.burn.providers.pages import Asking, Parameters
from tokenworth.burn.providers.provider import Findings, Provider, Question, Quota, midnight
from tokenworth.errors import InvalidInputError

__all__ = ["ADMIN", "ANALYTICS", "LIMITS", "ROOT"]

HOST: Final = "api.anthropic.com"
KEY: Final = "ANTHROPIC_ADMIN_API_KEY"
ROOT: Final = "/v1/organizations"
WINDOW: Final = timedelta(days=31)
PERIODS: Final = {"day": "daily", "week": "weekly", "month": "monthly"}


def _headers(key: str) -> Mapping[str, str]:
    return {"x-api-key": key, "anthropic-version": "2023-06-01"}


def _beta_headers(key: str) -> Mapping[str, str]:
    return {**_headers(key), "anthropic-beta": "analytics-usage-cost-2026-08-24"}


async def _analytics(asking: Asking, question: Question) -> Findings:
    """Use and its cost; a cost is after discounts and before credits."""
    since = question.since.replace(minute=0, second=0, microsecond=0)
    width = "1d" if since == midnight(since) else "1h"
    spent: list[Decimal] = []
    tokens = 0
    for window in _windows(since, question.until):
        asked: Parameters = (*window, ("time_bucket_width", width), ("limit", 1000), *_narrowed(question))
        async for page in asking.by_cursor(f"{ROOT}/analytics/usage", asked):
            tokens += sum(_tokens(member(row, "usage")) for row in rows(page, "data"))
        async for page in asking.by_cursor(f"{ROOT}/analytics/cost", asked):
            spent += [_in_usd(cost, "amount") for row in rows(page, "data") for cost in [member(row, "cost")]]
    return Findings(total_usd(spent), tokens, since)


async def _admin(asking: Asking, question: Question) -> Findings:
    """The same by the older reports, which count whole days and cannot tell whose use it is."""
    since = midnight(question.since)
    start: Parameters = (("starting_at", _rfc3339(since)), ("bucket_width", "1d"), ("limit", 31))
    spent: list[Decimal] = []
    tokens = 0
    async for page in asking.by_cursor(f"{ROOT}/usage_report/messages", start):
        tokens += sum(_tokens(row) for bucket in rows(page, "data") for row in rows(bucket, "results"))
    async for page in asking.by_cursor(f"{ROOT}/cost_report", start):
        spent += [_in_usd(row, "amount") for bucket in rows(page, "data") for row in rows(bucket, "results")]
    return Findings(total_usd(spent), tokens, since)


async def _limits(asking: Asking, question: Question) -> Findings:
    """What one member may spend and has spent: the official source of a personal allocation."""
    member_id = question.narrowed["user"]
    wanted = PERIODS.get(question.period.kind)
    if wanted is None:
        raise InvalidInputError(
            "budget",
            "its period is none that spend limits have",
            "Send a budget by the day, week or month, such as --period month",
        )
    found = Findings()
    async for page in asking.by_cursor(f"{ROOT}/spend_limits/effective", (("user_ids[]", member_id), ("limit", 1000))):
        for row in rows(page, "data"):
            quota = _quota(row)
            found.quotas.append(quota)
            if quota.period == wanted:
                if found.usd is not None:
                    raise drifted("data", "has two limits of one period")
                found.usd = quota.used
    if found.usd is None:
        found.notes.append(f"no {wanted} limit applies to this member, so there is no figure for this budget")
    elif question.period.timezone != "UTC":
        found.notes.append("the provider's periods need not begin at this budget's midnights")
    return found


def _quota(row: Row) -> Quota:
    """One limit; `amount` is null where no number is set."""
    period = row.get("period")
    if period not in PERIODS.values():
        raise drifted("period", "is not daily, weekly or monthly")
    used = _in_usd(row, "period_to_date_spend")
    limit = optional_money(row, "amount")
    limit = None if limit is None else limit / 100
    return Quota("spend limit", "usd", used, limit, None if limit is None else limit - used, period)


def _tokens(row: Row) -> int:
    """Everything sent and made; the two lifetimes of cache writes are apart."""
    written = member(row, "cache_creation")
    plain = ("uncached_input_tokens", "cache_read_input_tokens", "output_tokens")
    lifetimes = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
    return sum(count(row, name) for name in plain) + sum(count(written, name) for name in lifetimes)


def _in_usd(row: Row, name: str) -> Decimal:
    if row.get("currency") != "USD":
        raise drifted("currency", "is missing or not USD")
    return cents(row, name)


def _narrowed(question: Question) -> Parameters:
    names = {"user": "actor_ids[]", "workspace": "workspace_ids[]"}
    return [(names[kind], one) for kind, one in question.narrowed.items() if kind in names]


def _windows(since: datetime, until: datetime) -> list[Parameters]:
    """Whole windows of the longest range, and a last one that is left open: it ends with the hour under way."""
    windows: list[Parameters] = []
    while since + WINDOW < until:
        windows.append((("starting_at", _rfc3339(since)), ("ending_at", _rfc3339(since + WINDOW))))
        since += WINDOW
    return [*windows, (("starting_at", _rfc3339(since)),)]


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


ANALYTICS: Final = Provider(
    name="anthropic",
    trusted_for="tokens and cost of an organization, a member or a workspace, to the hour",
    host=HOST,
    key_variable=KEY,
    headers=_beta_headers,
    find=_analytics,
    takes=frozenset({"user", "workspace"}),
)
ADMIN: Final = Provider(
    name="anthropic-admin",
    trusted_for="tokens and cost of a whole organization, by days in UTC",
    host=HOST,
    key_variable=KEY,
    headers=_headers,
    find=_admin,
)
LIMITS: Final = Provider(
    name="anthropic-limits",
    trusted_for="what one member of an Enterprise organization may spend, and has",
    host=HOST,
    key_variable=KEY,
    headers=_headers,
    find=_limits,
    takes=frozenset({"user"}),
    needs=frozenset({"user"}),
    dated=False,
)
