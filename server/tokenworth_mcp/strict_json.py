"""JSON without surprises: what parsers silently bend (a name twice, NaN, runaway depth) is refused with a reason."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final, NoReturn, TypeGuard

from tokenworth.errors import TokenworthError

__all__ = ["MESSAGE_BYTES_MAX", "JsonRefusedError", "check_plain", "field_path", "is_list", "is_object", "read_json"]

MESSAGE_BYTES_MAX: Final = 4 * 1024 * 1024
DEPTH_MAX: Final = 32
NODES_MAX: Final = 20_000
DIGITS_MAX: Final = 38
NUMBER_MAX: Final = 10**DIGITS_MAX
SURROGATE: Final = re.compile("[\ud800-\udfff]")
READABLE_NAME: Final = re.compile(r"[\w$-][\w$ .-]{0,59}")


class JsonRefusedError(TokenworthError):
    """Text that is not JSON, or JSON that no reader should have to guess about; never repeats a value.

    Attributes:
        field: the path of the part that is refused, "" for the whole.
    """

    def __init__(self, problem: str, instead: str, field: str = "") -> None:
        super().__init__(f"{field or 'JSON'}: {problem}. {instead}")
        self.field = field
        self.problem = problem
        self.instead = instead


def read_json(text: str | bytes) -> object:
    """Read one JSON value.

    Raises:
        JsonRefusedError: not JSON in UTF-8, a key twice in one object, NaN or Infinity, a number past the range of
            exact arithmetic, half a surrogate pair, or nested past all reason.
    """
    if len(text) > MESSAGE_BYTES_MAX:
        raise JsonRefusedError(f"more than {MESSAGE_BYTES_MAX:,} bytes", "Send less in one call")
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        value: object = DECODER.decode(text)
    except UnicodeDecodeError:
        raise JsonRefusedError("not UTF-8", "Save the text as UTF-8") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise JsonRefusedError(f"not JSON at {where}", 'Send one JSON value, such as {"detail": "full"}') from None
    except RecursionError:
        raise _too_deep("") from None
    check_plain(value)
    return value


def check_plain(value: object) -> None:
    """Refuse a decoded JSON value that could hurt what reads it next.

    Raises:
        JsonRefusedError: deeper than 32 levels, more than 20,000 parts, a number that is not finite or has more than
            38 digits, or text with half a surrogate pair.
    """
    if _parts_of_plain(value, DEPTH_MAX) <= NODES_MAX:
        return
    # Something is wrong with it: look again, and know on the way where.
    pending: list[tuple[object, tuple[str | int, ...]]] = [(value, ())]
    seen = 0
    while pending:
        part, path = pending.pop()
        seen += 1
        if seen > NODES_MAX:
            raise JsonRefusedError(f"more than {NODES_MAX:,} parts", "Send less in one call")
        if len(path) > DEPTH_MAX:
            raise _too_deep(field_path(path[:3]))
        if is_object(part):
            for key, inner in part.items():
                _check_text(key, path)
                pending.append((inner, (*path, key)))
        elif is_list(part):
            pending.extend((inner, (*path, index)) for index, inner in enumerate(part))
        elif isinstance(part, str):
            _check_text(part, path)
        else:
            _check_number(part, path)


def _parts_of_plain(value: object, levels_left: int) -> float:
    """How many parts a plain value has; infinitely many, if there is anything about it to refuse."""
    if isinstance(value, str):
        return 1 if value.isascii() or SURROGATE.search(value) is None else math.inf
    parts = 1.0
    if is_object(value):
        for name, inner in value.items():
            if not levels_left or not (name.isascii() or SURROGATE.search(name) is None):
                return math.inf
            parts += _parts_of_plain(inner, levels_left - 1)
    elif is_list(value):
        for inner in value:
            if not levels_left:
                return math.inf
            parts += _parts_of_plain(inner, levels_left - 1)
    elif isinstance(value, int):
        return 1 if abs(value) < NUMBER_MAX else math.inf
    elif isinstance(value, float) and not math.isfinite(value):
        return math.inf
    return parts


def field_path(path: tuple[str | int, ...]) -> str:
    """A path as people write it: `offer.tokens[0].per_year`; an unprintable or endless name is not repeated."""
    parts: list[str] = []
    for part in path:
        if isinstance(part, int):
            parts.append(f"[{part}]")
        else:
            name = part if READABLE_NAME.fullmatch(part) else "(unreadable name)"
            parts.append(f".{name}" if parts else name)
    return "".join(parts)


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether a decoded JSON value is an object; its names are then text."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether a decoded JSON value is a list."""
    return isinstance(value, list)


def _too_deep(field: str) -> JsonRefusedError:
    return JsonRefusedError(f"nested more than {DEPTH_MAX} levels deep", "Send a flatter value", field)


def _check_text(text: str, path: tuple[str | int, ...]) -> None:
    if not text.isascii() and SURROGATE.search(text):
        raise JsonRefusedError("text with half a surrogate pair", "Send whole Unicode characters", field_path(path))


def _check_number(number: object, path: tuple[str | int, ...]) -> None:
    if isinstance(number, int) and abs(number) >= NUMBER_MAX:
        raise JsonRefusedError(*TOO_LONG, field_path(path))
    if isinstance(number, float) and not math.isfinite(number):
        raise JsonRefusedError("not a finite number", "Send a finite number, or leave the field out", field_path(path))


TOO_LONG: Final = (f"a number of more than {DIGITS_MAX} digits", "Send a shorter number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise JsonRefusedError("the same name twice in one object", "Send each name once", field_path((key,)))
        found[key] = value
    return found


def _constant(_: str) -> NoReturn:
    raise JsonRefusedError("NaN and Infinity are not JSON", "Send a finite number, or leave the field out")


def _int(digits: str) -> int:
    # Bounded before conversion: Python itself refuses to read more than 4,300 digits, with an error of its own.
    if len(digits) > DIGITS_MAX + 1:
        raise JsonRefusedError(*TOO_LONG)
    return int(digits)


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise JsonRefusedError("a number too large to represent", "Send a smaller number")
    return number


DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_constant, parse_int=_int, parse_float=_float
)
