"""Reads an offer or a request from a file in YAML, TOML or JSON, or from stdin, with nothing guessed on the way.

Aliases are refused (a few lines of them unfold to gigabytes), as is a name twice in one mapping. Numbers, true, false
and null are read by JSON's rules: `NO` stays Norway, `2027-01-15` stays text, `0123` is refused rather than octal.
"""

from __future__ import annotations

import re
import sys
import tomllib
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final, cast

import yaml

from tokenworth.errors import DataUnreadableError
from tokenworth_mcp.strict_json import JsonRefusedError, check_plain, read_json

__all__ = ["DOCUMENT_BYTES_MAX", "DocumentError", "read_document"]

DOCUMENT_BYTES_MAX: Final = 1_000_000
STDIN: Final = "-"
ONE_OBJECT: Final = "Write names with values, such as base: 180k"


class DocumentError(DataUnreadableError):
    """A file that cannot be read as what it should be; names the file without its folders."""


def read_document(path: str) -> dict[str, Any]:
    """The object in a file, by its suffix (.yaml, .yml, .toml, .json), or on stdin for "-" (JSON or YAML).

    Raises:
        DocumentError: missing, too large, not of its format, a name twice, or an alias; says where.
    """
    name = "stdin" if path == STDIN else Path(path).name
    data = _bytes(path, name)
    try:
        text = data.decode("utf-8-sig")
        value = _parsed(text, name)
        check_plain(value)
    except UnicodeDecodeError:
        raise DocumentError(f"{name}: not UTF-8. Save the file as UTF-8") from None
    except JsonRefusedError as error:
        raise DocumentError(f"{name}: {error}") from None
    except (yaml.MarkedYAMLError, tomllib.TOMLDecodeError) as error:
        raise DocumentError(f"{name}: {_where(error)}") from None
    except yaml.YAMLError:
        raise DocumentError(f"{name}: characters that YAML does not allow. Save the file as plain text") from None
    except RecursionError:
        raise DocumentError(f"{name}: nested too deep. Write it flatter") from None
    if not isinstance(value, dict):
        raise DocumentError(f"{name}: not an object. {ONE_OBJECT}")
    return cast("dict[str, Any]", value)


def _bytes(path: str, name: str) -> bytes:
    try:
        if path == STDIN:
            data = sys.stdin.buffer.read(DOCUMENT_BYTES_MAX + 1)
        else:
            with Path(path).open("rb") as file:
                data = file.read(DOCUMENT_BYTES_MAX + 1)
    except FileNotFoundError:
        raise DocumentError(f"{name}: no such file. Check the path") from None
    except IsADirectoryError:
        raise DocumentError(f"{name}: a folder, not a file. Name a file in it") from None
    except (OSError, ValueError):
        raise DocumentError(f"{name}: cannot be opened. Check the path and its permissions") from None
    if len(data) > DOCUMENT_BYTES_MAX:
        raise DocumentError(f"{name}: more than {DOCUMENT_BYTES_MAX:,} bytes. Write one offer a file")
    return data


def _parsed(text: str, name: str) -> object:
    suffix = Path(name).suffix.lower()
    if suffix == ".toml":
        return _without_dates(tomllib.loads(text))
    if suffix == ".json" or (name == "stdin" and text.lstrip()[:1] in ("{", "[")):
        return read_json(text)
    if suffix in (".yaml", ".yml") or name == "stdin":
        loader = _Loader(text)
        try:
            found: object = loader.get_single_data()
        finally:
            loader.dispose()
        return found
    raise DocumentError(f"{name}: unknown kind of file. Use .yaml, .toml or .json")


def _without_dates(value: object) -> object:
    """TOML's dates as the text they were written as, which is what requests take."""
    if isinstance(value, dict):
        return {key: _without_dates(inner) for key, inner in cast("dict[str, object]", value).items()}
    if isinstance(value, list):
        return [_without_dates(inner) for inner in cast("list[object]", value)]
    return value.isoformat() if isinstance(value, datetime | date | time) else value


def _where(error: yaml.MarkedYAMLError | tomllib.TOMLDecodeError) -> str:
    """Where the text stops making sense, and why when the reason is ours; a parser's own reason may quote the file."""
    if isinstance(error, tomllib.TOMLDecodeError):
        at = re.search(r"\(at (line \d+, column \d+|end of document)\)", str(error))
        return f"not TOML at {at[1]}. Check that line" if at else "not TOML. Check the file"
    mark = error.problem_mark or error.context_mark
    at_line = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    if isinstance(error, _RefusedYamlError):
        return f"{error.problem}{at_line}. {error.note}"
    return f"not YAML{at_line}. Check that line"


class _RefusedYamlError(yaml.MarkedYAMLError):
    """YAML that is well formed and not accepted."""


NULL: Final = ("tag:yaml.org,2002:null", re.compile(r"(?:null|~|)$"))
BOOL: Final = ("tag:yaml.org,2002:bool", re.compile(r"(?:true|false)$"))
NUMBER: Final = ("tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$"))
# PyYAML asks by the first character of a plain scalar.
RESOLVERS: Final[dict[str, list[tuple[str, re.Pattern[str]]]]] = {
    **{first: [NULL] for first in ("n", "~", "")},
    **{first: [BOOL] for first in ("t", "f")},
    **{first: [NUMBER] for first in "-+0123456789"},
}


class _Loader(yaml.SafeLoader):
    """Safe YAML without aliases, duplicate names, tags, or scalars that mean more than they say."""

    yaml_implicit_resolvers = RESOLVERS

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:  # noqa: ANN401 - as in PyYAML
        if self.check_event(yaml.AliasEvent):
            raise _RefusedYamlError(None, None, "an alias", self.get_mark(), "Write the value out")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                raise _RefusedYamlError(None, None, "a name that is not text", key.start_mark, "Quote the name")
            if key.value in seen:
                raise _RefusedYamlError(None, None, "the same name twice", key.start_mark, "Write each name once")
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def _read_number(_: _Loader, node: yaml.ScalarNode) -> object:
    return read_json(node.value.removeprefix("+"))


_Loader.add_constructor("tag:yaml.org,2002:float", _read_number)
