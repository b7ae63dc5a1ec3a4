"""Turns among processes that write one file: short waits in arrival order, and none that outlives its process.

SQLite's own waiting sleeps and retries for up to 100 ms at a time, which starves some writers among many (measured:
330 ms at worst where turns take 18 ms). The lock only orders; that writes exclude each other is SQLite's own doing.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

if sys.platform != "win32":
    import fcntl

__all__ = ["Turns"]


class Turns:
    """One process's place in the queue for a file."""

    def __init__(self, path: Path) -> None:
        # A file of its own: closing any descriptor of SQLite's file would drop SQLite's locks on it.
        self._fd = os.open(path.with_name(f"{path.name}-turns"), os.O_RDWR | os.O_CREAT, 0o600)

    def __enter__(self) -> None:
        """Wait for our turn and keep it; the kernel ends it if we die."""
        if sys.platform != "win32":  # there SQLite's own waiting has to do
            fcntl.flock(self._fd, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        """Let the next one have its turn."""
        if sys.platform != "win32":
            fcntl.flock(self._fd, fcntl.LOCK_UN)

    def close(self) -> None:
        """Leave the queue."""
        os.close(self._fd)
