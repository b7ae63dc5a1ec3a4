"""The tool that looks prices up: search, one model's history, coming changes, conflicts, plans, cheapest for work."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from tokenworth.context import Context
from tokenworth.errors import InvalidInputError
from tokenworth.prices.answering import EVER_YEAR, conflicts_of, day, prices_of, rates_text, snapshot_used
from tokenworth.prices.cost import Unpriced, dollars_in_full, plain
from tokenworth.prices.models import FindPricesRequest, PriceChange, PriceRow, PricesFound
from tokenworth.prices.observations import Meter
from tokenworth.prices.plans import Plan, plans_at, promotion_of
from tokenworth.prices.price_list import PriceList
from tokenworth.prices.priced import Priced, Span
from tokenworth.prices.rows import EXACT
from tokenworth.prices.sellers import MAKERS, seller_named
from tokenworth.prices.sheets import STANDARD, Sheet
from tokenworth.prices.usages import Counts, read_usage

__all__ = ["find_prices"]

# A concise answer stays under 800 tokens in each channel; a row of conflicts says much more than one of a search.
CONCISE_ROWS: Final = {"prices": 10, "changes": 7, "conflicts": 4, "plans": 10}
CHEAP_METERS: Final[tuple[Meter, ...]] = ("input", "output", "cache_read")


async def find_prices(request: FindPricesRequest, context: Context) -> PricesFound:
    """Prices from the list, in USD per million tokens, as of a moment.

    Raises:
        InvalidInputError: a provider that sells nothing we know, or a workload without tokens.
    """
    prices, now = await prices_of(context), context.clock()
    at = (request.at or now).astimezone(UTC)
    if request.show == "plans":
        return _plans(request, prices, at, now)
    if request.model is not None:
        return _one_model(request, prices, at, now)
    if request.show == "changes":
        return _changes(request, prices, at, now)
    if request.show == "conflicts":
        return _conflicts(request, prices, at, now)
    return _search(request, prices, at, now)


def _one_model(request: FindPricesRequest, prices: PriceList, at: datetime, now: datetime) -> PricesFound:
    found = prices.find(request.provider, request.model or "", request.context.said())
    used = snapshot_used(prices.snapshot, now)
    if isinstance(found, Unpriced):
        return PricesFound(
            headline=f"{request.model} is unpriced: {found.reason}.",
            rows=[],
            total_found=0,
            nearest=list(found.nearest),
            snapshot=used,
            ask_next="Ask again with one of the near names, or send search with a part of the name.",
        )
    sheet = found.sheet_at(at)
    row = _described(found, sheet, prices, at)
    now_text = "has no price any more" if sheet is None else f"costs {rates_text(sheet)}"
    coming = f" It changes on {row.coming[0].since}." if row.coming else ""
    return PricesFound(
        headline=f"{found.name} {now_text} on {at:%Y-%m-%d}.{coming}",
        rows=[row],
        total_found=1,
        snapshot=used,
        ask_next="estimate_cost prices a call or a planned task at these rates.",
    )


def _described(found: Priced, sheet: Sheet | None, prices: PriceList, at: datetime) -> PriceRow:
    promotion = promotion_of(found.seller, found.key, at)
    note = None
    if promotion is not None:
        note = promotion.plain + ("; not confirmed since" if promotion.lapsed_at(at) else "")
    history = [_change(span) for span in found.spans if span[0] <= at]
    row = _row(found, sheet)
    return row.model_copy(
        update={
            "long_context": None if sheet is None else _boundaries(sheet),
            "modes": None if sheet is None else _modes(sheet),
            "uplifts": None if sheet is None else {key: f"x{plain(one)}" for key, one in sheet.uplifts.items()} or None,
            "history": history if len(history) > 1 else None,
            "coming": [_change(span) for span in found.changes_after(at)] or None,
            "sources": list(found.line.sources),
            "conflicts": conflicts_of(found, prices.snapshot) or None,
            "note": note or (found.schedules[-1].plain if found.schedules else None),
        }
    )


def _search(request: FindPricesRequest, prices: PriceList, at: datetime, now: datetime) -> PricesFound:
    counts = _work(request)
    rows: list[tuple[Decimal, PriceRow]] = []
    for found in _matching(request, prices):
        sheet = found.sheet_at(at)
        if sheet is None or not _fits(request, found, sheet) or (counts is not None and not _usable(found, at)):
            continue
        row = _row(found, sheet)
        if counts is None:
            rows.append((_blend(sheet), row))
            continue
        cost = prices.cost_of(found.seller, found.key, counts, at, request.context.said())
        if not isinstance(cost, Unpriced):
            total = EXACT.multiply(cost.usd, Decimal(request.workload.calls if request.workload else 1))
            rows.append((total, row.model_copy(update={"workload_usd": plain(total)})))
    # Whoever looks a name up wants the maker's price before forty resellers'; whoever plans work wants the cheapest.
    rows.sort(key=lambda pair: (counts is None and _resold(pair[1]), pair[0], pair[1].model))
    shown = [row for _, row in rows[: _most(request)]]
    return PricesFound(
        headline=_found_headline(request, shown, len(rows), at),
        rows=shown,
        total_found=len(rows),
        snapshot=snapshot_used(prices.snapshot, now),
        ask_next='Send model for one model\'s history and sources, or show "changes" for what is scheduled.',
    )


def _most(request: FindPricesRequest) -> int:
    """How many rows the answer has."""
    return request.limit if request.detail == "full" else min(request.limit, CONCISE_ROWS[request.show])


def _found_headline(request: FindPricesRequest, shown: list[PriceRow], total: int, at: datetime) -> str:
    if not shown:
        return "No model in the list fits. Widen the search or the limits."
    if request.workload is not None:
        cost = dollars_in_full(Decimal(shown[0].workload_usd or 0))
        return f"{shown[0].model} is the cheapest of {total:,} for this work: {cost} on {at:%Y-%m-%d}."
    fit = "1 model fits" if total == 1 else f"{total:,} models fit"
    return f"{fit}; {len(shown)} shown, cheapest first, USD per million tokens on {at:%Y-%m-%d}."


def _work(request: FindPricesRequest) -> Counts | None:
    if request.workload is None:
        return None
    counts = read_usage(request.workload.model_dump(exclude={"calls"}), "plain")
    if not counts.units:
        raise InvalidInputError("workload", "no tokens", 'Send such as {"input_tokens": 20000, "output_tokens": 2000}')
    return counts


def _matching(request: FindPricesRequest, prices: PriceList) -> Iterator[Priced]:
    """Models whose id or name has every word of the search; makers before resellers when nobody is named."""
    models = prices.snapshot.models
    words = (request.search or "").lower().split()
    if request.provider is not None:
        seller = seller_named(request.provider)
        if seller not in models:
            raise InvalidInputError("provider", "no prices of that provider", f"Send such as: {', '.join(MAKERS[:5])}")
        sellers = [seller]
    else:
        sellers = [one for one in MAKERS if one in models]
        if words:
            sellers += [one for one in models if one not in MAKERS]
    for seller in sellers:
        for key, line in models[seller].items():
            haystack = f"{seller}/{key} {line.lower()}" if words else ""
            if all(word in haystack for word in words):
                yield prices.finder.priced(seller, key)


def _fits(request: FindPricesRequest, found: Priced, sheet: Sheet) -> bool:
    facts = found.line.facts
    if request.kind is not None and facts.get("kind", "chat") != request.kind:
        return False
    takes = int(facts.get("context_tokens_max", 0))
    if request.min_context_tokens is not None and takes < request.min_context_tokens:
        return False
    sent, made = sheet.base.get("input"), sheet.base.get("output")
    if request.max_input_usd_per_million is not None and (
        sent is None or sent > request.max_input_usd_per_million.number
    ):
        return False
    most = request.max_output_usd_per_million
    return most is None or (made is not None and made <= most.number)


def _resold(row: PriceRow) -> bool:
    return row.model.partition("/")[0] not in MAKERS


def _usable(found: Priced, at: datetime) -> bool:
    """Whether work can be planned on a model: sold still, and known to more than one source."""
    retires = found.retires_on()
    gone = found.line.facts.get("status") is not None or (retires is not None and retires <= at.date())
    return not gone and len(found.line.sources) > 1


def _changes(request: FindPricesRequest, prices: PriceList, at: datetime, now: datetime) -> PricesFound:
    rows: list[tuple[datetime, PriceRow]] = []
    for found in _all(request, prices):
        coming = found.changes_after(at)
        if coming:
            row = _row(found, found.sheet_at(at)).model_copy(update={"coming": [_change(span) for span in coming]})
            rows.append((coming[0][0], row))
    rows.sort(key=lambda pair: (pair[0], pair[1].model))
    have = "1 model has" if len(rows) == 1 else f"{len(rows):,} models have"
    first = f"; the first is {rows[0][1].model} on {rows[0][0]:%Y-%m-%d}" if rows else ""
    return PricesFound(
        headline=f"{have} a scheduled price change after {at:%Y-%m-%d}{first}.",
        rows=[row for _, row in rows[: _most(request)]],
        total_found=len(rows),
        snapshot=snapshot_used(prices.snapshot, now),
        ask_next="estimate_cost with at set after the change shows what the same work will cost.",
    )


def _conflicts(request: FindPricesRequest, prices: PriceList, at: datetime, now: datetime) -> PricesFound:
    rows = [
        _row(found, found.sheet_at(at)).model_copy(
            update={"conflicts": conflicts_of(found, prices.snapshot), "sources": list(found.line.sources)}
        )
        for found in _all(request, prices)
        if f"{found.seller}/{found.key}" in prices.snapshot.conflicts
    ]
    count = prices.snapshot.model_count
    return PricesFound(
        headline=f"Sources disagree on {len(rows):,} of {count:,} prices; ours and theirs are shown.",
        rows=rows[: _most(request)],
        total_found=len(rows),
        snapshot=snapshot_used(prices.snapshot, now),
        ask_next="Send model for one of them to see its history and who agrees with the price used.",
    )


def _all(request: FindPricesRequest, prices: PriceList) -> Iterator[Priced]:
    """Like a search, over every seller, without a search."""
    if request.search or request.provider:
        yield from _matching(request, prices)
        return
    order = {seller: index for index, seller in enumerate(MAKERS)}
    for seller in sorted(prices.snapshot.models, key=lambda one: (order.get(one, len(order)), one)):
        for key, line in prices.snapshot.models[seller].items():
            if "=" in line.partition("|")[0] or f"{seller}/{key}" in prices.snapshot.conflicts:
                yield prices.finder.priced(seller, key)


def _plans(request: FindPricesRequest, prices: PriceList, at: datetime, now: datetime) -> PricesFound:
    seller = None if request.provider is None else seller_named(request.provider)
    words = (request.search or "").lower().split()
    plans = [
        plan
        for plan in plans_at(at)
        if (seller is None or plan.seller == seller)
        and all(word in f"{plan.name} {plan.kind}".lower() for word in words)
    ]
    rows = [
        PriceRow(model=plan.name, note=_plan_text(plan), sources=[f"{plan.source} ({plan.date})"]) for plan in plans
    ]
    return PricesFound(
        headline=f"{len(plans)} seats, reservations and standing discounts on {at:%Y-%m-%d}.",
        rows=rows[: _most(request)],
        total_found=len(plans),
        snapshot=snapshot_used(prices.snapshot, now),
        ask_next="A seat is worth what replacing it costs; estimate_cost tells what its use would cost by the token.",
    )


def _plan_text(plan: Plan) -> str:
    parts: list[str] = [plan.kind]
    if plan.usd is not None:
        parts.append(f"{dollars_in_full(plan.usd)} {'an' if plan.per == 'hour' else 'a'} {plan.per}")
    if plan.included_usd is not None:
        parts.append(f"includes {dollars_in_full(plan.included_usd)} of use at API prices a month")
    if plan.multiple is not None:
        parts.append(f"x{plain(plan.multiple)} on token prices")
    if plan.note:
        parts.append(plan.note)
    return "; ".join(parts)


def _row(found: Priced, sheet: Sheet | None) -> PriceRow:
    facts = found.line.facts
    rates = {meter: plain(sheet.base[meter]) for meter in CHEAP_METERS if sheet is not None and meter in sheet.base}
    takes = facts.get("context_tokens_max")
    return PriceRow(
        model=found.name,
        input=rates.get("input"),
        output=rates.get("output"),
        cache_read=rates.get("cache_read"),
        context_tokens_max=None if takes is None else int(takes),
        released_on=facts.get("released_on"),
        retires_on=facts.get("retires_on"),
    )


def _change(span: Span) -> PriceChange:
    start, sheet = span
    rates: dict[str, str] | None = None
    if sheet is not None:
        rates = {meter: plain(sheet.base[meter]) for meter in CHEAP_METERS if meter in sheet.base}
    return PriceChange(
        since=None if start.year == EVER_YEAR else day(start),
        rates=rates,
        note="no price any more" if sheet is None else "; ".join(_boundaries(sheet) or ()) or None,
    )


def _boundaries(sheet: Sheet) -> list[str] | None:
    told = [
        f"{'from' if above.inclusive else 'above'} {above.tokens:,} tokens "
        + rates_text(Sheet({(STANDARD, None): sheet.rates[STANDARD, above]}))
        for above in sheet.boundaries(STANDARD)
    ]
    return told or None


def _modes(sheet: Sheet) -> dict[str, str] | None:
    told = {
        mode: rates_text(Sheet({(STANDARD, None): sheet.rates[mode, None]}))
        + (" (by rule, not listed)" if mode in sheet.derived else "")
        for mode in sheet.modes
        if mode != STANDARD
    }
    return told or None


def _blend(sheet: Sheet) -> Decimal:
    sent, made = sheet.base.get("input"), sheet.base.get("output")
    if sent is None and made is None:
        return Decimal("Infinity")
    return (3 * (sent or Decimal(0)) + (made or Decimal(0))) / 4
