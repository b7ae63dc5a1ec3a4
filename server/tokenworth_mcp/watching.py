"""Which watched budgets have changed: looks only while somebody watches, and a few times a second at most.

What is compared is what the budget's page shows, so a write that changes nothing is no change, and a limit above, a
hold that expires and a period that begins are. Whichever process wrote, the store's `news` says that there is
something to look at; what time alone brings about is looked for every `CLOCK_SECONDS`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

import anyio

from tokenworth.errors import InvalidInputError, LedgerError
from tokenworth_mcp.resources import BUDGETS

if TYPE_CHECKING:
    from tokenworth.context import Context, Ledger

__all__ = ["changed_budgets"]

LOOK_SECONDS: Final = 0.2
CLOCK_SECONDS: Final = 5.0


async def changed_budgets(addresses: Iterable[str], context: Context) -> AsyncGenerator[str | None]:
    """None once how things stand is known; then the address of each budget that changes, whenever it does, for ever.

    A budget that does not exist yet may be watched. While the ledger cannot be read nothing is said, and afterwards
    what changed meanwhile.
    """
    if context.ledger is None:
        yield None
        await anyio.sleep_forever()
        return
    ledger: Ledger | None = None
    news: int | None = None
    looked = anyio.current_time()
    known: dict[str, object] = {}
    begun = False
    while True:
        try:
            ledger = ledger or await context.ledger.open()
            latest = await ledger.news()
            if latest != news or anyio.current_time() - looked >= CLOCK_SECONDS:
                looked = anyio.current_time()
                for address in addresses:
                    standing = await _standing(ledger, address)
                    changed = address in known and known[address] != standing
                    known[address] = standing
                    if changed:
                        yield address
                news = latest
        except LedgerError:
            news = None  # look again as soon as it can be read
        if not begun:
            begun = True
            yield None
        await anyio.sleep(LOOK_SECONDS)


async def _standing(ledger: Ledger, address: str) -> object:
    """What a budget's page rests on, None while there is no such budget."""
    try:
        chain = (await ledger.state(unquote(address.removeprefix(BUDGETS)))).chain
    except InvalidInputError:
        return None
    # A rolling window moves all the time; what is in it is what counts.
    return [replace(level, balance=replace(level.balance, period_ms=0)) for level in chain]
