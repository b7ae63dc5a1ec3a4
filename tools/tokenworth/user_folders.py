"""Our folders of the user, as platformdirs has them; on Linux worked out here, to be quick to start."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

__all__ = ["cache_folder", "data_folder"]

NAME: Final = "tokenworth"


def data_folder() -> Path:
    """Where what is kept is kept."""
    if sys.platform == "linux":
        return _linux("XDG_DATA_HOME", ".local/share")
    from platformdirs import user_data_path  # noqa: PLC0415 - a tenth of the time that a status line takes

    return user_data_path(NAME, appauthor=False)


def cache_folder() -> Path:
    """Where what can be had again is kept."""
    if sys.platform == "linux":
        return _linux("XDG_CACHE_HOME", ".cache")
    from platformdirs import user_cache_path  # noqa: PLC0415 - same

    return user_cache_path(NAME, appauthor=False)


def _linux(variable: str, usual: str) -> Path:
    named = os.environ.get(variable, "")
    return (Path(named) if Path(named).is_absolute() else Path.home() / usual) / NAME
