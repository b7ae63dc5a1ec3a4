"""Where a user's history is: in the data folder of the home whose logs it is about."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from tokenworth.user_folders import data_folder

__all__ = ["history_path"]

FILE_NAME: Final = "usage.sqlite3"


def history_path(home: Path | None = None) -> Path:
    """The history's file.

    Args:
        home: another home than the user's own. Its history lies in it, where the user's would lie in the user's; where
            that cannot be, in the user's data folder under a name of its own.
    """
    own_home = Path.home()
    usual = data_folder()
    if home is None or home == own_home:
        return usual / FILE_NAME
    if usual.is_relative_to(own_home) and os.access(home, os.W_OK):
        return home / usual.relative_to(own_home) / FILE_NAME
    import hashlib  # noqa: PLC0415 - hardly anybody's home is closed to its reader

    name = hashlib.blake2b(os.fsencode(home), digest_size=8).hexdigest()
    return usual / f"usage-{name}.sqlite3"
