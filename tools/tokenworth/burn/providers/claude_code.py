"""Anthropic's Claude Code analytics: what each member's Claude Code used by days in UTC, at Anthropic's own estimate.

One day a request, paged by cursor; amounts are whole cents.
https://platform.claude.com/docs/en/manage-claude/claude-code-analytics-api
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from tokenworth.burn.providers.anthropic import ADMIN, ROOT
from tokenworth.burn.providers.fields import Row, cents, count, drifted, member, rows, total_usd
from tokenworth.burn.providers.pages import Asking
from tokenworth.burn.providers.provider import Findings, Provider, Question, midnight
from tokenworth.errors import InvalidInputError

__all__ = ["CLAUDE_CODE"]

PATH: Final = f"{ROOT}/usage_report/claude_code"
DAYS_MAX: Final = 366
CLASSES: Final = ("input", "output", "cache_read", "cache_creation")
NAMES: Final = {"user_actor": "email_address", "api_actor": "api_key_name"}
LATE: Final = "the provider's figure is an estimate, and the last hour may be missing"


async def _claude_code(asking: Asking, question: Question) -> Findings:
    """Every day of the period, of all members or of one."""
    since = midnight(question.since)
    if question.until - since > timedelta(days=DAYS_MAX):
        raise InvalidInputError("since", f"more than {DAYS_MAX} days ago", "Send a later day; each is asked for alone")
    wanted = question.narrowed.get("user")
    spent: list[Decimal] = []
    tokens = 0
    for day in _days(since, question.until):
        async for page in asking.by_cursor(PATH, (("starting_at", f"{day:%Y-%m-%d}"), ("limit", 1000))):
            for row in rows(page, "data"):
                _check_day(row, day)
                if wanted is not None and _name(row).casefold() != wanted.casefold():
                    continue
                for used in rows(row, "model_breakdown"):
                    counts = member(used, "tokens")
                    tokens += sum(count(counts, name) for name in CLASSES)
                    spent.append(_estimated(used))
    return Findings(total_usd(spent), tokens, since, notes=[LATE])


def _days(since: datetime, until: datetime) -> Iterator[datetime]:
    while since <= until:
        yield since
        since += timedelta(days=1)


def _check_day(row: Row, day: datetime) -> None:
    """A row of another day would be counted twice: each day is asked for alone."""
    date = row.get("date")
    if not isinstance(date, str) or not date.startswith(f"{day:%Y-%m-%d}"):
        raise drifted("date", "is not the day that was asked for")


def _name(row: Row) -> str:
    """Whose use it is: a member's address, or the name of a key."""
    actor = member(row, "actor")
    field = NAMES.get(str(actor.get("type")))
    name = None if field is None else actor.get(field)
    if not isinstance(name, str) or not name:
        raise drifted("actor", "names nobody")
    return name


def _estimated(used: Row) -> Decimal:
    cost = member(used, "estimated_cost")
    if cost.get("currency") != "USD":
        raise drifted("currency", "is missing or not USD")
    return cents(cost, "amount")


CLAUDE_CODE: Final = Provider(
    name="claude-code",
    trusted_for="tokens and estimated cost of an organization's Claude Code, or of one member's, by days in UTC",
    host=ADMIN.host,
    key_variable=ADMIN.key_variable,
    headers=ADMIN.headers,
    find=_claude_code,
    takes=frozenset({"user"}),
)
