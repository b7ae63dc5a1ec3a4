"""How an answer is printed: JSON for programs; tables on a terminal or in Markdown for people."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import click

from tokenworth_mcp.strict_json import is_list, is_object

__all__ = ["FORMATS", "Columns", "Format", "show"]

Format = Literal["table", "json", "md"]
FORMATS: Final[tuple[Format, ...]] = ("table", "json", "md")
Columns = Mapping[str, Sequence[str]]

PIPE_WIDTH: Final = 120
# An object with as many members as this reads better as a table of its own than in one cell.
SHEET_ROWS_MIN: Final = 4


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One table of an answer: what it is called, its columns, its rows of text."""

    title: str
    columns: list[str]
    rows: list[list[str]]


def show(data: Mapping[str, Any], output_format: Format, columns: Columns | None = None) -> None:
    """Print an answer's data on stdout.

    Args:
        data: the answer, headline first.
        output_format: one of `FORMATS`.
        columns: for lists of objects by their name, which columns to show; all when not named.
    """
    if output_format == "json":
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    headline, lines, sheets = _laid_out(data, columns or {})
    if output_format == "md":
        click.echo("\n".join(_markdown(headline, lines, sheets)))
    else:
        _print_tables(headline, lines, sheets)


def _laid_out(data: Mapping[str, Any], columns: Columns) -> tuple[str, list[tuple[str, str]], list[_Sheet]]:
    """The headline, the single values, and a sheet for every list of objects or object of objects."""
    lines: list[tuple[str, str]] = []
    sheets: list[_Sheet] = []
    for name, value in data.items():
        if name == "headline":
            continue
        if records := _records(value):
            sheets.append(_sheet(name, records, columns.get(name)))
        elif is_object(value) and len(value) >= SHEET_ROWS_MIN:
            sheets.append(_Sheet(_words(name), ["", ""], [[_words(key), _cell(inner)] for key, inner in value.items()]))
        elif value not in ([], {}):
            lines.append((_words(name), _cell(value)))
    return str(data.get("headline", "")), lines, sheets


def _records(value: object) -> list[dict[str, Any]]:
    """The rows of a list of objects or of an object of objects; none of anything else."""
    if is_object(value) and all(is_object(inner) for inner in value.values()):
        return [{"": key, **inner} for key, inner in value.items()]
    if is_list(value) and all(is_object(entry) for entry in value):
        return value
    return []


def _sheet(name: str, records: list[dict[str, Any]], wanted: Sequence[str] | None) -> _Sheet:
    present = dict.fromkeys(key for record in records for key in record)
    keys = [key for key in wanted if key in present] if wanted is not None else list(present)
    rows = [[_cell(record.get(key)) for key in keys] for record in records]
    return _Sheet(_words(name), [_words(key) for key in keys], rows)


def _cell(value: object) -> str:
    if is_object(value):
        return ", ".join(f"{_words(key)} {_cell(inner)}" for key, inner in value.items())
    if is_list(value):
        entries = [_cell(entry) for entry in value]
        return ("; " if any("," in entry for entry in entries) else ", ").join(entries)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
    return "" if value is None else str(value)


def _is_number(cell: str) -> bool:
    """Whether a cell is empty or a number as `_cell` prints them."""
    return not cell or cell.replace(",", "").replace(".", "").removeprefix("-").isdigit()


def _words(name: str) -> str:
    return name.replace("_", " ").replace(" usd", " USD")


def _markdown(headline: str, lines: list[tuple[str, str]], sheets: list[_Sheet]) -> list[str]:
    found = [f"**{headline}**", ""] if headline else []
    found.extend(f"- {name}: {value}" for name, value in lines)
    for sheet in sheets:
        found.extend(["", f"### {sheet.title}", "", _markdown_row(sheet.columns)])
        found.append("|" + " --- |" * len(sheet.columns))
        found.extend(_markdown_row(row) for row in sheet.rows)
    return found


def _markdown_row(cells: list[str]) -> str:
    return "| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in cells) + " |"


def _print_tables(headline: str, lines: list[tuple[str, str]], sheets: list[_Sheet]) -> None:
    from rich import box  # noqa: PLC0415 - JSON and Markdown print without it
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    # A pipe has no width of its own; rich reads COLUMNS and NO_COLOR itself.
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH
    console = Console(highlight=False, width=width)
    console.print(Text(headline, style="bold"))
    if lines:
        table = Table(box=None, show_header=False, pad_edge=False)
        for name, value in lines:
            table.add_row(Text(name, style="dim"), Text(value))
        console.print(table)
    for sheet in sheets:
        table = Table(
            title=Text(sheet.title, style="bold"),
            title_justify="left",
            box=box.SIMPLE_HEAD,
            show_header=any(sheet.columns),
        )
        for place, name in enumerate(sheet.columns):
            numbers = all(_is_number(row[place]) for row in sheet.rows)
            table.add_column(Text(name), overflow="fold", justify="right" if numbers else "left")
        for row in sheet.rows:
            table.add_row(*(Text(cell) for cell in row))
        console.print(table)
