"""Reads OpenCode's messages: a SQLite database, looked at without changing anything beside it, or a file each.

`input` is without what was cached; reasoning is billed as output and told apart from it.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from typing import Final
from urllib.parse import quote

import msgspec

from tokenworth.burn.logs.events import Call, LogFile, Portion, Position
from tokenworth.burn.logs.values import as_object, count, moment_ms, name, object_in, paid_nano_usd, whole_json

__all__ = ["reader"]

CALLS_MAX: Final = 4_000
BUSY_S: Final = 2.0
WAL_MODE: Final = 2
"""Byte 18 of a database whose changes wait in a log beside it (SQLite's file format, 1.3)."""
MESSAGES: Final = """
    SELECT session_id, CAST(data AS BLOB),
      EXISTS (SELECT 1 FROM message AS later WHERE later.session_id = message.session_id AND later.id > message.id)
    FROM message WHERE CAST(data AS TEXT) LIKE '%"tokens"%'
"""
NOT_NOW: Final = ("locked", "busy", "unable to open")


class _OpenCodeReader:
    """Satisfies `LogReader`."""

    agent = "opencode"

    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder().decode

    def read(self, log: LogFile, position: Position) -> Iterator[Portion]:
        """Every message that tells its tokens and is over: completed, or cut off and followed by another."""
        del position
        if log.path.endswith(".json"):
            yield Portion(_calls(whole_json(log.path), log.session), Position())
            return
        calls: list[Call] = []
        lost = 0
        for session, data, others_follow in _rows(log.path):
            try:
                message = self._decode(data)
                if others_follow or object_in(message, "time").get("completed") is not None:
                    calls += _calls(message, session)
            except ValueError:
                lost += 1
            if len(calls) >= CALLS_MAX:
                yield Portion(calls, Position(), lost)
                calls, lost = [], 0
        yield Portion(calls, Position(), lost)


def _rows(path: str) -> Iterator[tuple[str, bytes, bool]]:
    """Session and message of every row, and whether the session went on after it.

    Raises:
        OSError: somebody else has it locked.
        ValueError: it is no database, or none of OpenCode's.
    """
    try:
        with _opened(path) as connection:
            for session, data, others_follow in connection.execute(MESSAGES):
                yield str(session), data, bool(others_follow)
    except sqlite3.OperationalError as error:
        if any(word in str(error) for word in NOT_NOW):
            raise OSError(errno.EBUSY, "in use") from None
        raise ValueError("not OpenCode's") from None
    except sqlite3.DatabaseError:
        raise ValueError("not a database") from None


@contextmanager
def _opened(path: str) -> Generator[sqlite3.Connection]:
    """The database for reading; SQLite then makes no file beside it, which it would to read a log without an index."""
    with open(path, "rb") as file:
        in_wal_mode = file.read(19)[18:19] == bytes([WAL_MODE])
    waiting = in_wal_mode and _size(f"{path}-wal") > 0
    if waiting and not os.path.exists(f"{path}-shm"):
        with tempfile.TemporaryDirectory(prefix="tokenworth-") as folder:
            copied = os.path.join(folder, "copy.db")
            shutil.copyfile(path, copied)
            shutil.copyfile(f"{path}-wal", f"{copied}-wal")
            with closing(sqlite3.connect(copied, timeout=BUSY_S)) as connection:
                yield connection
        return
    how = "mode=ro&immutable=1" if in_wal_mode and not waiting else "mode=ro"
    with closing(sqlite3.connect(f"file:{quote(path)}?{how}", uri=True, timeout=BUSY_S)) as connection:
        yield connection


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _calls(said: object, session: str) -> list[Call]:
    """One call, or none for what was not one.

    Raises:
        ValueError: it cannot be understood.
    """
    message, tokens = as_object(said), object_in(said, "tokens")
    if message.get("role") != "assistant" or not tokens:
        return []
    cache = object_in(tokens, "cache")
    sent, output, thought = (count(tokens.get(key)) for key in ("input", "output", "reasoning"))
    written, read = count(cache.get("write")), count(cache.get("read"))
    if not sent + output + thought + written + read:
        return []
    time = object_in(message, "time")
    at_ms = moment_ms(time.get("created"))
    model = name(message.get("modelID")) or "unknown"
    # A fork copies messages under ids of its own, and keeps when they were and what they used.
    call = f"{at_ms} {time.get('completed') or ''} {model} {sent} {written} {read} {output} {thought}"
    paid = paid_nano_usd(message.get("cost"))
    whose = session or name(message.get("sessionID"))
    return [Call(call, at_ms, model, sent, written, 0, read, output + thought, session=whose, paid_nano_usd=paid)]


reader: Final = _OpenCodeReader()
