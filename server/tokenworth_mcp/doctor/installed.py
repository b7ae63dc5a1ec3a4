"""Checks what is installed: Python, this version, and which command the shell would run."""

from __future__ import annotations

import platform
import shutil
import sqlite3
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from tokenworth import __version__
from tokenworth_mcp.doctor.findings import Finding, fix, good, note

__all__ = ["check_installed"]

PYTHON_MIN: Final = (3, 11)
SQLITE_MIN: Final = (3, 37, 0)
EXTRAS: Final = {"postgres": "asyncpg", "batch": "pyarrow"}


def check_installed(environment: Mapping[str, str]) -> list[Finding]:
    """What runs here, and whether the shell finds it."""
    return [_python(), _version(), _command(environment)]


def _python() -> Finding:
    said = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    if sys.version_info[:2] < PYTHON_MIN or sqlite3.sqlite_version_info < SQLITE_MIN:
        return fix("python", f"{said}: too old", "Use Python 3.11 or newer, with SQLite 3.37 or newer")
    return good("python", said, Path(sys.executable))


def _version() -> Finding:
    have = [name for name, module in EXTRAS.items() if find_spec(module) is not None]
    said = f"tokenworth {__version__}, extras: {', '.join(have) or 'none'}"
    try:
        installed = version("tokenworth")
    except PackageNotFoundError:
        return note("version", f"{said}, run from a folder and not installed", "Install it to have the command")
    if installed != __version__:
        return fix(
            "version",
            f"the code is {__version__} and the installed package says {installed}",
            "Two copies are mixed: uninstall tokenworth and install it once",
        )
    return good("version", said, Path(__file__).parents[1])


def _command(environment: Mapping[str, str]) -> Finding:
    found = shutil.which("tokenworth", path=environment.get("PATH", ""))
    if found is None:
        return note(
            "command",
            "the shell does not find `tokenworth`",
            "Clients that start `uvx tokenworth` need not; else add the environment's bin folder to PATH",
        )
    return good("command", "the shell finds `tokenworth`", Path(found))
