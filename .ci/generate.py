"""Writes what is derived from the code: README's client snippets, server.json and the bundle's manifest.

`python .ci/generate.py` writes them; with `--check` it only says which are out of date, and exits 1 if any is.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from tokenworth import __version__
from tokenworth_mcp.catalogue import TOOLS
from tokenworth_mcp.clients import CLAUDE_CODE, CLAUDE_DESKTOP, CODEX, CURSOR, LAUNCH, SERVER_NAME, VS_CODE

ROOT = Path(__file__).parents[1]
REGISTRY_NAME = "io.github.tokenworth/tokenworth"
DESCRIPTION = "What a pay offer with AI tokens is worth, what agents burn, and what leaving costs."
SETTINGS: dict[str, dict[str, Any]] = {
    "ledger": {
        "title": "Ledger",
        "description": "A SQLite file or a postgresql:// address; a file in your data folder when empty.",
        "type": "string",
        "secret": True,  # an address may hold a password
    },
    "budget": {
        "title": "Budget",
        "description": "The caller's own budget; `default` when empty.",
        "type": "string",
        "secret": False,
    },
    "read_only": {
        "title": "Read only",
        "description": "Leave out the tools that write anything.",
        "type": "boolean",
        "secret": False,
    },
}


def main(arguments: list[str]) -> int:
    stale = [path for path, text in generated().items() if not path.exists() or path.read_text() != text]
    for path in stale:
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")
        if arguments != ["--check"]:
            path.write_text(generated()[path])
    return 1 if stale and arguments == ["--check"] else 0


def generated() -> dict[Path, str]:
    """Every derived file by its path, as it should be."""
    readme = ROOT / "README.md"
    return {
        readme: re.sub(
            r"(<!-- generated: clients -->\n).*?(<!-- /generated -->)",
            lambda found: found[1] + snippets() + found[2],
            readme.read_text(),
            flags=re.DOTALL,
        ),
        ROOT / "server.json": as_json(registry_entry()),
        ROOT / "deploy" / "mcpb" / "manifest.json": as_json(bundle_manifest()),
    }


def snippets() -> str:
    """How each client is told of the server."""
    shown = [
        ("Claude Code", "bash", f"{CLAUDE_CODE.adds}\n"),
        (f"Claude Desktop (`{CLAUDE_DESKTOP.file}`) and Cursor (`{CURSOR.file}`)", "json", CURSOR.snippet()),
        (f"VS Code (`{VS_CODE.file}`)", "json", VS_CODE.snippet()),
        (f"Codex (`{CODEX.file}`)", "toml", CODEX.snippet()),
    ]
    return "\n".join(f"{title}:\n\n```{language}\n{text}```\n" for title, language, text in shown)


def registry_entry() -> dict[str, Any]:
    """What the MCP registry lists."""
    return {
        "$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
        "name": REGISTRY_NAME,
        "title": "Tokenworth",
        "description": DESCRIPTION,
        "version": __version__,
        "packages": [
            {
                "registryType": "pypi",
                "registryBaseUrl": "https://pypi.org",
                "identifier": SERVER_NAME,
                "version": __version__,
                "runtimeHint": LAUNCH[0],
                "transport": {"type": "stdio"},
                "packageArguments": [{"type": "positional", "value": value} for value in LAUNCH[2:]],
                "environmentVariables": [
                    {
                        "name": f"TOKENWORTH_{name.upper()}",
                        "description": one["description"],
                        "format": one["type"],
                        "isRequired": False,
                        "isSecret": one["secret"],
                    }
                    for name, one in SETTINGS.items()
                ],
            }
        ],
    }


def bundle_manifest() -> dict[str, Any]:
    """What a desktop client reads in the .mcpb bundle."""
    return {
        "manifest_version": "0.4",
        "name": SERVER_NAME,
        "display_name": "Tokenworth",
        "version": __version__,
        "description": DESCRIPTION,
        "author": {"name": "The tokenworth authors"},
        "server": {
            "type": "uv",
            "entry_point": "server/tokenworth_mcp/__main__.py",
            "mcp_config": {
                "command": "uv",
                "args": ["run", "--directory", "${__dirname}", "--frozen", "--no-dev", *LAUNCH[1:]],
                "env": {f"TOKENWORTH_{name.upper()}": f"${{user_config.{name}}}" for name in SETTINGS},
            },
        },
        "tools": [{"name": tool.name, "description": tool.title} for tool in TOOLS],
        "keywords": ["compensation", "tokens", "budget", "finops"],
        "license": "Apache-2.0",
        "compatibility": {"platforms": ["darwin", "linux", "win32"], "runtimes": {"python": ">=3.11"}},
        "user_config": {
            name: {
                "type": one["type"],
                "title": one["title"],
                "description": one["description"],
                "required": False,
                "sensitive": one["secret"],
                "default": False if one["type"] == "boolean" else "",
            }
            for name, one in SETTINGS.items()
        },
    }


def as_json(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
