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

    Args:
        path: the file.
        offset: where to begin.
        word, others: a line that holds none of them is passed over.
        unless: so are, without looking for words, lines that have certain bytes so far behind their beginning.

    Attributes:
        offset: behind the last whole line so far; where to read on another time.
        rest: after iterating, what follows the last line break: a line that is still being written, or whose end was
            torn off, or one that simply has no line break behind it.
        lost: lines that were too long to keep.
    """

    def __init__(
        self, path: str, offset: int, word: bytes, *others: bytes, unless: tuple[int, bytes] = (0, b"")
    ) -> None:
        self.offset = offset
        self.rest = b""
        self.lost = 0
        self._path = path
        self._word = word
        self._words = (word, *others)
        self._unless = unless

    def __iter__(self) -> Iterator[bytes]:
        """The lines in their order, without their line feeds.

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
                    first = 0
                    if parts:
                        first = block.find(b"\n") + 1
                        yield from self._chosen(b"".join((*parts, block[:first])), 0, kept + first)
                    yield from self._chosen(block, first, end)
                    self.offset += kept + end
                    parts, kept = [], 0
                    block = block[end:]
                parts.append(block)
                kept += len(block)
                if kept > LINE_BYTES_MAX:
                    self.lost += 1
                    self.offset += kept
                    parts, kept = [], 0
            self.rest = b"".join(parts)

    def _chosen(self, data: bytes, first: int, stop: int) -> Iterator[bytes]:
        """The lines of a buffer that hold one of the words, from where a line begins to behind one's end."""
        if len(self._words) > 1:
            yield from self._chosen_by_any(data, first, stop)
            return
        word = self._word
        while (place := data.find(word, first, stop)) >= 0:
            start = data.rfind(b"\n", first, place) + 1 or first
            end = data.find(b"\n", place, stop)
            yield data[start:end]
            first = end + 1

    def _chosen_by_any(self, data: bytes, first: int, stop: int) -> Iterator[bytes]:
        skip, sign = self._unless
        while first < stop:
            end = data.find(b"\n", first, stop)
            if not (sign and data.startswith(sign, first + skip)) and any(
                data.find(word, first, end) >= 0 for word in self._words
            ):
                yield data[first:end]
            first = end + 1

    def holds_a_word(self, line: bytes) -> bool:
        """Whether one of the words is in a line, such as in `rest`."""
        return any(word in line for word in self._words)
