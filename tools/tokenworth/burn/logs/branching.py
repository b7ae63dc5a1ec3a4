"""Threads that branched off others: what they and their ancestors tell is kept in one family, the first ancestor's."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from tokenworth.burn.logs.naming import number_of
from tokenworth.burn.logs.recording import AGENT, COLUMNS, FAMILY, TOLD, CallRow, Recorded

__all__ = ["Roots", "learn", "moved", "strays"]

Roots = Mapping[tuple[str, int], int]
"""By agent and thread, its first ancestor; both as numbers."""


def learn(database: sqlite3.Connection, readings: Iterable[Recorded]) -> tuple[Roots, set[str]]:
    """Keep what readings say of threads; the roots of all that are known, and the agents of which there is news."""
    parents: dict[str, dict[str, str]] = {}
    for agent, thread, parent in database.execute("SELECT agent, thread, parent FROM threads"):
        parents.setdefault(agent, {})[thread] = parent
    news: set[str] = set()
    for reading in readings:
        known = parents.setdefault(reading.agent, {})
        for thread, parent in reading.parents:
            # Of several, the first by name, whatever the order in which they are read.
            if thread not in known or known[thread] > parent:
                known[thread] = parent
                news.add(reading.agent)
    for agent in news:
        database.executemany(
            "INSERT INTO threads VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET parent = excluded.parent",
            [(agent, *pair) for pair in parents[agent].items()],
        )
    roots: dict[tuple[str, int], int] = {}
    for agent, known in parents.items():
        for thread in known:
            roots[agent, number_of(thread)] = number_of(_root(thread, known))
    return roots, news


def moved(row: CallRow, roots: Roots) -> CallRow:
    """A row, in the family of its thread's first ancestor."""
    family = row[FAMILY]
    root = roots.get((row[AGENT], family))
    if root is None or root == family:
        return row
    return (row[TOLD] ^ family ^ root, row[1], root, *row[FAMILY + 1 :])


def strays(database: sqlite3.Connection, roots: Roots, news: set[str]) -> list[tuple[int, CallRow]]:
    """Kept rows that belong to another family by now: their own number, and what they hold."""
    return [
        (number, tuple(row))
        for (agent, family), root in roots.items()
        if agent in news and family != root
        for number, *row in database.execute(
            f"SELECT id, {COLUMNS} FROM calls WHERE family = ? AND family <> 0 AND agent = ?",  # noqa: S608 - our names
            (family, agent),
        )
    ]


def _root(thread: str, parents: Mapping[str, str]) -> str:
    seen = {thread}
    while (parent := parents.get(thread)) is not None and parent not in seen:
        seen.add(parent)
        thread = parent
    return thread
