"""`tokenworth burn`: what agents on this machine used, by day, model and the like, from their own logs.

Quick to start: nothing here may load the tools, the server, or what they need.
"""

from __future__ import annotations

import gc
import json
import os
import sqlite3
import sys
from collections.abc import Iterable, Sequence
from contextlib import closing, nullcontext, suppress
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Final, cast

import click

from tokenworth.burn.logs.history import History
from tokenworth.burn.logs.location import history_path
from tokenworth.burn.logs.report import CLASSES, KEYS, quotas, rows
from tokenworth.errors import HistoryUnusableError
from tokenworth_mcp.cli.reports import Report, report_options, write_answer

if TYPE_CHECKING:
    from tokenworth.burn.logs.events import Quota
    from tokenworth.burn.logs.report import Key, Row
    from tokenworth.burn.logs.scan import Scanned

__all__ = ["command"]

DEFAULT_BY: Final = "day,model"
WATCH_S: Final = 5.0
PROBLEMS_SHOWN: Final = 5


@click.command("burn")
@click.option("--by", default=DEFAULT_BY, show_default=True, help=f"What tells rows apart: {', '.join(KEYS)}.")
@click.option("--json", "as_json", is_flag=True, help="Print rows for programs.")
@click.option("--timezone", default="UTC", show_default=True, help="Whose days they are, such as Europe/Berlin.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d", "%Y%m%d"]), help="The first day, such as 2026-11-01.")
@click.option(
    "--home",
    type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path),
    help="Another home folder than your own.",
)
@click.option("--offline", is_flag=True, help="Ask nothing of the network; this command never does.")
@click.option("--watch", is_flag=True, help=f"Look again every {WATCH_S:g} seconds, until interrupted.")
@click.option("--status-line", is_flag=True, help="Print one line for Claude Code's status line, from its stdin.")
@report_options
def command(
    by: str,
    timezone: str,
    since: datetime | None,
    home: Path | None,
    *,
    as_json: bool,
    offline: bool,  # noqa: ARG001 - what is asked for is so anyhow
    watch: bool,
    status_line: bool,
    report: Report | None,
) -> None:
    """Show what your agents used: every call in their logs once, at list prices of its time."""
    if status_line:
        from tokenworth_mcp.cli.status_line import print_status_line  # noqa: PLC0415 - only then

        print_status_line(home)
        return
    if watch and report is not None:
        raise click.UsageError("--html writes what is there now; leave --watch out.")
    keys, zone = _keys(by), _zone(timezone)
    if not watch:
        # A look makes rows by the hundred thousand and no cycles, and then the process ends.
        gc.disable()
    first = None if since is None else since.date()
    pause = Event()
    # An interruption is how a watch ends; anything else that is interrupted was not done.
    with suppress(KeyboardInterrupt) if watch else nullcontext():
        while True:
            with closing(History(history_path(home))) as history:
                scanned = _scanned(history, home)
                found = rows(history, keys, zone, first)
                told = quotas(history)
            if watch and not as_json and sys.stdout.isatty():
                click.clear()
            if report is not None:
                _write(report, found, told, {"by": keys, "timezone": timezone, "since": first and first.isoformat()})
            elif as_json:
                click.echo(json.dumps([row.data() for row in found], ensure_ascii=False))
            else:
                from tokenworth_mcp.cli.output import show  # noqa: PLC0415 - programs need no tables

                show(_for_people(found, told, keys), "table")
            _tell_problems(scanned)
            if not watch:
                return
            pause.wait(WATCH_S)


def _scanned(history: History, home: Path | None) -> Scanned:
    from tokenworth.burn.logs.scan import scan  # noqa: PLC0415 - the status line does not scan
    from tokenworth.prices.first_use import local_prices  # noqa: PLC0415 - same

    try:
        return scan(history, local_prices(_prices_folder()), str(home or Path.home()), os.environ)
    except sqlite3.Error as error:
        raise HistoryUnusableError(f"it could not be written to ({error.sqlite_errorname}). Try again") from None


def _prices_folder() -> Path | None:
    """As the settings have it, whose reading would take longer than all else here."""
    chosen = os.environ.get("TOKENWORTH_PRICES_FOLDER")
    return Path(chosen) if chosen else None


def _keys(by: str) -> list[Key]:
    named = [key.strip() for key in by.split(",") if key.strip()]
    unknown = [key for key in named if key not in KEYS]
    if unknown or not named:
        raise click.UsageError(f"--by takes any of {', '.join(KEYS)}, with commas between them.")
    if len({"day", "week", "month", "block"}.intersection(named)) > 1:
        raise click.UsageError("--by takes one of day, week, month and block at a time.")
    return cast("list[Key]", named)


def _zone(name: str) -> tzinfo:
    if name.upper() == "UTC":
        return UTC
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - most are asked in UTC

    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # no name at all, the name of a folder, and one that nobody knows
        raise click.UsageError("--timezone takes an IANA name, such as Europe/Berlin or UTC.") from None


def _write(report: Report, found: Sequence[Row], told: dict[str, list[Quota]], asked: dict[str, object]) -> None:
    from tokenworth_mcp.cli.burn_report import burn_answer  # noqa: PLC0415 - most runs write none

    write_answer(report, burn_answer(_headline(found), found, _quotas(told)), asked, datetime.now(UTC))


def _for_people(found: Sequence[Row], told: dict[str, list[Quota]], keys: Sequence[Key]) -> dict[str, Any]:
    shown = [_shown(row, keys) for row in found]
    return {"headline": _headline(found), "use": shown, "official_quotas": list(_quotas(told))}


def _dollars(amount: Decimal | int) -> str:
    """Dollars and cents, or two digits of less than a cent."""
    return f"${amount:,.2f}" if amount == 0 or amount >= Decimal("0.01") else f"${Decimal(f'{amount:.1e}'):f}"


def _headline(found: Sequence[Row]) -> str:
    priced = [usd for row in found if (usd := row.usd) is not None]
    tokens, unpriced = sum(sum(row.tokens) for row in found), sum(row.unpriced for row in found)
    headline = (
        f"{_dollars(sum(priced))} at list prices for {tokens:,} tokens in {sum(row.messages for row in found):,} calls"
    )
    if unpriced:
        headline += f"; {unpriced:,} of the calls {'has' if unpriced == 1 else 'have'} no known price"
    return f"{headline}."


def _shown(row: Row, keys: Sequence[Key]) -> dict[str, Any]:
    cells: dict[str, Any] = {} if row.date is None else {"date": row.date}
    cells["agent"] = row.agent
    if "model" in keys:
        cells["model"] = row.model
    cells |= row.more
    cells |= {name: f"{count:,}" for name, count in zip(CLASSES, row.tokens, strict=True)}
    return {**cells, "messages": f"{row.messages:,}", "usd": "" if row.usd is None else f"{row.usd:,.2f}"}


def _quotas(told: dict[str, list[Quota]]) -> Iterable[dict[str, Any]]:
    for agent, known in told.items():
        for quota in known:
            hours = quota.window_minutes / 60
            yield {
                "agent": agent,
                "window": f"{hours:g} hours" if hours < 48 else f"{hours / 24:g} days",
                "used_percent": quota.used_percent,
                "resets_at": "" if quota.resets_at_s is None else _moment(quota.resets_at_s),
                "said_at": _moment(quota.seen_at_ms // 1000),
            }


def _moment(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


def _tell_problems(scanned: Scanned) -> None:
    for path, problem in scanned.problems[:PROBLEMS_SHOWN]:
        click.echo(f"tokenworth: {path.encode(errors='replace').decode()}: {problem}", err=True)
    if len(scanned.problems) > PROBLEMS_SHOWN:
        click.echo(f"tokenworth: and {len(scanned.problems) - PROBLEMS_SHOWN} more files like these", err=True)
