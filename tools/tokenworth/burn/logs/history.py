"""The history: every call that a log ever told of, kept when the log is gone, and how far each file was read.

What is kept depends neither on the order in which files are read nor on how often: of two lines of one call the
greater is kept, by a total order over all their fields, and which of several calls count is worked out anew from what
is kept whenever one of them changes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from tokenworth.burn.logs.counting import Told, which_count
from tokenworth.burn.logs.events import Call, Quota
from tokenworth.burn.logs.pricing import CallPricer
from tokenworth.burn.logs.reading import FileRead, KnownFile
from tokenworth.burn.logs.schema import open_history
from tokenworth.context import UnitPrices

__all__ = ["History"]

PRICES_VERSION: Final = "prices_version"
TOTAL: Final = "{0}.input + {0}.cache_write_5m + {0}.cache_write_1h + {0}.cache_read + {0}.output"
ORDER: Final = (
    f"({{0}}.version, -{{0}}.rank, {TOTAL}, -{{0}}.at_ms, {{0}}.output, {{0}}.cache_read, {{0}}.cache_write_1h)"
)
NAMES: Final = (
    "(SELECT name || ' ' || project || ' ' || session FROM models, places WHERE models.id = {0}.model"
    " AND places.id = {0}.place)"
)
COLUMNS: Final = (
    "agent, family, call, request, rank, version, at_ms, model, place, input, cache_write_5m, cache_write_1h, "
    "cache_read, output, messages, web_searches, paid_nano_usd, pico_usd"
)
KEY: Final = ("agent", "family", "call", "request")
UPSERT: Final = f"""
    INSERT INTO calls ({COLUMNS}) VALUES ({", ".join("?" * 18)})
    ON CONFLICT (agent, family, call, request) DO UPDATE SET
      {", ".join(f"{name} = excluded.{name}" for name in COLUMNS.split(", ") if name not in KEY)}
    WHERE {ORDER.format("excluded")} > {ORDER.format("calls")}
    OR ({ORDER.format("excluded")} = {ORDER.format("calls")} AND {NAMES.format("excluded")} < {NAMES.format("calls")})
"""  # noqa: S608 - nothing but names of our own columns
SHARED: Final = f"""
    SELECT family, call, request, rank, at_ms, {TOTAL.format("calls")}, counts
    FROM calls WHERE agent = ? AND (family, call) IN (
      SELECT told.value ->> 0, told.value ->> 1 FROM json_each(?) AS told
      JOIN calls AS kept ON kept.agent = ? AND kept.family = told.value ->> 0 AND kept.call = told.value ->> 1
      GROUP BY 1, 2 HAVING count(*) > 1
    ) ORDER BY family, call
"""  # noqa: S608 - same


class History:
    """One user's history. For one thread at a time.

    Args:
        path: its file; made when it is not there.

    Raises:
        HistoryUnusableError: it is newer than this version, or another kind of file.
    """

    def __init__(self, path: Path) -> None:
        self.database = open_history(path)
        self._models: dict[str, int] = {}
        self._places: dict[tuple[str, str], int] = {}

    def close(self) -> None:
        """Let go of the file."""
        self.database.close()

    def files(self) -> dict[bytes, KnownFile]:
        """Every file that was ever read, by its path."""
        rows = self.database.execute("SELECT path, stamp, position, state, mark, lost, problem FROM files")
        return {path: KnownFile(*rest) for path, *rest in rows}

    def keep(self, reads: Iterable[FileRead], prices: UnitPrices | None) -> None:
        """Keep what readings gave, all of it or nothing, with how far the files were read."""
        pricer = None if prices is None else CallPricer(prices)
        self.database.execute("BEGIN IMMEDIATE")
        try:
            self._keep(list(reads), pricer)
            self.database.execute("COMMIT")
        except BaseException:
            self._models.clear()
            self._places.clear()
            self.database.execute("ROLLBACK")
            raise

    def _keep(self, reads: list[FileRead], pricer: CallPricer | None) -> None:
        by_agent: dict[str, list[FileRead]] = {}
        for read in reads:
            by_agent.setdefault(read.agent, []).append(read)
        for agent, ours in by_agent.items():
            roots = self._roots(agent, [pair for read in ours for pair in read.parents])
            rows = [self._row(read, call, roots, pricer) for read in ours for call in read.calls]
            # In the order of the table's own key: a third of the time.
            rows.sort(key=lambda row: row[1:4])
            self.database.executemany(UPSERT, rows)
            self._recount(agent, {(row[1], row[2]) for row in rows})
            self.learn_quotas(agent, [quota for read in ours for quota in read.quotas])
        self.database.executemany(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(_encoded(read.path), read.agent, *read.known) for read in reads],
        )

    def learn_quotas(self, agent: str, quotas: Iterable[Quota]) -> None:
        """Keep the newest of what a provider says of its quotas."""
        self.database.executemany(
            "INSERT INTO quotas VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " used_percent = excluded.used_percent, resets_at_s = excluded.resets_at_s,"
            " seen_at_ms = excluded.seen_at_ms"
            " WHERE (excluded.seen_at_ms, excluded.used_percent) > (quotas.seen_at_ms, quotas.used_percent)",
            [(agent, *quota) for quota in quotas],
        )

    def _row(self, read: FileRead, call: Call, roots: dict[str, str], pricer: CallPricer | None) -> tuple[Any, ...]:
        tokens = call[3:8]
        pico_usd = None if pricer is None else pricer.pico_usd(call.model, call.at_ms, tokens, call.web_searches)
        place = (call.project or read.project, call.session or read.session)
        return (
            read.agent,
            roots.get(call.family, call.family),
            call.call,
            call.request,
            call.rank,
            call.version,
            call.at_ms,
            self._models.get(call.model) or self._model(call.model),
            self._places.get(place) or self._place(place),
            *tokens,
            call.messages,
            call.web_searches,
            call.paid_nano_usd,
            pico_usd,
        )

    def _model(self, name: str) -> int:
        self.database.execute("INSERT OR IGNORE INTO models (name) VALUES (?)", (name,))
        (number,) = self.database.execute("SELECT id FROM models WHERE name = ?", (name,)).fetchone()
        return self._models.setdefault(name, number)

    def _place(self, place: tuple[str, str]) -> int:
        self.database.execute("INSERT OR IGNORE INTO places (project, session) VALUES (?, ?)", place)
        (number,) = self.database.execute("SELECT id FROM places WHERE project = ? AND session = ?", place).fetchone()
        return self._places.setdefault(place, number)

    def _roots(self, agent: str, learned: list[tuple[str, str]]) -> dict[str, str]:
        """The first ancestor of every thread that branched off; calls that are kept move to it when it is learned."""
        known = dict(self.database.execute("SELECT thread, parent FROM threads WHERE agent = ?", (agent,)))
        news = {thread: parent for thread, parent in sorted(learned, reverse=True) if known.get(thread, "~") > parent}
        parents = {**known, **news}
        roots = {thread: _root(thread, parents) for thread in parents}
        if news:
            self.database.executemany(
                "INSERT INTO threads VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET parent = excluded.parent",
                [(agent, *pair) for pair in news.items()],
            )
            for thread, root in roots.items():
                moved = self.database.execute(
                    "UPDATE OR REPLACE calls SET family = ? WHERE agent = ? AND family = ? RETURNING family, call",
                    (root, agent, thread),
                ).fetchall()
                self._recount(agent, set(moved))
        return roots

    def _recount(self, agent: str, told: set[tuple[str, str]]) -> None:
        """Work out which of the calls with these names count."""
        if not told:
            return
        changes: list[tuple[int, str, str, str, str]] = []
        rows = self.database.execute(SHARED, (agent, json.dumps(list(told)), agent))
        for (family, call), group in groupby(rows, key=lambda row: row[:2]):
            kept = [Told(*row[2:]) for row in group]
            counted = which_count(kept)
            changes += [
                (one.request in counted, agent, family, call, one.request)
                for one in kept
                if (one.request in counted) != one.counts
            ]
        self.database.executemany(
            "UPDATE calls SET counts = ? WHERE agent = ? AND family = ? AND call = ? AND request = ?", changes
        )

    def price(self, prices: UnitPrices) -> int:
        """Price everything anew when the list is another one than last time; how many figures changed.

        The figure before the last change stays beside the new one.
        """
        version = prices.version()
        row = self.database.execute("SELECT value FROM notes WHERE name = ?", (PRICES_VERSION,)).fetchone()
        if row is not None and row[0] == version:
            return 0
        pricer, changed = CallPricer(prices), list[tuple[Any, ...]]()
        self.database.execute("BEGIN IMMEDIATE")
        try:
            for *key, old, model, at_ms, in_, short, hour, read, out, searches in self.database.execute(
                "SELECT agent, family, call, request, pico_usd, name, at_ms, input, cache_write_5m, cache_write_1h,"
                " cache_read, output, web_searches FROM calls JOIN models ON models.id = model ORDER BY model, at_ms"
            ):
                new = pricer.pico_usd(model, at_ms, (in_, short, hour, read, out), searches)
                if new != old:
                    changed.append((new, old, old, *key))
            self.database.executemany(
                "UPDATE calls SET pico_usd = ?, was_pico_usd = CASE WHEN ? IS NULL THEN was_pico_usd ELSE ? END"
                " WHERE agent = ? AND family = ? AND call = ? AND request = ?",
                changed,
            )
            self.database.execute(
                "INSERT INTO notes VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
                (PRICES_VERSION, version),
            )
            self.database.execute("COMMIT")
        except BaseException:
            self.database.execute("ROLLBACK")
            raise
        return len(changed)


def _root(thread: str, parents: dict[str, str]) -> str:
    seen = {thread}
    while (parent := parents.get(thread)) is not None and parent not in seen:
        seen.add(parent)
        thread = parent
    return thread


def _encoded(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")
