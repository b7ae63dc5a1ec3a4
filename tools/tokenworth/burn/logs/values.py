"""Reads single values out of a log's JSON: counts, moments, amounts; null is nothing, anything else is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

import msgspec

__all__ = ["as_object", "count", "moment_ms", "name", "object_in", "objects", "paid_nano_usd", "whole_json"]

FILE_BYTES_MAX: Final = 512 << 20
COUNT_MAX: Final = 10**15
# The years 2020 and 2100: before the first agent, and where seconds or nanoseconds taken for milliseconds do not lie.
MS_RANGE: Final = (1_577_836_800_000, 4_102_444_800_000)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)
NANO: Final = 10**9
BOM: Final = b"\xef\xbb\xbf"
_decode = msgspec.json.Decoder().decode


def count(value: object) -> int:
    """A count of tokens; null and what is not there are none. Some tools write whole numbers as text or with a point.

    Raises:
        ValueError: anything else, or a number that no call has.
    """
    if value is None:
        return 0
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) <= COUNT_MAX:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= COUNT_MAX:
        raise ValueError("not a count")
    return value


def moment_ms(value: object) -> int:
    """A moment in ISO 8601 with its zone, or in milliseconds since 1970.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("no zone")
        value = (moment - EPOCH) // MILLISECOND
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not MS_RANGE[0] <= value < MS_RANGE[1]:
        raise ValueError("no moment")
    return value


def paid_nano_usd(value: object) -> int | None:
    """What a tool says it was billed, in USD; nothing where it says 0, which is how tools write a price they lack."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < COUNT_MAX / NANO:
        return None
    return round(value * NANO)


def name(value: object) -> str:
    """A text that says something, without what surrounds it; empty for anything else."""
    return value.strip() if isinstance(value, str) else ""


def as_object(value: object) -> Mapping[str, Any]:
    """An object; an empty one when it is anything else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def object_in(value: object, key: str) -> Mapping[str, Any]:
    """An object within an object; an empty one when either is anything else."""
    return as_object(as_object(value).get(key))


def objects(value: object) -> Iterator[Mapping[str, Any]]:
    """The objects of a list; none when it is anything else."""
    for one in cast("list[object]", value) if isinstance(value, list) else []:
        if isinstance(one, dict):
            yield cast("dict[str, Any]", one)


def whole_json(path: str) -> object:
    """A file that is one JSON value, with or without a byte order mark; an empty one is null.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not JSON, or too large to be a log.
    """
    with open(path, "rb") as file:
        body = file.read(FILE_BYTES_MAX + 1)
    if len(body) > FILE_BYTES_MAX:
        raise ValueError("too large")
    body = body.removeprefix(BOM).strip()
    value: object = _decode(body) if body else None
    return value
