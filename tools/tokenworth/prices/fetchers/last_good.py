"""The last good copy of each source on disk: one file a source, replaced in one step, believed if its checksum fits.

A file is `tokenworth-copy 1 <sha256 of the rest>`, a line of JSON that lists its documents, and their bytes.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from tokenworth.http import Validators
from tokenworth.prices.fetchers.source import Document, Page

__all__ = ["Kept", "read_copy", "write_atomically", "write_copy"]

MAGIC: Final = b"tokenworth-copy 1 "
FILE_BYTES_MAX: Final = 512 * 2**20
LEFTOVER_SECONDS_MIN: Final = 3600


@dataclass(frozen=True, slots=True)
class Kept:
    """What is on disk of a source; no pages when there is nothing or nothing that can be believed.

    Attributes:
        damaged: there is a file, and it is not what was written.
    """

    pages: tuple[Page, ...] = ()
    damaged: bool = False


def read_copy(directory: Path, source: str) -> Kept:
    """The last good copy; a damaged or unreadable file counts as none and says so."""
    path = _path(directory, source)
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            return Kept(damaged=True)
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return Kept()
    except OSError:
        return Kept(damaged=True)
    first, _, rest = content.partition(b"\n")
    if first != MAGIC + hashlib.sha256(rest).hexdigest().encode():
        return Kept(damaged=True)
    header, _, bodies = rest.partition(b"\n")
    return Kept(tuple(_pages(json.loads(header), bodies)))


def write_copy(directory: Path, source: str, pages: Sequence[Page]) -> None:
    """Put these documents in the place of the last good copy, in one step.

    Raises:
        OSError: the directory cannot be written to; the old copy is intact.
    """
    header = json.dumps([_described(page) for page in pages], separators=(",", ":")).encode()
    rest = b"\n".join([header, b"".join(page.body for page in pages)])
    write_atomically(_path(directory, source), MAGIC + hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest)


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file in one step: at every moment it is the old one or the new one, whole.

    Raises:
        OSError: it could not be written; the old file is intact and no other is left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _sweep(path: Path) -> None:
    """Remove what killed writers left behind; young files may belong to somebody who is writing now."""
    oldest = time.time() - LEFTOVER_SECONDS_MIN
    for leftover in path.parent.glob(f".{path.name}-*.part"):
        with contextlib.suppress(FileNotFoundError):
            if leftover.stat().st_mtime < oldest:
                leftover.unlink()


def _path(directory: Path, source: str) -> Path:
    return directory / f"{source}.copy"


def _described(page: Page) -> dict[str, Any]:
    return {
        "name": page.document.name,
        "url": page.document.url,
        "etag": page.validators.etag,
        "last_modified": page.validators.last_modified,
        "retrieved_at": page.retrieved_at.isoformat(),
        "bytes": len(page.body),
    }


def _pages(header: list[dict[str, Any]], bodies: bytes) -> list[Page]:
    pages: list[Page] = []
    start = 0
    for entry in header:
        body = bodies[start : start + entry["bytes"]]
        start += entry["bytes"]
        validators = Validators(entry["etag"], entry["last_modified"])
        retrieved_at = datetime.fromisoformat(entry["retrieved_at"])
        pages.append(Page(Document(entry["name"], entry["url"]), body, validators, retrieved_at))
    return pages
