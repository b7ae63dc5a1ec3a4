"""`make bench`: runs every benchmark of this folder, or those whose names are given; exit code 1 if a target is missed.

A benchmark is a module with `main()`, which prints what it measured beside its target and returns how many it missed.
"""

from __future__ import annotations

import importlib.util
import platform
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def main() -> int:
    wanted = set(sys.argv[1:])
    found = [path for path in sorted(FOLDER.glob("*.py")) if path != Path(__file__)]
    if unknown := wanted - {path.stem for path in found}:
        sys.exit(f"no such benchmark: {', '.join(sorted(unknown))}; there are: {', '.join(p.stem for p in found)}")
    print(f"Python {platform.python_version()}, {platform.machine()}, {platform.system()}")
    missed = 0
    for path in found:
        if not wanted or path.stem in wanted:
            print(f"\n{path.stem}")
            missed += _load(path).main() or 0
    print(f"\n{missed} target(s) missed" if missed else "\nevery target met")
    return 1 if missed else 0


def _load(path: Path):
    """A module by its file: the folder is no package, and its names are those of other modules."""
    spec = importlib.util.spec_from_file_location(f"benchmark_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    sys.exit(main())
