"""What every agent tool's module offers as `reader`, and which module that is.

A reader knows what the lines of its tool's logs mean. It keeps nothing itself: what was read is
remembered, deduplicated and priced by the history (see `docs/burn.md`).
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Protocol

from tokenworth.burn.logs.events import LogFile, Portion, Position

__all__ = ["LogReader", "reader_of"]


class LogReader(Protocol):
    """One agent tool's logs."""

    @property
    def agent(self) -> str:
        """The tool's name in rows."""
        ...

    def read(self, log: LogFile, position: Position) -> Iterator[Portion]:
        """What a log says from a position on, in as many portions as keep memory small; nothing of it is kept.

        Args:
            log: one that `find_logs` gave.
            position: the last one given for this file, or `START`. The file is then the same one and has only grown,
                or is one that does not grow and has changed.

        Raises:
            OSError: it cannot be read.
            ValueError: it cannot be understood at all; a line that cannot is counted as lost instead.
        """
        ...


def reader_of(agent: str) -> LogReader:
    """A tool's reader; its module loads now."""
    reader: LogReader = import_module(f"tokenworth.burn.logs.{agent}").reader
    return reader
