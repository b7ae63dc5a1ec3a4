"""One line for Claude Code's status line: model, today's use, official quotas; read from what is known, and quick.

Claude Code runs the command after every answer and sends JSON on stdin. What the logs say is read by another process
that is started now and then, so that nobody waits for it.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, cast

from tokenworth.burn.logs.events import Quota
from tokenworth.burn.logs.history import History
from tokenworth.burn.logs.location import history_path
from tokenworth.burn.logs.report import use_since
from tokenworth.errors import HistoryUnusableError

__all__ = ["print_status_line"]

STDIN_BYTES_MAX: Final = 1 << 20
STALE_S: Final = 30.0
WINDOWS: Final = {"five_hour": ("5h", 300), "seven_day": ("7d", 10_080)}
PICO: Final = -12


def print_status_line(home: Path | None) -> None:
    """Read Claude Code's JSON from stdin, print one line, and have the logs read on if that is due.

    Args:
        home: whose logs; the user's own when None.
    """
    told = _told(sys.stdin.buffer.read(STDIN_BYTES_MAX))
    now = datetime.now(UTC)
    parts = [name for name in [_text(_object(told.get("model")).get("display_name"))] if name]
    found = list(_quotas(_object(told.get("rate_limits")), int(now.timestamp() * 1000)))
    try:
        with closing(History(history_path(home))) as history:
            parts.append(_today(history, now))
            history.learn_quotas("claude", found)
    except (HistoryUnusableError, sqlite3.Error):
        parts.append("no history")
    parts += [_quota(quota, now) for quota in found]
    sys.stdout.write(" · ".join(parts) + "\n")
    sys.stdout.flush()
    _read_on(home)


def _today(history: History, now: datetime) -> str:
    midnight = now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    pico_usd, tokens, messages, unpriced = use_since(history, int(midnight.timestamp() * 1000))
    if messages and messages == unpriced:
        return f"today {tokens:,} tokens, unpriced"
    return f"today ${Decimal(pico_usd).scaleb(PICO):,.2f}" + ("+" if unpriced else "")


def _quotas(limits: Mapping[str, Any], now_ms: int) -> Iterator[Quota]:
    """The official figures, which Claude Code passes on."""
    for name, (_, minutes) in WINDOWS.items():
        window = _object(limits.get(name))
        used = window.get("used_percentage", window.get("utilization"))
        resets = window.get("resets_at")
        if isinstance(used, int | float) and not isinstance(used, bool):
            resets_at_s = int(resets) if isinstance(resets, int | float) else None
            yield Quota(minutes, float(used), resets_at_s, now_ms)


def _quota(quota: Quota, now: datetime) -> str:
    short = next(short for short, minutes in WINDOWS.values() if minutes == quota.window_minutes)
    if quota.resets_at_s is None or quota.resets_at_s <= now.timestamp():
        return f"{short} {quota.used_percent:.0f}%"
    left_minutes = int(quota.resets_at_s - now.timestamp()) // 60
    days, hours, minutes = left_minutes // 1440, left_minutes // 60 % 24, left_minutes % 60
    left = f"{days}d{hours}h" if days else f"{hours}h{minutes:02}m"
    return f"{short} {quota.used_percent:.0f}% (new in {left})"


def _read_on(home: Path | None) -> None:
    """Have another process read the logs, unless one did so just now."""
    mark = history_path(home).with_name("usage.read-on")
    try:
        if mark.exists() and time.time() - mark.stat().st_mtime < STALE_S:
            return
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
        import subprocess  # noqa: PLC0415 - every half a minute

        subprocess.Popen(  # noqa: S603 - this program itself
            [sys.executable, "-m", "tokenworth_mcp", "burn", "--json", *(["--home", str(home)] if home else [])],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=os.name == "posix",
        )
    except OSError:
        return


def _told(content: bytes) -> Mapping[str, Any]:
    try:
        return _object(json.loads(content))
    except (ValueError, RecursionError):
        return {}


def _object(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return " ".join(value.split())[:40] if isinstance(value, str) and value.isprintable() else ""
