"""`python -m tokenworth_mcp.reference FOLDER`: the reference pages of the documentation, written from the code."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click

from tokenworth.assumptions import load_assumptions
from tokenworth_mcp.catalogue import TOOLS
from tokenworth_mcp.cli.commands import COMMANDS
from tokenworth_mcp.settings import PREFIX, Settings
from tokenworth_mcp.snapshots import read_listing

__all__ = ["reference_pages", "write_reference"]


def write_reference(folder: Path) -> None:
    """Write every page into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in reference_pages().items():
        (folder / name).write_text(text, encoding="utf-8")


def reference_pages() -> dict[str, str]:
    """The pages by file name, as Markdown."""
    return {
        "tools.md": "\n".join(_tools()),
        "commands.md": "\n".join(_commands()),
        "settings.md": "\n".join(_settings()),
        "assumptions.md": "\n".join(_assumptions()),
    }


def _tools() -> Iterator[str]:
    yield "# Tools\n\nWhat `tools/list` sends, in its order. Every tool refuses what it does not know.\n"
    for entry in TOOLS:
        listing = read_listing(entry.name)
        description, _, example = listing["description"].partition("\nExample: ")
        yield f"## {entry.title}: `{entry.name}`\n"
        yield f"{description.strip()}\n"
        yield f"Family `{entry.toolset}`; {'changes nothing' if entry.read_only else 'writes to the ledger'}.\n"
        yield f'```json title="example"\n{example.strip()}\n```\n'
        schema = json.dumps(listing["inputSchema"], ensure_ascii=False, indent=1)
        yield f"<details><summary>Input schema</summary>\n\n```json\n{schema}\n```\n\n</details>\n"


def _commands() -> Iterator[str]:
    yield "# Commands\n"
    for name in COMMANDS:
        command: click.Command = import_module(f"tokenworth_mcp.cli.{name.replace('-', '_')}").command
        yield from _help(f"tokenworth {name}", command)


def _help(called: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command, info_name=called, max_content_width=100)
    yield f"## `{called}`\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from _help(f"{called} {name}", inner)


def _settings() -> Iterator[str]:
    yield "# Settings\n"
    yield (
        f"An option of the command line goes before a variable (`{PREFIX}` and the name in capitals), a variable "
        f"before the TOML file that `--config` or `{PREFIX}CONFIG` names, and that before the default.\n"
    )
    yield f"```text\n{inspect.cleandoc(Settings.__doc__ or '')}\n```\n"
    yield "| setting | default |\n| --- | --- |"
    for name, field in Settings.model_fields.items():
        yield f"| `{name}` | `{field.default!r}` |"
    yield ""


def _assumptions() -> Iterator[str]:
    yield "# Assumptions\n\nEvery default that is shipped; a fact, `overrides` or a file of yours replaces any.\n"
    yield "| name | low / base / high | unit | what it means | who says so |\n| --- | --- | --- | --- | --- |"
    for name, entry in load_assumptions().items():
        said = entry.source if entry.kind == "read" else f"assumed: {entry.source}"
        cells = (
            f"`{name}`",
            f"{entry.low:g} / {entry.base:g} / {entry.high:g}",
            entry.unit,
            entry.plain,
            f"{said}, {entry.date}",
        )
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    yield ""


if __name__ == "__main__":
    write_reference(Path(sys.argv[1]))
