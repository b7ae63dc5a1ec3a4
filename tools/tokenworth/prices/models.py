"""What estimate_cost and find_prices are asked and what they answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from tokenworth.answers import Answer, Detail, MoneyField, Part, Request, Strict, TokenCount, listed_as

__all__ = [
    "CallContext",
    "CostEstimated",
    "CostPart",
    "EstimateCostRequest",
    "FindPricesRequest",
    "Moment",
    "PlannedTask",
    "PriceChange",
    "PriceRow",
    "PricesFound",
    "SideBySide",
    "SnapshotUsed",
    "StatedPrice",
]

NAME_MAX = 200
COMPARED_MAX = 20
# Answers in words stay short enough to read; the data has every row.
SHOWN_MAX = 12
UsageFormat = Literal[
    "anthropic_messages", "openai_chat", "openai_responses", "gemini", "bedrock_converse", "otel", "plain"
]


def _moment(value: object) -> object:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise ValueError('not a time. Send ISO 8601 such as "2026-11-24T12:00:00Z"') from None
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value


# A date alone or a time without a zone is taken in UTC, as price pages and API responses mean it.
Moment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
Name = Annotated[str, Field(min_length=1, max_length=NAME_MAX)]


class CallContext(Strict):
    """How a call was run, where that changes its price; the same keys inside `usage` mean the same."""

    speed: str | None = Field(default=None, description='"fast" for Anthropic\'s fast mode')
    service_tier: str | None = Field(default=None, description='"flex", "priority", "standard"')
    processing: str | None = Field(default=None, description='"batch" for a batch API')
    inference_geo: str | None = Field(default=None, description='"us" for inference kept in the US')
    data_residency: str | None = Field(default=None, description='"eu", "us" for a regional endpoint')
    deployment: str | None = Field(default=None, description='Azure: "global", "data_zone", "regional"')
    endpoint: str | None = Field(default=None, description='Vertex: "regional"')
    compliance: str | None = Field(default=None, description='"fedramp"')
    region: str | None = Field(default=None, description='cloud region, such as "us-east-1"')

    def said(self) -> dict[str, str]:
        """What was said, by key."""
        return self.model_dump(exclude_none=True)


class PlannedTask(Strict):
    """Work that is planned, in tokens per call; each token is named once, so `input_tokens` are the uncached ones."""

    input_tokens: TokenCount = 0
    output_tokens: TokenCount = 0
    cache_read_tokens: TokenCount = 0
    cache_write_tokens: TokenCount = 0
    cache_write_1h_tokens: TokenCount = 0
    reasoning_tokens: TokenCount = 0
    web_searches: int = Field(default=0, ge=0, le=10**9)
    calls: int = Field(default=1, ge=1, le=10**9, description="how often the call is made; tokens are per call")


CONTEXT_LISTED: Final[dict[str, Any]] = {
    "type": "object",
    "description": "how it was run: speed (fast), service_tier (flex, priority), processing (batch), inference_geo, "
    "data_residency, deployment, endpoint, compliance, region",
}
TASK_LISTED: Final[dict[str, Any]] = {
    "type": "object",
    "description": "tokens per call: input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, "
    "cache_write_1h_tokens, reasoning_tokens; web_searches; calls",
}
FORMAT_LISTED: Final[dict[str, Any]] = {"type": "string", "description": "only where it cannot be told"}


class EstimateCostRequest(Request):
    """One call's raw usage or a planned task, priced for one model or several side by side."""

    provider: Name | None = None
    model: Name | None = None
    models: list[Name] = Field(
        default_factory=list, max_length=COMPARED_MAX, description='others to compare, as "provider/model"'
    )
    at: Moment | None = Field(default=None, description="when it ran")
    context: CallContext = Field(default_factory=CallContext, json_schema_extra=listed_as(CONTEXT_LISTED))
    usage: dict[str, Any] | None = Field(
        default=None, description="the usage object of any API as it was returned; unknown fields are ignored"
    )
    usage_format: UsageFormat | None = Field(default=None, json_schema_extra=listed_as(FORMAT_LISTED))
    task: PlannedTask | None = Field(default=None, json_schema_extra=listed_as(TASK_LISTED))
    max_usd: MoneyField | None = Field(default=None, description="leave out models that cost more")
    min_context_tokens: TokenCount | None = Field(default=None, description="leave out models that take less")
    detail: Detail = "concise"

    @model_validator(mode="after")
    def _one_question(self) -> EstimateCostRequest:
        if (self.usage is None) == (self.task is None):
            raise ValueError("Send either usage (the usage object of a call) or task (planned tokens), not both")
        if self.model is None and not self.models:
            raise ValueError('Send model, such as "claude-opus-5-5", or models to compare')
        return self


class CostPart(Part):
    """One line of a cost: units, the exact rate and the exact amount."""

    what: str
    units: int
    usd_per_million: str
    usd: str


class SnapshotUsed(Part):
    """Which price data an answer rests on."""

    as_of: datetime
    age_days: int
    models: int
    sources: list[str]


class SideBySide(Part):
    """One of several models: its cost, or why it has none."""

    model: str
    usd: str | None = None
    unpriced_reason: str | None = None
    left_out: str | None = None
    context_tokens_max: int | None = None


class StatedPrice(Part):
    """What another source states, and why it is not used."""

    source: str
    stated: str
    reason: str


class CostEstimated(Answer):
    """The exact cost in USD, or null with the reason; every amount is a decimal string."""

    usd: str | None = None
    unpriced_reason: str | None = None
    nearest: list[str] = Field(default_factory=list)
    model: str | None = None
    lines: list[CostPart] = Field(default_factory=list[CostPart])
    calls: int | None = None
    mode: str | None = None
    long_context: str | None = None
    price_since: str | None = None
    price_until: str | None = None
    rules: list[str] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)
    compared: list[SideBySide] = Field(default_factory=list[SideBySide])
    cheapest: str | None = None
    conflicts: list[StatedPrice] = Field(default_factory=list[StatedPrice])
    sources: list[str] = Field(default_factory=list)
    snapshot: SnapshotUsed
    ask_next: str

    def data(self) -> dict[str, Any]:
        """All values; `usd` is there even when it is null, because null says "unpriced"."""
        return {"usd": None, **super().data()}

    def text(self) -> str:
        """The amount first, then its lines, rules and warnings."""
        lines = [self.headline]
        lines += [
            f"- {one.what}: {one.units:,} at ${one.usd_per_million} per million = ${one.usd}" for one in self.lines
        ]
        for one in self.compared:
            lines.append(f"- {one.model}: {_told(one)}")
        if self.nearest:
            lines.append(f"Known names that are near: {', '.join(self.nearest)}.")
        lines += [f"Rule: {rule}." for rule in self.rules]
        lines += [f"Warning: {warning}." for warning in self.warnings]
        lines += [f"{one.source} says {one.stated}: {one.reason}." for one in self.conflicts]
        return "\n".join([*lines, _rests_on(self.snapshot, self.sources), self.ask_next])


WORK_LISTED: Final[dict[str, Any]] = {"type": "object", "description": "rank by its cost: as estimate_cost's task"}
HOW_LISTED: Final[dict[str, Any]] = {"type": "object", "description": "as estimate_cost's context"}


class FindPricesRequest(Request):
    """Which prices to show: search, one model's history, coming changes, conflicts, or the cheapest for a workload."""

    search: str | None = Field(default=None, max_length=NAME_MAX, description="words in a model's id or name")
    provider: Name | None = None
    model: Name | None = Field(default=None, description="one model: all modes, history, sources, conflicts")
    kind: str | None = Field(default=None, max_length=40, description='"chat", "embedding", "image", "audio"')
    at: Moment | None = None
    show: Literal["prices", "changes", "conflicts", "plans"] = "prices"
    min_context_tokens: TokenCount | None = None
    max_input_usd_per_million: MoneyField | None = None
    max_output_usd_per_million: MoneyField | None = None
    workload: PlannedTask | None = Field(default=None, json_schema_extra=listed_as(WORK_LISTED))
    context: CallContext = Field(default_factory=CallContext, json_schema_extra=listed_as(HOW_LISTED))
    limit: int = Field(default=10, ge=1, le=100)
    detail: Detail = "concise"


class PriceChange(Part):
    """A price from a day on: USD per million tokens, by meter."""

    since: str | None = None
    rates: dict[str, str] | None = None
    note: str | None = None


class PriceRow(Part):
    """One model's price now, in USD per million tokens, with what the question needed."""

    model: str
    input: str | None = None
    output: str | None = None
    cache_read: str | None = None
    long_context: list[str] | None = None
    modes: dict[str, str] | None = None
    uplifts: dict[str, str] | None = None
    context_tokens_max: int | None = None
    workload_usd: str | None = None
    released_on: str | None = None
    retires_on: str | None = None
    history: list[PriceChange] | None = None
    coming: list[PriceChange] | None = None
    sources: list[str] | None = None
    conflicts: list[StatedPrice] | None = None
    note: str | None = None


class PricesFound(Answer):
    """Prices that fit the question, best first."""

    rows: list[PriceRow]
    total_found: int
    nearest: list[str] = Field(default_factory=list)
    snapshot: SnapshotUsed
    ask_next: str

    def text(self) -> str:
        """One line a model, and its history where one model was asked for."""
        lines = [self.headline]
        for row in self.rows[:SHOWN_MAX]:
            lines.append(_row_text(row))
            lines += [f"  {_change_text(one)}" for one in row.history or ()]
            lines += [f"  coming: {_change_text(one)}" for one in row.coming or ()]
            lines += [f"  {one.source} says {one.stated}: {one.reason}" for one in row.conflicts or ()]
        if self.nearest:
            lines.append(f"Known names that are near: {', '.join(self.nearest)}.")
        hidden = self.total_found - len(self.rows[:SHOWN_MAX])
        if hidden > 0:
            lines.append(f"{hidden} more are not shown; narrow the question.")
        return "\n".join([*lines, _rests_on(self.snapshot, ()), self.ask_next])


def _told(one: SideBySide) -> str:
    if one.usd is not None:
        return f"${one.usd}" + (f" ({one.left_out})" if one.left_out else "")
    return f"unpriced, {one.unpriced_reason}"


def _row_text(row: PriceRow) -> str:
    parts = [f"- {row.model}:"]
    if row.input is not None:
        parts.append(f"${row.input} in")
    if row.output is not None:
        parts.append(f"${row.output} out")
    if row.cache_read is not None:
        parts.append(f"${row.cache_read} cached")
    if row.workload_usd is not None:
        parts.append(f"= ${row.workload_usd} for the work")
    for label, value in (("modes", row.modes), ("uplifts", row.uplifts)):
        if value:
            parts.append(f"{label}: " + "; ".join(f"{name} {told}" for name, told in value.items()))
    if row.long_context:
        parts.append("; ".join(row.long_context))
    if row.retires_on:
        parts.append(f"retires {row.retires_on}")
    if row.note:
        parts.append(f"({row.note})")
    return " ".join(parts)


def _change_text(change: PriceChange) -> str:
    rates = ", ".join(f"{meter} ${rate}" for meter, rate in (change.rates or {}).items()) or "no price"
    return f"since {change.since or 'launch'}: {rates}" + (f" ({change.note})" if change.note else "")


def _rests_on(snapshot: SnapshotUsed, sources: list[str] | tuple[str, ...]) -> str:
    who = f" from {', '.join(sources)}" if sources else ""
    return f"Prices of {snapshot.as_of:%Y-%m-%d}, {snapshot.age_days} days old{who}."
