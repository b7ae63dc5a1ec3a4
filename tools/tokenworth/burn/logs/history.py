"""The history: every call that a log ever told of, kept when the log is gone, and how far each file was read.

What is kept depends neither on the order in which files are read nor on how often: of two lines of one call the
greater is kept, by a total order over all their fields, and which of several calls count is worked out anew from what
is kept whenever one of them changes.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tokenworth.burn.logs import branching, settling
from tokenworth.burn.logs.events import Quota
from tokenworth.burn.logs.naming import number_of
from tokenworth.burn.logs.pricing import CallPricer, rate_spans
from tokenworth.burn.logs.reading import KnownFile
from tokenworth.burn.logs.recording import COLUMNS, TOLD, Recorded
from tokenworth.burn.logs.schema import open_history

if TYPE_CHECKING:
    from tokenworth.context import UnitPrices

__all__ = ["History"]

PRICES_VERSION: Final = "prices_version"
TOTAL: Final = "{0}.input + {0}.cache_write_5m + {0}.cache_write_1h + {0}.cache_read + {0}.output"
ORDER: Final = (
    f"({{0}}.version, -{{0}}.rank, {TOTAL}, -{{0}}.at_ms, {{0}}.output, {{0}}.cache_read, {{0}}.cache_write_1h,"
    " {0}.input, {0}.model, {0}.place)"
)
VALUES: Final = ", ".join("?" * len(COLUMNS.split(", ")))
ANEW: Final = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS.split(", ") if name not in {"told", "request"})
UPSERT: Final = f"""
    INSERT INTO calls ({COLUMNS}) VALUES ({VALUES}) ON CONFLICT (told, request) DO UPDATE SET {ANEW}
    WHERE {ORDER.format("excluded")} > {ORDER.format("calls")}
"""  # noqa: S608 - nothing but names of our own columns


class History:
    """One user's history. For one thread at a time.

    Args:
        path: its file; made when it is not there.

    Raises:
        HistoryUnusableError: it is newer than this version, or another kind of file.
    """

    def __init__(self, path: Path) -> None:
        self.database = open_history(path)
        self._models: set[str] = set()
        self._places: set[tuple[str, str]] = set()

    def close(self) -> None:
        """Let go of the file."""
        self.database.close()

    def files(self) -> dict[bytes, KnownFile]:
        """Every file that was ever read, by its path."""
        rows = self.database.execute("SELECT path, stamp, position, state, mark, lost, problem FROM files")
        return {path: KnownFile(*rest) for path, *rest in rows}

    def keep(self, readings: Iterable[Recorded], *, many: bool = False) -> None:
        """Keep what readings gave, all of it or nothing, with how far the files were read.

        Args:
            readings: of any files.
            many: more will follow: which calls count, and the sums, are left to `settle`.
        """
        with self._at_once():
            if many:
                settling.postpone(self.database)
            self._keep(list(readings), postponed=settling.is_postponed(self.database))

    def settle(self) -> None:
        """Work out what was postponed, by this process or by one that was killed; at once when nothing was."""
        if settling.is_postponed(self.database):
            with self._at_once():
                settling.settle_all(self.database)

    @contextmanager
    def _at_once(self) -> Generator[None]:
        """All of it or nothing."""
        self.database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.database.execute("COMMIT")
        except BaseException:
            self._models.clear()
            self._places.clear()
            self.database.execute("ROLLBACK")
            raise

    def _keep(self, readings: list[Recorded], *, postponed: bool) -> None:
        self._name(readings)
        roots, news = branching.learn(self.database, readings)
        rows = [row for reading in readings for row in reading.rows]
        if roots:
            rows = [branching.moved(row, roots) for row in rows]
        strays = branching.strays(self.database, roots, news)
        rows += [branching.moved(row, roots) for _, row in strays]
        touched = set[int]() if postponed else {row[TOLD] for row in rows} | {row[TOLD] for _, row in strays}
        with settling.settled(self.database, touched):
            self.database.executemany("DELETE FROM calls WHERE id = ?", [(number,) for number, _ in strays])
            self.database.executemany(UPSERT, rows)
        for reading in readings:
            self.learn_quotas(reading.agent, reading.quotas)
        self.database.executemany(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(_encoded(reading.path), reading.agent, *reading.known) for reading in readings],
        )

    def _name(self, readings: list[Recorded]) -> None:
        """Keep the names that rows have numbers for."""
        models = {name for reading in readings for name in reading.models} - self._models
        places = {name for reading in readings for name in reading.places} - self._places
        self.database.executemany(
            "INSERT OR IGNORE INTO models VALUES (?, ?)", [(number_of(name), name) for name in models]
        )
        self.database.executemany(
            "INSERT OR IGNORE INTO places VALUES (?, ?, ?)", [(number_of(*name), *name) for name in places]
        )
        self._models |= models
        self._places |= places

    def learn_quotas(self, agent: str, quotas: Sequence[Quota]) -> None:
        """Keep the newest of what a provider says of its quotas."""
        if not quotas:
            return
        self.database.executemany(
            "INSERT INTO quotas VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " used_percent = excluded.used_percent, resets_at_s = excluded.resets_at_s,"
            " seen_at_ms = excluded.seen_at_ms"
            " WHERE (excluded.seen_at_ms, excluded.used_percent) > (quotas.seen_at_ms, quotas.used_percent)",
            [(agent, *quota) for quota in quotas],
        )

    def price(self, prices: UnitPrices) -> int:
        """Price everything anew when the list is another one than last time; how many figures changed.

        The figure before the last change stays beside the new one.
        """
        version = prices.version()
        row = self.database.execute("SELECT value FROM notes WHERE name = ?", (PRICES_VERSION,)).fetchone()
        if row is not None and row[0] == version:
            return 0
        with self._at_once():
            changed = self._priced_anew(CallPricer(rate_spans(prices.unit_costs)))
            self.database.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (PRICES_VERSION, version))
            if changed:
                settling.sum_anew(self.database)
        return changed

    def _priced_anew(self, pricer: CallPricer) -> int:
        changed: list[tuple[int | None, int | None, int | None, int]] = []
        for number, old, model, at_ms, *tokens, searches in self.database.execute(
            "SELECT calls.id, pico_usd, name, at_ms, input, cache_write_5m, cache_write_1h, cache_read, output,"
            " web_searches FROM calls JOIN models ON models.id = model ORDER BY model, at_ms"
        ):
            new = pricer.pico_usd(model, at_ms, tuple(tokens), searches)
            if new != old:
                changed.append((new, old, old, number))
        self.database.executemany(
            "UPDATE calls SET pico_usd = ?, was_pico_usd = CASE WHEN ? IS NULL THEN was_pico_usd ELSE ? END"
            " WHERE id = ?",
            changed,
        )
        return len(changed)


def _encoded(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")
