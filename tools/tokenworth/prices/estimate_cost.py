"""The tool that prices a call or a planned task: exact, itemised, side by side, or unpriced with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from tokenworth.context import Context
from tokenworth.prices.answering import conflicts_of, day, prices_of, snapshot_used, warnings_of
from tokenworth.prices.cost import WORDS, Cost, Unpriced, dollars_in_full, plain
from tokenworth.prices.models import CostEstimated, CostPart, EstimateCostRequest, SideBySide
from tokenworth.prices.price_list import PriceList
from tokenworth.prices.rows import EXACT
from tokenworth.prices.usages import Counts, read_usage

__all__ = ["estimate_cost"]


class _Question(NamedTuple):
    """A request with everything in it read and looked up that all models share."""

    request: EstimateCostRequest
    prices: PriceList
    counts: Counts
    calls: int
    at: datetime
    now: datetime


class _Asked(NamedTuple):
    """One model of the question, as it was written, with its outcome."""

    written: str
    outcome: Cost | Unpriced


async def estimate_cost(request: EstimateCostRequest, context: Context) -> CostEstimated:
    """The cost of a call's raw usage or of a planned task, in USD, as of the call's own time.

    Raises:
        InvalidInputError: the usage object holds no count that we know, or one that is no count.
    """
    now = context.clock()
    counts, calls = _counts(request)
    prices = await prices_of(context)
    question = _Question(request, prices, counts, calls, (request.at or now).astimezone(UTC), now)
    asked = [_ask(question, provider, model) for provider, model in _models(request)]
    return _single(question, asked[0]) if len(asked) == 1 else _several(question, asked)


def _counts(request: EstimateCostRequest) -> tuple[Counts, int]:
    if request.task is not None:
        return read_usage(request.task.model_dump(exclude={"calls"}), "plain"), request.task.calls
    return read_usage(request.usage or {}, request.usage_format), 1


def _models(request: EstimateCostRequest) -> list[tuple[str | None, str]]:
    first = [] if request.model is None else [(request.provider, request.model)]
    return first + [(None, model) for model in request.models]


def _ask(question: _Question, provider: str | None, model: str) -> _Asked:
    outcome = question.prices.cost_of(provider, model, question.counts, question.at, question.request.context.said())
    return _Asked(model if provider is None else f"{provider}/{model}", outcome)


def _single(question: _Question, asked: _Asked) -> CostEstimated:
    prices, at, now, calls = question.prices, question.at, question.now, question.calls
    used = snapshot_used(prices.snapshot, now)
    cost = asked.outcome
    if isinstance(cost, Unpriced):
        return CostEstimated(
            headline=f"{asked.written} is unpriced: {cost.reason}. Unpriced is not free.",
            unpriced_reason=cost.reason,
            nearest=list(cost.nearest),
            snapshot=used,
            ask_next="Ask again with one of the near names, or find_prices with search to look for the model.",
        )
    total = EXACT.multiply(cost.usd, Decimal(calls))
    since, until = _interval(cost, at)
    full = question.request.detail == "full"
    notes = [*cost.found.remarks, *cost.row.remarks, *cost.counts.notes]
    if cost.step.derived:
        notes.append(
            f"no source lists this {cost.row.mode} price: it is the share of the standard price that is listed"
        )
    return CostEstimated(
        headline=_headline(cost, total, calls, at),
        usd=plain(total),
        model=cost.found.priced.name,
        lines=_parts(cost, calls),
        calls=calls if calls > 1 else None,
        mode=cost.row.mode if cost.row.mode != "standard" else None,
        long_context=_long_context(cost),
        price_since=since,
        price_until=until,
        rules=notes,
        warnings=[*warnings_of(cost.found.priced, prices.snapshot, at, now), *_reported(cost)],
        conflicts=conflicts_of(cost.found.priced, prices.snapshot) if full else [],
        sources=list(cost.found.priced.line.sources),
        snapshot=used,
        ask_next='Send models such as ["openai/gpt-6.1-sol"] to compare, or detail "full" for what other sources say.',
    )


def _several(question: _Question, asked: list[_Asked]) -> CostEstimated:
    rows = [_row(question, one) for one in asked]
    rows.sort(key=lambda row: (row.usd is None, row.left_out is not None, Decimal(row.usd or 0)))
    fitting = [row for row in rows if row.usd is not None and row.left_out is None]
    priced = [row for row in rows if row.usd is not None]
    if fitting:
        dearest = fitting[-1]
        headline = f"{fitting[0].model} is the cheapest of {len(rows)}: {_said(fitting[0])}"
        headline += f", against {_said(dearest)} for {dearest.model}." if dearest is not fitting[0] else "."
    elif priced:
        cheapest = f"{priced[0].model} at {_said(priced[0])}"
        headline = f"None of {len(rows)} models fits the limits; the cheapest is {cheapest}."
    else:
        headline = f"None of {len(rows)} models has a known price. Unpriced is not free."
    return CostEstimated(
        headline=headline,
        usd=fitting[0].usd if fitting else None,
        unpriced_reason=None if fitting else "no model fits" if priced else "no model has a known price",
        model=fitting[0].model if fitting else None,
        compared=rows,
        cheapest=fitting[0].model if fitting else None,
        calls=question.calls if question.calls > 1 else None,
        snapshot=snapshot_used(question.prices.snapshot, question.now),
        ask_next="Ask for one model alone to see its lines, rules and sources.",
    )


def _row(question: _Question, one: _Asked) -> SideBySide:
    cost, request = one.outcome, question.request
    if isinstance(cost, Unpriced):
        return SideBySide(model=one.written, unpriced_reason=cost.reason)
    total = EXACT.multiply(cost.usd, Decimal(question.calls))
    takes = _context_tokens(cost.found.priced.line.facts)
    left_out = None
    if request.max_usd is not None and total > request.max_usd.number:
        left_out = f"over the limit of {dollars_in_full(request.max_usd.number)}"
    elif request.min_context_tokens is not None and (takes is None or takes < request.min_context_tokens):
        left_out = "takes too small a prompt" if takes else "how large a prompt it takes is not known"
    return SideBySide(model=cost.found.priced.name, usd=plain(total), left_out=left_out, context_tokens_max=takes)


def _context_tokens(facts: Mapping[str, Any]) -> int | None:
    known = facts.get("context_tokens_max")
    return None if known is None else int(known)


def _parts(cost: Cost, calls: int) -> list[CostPart]:
    return [
        CostPart(
            what=WORDS[line.meter],
            units=line.units * calls,
            usd_per_million=plain(line.usd_per_million),
            usd=plain(EXACT.multiply(line.usd, Decimal(calls))),
        )
        for line in cost.lines
    ]


def _said(one: SideBySide) -> str:
    return dollars_in_full(Decimal(one.usd or 0))


def _headline(cost: Cost, total: Decimal, calls: int, at: datetime) -> str:
    times = f" for {calls:,} calls" if calls > 1 else ""
    mode = f" ({cost.row.mode})" if cost.row.mode != "standard" else ""
    return f"{dollars_in_full(total)}{times}: {cost.found.priced.name}{mode} at its price of {at:%Y-%m-%d %H:%M} UTC."


def _long_context(cost: Cost) -> str | None:
    above = cost.above
    if above is None:
        return None
    bound = "from" if above.inclusive else "above"
    return f"the whole request pays the price of prompts {bound} {above.tokens:,} tokens"


def _interval(cost: Cost, at: datetime) -> tuple[str | None, str | None]:
    spans = cost.found.priced.spans
    started = [start for start, _ in spans if start <= at]
    return day(started[-1]) if started else None, next((day(start) for start, _ in spans if start > at), None)


def _reported(cost: Cost) -> list[str]:
    reported = cost.counts.reported_usd
    if reported is None or reported == cost.usd:
        return []
    return [f"the response itself reports {dollars_in_full(reported)}, not the list price"]
