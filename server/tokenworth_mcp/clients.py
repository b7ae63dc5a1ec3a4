"""The MCP clients people use: where each keeps its servers, and what to write there; `doctor` and README read it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

__all__ = ["CLIENTS", "LAUNCH", "SERVER_NAME", "ClientApp", "Surroundings"]

SERVER_NAME: Final = "tokenworth"
LAUNCH: Final = ("uvx", "tokenworth", "serve")
"""How a client starts the server."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where to look for what belongs to a person.

    Attributes:
        platform: as `sys.platform` names it.
        environment: variables, of which some move a client's files.
        folder: the project that is looked at.
    """

    home: Path
    folder: Path
    environment: Mapping[str, str]
    platform: str

    def application_data(self) -> Path:
        """Where desktop applications keep their settings."""
        if self.platform == "darwin":
            return self.home / "Library" / "Application Support"
        if self.platform == "win32":
            return Path(self.environment.get("APPDATA", str(self.home / "AppData" / "Roaming")))
        return Path(self.environment.get("XDG_CONFIG_HOME", str(self.home / ".config")))


@dataclass(frozen=True, slots=True)
class ClientApp:
    """A client and the form of its settings.

    Attributes:
        kind: the language of its file.
        key: the table in it that names servers.
        file: the file, as people are told it.
        adds: its own command that adds a server, if it has one.
    """

    title: str
    kind: Literal["json", "toml"]
    key: str
    file: str
    adds: str | None = None

    def snippet(self, launch: tuple[str, ...] = LAUNCH) -> str:
        """What to put into the file."""
        command, *arguments = launch
        if self.kind == "toml":
            lines = [
                f"[{self.key}.{SERVER_NAME}]",
                f"command = {json.dumps(command)}",
                f"args = {json.dumps(arguments)}",
            ]
            return "\n".join(lines) + "\n"
        entry: dict[str, object] = {"command": command, "args": arguments}
        if self.key == "servers":
            entry = {"type": "stdio", **entry}
        return json.dumps({self.key: {SERVER_NAME: entry}}, indent=2) + "\n"

    def files(self, around: Surroundings) -> list[Path]:
        """Every place where this client looks, of the person and of the project."""
        home, folder = around.home, around.folder
        if self is CLAUDE_DESKTOP:
            return [around.application_data() / "Claude" / "claude_desktop_config.json"]
        if self is CLAUDE_CODE:
            moved = around.environment.get("CLAUDE_CONFIG_DIR", "").partition(",")[0]
            return [(Path(moved) if moved else home) / ".claude.json", folder / ".mcp.json"]
        if self is VS_CODE:
            return [around.application_data() / "Code" / "User" / "mcp.json", folder / ".vscode" / "mcp.json"]
        if self is CURSOR:
            return [home / ".cursor" / "mcp.json", folder / ".cursor" / "mcp.json"]
        moved = around.environment.get("CODEX_HOME", "")
        return [(Path(moved) if moved else home / ".codex") / "config.toml", folder / ".codex" / "config.toml"]


CLAUDE_DESKTOP: Final = ClientApp("Claude Desktop", "json", "mcpServers", "claude_desktop_config.json")
CLAUDE_CODE: Final = ClientApp(
    "Claude Code", "json", "mcpServers", ".mcp.json", f"claude mcp add {SERVER_NAME} -- {' '.join(LAUNCH)}"
)
VS_CODE: Final = ClientApp("VS Code", "json", "servers", ".vscode/mcp.json")
CURSOR: Final = ClientApp("Cursor", "json", "mcpServers", "~/.cursor/mcp.json")
CODEX: Final = ClientApp(
    "Codex",
    "toml",
    "mcp_servers",
    "~/.codex/config.toml",
    f"codex mcp add {SERVER_NAME} -- {' '.join(LAUNCH)}",
)
CLIENTS: Final = (CLAUDE_CODE, CLAUDE_DESKTOP, CURSOR, VS_CODE, CODEX)
