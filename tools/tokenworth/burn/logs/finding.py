"""Walks folders for logs: links are followed, but no folder twice, and what is closed or gone is left out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping

__all__ = ["config_home", "folders_in", "walk"]


def folders_in(value: str, home: str) -> list[str]:
    """The folders that a variable lists with commas between them, `~` being the home folder."""
    named = [part.strip() for part in value.split(",")]
    return [os.path.join(home, part[1:].lstrip("/\\")) if part.startswith("~") else part for part in named if part]


def config_home(home: str, environment: Mapping[str, str]) -> str:
    """Where XDG keeps settings."""
    return environment.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")


def walk(folder: str, suffixes: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Files below a folder whose names end in one of the suffixes: the path, and the path below the folder with `/`."""
    seen: set[tuple[int, int]] = set()
    waiting = [(folder, "")]
    while waiting:
        place, below = waiting.pop()
        try:
            held = os.stat(place)
            if (held.st_dev, held.st_ino) in seen:
                continue
            seen.add((held.st_dev, held.st_ino))
            entries = sorted(os.scandir(place), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            if _holds(entry.is_dir):
                waiting.append((entry.path, f"{below}{entry.name}/"))
            elif entry.name.endswith(suffixes) and _holds(entry.is_file):
                yield entry.path, below + entry.name


def _holds(question: Callable[[], bool]) -> bool:
    try:
        return question()
    except OSError:
        return False
