"""Reads the lines of a log that hold certain words, a block at a time: most lines are passed over unread."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

__all__ = ["LINE_BYTES_MAX", "Lines"]

BLOCK_BYTES: Final = 256 << 10
LINE_BYTES_MAX: Final = 64 << 20
"""A longer line than this is no line of a log; it is lost."""


class Lines:
    """The whole lines of a file from an offset on that hold at least one of some words.

    Attributes:
        offset: behind the last whole line so far; where to read on another time.
        rest: after iterating, what follows the last line break: a line that is still being written, or whose end was
            torn off, or one that simply has no line break behind it.
        lost: lines that were too long to keep.
    """

    def __init__(self, path: str, offset: int, *words: bytes) -> None:
        self.offset = offset
        self.rest = b""
        self.lost = 0
        self._path = path
        self._words = words

    def __iter__(self) -> Iterator[bytes]:
        """The lines in their order, without their line breaks.

        Raises:
            OSError: the file cannot be read.
        """
        with open(self._path, "rb", buffering=0) as file:
            file.seek(self.offset)
            parts: list[bytes] = []
            kept = 0
            while block := file.read(BLOCK_BYTES):
                end = block.rfind(b"\n") + 1
                if end:
                    data = b"".join((*parts, block[:end])) if parts else block
                    stop = len(data) if parts else end
                    yield from self._chosen(data, stop)
                    self.offset += stop
                    parts, kept = [], 0
                    block = block[end:]
                parts.append(block)
                kept += len(block)
                if kept > LINE_BYTES_MAX:
                    self.lost += 1
                    self.offset += kept
                    parts, kept = [], 0
            self.rest = b"".join(parts)

    def _chosen(self, data: bytes, stop: int) -> Iterator[bytes]:
        """The lines of a buffer up to `stop` that hold one of the words."""
        places = [data.find(word, 0, stop) for word in self._words]
        after = 0
        while True:
            found = [place for place in places if place >= 0]
            if not found:
                return
            first = min(found)
            start = data.rfind(b"\n", after, first) + 1 or after
            after = data.find(b"\n", first, stop) + 1 or stop
            yield data[start:after].rstrip(b"\r\n")
            for which, place in enumerate(places):
                if 0 <= place < after:
                    places[which] = data.find(self._words[which], after, stop)

    def holds_a_word(self, line: bytes) -> bool:
        """Whether one of the words is in a line, such as in `rest`."""
        return any(word in line for word in self._words)
