"""What a provider of usage figures is: where it answers, with which key, and what a report of it holds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

from tokenworth.budgets import Period
from tokenworth.burn.providers.pages import Asking

__all__ = ["Findings", "Narrowing", "Provider", "Question", "Quota", "midnight"]

Narrowing = Literal["organization", "project", "user", "workspace"]


@dataclass(frozen=True, slots=True)
class Question:
    """What is wanted of a provider.

    Attributes:
        since, until: aware and in UTC; the present period of the budget, up to now.
        period: of the budget, for providers that keep figures by named periods.
        narrowed: to whose use, by the provider's own id of it.
    """

    since: datetime
    until: datetime
    period: Period
    narrowed: Mapping[Narrowing, str]


@dataclass(frozen=True, slots=True)
class Quota:
    """An official limit, as its provider states it; None where it states none.

    Attributes:
        unit: "usd" or "credits".
        period: the provider's word for when it starts anew.
    """

    name: str
    unit: Literal["usd", "credits"]
    used: Decimal | None = None
    limit: Decimal | None = None
    left: Decimal | None = None
    period: str | None = None


@dataclass(slots=True)
class Findings:
    """What a provider says; None where it does not count in that unit, which is never zero.

    Attributes:
        usd: what it charges for the use, before its own credits.
        tokens: everything that was sent and made, cached or not.
        since: from when the figures count, where that is not from when it was asked.
        notes: what people should know beside the figures.
    """

    usd: Decimal | None = None
    tokens: int | None = None
    since: datetime | None = None
    quotas: list[Quota] = field(default_factory=list[Quota])
    notes: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider's report, the same shape for all of them.

    Attributes:
        name: ours; also the source that the ledger keeps the figure under.
        trusted_for: what its figure is, in a few words for people.
        host: where it answers; None where the person says it with `address_variable`.
        key_variable: the environment variable (and the keyring entry) that holds its key.
        headers: of every request, made from the key.
        find: asks all that is needed; nothing is kept unless all of it is understood.
        takes: whose use can be asked for.
        needs: what must be said of that.
        dated: whether its figure depends on the moment it is asked from.
    """

    name: str
    trusted_for: str
    host: str | None
    key_variable: str
    headers: Callable[[str], Mapping[str, str]]
    find: Callable[[Asking, Question], Awaitable[Findings]]
    takes: frozenset[Narrowing] = frozenset()
    needs: frozenset[Narrowing] = frozenset()
    address_variable: str | None = None
    dated: bool = True


def midnight(moment: datetime) -> datetime:
    """The start of a moment's day in UTC: what providers that count by the day count from."""
    return datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
