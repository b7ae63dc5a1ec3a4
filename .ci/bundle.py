"""Packs the .mcpb bundle: the sources, the lock file and the manifest, byte for byte the same from the same tree.

Usage: python .ci/bundle.py [FOLDER]; prints the file that it wrote, into dist/ by default.
"""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILES = ("pyproject.toml", "uv.lock", "README.md", "LICENSE")
FOLDERS = ("server", "tools", "docs")
# ZIP knows no earlier moment; a real one would make every bundle another file.
EPOCH = (1980, 1, 1, 0, 0, 0)


def main(folder: Path) -> None:
    manifest = ROOT / "deploy" / "mcpb" / "manifest.json"
    said = json.loads(manifest.read_text())
    folder.mkdir(parents=True, exist_ok=True)
    bundle = folder / f"{said['name']}-{said['version']}.mcpb"
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as packed:
        add(packed, manifest, "manifest.json")
        for name in FILES:
            add(packed, ROOT / name, name)
        for name in FOLDERS:
            for path in sorted((ROOT / name).rglob("*")):
                if path.is_file() and "__pycache__" not in path.parts:
                    add(packed, path, path.relative_to(ROOT).as_posix())
    sys.stdout.write(f"{bundle}\n")


def add(packed: zipfile.ZipFile, path: Path, name: str) -> None:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    packed.writestr(entry, path.read_bytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist")
