"""Rights to leave a provider that hold whatever the contract says, with the date from which each applies."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any

__all__ = ["ExitLaw", "StatutoryRight", "exit_law"]


@dataclass(frozen=True, slots=True)
class StatutoryRight:
    """One right and the article it stands in."""

    right: str
    applies_from: date
    source: str


@dataclass(frozen=True, slots=True)
class ExitLaw:
    """A law that grants exit rights, and what to know about its reach."""

    name: str
    note: str
    rights: tuple[StatutoryRight, ...]


def exit_law(region: str) -> ExitLaw | None:
    """The law of a region, or None where none is known here."""
    entry = _read().get(region)
    if entry is None:
        return None
    return ExitLaw(entry["law"], entry["note"], tuple(StatutoryRight(**right) for right in entry["rights"]))


@lru_cache(maxsize=1)
def _read() -> dict[str, Any]:
    return tomllib.loads(files("tokenworth.assumptions").joinpath("exit_rights.toml").read_text(encoding="utf-8"))
