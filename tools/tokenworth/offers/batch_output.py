"""Writes a batch's answers as they are known, in order, so that a batch that was cut off goes on where it was.

Beside the file lies a small record: what the batch was asked, and how many rows and bytes are surely written. Whatever
the file holds beyond that is cut off before going on. Parquet cannot be added to, so its rows wait in JSON lines.
"""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

from tokenworth.errors import DataUnreadableError, InvalidInputError
from tokenworth.offers.batch_rows import BatchFormat, load_parquet
from tokenworth.offers.batch_values import COMPONENTS, OfferFigures

__all__ = ["COLUMNS", "BatchRow", "OutFile", "Record"]

BEFORE: Final = ("line", "label", "face_usd", "p10_usd", "p50_usd", "p90_usd")
AFTER: Final = ("employer_cost_usd", "token_share", "error")
COLUMNS: Final = (*BEFORE, *(f"{name}_usd" for name in COMPONENTS), *AFTER)
ROW_GROUP_ROWS: Final = 10_000


@dataclass(frozen=True, slots=True)
class BatchRow:
    """The answer to one row: its figures, or why there are none."""

    line: int
    label: str | None
    figures: OfferFigures | None
    error: str | None = None

    def by_column(self) -> dict[str, object]:
        """Each of `COLUMNS`, None where there is nothing to say."""
        cells: dict[str, object] = {name: None for name in COLUMNS}  # noqa: C420 - a type of its own
        cells |= {"line": self.line, "label": self.label, "error": self.error}
        if self.figures is not None:
            figures = asdict(self.figures)
            cells |= {f"{name}_usd": value for name, value in figures.pop("components_usd").items()}
            cells |= figures
        return cells


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a batch under way.

    Attributes:
        asked: what must be the same to go on: a digest of each thing by what people call it.
        as_of: the moment that the batch values at, as ISO text.
        rows: rows of the input that are answered, with the failed ones.
        size_bytes: of the answers to them.
    """

    asked: Mapping[str, str]
    as_of: str
    rows: int = 0
    failed: int = 0
    size_bytes: int = 0


class OutFile:
    """The file that a batch writes, locked while it is open.

    Args:
        path: the file.
        kind: its format.
        begun: the record to begin with, or to hold an earlier one against.

    Raises:
        InvalidInputError: the file is there already, or was begun with something else.
        DataUnreadableError: it or its record cannot be used.
    """

    def __init__(self, path: Path, kind: BatchFormat, begun: Record) -> None:
        if kind == "parquet":
            load_parquet()  # refused before there is any work that could be lost
        self._path = path
        self._kind: BatchFormat = kind
        self._rows_path = path.with_name(f"{path.name}.rows") if kind == "parquet" else path
        self._record_path = path.with_name(f"{path.name}.progress")
        try:
            self.record = self._known_or(begun)
            self._file = self._opened()
        except OSError:
            raise DataUnreadableError(f"{path.name}: cannot be written. Check the folder and its permissions") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, rows: Sequence[BatchRow]) -> None:
        """Add the answers to the next rows; they are on the disk, and in the record, when this returns."""
        encoded = self._encoded(rows)
        self._file.write(encoded)
        self._file.flush()
        os.fsync(self._file.fileno())
        self.record = replace(
            self.record,
            rows=self.record.rows + len(rows),
            failed=self.record.failed + sum(row.error is not None for row in rows),
            size_bytes=self.record.size_bytes + len(encoded),
        )
        self._write_record()

    def finish(self) -> None:
        """Make the file whole and forget the record."""
        if self._kind == "parquet":
            unfinished = self._path.with_name(f"{self._path.name}.unfinished")
            _write_parquet(self._rows_path, unfinished)
            unfinished.replace(self._path)
        # The record goes before the rows: a record without rows would be one of a file that lost some.
        self._record_path.unlink()
        if self._kind == "parquet":
            self._rows_path.unlink()

    def _known_or(self, begun: Record) -> Record:
        name, record = self._path.name, self._record_path.name
        if not self._record_path.exists():
            if self._path.exists():
                raise InvalidInputError(name, "is there already", "Name another file, or delete it first")
            return begun
        anew = f"or delete {name} and {record} to begin anew"
        try:
            known = Record(**json.loads(self._record_path.read_text(encoding="utf-8")))
        except (ValueError, TypeError):
            raise DataUnreadableError(f"{record}: not a record of a batch. Delete it and {name}") from None
        changed = [what for what, digest in begun.asked.items() if known.asked.get(what) != digest]
        if changed:
            raise InvalidInputError(
                name, f"was begun with other {' and other '.join(changed)}", f"Repeat that, name another file, {anew}"
            )
        size = self._rows_path.stat().st_size if self._rows_path.exists() else 0
        if size < known.size_bytes:
            raise DataUnreadableError(f"{name}: shorter than its record says. Delete both: {name} and {record}")
        return known

    def _opened(self) -> BinaryIO:
        self._write_record()
        file = self._rows_path.open("ab")
        _lock(file, self._path.name)
        file.truncate(self.record.size_bytes)
        if self._kind == "csv" and self.record.size_bytes == 0:
            header = _csv_line(COLUMNS)
            file.write(header)
            self.record = replace(self.record, size_bytes=len(header))
        return file

    def _write_record(self) -> None:
        new = self._record_path.with_name(f"{self._record_path.name}.new")
        with new.open("w", encoding="utf-8") as file:
            json.dump(asdict(self.record), file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._record_path)

    def _encoded(self, rows: Sequence[BatchRow]) -> bytes:
        if self._kind == "csv":
            return b"".join(_csv_line(row.by_column().values()) for row in rows)
        lines = [json.dumps(row.by_column(), ensure_ascii=False, separators=(",", ":")) for row in rows]
        return "".join(f"{line}\n" for line in lines).encode()


def _csv_line(cells: Iterable[object]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()


def _lock(file: BinaryIO, name: str) -> None:
    """Keep a second batch from writing the same file; where the system has no such locks, nobody does."""
    if sys.platform == "win32":
        return
    import fcntl  # noqa: PLC0415 - not there on every system

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InvalidInputError(name, "another batch is writing it", "Wait for it, or name another file") from None


def _write_parquet(rows_path: Path, path: Path) -> None:
    """Lines of JSON as one Parquet file, a row group at a time."""
    parquet = load_parquet()
    arrow: Any = import_module("pyarrow")
    kinds = {"label": arrow.string(), "error": arrow.string(), "token_share": arrow.float64()}
    schema = arrow.schema([(name, kinds.get(name, arrow.int64())) for name in COLUMNS])
    with rows_path.open("rb") as lines, parquet.ParquetWriter(path, schema) as writer:
        while group := [json.loads(line) for line in islice(lines, ROW_GROUP_ROWS)]:
            writer.write_table(arrow.Table.from_pylist(group, schema=schema))
