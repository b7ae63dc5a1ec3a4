"""GitHub Copilot: the AI credits that an organization (or one member of it) has used, and what they cost.

One answer a query and no pages; a query is for a month or a day in UTC, and amounts are USD.
https://docs.github.com/rest/billing/usage
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from tokenworth.burn.providers.fields import money, rows, total_usd
from tokenworth.burn.providers.pages import Asking, Parameters
from tokenworth.burn.providers.provider import Findings, Provider, Question, Quota, midnight
from tokenworth.errors import InvalidInputError

__all__ = ["PROVIDER"]

LOGIN: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})")
MONTHS_KEPT: Final = 24


def _headers(key: str) -> Mapping[str, str]:
    return {
        "Authorization": f"Bearer {key}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }


async def _find(asking: Asking, question: Question) -> Findings:
    organization = question.narrowed["organization"]
    if not LOGIN.fullmatch(organization):
        raise InvalidInputError("organization", "not a name that GitHub gives", "Send its login, such as octo-org")
    since = midnight(question.since)
    path = f"/organizations/{organization}/settings/billing/ai_credit/usage"
    user = question.narrowed.get("user")
    gross: list[Decimal] = []
    net: list[Decimal] = []
    credit: list[Decimal] = []
    for span in _spans(since, question.until):
        page = await asking.page(path, (*span, *(() if user is None else (("user", user),))))
        for row in rows(page, "usageItems"):
            gross.append(money(row, "grossAmount"))
            net.append(money(row, "netAmount"))
            credit.append(money(row, "grossQuantity"))
    billed = total_usd(net)
    quotas = [Quota("AI credits", "credits", total_usd(credit)), Quota("billed beyond the plan", "usd", billed)]
    notes = ["USD is the price of all credits used; what the plan includes is billed at nothing"]
    return Findings(total_usd(gross), None, since, quotas, notes)


def _spans(since: datetime, until: datetime) -> list[Parameters]:
    """Whole months as long as they are whole, the month under way among them; else one query a day.

    Raises:
        InvalidInputError: earlier than the provider keeps.
    """
    if since < until - timedelta(days=30 * MONTHS_KEPT):
        raise InvalidInputError("since", "more than 24 months ago, which usage is not kept for", "Send a later day")
    spans: list[Parameters] = []
    while since <= until:
        if since.day == 1:
            spans.append((("year", since.year), ("month", since.month)))
            since = (since + timedelta(days=32)).replace(day=1)
        else:
            spans.append((("year", since.year), ("month", since.month), ("day", since.day)))
            since += timedelta(days=1)
    return spans


PROVIDER: Final = Provider(
    name="github-copilot",
    trusted_for="AI credits of an organization or a member, with their price, by days in UTC",
    host="api.github.com",
    key_variable="GITHUB_TOKEN",
    headers=_headers,
    find=_find,
    takes=frozenset({"organization", "user"}),
    needs=frozenset({"organization"}),
)
