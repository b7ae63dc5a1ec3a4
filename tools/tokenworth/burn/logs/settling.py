"""Which of the kept calls count, and the sums of those by the quarter of an hour, brought up to date together.

For a few calls what they added before is taken off, and what they add now is put on. When very many are kept this is
put off to the end, and a note in the same transaction says so: whoever comes next does it if this process cannot.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from itertools import groupby
from typing import Final

from tokenworth.burn.logs.counting import Told, which_count

__all__ = ["SLOT_MS", "SUMMED", "is_postponed", "postpone", "settle_all", "settled", "sum_anew"]

# Offsets from UTC are whole quarters of an hour.
SLOT_MS: Final = 900_000
POSTPONED: Final = "postponed"
SUMMED: Final = {
    "calls": "count(*)",
    "input": "sum(input)",
    "cache_write_5m": "sum(cache_write_5m)",
    "cache_write_1h": "sum(cache_write_1h)",
    "cache_read": "sum(cache_read)",
    "output": "sum(output)",
    "messages": "sum(messages)",
    "pico_usd": "sum(coalesce(pico_usd, paid_nano_usd * 1000, 0))",
    "unpriced": "sum(CASE WHEN coalesce(pico_usd, paid_nano_usd) IS NULL THEN messages ELSE 0 END)",
}
"""What a row of sums holds of the calls that count."""
ADD: Final = f"""
    INSERT INTO sums
    SELECT at_ms / {SLOT_MS}, agent, model, {", ".join(f"{{sign}}{figure}" for figure in SUMMED.values())}
    FROM calls WHERE counts {{these}} GROUP BY 1, 2, 3
    ON CONFLICT DO UPDATE SET {", ".join(f"{name} = {name} + excluded.{name}" for name in SUMMED)}
"""  # noqa: S608 - nothing but names of our own columns
THESE: Final = "AND told IN (SELECT value FROM json_each(?))"
SHARED: Final = """
    SELECT told, request, rank, at_ms, input + cache_write_5m + cache_write_1h + cache_read + output, counts FROM calls
    WHERE told IN (SELECT told FROM calls {these} GROUP BY told HAVING count(*) > 1) ORDER BY told
"""


def postpone(database: sqlite3.Connection) -> None:
    """Leave what counts, and the sums, to `settle_all`."""
    database.execute("INSERT OR REPLACE INTO notes VALUES (?, 1)", (POSTPONED,))


def is_postponed(database: sqlite3.Connection) -> bool:
    """Whether somebody left it."""
    return database.execute("SELECT 1 FROM notes WHERE name = ?", (POSTPONED,)).fetchone() is not None


def settle_all(database: sqlite3.Connection) -> None:
    """Work out everything."""
    _recount(database, SHARED.format(these=""))
    sum_anew(database)
    database.execute("DELETE FROM notes WHERE name = ?", (POSTPONED,))


def sum_anew(database: sqlite3.Connection) -> None:
    """Only the sums."""
    database.execute("DELETE FROM sums")
    database.execute(ADD.format(sign="", these=""))


@contextmanager
def settled(database: sqlite3.Connection, told: set[int]) -> Generator[None]:
    """Around a change of calls, with their numbers before and after it; with none, nothing is worked out."""
    if not told:
        yield
        return
    these = (json.dumps(list(told)),)
    database.execute(ADD.format(sign="-", these=THESE), these)
    yield
    _recount(database, SHARED.format(these=THESE.replace("AND", "WHERE")), these)
    database.execute(ADD.format(sign="", these=THESE), these)
    database.execute("DELETE FROM sums WHERE calls = 0")


def _recount(database: sqlite3.Connection, shared: str, these: Iterable[str] = ()) -> None:
    """Among the calls that share a name, work out which count."""
    changes: list[tuple[bool, int, int]] = []
    for told, group in groupby(database.execute(shared, tuple(these)), key=lambda row: row[0]):
        kept = [Told(*row[1:]) for row in group]
        counted = which_count(kept)
        changes += [
            (one.request in counted, told, one.request) for one in kept if (one.request in counted) != one.counts
        ]
    database.executemany("UPDATE calls SET counts = ? WHERE told = ? AND request = ?", changes)
