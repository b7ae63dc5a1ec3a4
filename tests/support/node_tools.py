"""Outside tools written for Node, at the versions that tests/conformance/package-lock.json pins, and a Node for them.

They are installed once into a folder of this user's cache, which the tests on the checkout and on the wheel share.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import platformdirs

CONFORMANCE = Path(__file__).parents[1] / "conformance"
PINNED = ("package.json", "package-lock.json")
# Looked up on import: tests run with a home of their own.
CACHE = platformdirs.user_cache_path("tokenworth-tests")
HOME = Path.home()
SECONDS_MAX = 300


@cache
def tools_folder() -> Path:
    """Where the tools are, installed first if they are not yet there."""
    pinned = b"".join((CONFORMANCE / name).read_bytes() for name in PINNED)
    folder = CACHE / f"node-{hashlib.sha256(pinned).hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / ".whole").exists():
            for name in PINNED:
                shutil.copy(CONFORMANCE / name, folder)
            # Not `npm ci`: it insists on an optional dependency, for Windows alone, that no lock can hold.
            command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            environment = os.environ | {"HOME": str(HOME)}
            subprocess.run(command, cwd=folder, env=environment, check=True, timeout=SECONDS_MAX)
            (folder / ".whole").touch()
    return folder


def node() -> Path:
    """A Node of 22 or later: the one that was installed with the tools, or else the machine's."""
    arch = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    for name in (f"node-{platform.system().lower()}-{arch}", f"node-bin-{platform.system().lower()}-{arch}"):
        own = tools_folder() / "node_modules" / name / "bin" / "node"
        if own.exists():
            return own
    return Path(shutil.which("node") or "node")


def run_node(
    *arguments: str | Path,
    folder: Path,
    stdin: str = "",
    seconds: float = 60,
    variables: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program, a path below node_modules or a file of ours, with files of its own going to a folder."""
    command, environment = _started(arguments, folder, variables)
    return subprocess.run(
        command,
        input=stdin,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )


def start_node(
    *arguments: str | Path, folder: Path, variables: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """Start a program whose output is read as it comes."""
    command, environment = _started(arguments, folder, variables)
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, cwd=folder, env=environment, text=True
    )


def _started(
    arguments: tuple[str | Path, ...], folder: Path, variables: Mapping[str, str] | None
) -> tuple[list[str | Path], dict[str, str]]:
    program, *rest = arguments
    found = tools_folder() / "node_modules" / program
    own = {"NODE_PATH": str(tools_folder() / "node_modules"), "NO_COLOR": "1", "HOME": str(folder)}
    return [node(), found if found.exists() else program, *rest], {**os.environ, **own, **(variables or {})}
