"""OpenAI's organization usage (completions) and costs.

Input counts include cached and cache-write tokens; costs come by days in UTC, as {value, currency}.
https://platform.openai.com/docs/api-reference/usage
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from tokenworth.burn.providers.fields import Row, count, drifted, member, money, rows, total_usd
from tokenworth.burn.providers.pages import Asking, Parameters
from tokenworth.burn.providers.provider import Findings, Provider, Question, midnight

__all__ = ["PROVIDER"]

ROOT: Final = "/v1/organization"


def _headers(key: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def _find(asking: Asking, question: Question) -> Findings:
    since = midnight(question.since)
    project = question.narrowed.get("project")
    asked: Parameters = (
        ("start_time", int(since.timestamp())),
        ("bucket_width", "1d"),
        ("limit", 31),
        *(() if project is None else (("project_ids", project),)),
    )
    spent: list[Decimal] = []
    tokens = 0
    async for page in asking.by_cursor(f"{ROOT}/usage/completions", asked):
        for bucket in rows(page, "data"):
            tokens += sum(count(row, "input_tokens") + count(row, "output_tokens") for row in rows(bucket, "results"))
    async for page in asking.by_cursor(f"{ROOT}/costs", asked):
        spent += [_usd(row) for bucket in rows(page, "data") for row in rows(bucket, "results")]
    notes = ["tokens are of completions; costs are of everything that was billed"]
    return Findings(total_usd(spent), tokens, since, notes=notes)


def _usd(row: Row) -> Decimal:
    amount = member(row, "amount")
    currency = amount.get("currency")
    if not isinstance(currency, str) or currency.upper() != "USD":
        raise drifted("currency", "is missing or not USD")
    return money(amount, "value")


PROVIDER: Final = Provider(
    name="openai",
    trusted_for="tokens of completions and cost of an organization or a project, by days in UTC",
    host="api.openai.com",
    key_variable="OPENAI_ADMIN_KEY",
    headers=_headers,
    find=_find,
    takes=frozenset({"project"}),
)
