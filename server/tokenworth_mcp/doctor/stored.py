"""Checks what is stored: the ledger, the prices and their folder, and the logs of agents on this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Final

from tokenworth.burn.ledger.condition import inspect_ledger
from tokenworth.burn.logs.finding import find_logs
from tokenworth.errors import DataUnreadableError, TokenworthError
from tokenworth.prices.first_use import MERGED, prices_folder_in_use
from tokenworth.prices.snapshot import current_snapshot, read_snapshot
from tokenworth_mcp.clients import Surroundings
from tokenworth_mcp.doctor.findings import Finding, fix, good, note, refused
from tokenworth_mcp.settings import Settings

__all__ = ["check_agent_logs", "check_ledger", "check_prices"]

OLD_DAYS: Final = 30
FILES_COUNTED_MAX: Final = 10_000
STORES: Final = {"sqlite": "a SQLite file", "postgresql": "PostgreSQL"}

TOOLS: Final[Mapping[str, str]] = {
    "claude": "Claude Code",
    "codex": "Codex",
    "gemini": "Gemini CLI",
    "opencode": "OpenCode",
    "copilot": "Copilot CLI",
    "amp": "Amp",
    "pi": "pi",
}
"""What people call the tools whose logs are read."""


async def check_ledger(settings: Settings) -> Finding:
    """Whether the ledger can be reached and written to, and has a format that this version knows."""
    try:
        found = await inspect_ledger(settings.ledger)
    except TokenworthError as error:
        return refused("ledger", error)
    store = STORES[found.store]
    if found.format == 0:
        return good("ledger", f"{store}, made on first use", found.file)
    if found.format < found.newest_format:
        return note(
            "ledger",
            f"{store} of format {found.format}; the next use brings it to {found.newest_format}",
            "Keep a copy if older versions must read it too",
            found.file,
        )
    return good("ledger", f"{store} of format {found.format}, writable, {found.budgets} budgets", found.file)


def check_prices(settings: Settings, now: datetime) -> list[Finding]:
    """How old the price list is, and whether the folder of refreshed prices can be used."""
    folder = prices_folder_in_use(settings.prices_folder)
    findings: list[Finding] = []
    merged = folder / MERGED
    if merged.exists():
        try:
            read_snapshot(merged.read_bytes())
        except (OSError, DataUnreadableError):
            findings.append(
                fix("prices", "refreshed prices are damaged and not used", "Run tokenworth prices refresh", merged)
            )
    snapshot = current_snapshot(folder)
    days = (now - snapshot.as_of).days
    said = f"prices of {snapshot.as_of:%Y-%m-%d}, {days} days old, {snapshot.model_count:,} models"
    if days > OLD_DAYS:
        findings.append(note("prices", said, "Run tokenworth prices refresh"))
    else:
        findings.append(good("prices", said))
    nearest = next((each for each in (folder, *folder.absolute().parents) if each.exists()), folder)
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        findings.append(
            fix(
                "prices",
                "the folder of refreshed prices cannot be written to",
                "Give TOKENWORTH_PRICES_FOLDER a folder of yours",
                folder,
            )
        )
    return findings


def check_agent_logs(around: Surroundings) -> Finding:
    """Which tools' logs are here for the budgets to be compared with."""
    home = str(around.home)
    counts = {
        tool: sum(1 for _ in islice(find_logs(agent, home, around.environment), FILES_COUNTED_MAX))
        for agent, tool in TOOLS.items()
    }
    found = [f"{tool} ({count:,})" for tool, count in counts.items() if count]
    if not found:
        return note("agent logs", "no logs of coding agents were found")
    return good("agent logs", f"logs of {', '.join(found)}")
