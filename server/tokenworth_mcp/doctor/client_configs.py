"""Finds the clients that name this server, and reads how each would start or reach it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tokenworth_mcp.clients import CLIENTS, SERVER_NAME, ClientApp, Surroundings
from tokenworth_mcp.doctor.findings import Finding, fix
from tokenworth_mcp.strict_json import is_list, is_object

__all__ = ["Named", "find_named"]

FILE_BYTES_MAX: Final = 20_000_000
# VS Code allows comments and commas too many; text between quotes is passed over.
COMMENT: Final = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
COMMA_TOO_MANY: Final = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])')
FILLED_IN: Final = re.compile(r"\$\{")


@dataclass(frozen=True, slots=True)
class Named:
    """An entry of a client that is ours: a command with arguments and variables, or an address with headers."""

    client: ClientApp
    file: Path
    command: str | None
    arguments: tuple[str, ...]
    environment: dict[str, str]
    url: str | None
    headers: dict[str, str]

    @property
    def has_blanks(self) -> bool:
        """Whether only the client can fill in what is meant, such as ${workspaceFolder}."""
        said = [self.command or "", *self.arguments, *self.environment.values(), self.url or "", *self.headers.values()]
        return any(FILLED_IN.search(text) for text in said)


def find_named(around: Surroundings) -> tuple[list[Named], list[Finding]]:
    """The entries that name us in all clients' files, and the files that cannot be read though they do."""
    named: list[Named] = []
    findings: list[Finding] = []
    for client in CLIENTS:
        for file in client.files(around):
            try:
                named.extend(_named_in(client, file))
            except (OSError, ValueError, RecursionError):
                findings.append(
                    fix(
                        f"client {client.title}",
                        f"its settings file cannot be read as {client.kind.upper()}",
                        "Correct it; the client ignores every server in it",
                        file,
                    )
                )
    return named, findings


def _named_in(client: ClientApp, file: Path) -> Iterator[Named]:
    if not file.is_file() or file.stat().st_size > FILE_BYTES_MAX:
        return
    text = file.read_text(encoding="utf-8")
    if SERVER_NAME not in text:
        return
    data: object = tomllib.loads(text) if client.kind == "toml" else json.loads(_plain_json(text))
    for servers in _tables(data, client.key):
        for name, entry in servers.items():
            if (
                is_object(entry)
                and SERVER_NAME in f"{name} {entry.get('command')} {entry.get('args')} {entry.get('url')}"
            ):
                yield _entry(client, file, entry)


def _tables(data: object, key: str) -> Iterator[dict[str, Any]]:
    """The table of servers, and those that Claude Code keeps for each project."""
    if not is_object(data):
        return
    if is_object(found := data.get(key)):
        yield found
    if is_object(projects := data.get("projects")):
        for project in projects.values():
            yield from _tables(project, key)


def _entry(client: ClientApp, file: Path, entry: dict[str, Any]) -> Named:
    command, url, arguments = entry.get("command"), entry.get("url"), entry.get("args")
    return Named(
        client,
        file,
        command if isinstance(command, str) and command else None,
        tuple(str(each) for each in arguments) if is_list(arguments) else (),
        _texts(entry.get("env")),
        url if isinstance(url, str) else None,
        _texts(entry.get("headers")),
    )


def _texts(table: object) -> dict[str, str]:
    return {name: str(value) for name, value in table.items()} if is_object(table) else {}


def _plain_json(text: str) -> str:
    without = COMMENT.sub(lambda found: found[1] or "", text)
    return COMMA_TOO_MANY.sub(lambda found: found[1] or "", without)
