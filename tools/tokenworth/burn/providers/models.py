"""What observing a provider is asked and what it answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from tokenworth.answers import Answer, Part, Request
from tokenworth.burn.models import BudgetId, UsdOut

__all__ = ["BudgetObserved", "ObserveBudgetRequest", "OfficialLimit"]

ProviderId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@|+~-]*$", max_length=128)]


class ObserveBudgetRequest(Request):
    """A budget, and the provider whose own figure is to stand beside what was spent.

    Attributes:
        provider: a name in `PROVIDERS`.
        organization, project, user, workspace: whose use, by the provider's own id of it.
        since: only for a budget that is given once, which has no start of its own.
        set_limit: also make the provider's limit of the same period the budget's.
    """

    budget: BudgetId
    provider: str
    organization: ProviderId | None = None
    project: ProviderId | None = None
    user: ProviderId | None = None
    workspace: ProviderId | None = None
    since: datetime | None = None
    set_limit: bool = False


class OfficialLimit(Part):
    """A limit as the provider states it; left out where it states none."""

    name: str
    unit: Literal["usd", "credits"]
    used: UsdOut | None = None
    limit: UsdOut | None = None
    left: UsdOut | None = None
    period: str | None = None


class BudgetObserved(Answer):
    """What a provider says was used in the budget's present period, beside what was spent here.

    Attributes:
        usd, tokens: left out where the provider does not count in that unit; never zero for unknown.
        counted_from, counted_until: what the figure covers.
        gap_usd, gap_tokens: the provider's figure less what was spent here.
        limit_set_usd: the budget's new limit, if one was asked for.
    """

    budget: str
    source: str
    usd: UsdOut | None = None
    tokens: int | None = None
    spent_usd: UsdOut
    spent_tokens: int
    gap_usd: UsdOut | None = None
    gap_tokens: int | None = None
    counted_from: datetime | None = None
    counted_until: datetime
    limits: list[OfficialLimit]
    limit_set_usd: UsdOut | None = None
    pages: int
    notes: list[str]

    def text(self) -> str:
        """The answer in words."""
        return " ".join([self.headline, *(f"Note: {note}." for note in self.notes)])
