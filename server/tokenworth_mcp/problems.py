"""Validation errors in the words of whoever has to fix the call: which field, what is wrong, what to send.

pydantic's own texts never leave: they quote the value that was sent and carry links.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from tokenworth_mcp.field_schemas import FieldSchema
from tokenworth_mcp.strict_json import field_path, is_list, is_object

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

__all__ = ["PROBLEMS_MAX", "Problem", "find_problems"]

PROBLEMS_MAX: Final = 8

Path = tuple[str | int, ...]

KINDS: Final[dict[str, tuple[str, ...]]] = {
    "text": ("string_type", "string_sub_type"),
    "a whole number": ("int_type", "int_parsing", "int_from_float", "int_parsing_size"),
    "a number": ("float_type", "float_parsing", "decimal_type", "decimal_parsing"),
    "true or false": ("bool_type", "bool_parsing"),
    "a list": ("list_type", "tuple_type", "set_type", "frozen_set_type", "iterable_type"),
    "an object": ("dict_type", "mapping_type", "model_type", "model_attributes_type", "dataclass_type"),
    "null": ("none_required",),
    'a date such as "2027-01-15"': ("date_type", "date_parsing", "date_from_datetime_parsing"),
    'a moment such as "2027-01-15T09:00:00Z"': ("datetime_type", "datetime_parsing", "timezone_aware"),
}
KIND_OF: Final = {error_type: kind for kind, error_types in KINDS.items() for error_type in error_types}

# What is wrong, by error type; the braces are filled from pydantic's context, which holds our own limits only.
LIMITS: Final = {
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "multiple_of": "must be a multiple of {multiple_of}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
    "finite_number": "must be a finite number",
    "string_pattern_mismatch": "does not have the expected form",
    "literal_error": "is not one of the choices",
    "enum": "is not one of the choices",
    "union_tag_invalid": "is not one of the kinds",
    "union_tag_not_found": "does not say of which kind it is",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One field that does not fit: where, what is wrong, what to send instead."""

    field: str
    problem: str
    instead: str

    def __str__(self) -> str:
        """As a line that stands alone."""
        return f"{self.field}: {self.problem}. {self.instead}".removesuffix(" ")


def find_problems(
    error: ValidationError, arguments: object, request_type: type[BaseModel]
) -> tuple[list[Problem], int]:
    """The problems of a refused request, at most eight, and how many more there are."""
    root = _root_schema(request_type)
    by_path: dict[Path, list[ErrorDetails]] = {}
    for details in error.errors(include_url=False):
        by_path.setdefault(_real_path(details, arguments), []).append(details)
    paths = [path for path in by_path if not _is_other_branch(path, by_path)]
    # An unknown name explains a missing one more often than the other way round.
    paths.sort(key=lambda path: by_path[path][0]["type"] != "extra_forbidden")
    problems = [_problem(path, by_path[path], root) for path in paths[:PROBLEMS_MAX]]
    return problems, len(paths) - len(problems)


@cache
def _root_schema(request_type: type[BaseModel]) -> FieldSchema:
    schema = request_type.model_json_schema()
    return FieldSchema(schema, schema)


def _real_path(details: ErrorDetails, arguments: object) -> Path:
    """The path into what was sent: pydantic's location without the names of union branches."""
    path: list[str | int] = []
    here: object = arguments
    loc = details["loc"]
    for index, part in enumerate(loc):
        last = index == len(loc) - 1
        if is_object(here):
            if part in here:
                path.append(part)
                here = here[str(part)]
            elif last and details["type"] == "missing":
                path.append(part)
        elif is_list(here) and isinstance(part, int):
            path.append(part)
            here = here[part] if part < len(here) else None
    return tuple(path)


def _is_other_branch(path: Path, by_path: Mapping[Path, list[ErrorDetails]]) -> bool:
    """Whether all that is said of `path` is that it is of another kind, while something inside it is wrong too.

    That happens where a field takes a number or an object: the object was meant, so only its inside matters.
    """
    if any(details["type"] not in KIND_OF for details in by_path[path]):
        return False
    return any(len(other) > len(path) and other[: len(path)] == path for other in by_path)


def _problem(path: Path, found: list[ErrorDetails], root: FieldSchema) -> Problem:
    field = field_path(path) or "arguments"
    details = found[0]
    kind, sent = details["type"], details["input"]
    schema = root.at(path)
    if kind == "extra_forbidden":
        return Problem(field, "unknown field", _nearest_name(path, root))
    if kind == "missing":
        return Problem(field, "required and missing", schema.what_to_send())
    if kind == "value_error":
        # Ours, and it says itself what to send: after a full stop, or in the one sentence that it is.
        problem, _, instead = _own_words(details).partition(". ")
        return Problem(field, problem, instead)
    if kind in LIMITS:
        return Problem(field, LIMITS[kind].format_map(details.get("ctx", {})), schema.what_to_send())
    kinds = list(dict.fromkeys(KIND_OF[each["type"]] for each in found if each["type"] in KIND_OF))
    if isinstance(sent, str) and sent.lstrip()[:1] in ("{", "[") and {"an object", "a list"} & set(kinds):
        return Problem(field, "JSON inside a string", f"Send the JSON itself. {schema.what_to_send()}")
    return Problem(field, f"not {' nor '.join(kinds)}" if kinds else "cannot be used", schema.what_to_send())


def _own_words(details: ErrorDetails) -> str:
    """The text of a ValueError that one of our validators raised; those never repeat the value."""
    cause = details.get("ctx", {}).get("error")
    return str(cause) if isinstance(cause, ValueError) else "cannot be used"


def _nearest_name(path: Path, root: FieldSchema) -> str:
    name = str(path[-1])
    parent = root.at(path[:-1])
    if same := parent.respelled(name):
        return f"Did you mean {json.dumps(same)}?"
    if elsewhere := root.find(name):
        return f"Did you mean {field_path(elsewhere)}?"
    if near := parent.nearest(name):
        return f"Did you mean {json.dumps(near)}?"
    names = parent.names()
    return f"Leave it out; known: {', '.join(names)}" if names else "Leave it out"
