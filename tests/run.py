"""`make test`: every test once, most of them on the wheel that people install, the slow ones on the checkout.

The wheel is built from the sdist and installed into a fresh environment with the locked dependencies; its tests run
from a folder that has nothing but tests and fixtures, so what the wheel forgot is missed. Slow tests, and those about
the tree, run on the checkout: twice the time would tell nothing new. Arguments go to pytest.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
UV = Path(sys.executable).with_name("uv")
# These are about the tree, not about what is installed from it.
ABOUT_THE_TREE = ("tests/test_tidy.py", "tests/distribution")


def main() -> int:
    # One more than there are cores: many a test waits for a server that it started.
    arguments = ["-q", "-n", str((os.cpu_count() or 1) + 1), *sys.argv[1:]]
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tokenworth-") as folder:
        scratch = Path(folder)
        _say("tests on the installed wheel")
        python = _install_wheel(scratch)
        tree = _copy_tests(scratch / "tree")
        _check_origin(python, tree, scratch)
        ignored = [f"--ignore={path}" for path in ABOUT_THE_TREE]
        on_wheel = _pytest(python, tree, [*arguments, "-m", "not slow", *ignored])
    _say("slow tests, and those about the tree, on the checkout")
    on_checkout = _pytest(Path(sys.executable), ROOT, [*arguments, "-m", "slow"])
    on_checkout = _pytest(Path(sys.executable), ROOT, [*arguments, "-m", "not slow", *ABOUT_THE_TREE]) or on_checkout
    _say(f"checkout {_outcome(on_checkout)}, wheel {_outcome(on_wheel)}, {time.monotonic() - started:.0f} s")
    return on_checkout or on_wheel


def _pytest(python: Path, folder: Path, arguments: list[str]) -> int:
    # Hundreds of servers are started: each would compile all it imports where bytecode is not kept, and have threads
    # for matrices on cores that are busy with other tests.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["OPENBLAS_NUM_THREADS"] = "1"
    return subprocess.run([python, "-m", "pytest", *arguments], cwd=folder, env=environment, check=False).returncode


def _install_wheel(scratch: Path) -> Path:
    """Build, then install into a fresh environment; returns its Python."""
    wheels, environment, locked = scratch / "dist", scratch / "venv", scratch / "locked.txt"
    _uv("build", "--quiet", "--out-dir", wheels)
    _uv("export", "--quiet", "--frozen", "--no-emit-project", "--group", "test", "--output-file", locked)
    _uv("venv", "--quiet", "--python", sys.executable, environment)
    python = environment / ("Scripts" if os.name == "nt" else "bin") / "python"
    _uv("pip", "install", "--quiet", "--compile-bytecode", "--python", python, "--requirement", locked)
    (wheel,) = wheels.glob("*.whl")
    _uv("pip", "install", "--quiet", "--compile-bytecode", "--python", python, "--no-deps", wheel)
    return python


def _check_origin(python: Path, tree: Path, scratch: Path) -> None:
    """Make sure that what is about to be tested is the wheel."""
    program = "import tokenworth, tokenworth_mcp; print(tokenworth.__file__, tokenworth_mcp.__file__)"
    found = subprocess.run([python, "-c", program], cwd=tree, check=True, capture_output=True, text=True).stdout.split()
    if not all(Path(file).is_relative_to(scratch / "venv") for file in found):
        sys.exit(f"not the installed wheel: {found}")


def _copy_tests(tree: Path) -> Path:
    """The tests, the documents whose examples they run, and pytest's settings; nothing of the source."""
    for name in ("tests", "fixtures", "docs"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    for name in ("pyproject.toml", "README.md", "zensical.toml"):
        shutil.copy(ROOT / name, tree)
    return tree


def _uv(*arguments: str | Path) -> None:
    # An environment that happens to be active is not the one that is meant.
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    subprocess.run([UV, *arguments], cwd=ROOT, env=environment, check=True)


def _outcome(code: int) -> str:
    return "passed" if code == 0 else "FAILED"


def _say(text: str) -> None:
    sys.stdout.write(f"== {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
