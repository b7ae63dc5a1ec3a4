"""What both price tools say alike: which snapshot, how old, and what there is to warn about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from anyio import to_thread

from tokenworth.context import Context
from tokenworth.prices.cost import WORDS, dollars_in_full
from tokenworth.prices.first_use import PricesOnFirstUse
from tokenworth.prices.models import SnapshotUsed, StatedPrice
from tokenworth.prices.observations import Meter
from tokenworth.prices.plans import plans_at, promotion_of
from tokenworth.prices.price_list import PriceList, read_data, shipped_prices
from tokenworth.prices.price_paths import PricedPaths
from tokenworth.prices.priced import Priced
from tokenworth.prices.sheets import Sheet, read_sheet
from tokenworth.prices.snapshot import Snapshot

__all__ = ["EVER_YEAR", "conflicts_of", "day", "prices_of", "rates_text", "snapshot_used", "warnings_of"]

EVER_YEAR: Final = 1
STALE_DAYS: Final = 30
RATE_WORDS: Final[dict[Meter, str]] = {
    "input": "in",
    "output": "out",
    "cache_read": "cached",
    "cache_write_5m": "written to cache",
}


async def prices_of(context: Context) -> PriceList:
    """The price list that the context carries, or the shipped one where it carries none of ours.

    The first call of a process reads the data files; that happens off the event loop.
    """
    if not _read_files.cache_info().currsize:
        await to_thread.run_sync(_read_files)
    ours = context.prices
    if isinstance(ours, PricesOnFirstUse | PricedPaths):
        await ours.ready()
        return ours.prices
    return await to_thread.run_sync(shipped_prices)


@lru_cache(maxsize=1)
def _read_files() -> None:
    read_data()
    plans_at(datetime.now(UTC))
    promotion_of("", "", datetime.now(UTC))


def snapshot_used(snapshot: Snapshot, now: datetime) -> SnapshotUsed:
    """The snapshot's date, age and sources, for an answer."""
    age = max((now.astimezone(UTC) - snapshot.as_of).days, 0)
    return SnapshotUsed(
        as_of=snapshot.as_of,
        age_days=age,
        models=snapshot.model_count,
        sources=[f"{one.name} {one.version or one.retrieved_at.date()} ({one.licence})" for one in snapshot.sources],
    )


def warnings_of(priced: Priced, snapshot: Snapshot, at: datetime, now: datetime) -> list[str]:
    """What makes a price less sure at a moment: lapsed promotions, age, retirement, changes to come."""
    warnings: list[str] = []
    key = priced.key.rpartition("/")[2]
    promotion = promotion_of(priced.seller, key, at)
    scheduled = priced.changes_after(at)
    if promotion is not None and not promotion.lapsed_at(at):
        warnings.append(promotion.plain)
    elif promotion is not None and not any(start.date() > promotion.until for start, _ in priced.spans):
        warnings.append(f"unconfirmed: {promotion.plain}, and no later price is known")
    for start, sheet in scheduled[:1]:
        new = "no price" if sheet is None else rates_text(sheet)
        warnings.append(f"the price changes on {start:%Y-%m-%d}: {new}")
    released, retires = priced.released_on(), priced.retires_on()
    if released is not None and at.date() < released - timedelta(days=1):
        warnings.append(f"the call is dated before the model's release on {released}")
    if retires is not None:
        verb = "was to stop" if retires < at.date() else "stops"
        if retires - at.date() < timedelta(days=180):
            warnings.append(f"the model {verb} working on {retires}")
    if (now - snapshot.as_of).days > STALE_DAYS and at > snapshot.as_of:
        warnings.append(
            f"the price data is {(now - snapshot.as_of).days} days old; `tokenworth prices refresh` renews it"
        )
    if any(schedule.unsure_at(at) for schedule in priced.schedules):
        warnings.append("the public holidays of that year are not on file, so a holiday may be priced as a weekday")
    return warnings


def conflicts_of(priced: Priced, snapshot: Snapshot) -> list[StatedPrice]:
    """What other sources state for the model."""
    stated = snapshot.conflicts.get(f"{priced.seller}/{priced.key}", [])
    return [
        StatedPrice(source=source, stated=rates_text(read_sheet(line)), reason=reason)
        for source, line, reason in stated
    ]


def rates_text(sheet: Sheet) -> str:
    """The main rates of a sheet in words: "$4 in, $20 out, $0.40 cached per million"."""
    told = [f"{dollars_in_full(sheet.base[meter])} {word}" for meter, word in RATE_WORDS.items() if meter in sheet.base]
    if not told:
        told = [f"{WORDS[meter]} {dollars_in_full(rate)}" for meter, rate in sheet.base.items()]
    return ", ".join(told) + " per million"


def day(moment: datetime) -> str | None:
    """The day of a moment, None for the beginning of time."""
    return None if moment.year == EVER_YEAR else f"{moment:%Y-%m-%d}"
