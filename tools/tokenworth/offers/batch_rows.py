"""Reads the offers of a batch from CSV, JSON lines or Parquet: one row at a time, with the line it stands on."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any, Final, Literal, cast

from tokenworth.errors import DataUnreadableError, InvalidInputError
from tokenworth.terms import Offer, Person

__all__ = ["BatchFormat", "Row", "arguments_of", "count_rows", "format_of", "load_parquet", "read_rows"]

BatchFormat = Literal["csv", "jsonl", "parquet"]
SUFFIXES: Final[dict[str, BatchFormat]] = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
LINE_BYTES_MAX: Final = 1_000_000
PARQUET_ROWS: Final = 1000
SET_FOR_ALL: Final = {"overrides": "--set", "seed": "--seed", "draws": "--draws", "detail": "no option"}

JsonReader = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Row:
    """One offer as it stands in the file.

    Attributes:
        line: where it begins, from 1; in Parquet, which has no lines, the row.
        content: a line of JSON, or what is said by column; the columns are paths such as `equity.0.value`.
        problem: why it cannot be read, in the words of an error; then there is no content.
    """

    line: int
    content: bytes | Mapping[str, object]
    problem: str | None = None


def format_of(path: Path) -> BatchFormat:
    """The format that a file's suffix stands for.

    Raises:
        InvalidInputError: none of ours.
    """
    found = SUFFIXES.get(path.suffix.lower())
    if found is None:
        raise InvalidInputError(path.name, "unknown kind of file", f"Use one of {', '.join(SUFFIXES)}")
    return found


def read_rows(path: Path, kind: BatchFormat) -> Iterator[Row]:
    """Every offer of a file, in order; blank lines are none.

    Raises:
        DataUnreadableError: the file as a whole cannot be read; a row that cannot says so itself.
    """
    try:
        if kind == "csv":
            yield from _read_csv(path)
        elif kind == "jsonl":
            yield from _read_json_lines(path)
        else:
            yield from _read_parquet(path)
    except FileNotFoundError:
        raise DataUnreadableError(f"{path.name}: no such file. Check the path") from None
    except OSError:
        raise DataUnreadableError(f"{path.name}: cannot be opened. Check the path and its permissions") from None


def count_rows(path: Path, kind: BatchFormat) -> int:
    """How many offers a file holds."""
    if kind == "parquet":
        return int(_parquet_file(path).metadata.num_rows)
    return sum(1 for _ in read_rows(path, kind))


def arguments_of(row: Row, read_json: JsonReader) -> dict[str, Any]:
    """A row as arguments of `value_offer`: an offer, or an offer and facts about the person.

    Raises:
        TokenworthError: it is no object, says something in two ways, or sets what is the same for all rows.
    """
    if row.problem is not None:
        raise DataUnreadableError(row.problem)
    found = read_json(row.content) if isinstance(row.content, bytes) else _nested(row.content)
    if not isinstance(found, dict):
        raise InvalidInputError("row", "not an object", 'Send an offer, such as {"base": 180000}')
    fields = cast("dict[str, Any]", found)
    if "offer" not in fields:
        person = {name: fields[name] for name in ("person",) if name in fields}
        return {"offer": {name: value for name, value in fields.items() if name != "person"}, **person}
    for name, option in SET_FOR_ALL.items():
        if name in fields:
            raise InvalidInputError(name, "the same for all rows of a batch", f"Leave it out; {option} sets it")
    return fields


def load_parquet() -> Any:  # noqa: ANN401 - an optional package, which ships no types
    """The Parquet module of pyarrow.

    Raises:
        DataUnreadableError: it is not installed.
    """
    try:
        return import_module("pyarrow.parquet")
    except ImportError:
        raise DataUnreadableError(
            "Parquet needs pyarrow, which is not installed. Install tokenworth[batch], or use .csv or .jsonl"
        ) from None


def _read_csv(path: Path) -> Iterator[Row]:
    # Bytes that are not UTF-8 come through as surrogates, so that only their row is refused.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        lines = csv.reader(file, strict=True)
        columns: list[str] | None = None
        while True:
            line = lines.line_num + 1
            try:
                cells = next(lines, None)
            except csv.Error:
                if columns is None:
                    raise DataUnreadableError(f"{path.name}: line 1 is not CSV. Write the names of columns") from None
                yield Row(line, b"", "not CSV from this line on. Close every quote, and write a quote in text twice")
                continue
            if cells is None:
                return
            if columns is None:
                columns = _columns(path, cells)
            elif any(cell.strip() for cell in cells):
                yield _csv_row(line, columns, cells)


def _columns(path: Path, cells: list[str]) -> list[str]:
    columns = [cell.strip() for cell in cells]
    if len(columns) == 1 and ";" in columns[0]:
        raise DataUnreadableError(f"{path.name}: one column only. Separate columns by commas")
    for place, name in enumerate(columns):
        if not name or name in columns[:place]:
            what = "has the name of another" if name else "has no name"
            raise DataUnreadableError(f"{path.name}: column {place + 1} {what}. Name each column once, such as base")
    return columns


def _csv_row(line: int, columns: list[str], cells: list[str]) -> Row:
    if len(cells) != len(columns):
        return Row(
            line,
            b"",
            f"{len(cells)} cells under {len(columns)} columns. Write as many cells as columns, and quote commas",
        )
    said = {name: cell.strip() for name, cell in zip(columns, cells, strict=True) if cell.strip()}
    if any("\udc80" <= letter <= "\udcff" for cell in said.values() if not cell.isascii() for letter in cell):
        return Row(line, b"", "not UTF-8. Save the file as UTF-8")
    return Row(line, said)


def _read_json_lines(path: Path) -> Iterator[Row]:
    with path.open("rb") as file:
        for number in count(1):
            line = file.readline(LINE_BYTES_MAX + 1)
            if not line:
                return
            if len(line) <= LINE_BYTES_MAX:
                if line.strip():
                    yield Row(number, line)
                continue
            while not line.endswith(b"\n") and (rest := file.readline(LINE_BYTES_MAX)):
                line = rest  # what is too long is read past, never kept
            yield Row(number, b"", f"a line of more than {LINE_BYTES_MAX:,} bytes. Write one offer a line")


def _parquet_file(path: Path) -> Any:  # noqa: ANN401 - as in load_parquet
    parquet = load_parquet()
    try:
        return parquet.ParquetFile(path)
    except (ValueError, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise DataUnreadableError(f"{path.name}: no such file. Check the path") from None
        raise DataUnreadableError(f"{path.name}: not Parquet. Check the file") from None


def _read_parquet(path: Path) -> Iterator[Row]:
    number = 0
    for batch in _parquet_file(path).iter_batches(batch_size=PARQUET_ROWS):
        for cells in batch.to_pylist():
            number += 1
            yield Row(number, {name: value for name, value in cells.items() if value is not None})


def _nested(cells: Mapping[str, object]) -> object:
    """Columns by path as the object they describe: `equity.0.kind` is in the first entry of the list `equity`."""
    root: dict[str, object] = {}
    for path, cell in cells.items():
        *parents, last = path.split(".")
        value = _plain(cell, last)
        if value is None:
            continue
        here = root
        for name in parents:
            inner = here.setdefault(name, {})
            if not isinstance(inner, dict):
                raise _said_twice(path)
            here = cast("dict[str, object]", inner)
        if last in here:
            raise _said_twice(path)
        here[last] = value
    return _with_lists(root, "")


def _said_twice(path: str) -> InvalidInputError:
    return InvalidInputError(path, "said both as one value and in parts", "Fill in one of the two columns")


def _with_lists(value: object, path: str) -> object:
    """The same with each object whose names are numbers as the list it stands for."""
    if not isinstance(value, dict):
        return value
    inner = cast("dict[str, object]", value)
    built = {name: _with_lists(each, f"{path}.{name}" if path else name) for name, each in inner.items()}
    if not built or not all(name.isdecimal() for name in built):
        return built
    places = [str(place) for place in range(len(built))]
    if set(places) != set(built):
        raise InvalidInputError(path, "its numbers leave one out", "Fill in the columns of 0 first, then of 1")
    return [built[place] for place in places]


def _plain(value: object, name: str) -> object:
    """A cell as a JSON value; None where it says nothing."""
    if isinstance(value, str):
        return _from_text(value, name)
    if isinstance(value, float):
        # Where a row has no number, many programs make a column of floats and leave "not a number" in the gap.
        whole = value.is_integer() and name in _plain_names()
        return None if math.isnan(value) else int(value) if whole else value
    if isinstance(value, dict):
        parts = {key: _plain(inner, key) for key, inner in cast("dict[str, object]", value).items()}
        return {key: inner for key, inner in parts.items() if inner is not None} or None
    if isinstance(value, list):
        return [_plain(inner, name) for inner in cast("list[object]", value)]
    if value is None or isinstance(value, bool | int | Decimal):
        return f"{value:f}" if isinstance(value, Decimal) else value
    raise InvalidInputError(name, "a kind of value that no field takes", "Send numbers, text, true or false")


def _from_text(text: str, name: str) -> object:
    """Text as it is, except where a field takes none; amounts and shares are read from text by the field itself."""
    if name not in _plain_names():
        return text
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        number = float(text) if text.isascii() else math.nan
    except ValueError:
        return text
    return int(number) if number.is_integer() else text


@lru_cache(maxsize=1)
def _plain_names() -> frozenset[str]:
    """Names of the fields that take whole numbers or true and false, and no text."""
    found: set[str] = set()
    for model in (Offer, Person):
        schema = model.model_json_schema()
        for part in (schema, *schema.get("$defs", {}).values()):
            for name, field in part.get("properties", {}).items():
                kinds = _kinds(field)
                if kinds & {"integer", "boolean"} and "string" not in kinds:
                    found.add(name)
    return frozenset(found)


def _kinds(field: Mapping[str, Any]) -> set[str]:
    kinds = field.get("type", [])
    found = {kinds} if isinstance(kinds, str) else set(cast("list[str]", kinds))
    return found.union(*(_kinds(option) for option in field.get("anyOf", ())))
