"""The listing of every tool as committed JSON: tools/list is read from it, so no model is imported to answer it.

`python -m tokenworth_mcp.snapshots` writes it anew from the models, the table and `listings/NAME.toml`.
"""

from __future__ import annotations

import json
import sys
import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokenworth_mcp.catalogue import TOOLS, ToolEntry, load_tool

if TYPE_CHECKING:
    from mcp_types import Tool

__all__ = ["build_listing", "read_listing", "write_listings"]

LISTINGS = files("tokenworth_mcp").joinpath("listings")


@cache
def read_listing(name: str) -> dict[str, Any]:
    """One tool's committed listing, as tools/list sends it."""
    listing: dict[str, Any] = json.loads(LISTINGS.joinpath(f"{name}.json").read_text(encoding="utf-8"))
    return listing


@cache
def listed_tool(name: str) -> Tool:
    """The same, as the SDK's model."""
    from mcp_types import Tool  # noqa: PLC0415 - the command line reads listings without the SDK

    return Tool.model_validate(read_listing(name), by_alias=True)


def build_listing(entry: ToolEntry) -> dict[str, Any]:
    """One tool's listing, derived from its models and its written part."""
    from tokenworth_mcp.compact_schema import compact_schema  # noqa: PLC0415 - only generation needs it

    written = tomllib.loads(LISTINGS.joinpath(f"{entry.name}.toml").read_text(encoding="utf-8"))
    return {
        "name": entry.name,
        "title": entry.title,
        "description": written["description"].strip(),
        "inputSchema": compact_schema(load_tool(entry).request_type.model_json_schema()),
        "outputSchema": {"type": "object", **written["output"]},
        "annotations": {
            "readOnlyHint": entry.read_only,
            "destructiveHint": entry.destructive,
            "idempotentHint": entry.idempotent,
            "openWorldHint": entry.open_world,
        },
    }


def write_listings(folder: Path) -> list[str]:
    """Write every tool's listing and drop those of tools that are gone; the names of the files that changed."""
    wanted = {
        f"{entry.name}.json": json.dumps(build_listing(entry), indent=1, ensure_ascii=False) + "\n" for entry in TOOLS
    }
    changed = [path.name for path in folder.glob("*.json") if path.name not in wanted]
    for name in changed:
        (folder / name).unlink()
    for name, text in wanted.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(name)
    return changed


if __name__ == "__main__":
    for written_name in write_listings(Path(__file__).parent / "listings"):
        sys.stdout.write(f"wrote listings/{written_name}\n")
