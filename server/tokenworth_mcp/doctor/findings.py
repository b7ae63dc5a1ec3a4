"""What a check found: good, worth knowing, or something to fix, and how; places are shown shortened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tokenworth.errors import TokenworthError

__all__ = ["Finding", "fix", "good", "note", "refused"]

State = Literal["ok", "note", "fix"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked.

    Attributes:
        check: what was looked at.
        what: what was found; never a secret, a path or an address.
        instead: what to do about it.
        place: the file or folder meant.
    """

    check: str
    state: State
    what: str
    instead: str = ""
    place: Path | None = None

    def data(self, home: Path, *, paths: bool) -> dict[str, Any]:
        """As JSON values; without `paths` a place under `home` starts with "~" and any other is its last name."""
        found: dict[str, Any] = {"check": self.check, "state": self.state, "what": self.what}
        if self.instead:
            found["instead"] = self.instead
        if self.place is not None:
            found["place"] = str(self.place) if paths else _shortened(self.place, home)
        return found


def good(check: str, what: str, place: Path | None = None) -> Finding:
    """Nothing to do."""
    return Finding(check, "ok", what, place=place)


def note(check: str, what: str, instead: str = "", place: Path | None = None) -> Finding:
    """Worth knowing; nothing is broken."""
    return Finding(check, "note", what, instead, place)


def fix(check: str, what: str, instead: str, place: Path | None = None) -> Finding:
    """Broken, with what to do."""
    return Finding(check, "fix", what, instead, place)


def refused(check: str, error: TokenworthError, place: Path | None = None) -> Finding:
    """What one of our own errors says is wrong and what to do."""
    what, _, instead = str(error).partition(". ")
    return fix(check, what, instead, place)


def _shortened(place: Path, home: Path) -> str:
    return f"~/{place.relative_to(home).as_posix()}" if place.is_relative_to(home) else place.name
