"""Checks what is stored: the ledger, the prices and their folder, and the logs of agents on this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final

from tokenworth.burn.ledger.condition import inspect_ledger
from tokenworth.errors import DataUnreadableError, TokenworthError
from tokenworth.prices.snapshot import MERGED, current_snapshot, read_snapshot
from tokenworth.wiring import prices_folder_in_use
from tokenworth_mcp.clients import Surroundings
from tokenworth_mcp.doctor.findings import Finding, fix, good, note, refused
from tokenworth_mcp.settings import Settings

__all__ = ["check_agent_logs", "check_ledger", "check_prices"]

OLD_DAYS: Final = 30
FILES_COUNTED_MAX: Final = 10_000
STORES: Final = {"sqlite": "a SQLite file", "postgresql": "PostgreSQL"}

_LogPlace = tuple[str, str, str, tuple[str, ...]]
LOGS: Final[tuple[_LogPlace, ...]] = (
    ("Claude Code", "CLAUDE_CONFIG_DIR", ".claude", ("projects/**/*.jsonl",)),
    ("Codex", "CODEX_HOME", ".codex", ("sessions/**/rollout-*.jsonl", "archived_sessions/**/rollout-*.jsonl")),
    ("Gemini CLI", "", ".gemini", ("tmp/**/*.json", "tmp/**/*.jsonl")),
    ("OpenCode", "", ".local/share/opencode", ("opencode*.db",)),
    ("Copilot CLI", "", ".copilot", ("otel/*.jsonl", "session-state/*/events.jsonl")),
    ("Amp", "", ".local/share/amp", ("threads/T-*.json",)),
    ("pi", "", ".pi/agent", ("sessions/**/*.jsonl",)),
)
"""Each agent's tool: the variable that moves its folder, the folder in the home, and its logs in it."""


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
    found = [
        f"{tool} ({count:,})"
        for tool, variable, folder, patterns in LOGS
        if (count := _count(_folders(around.environment, variable, around.home / folder), patterns))
    ]
    if not found:
        return note("agent logs", "no logs of coding agents were found")
    return good("agent logs", f"logs of {', '.join(found)}")


def _folders(environment: Mapping[str, str], variable: str, usual: Path) -> list[Path]:
    moved = environment.get(variable, "") if variable else ""
    return [Path(each.strip()).expanduser() for each in moved.split(",") if each.strip()] or [usual]


def _count(folders: list[Path], patterns: tuple[str, ...]) -> int:
    files = (file for folder in folders for pattern in patterns for file in folder.glob(pattern))
    return sum(1 for _ in islice(files, FILES_COUNTED_MAX))
