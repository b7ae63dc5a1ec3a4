"""Questions as a form that a client can show, and what the person filled in as arguments of the next call. No I/O."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tokenworth_mcp.catalogue import ToolEntry, load_tool
from tokenworth_mcp.field_schemas import FieldSchema, Path
from tokenworth_mcp.strict_json import is_list, is_object

if TYPE_CHECKING:
    from tokenworth.assumptions import Assumptions

__all__ = ["FIELDS_MAX", "Form", "fill_in", "make_form", "usable"]

FIELDS_MAX: Final = 3
OVERRIDES: Final = "overrides"
PATH: Final = re.compile(r"[a-z_][a-z0-9_]*(\[[0-9]+\])?(\.[a-z_][a-z0-9_]*(\[[0-9]+\])?)*")
PART: Final = re.compile(r"[a-z_][a-z0-9_]*|[0-9]+")


@dataclass(frozen=True, slots=True)
class Form:
    """A form of one to three fields, each named by the field of the request that its answer fills.

    Attributes:
        schema: as an elicitation's `requestedSchema` may be: flat, and of primitive types only.
    """

    message: str
    schema: dict[str, Any]

    @property
    def fields(self) -> list[str]:
        """The fields that it asks for."""
        return list(self.schema["properties"])


def make_form(
    entry: ToolEntry,
    arguments: Mapping[str, Any],
    answer: Mapping[str, Any],
    asked: Iterable[str],
    assumptions: Assumptions,
    worth_usd_min: int,
) -> Form | None:
    """The form for an answer's most telling questions; None when none is worth asking, or fits a form.

    Args:
        arguments: what the answer was computed from; a question about an offer that is not in it is not asked.
        answer: the answer's data, with `next_questions` and `headline`.
        asked: fields that were asked before; nobody is asked twice.
        worth_usd_min: how much the answer to a question must move the result by.
    """
    known = set(asked)
    schema = load_tool(entry).request_type.model_json_schema()
    root = FieldSchema(schema, schema)
    properties: dict[str, Any] = {}
    worths: list[int] = []
    for question in answer.get("next_questions", ()):
        field, worth_usd = question["field"], question["worth_usd"]
        if field in known or worth_usd < worth_usd_min or not PATH.fullmatch(field):
            continue
        shape = _shape(root.at(_path(field)), field, assumptions)
        if shape is None or not _reaches(arguments, _path(field)):
            continue
        effect = f"Moves the result by about ${worth_usd:,}."
        description = " ".join(part for part in (effect, shape.pop("hint", "")) if part)
        properties[field] = {**shape, "title": question["ask"], "description": description}
        worths.append(worth_usd)
        if len(properties) == FIELDS_MAX:
            break
    if not properties:
        return None
    first = next(iter(properties.values()))["title"]
    message = (
        f"{answer['headline']} One answer would tell most, about ${worths[0]:,}: {first} "
        "Leave empty what you do not know; what was assumed then stands."
    )
    return Form(message, {"type": "object", "properties": properties})


def usable(form_fields: Iterable[str], content: Mapping[str, Any] | None) -> dict[str, Any]:
    """What was filled in of the fields that were asked for; blanks are not answers."""
    filled = content or {}
    return {
        field: value
        for field in form_fields
        if (value := filled.get(field)) is not None and not (isinstance(value, str) and not value.strip())
    }


def fill_in(arguments: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with the answers laid over them."""
    if not given:
        return dict(arguments)
    filled = copy.deepcopy(dict(arguments))
    for field, value in given.items():
        *way, last = _path(field)
        here: Any = filled
        for part in way:
            if isinstance(part, str) and here.get(part) is None:
                here[part] = {}
            here = here[part]
        here[last] = value
    return filled


def _path(field: str) -> Path:
    return tuple(int(part) if part.isdigit() else part for part in PART.findall(field))


def _reaches(arguments: Mapping[str, Any], path: Path) -> bool:
    """Whether every object or list on the way is there, or may be made: lists and the first object may not."""
    here: object = arguments
    for depth, part in enumerate(path[:-1]):
        if isinstance(part, int):
            if not is_list(here) or part >= len(here):
                return False
            here = here[part]
            continue
        if not is_object(here):
            return False
        follows_list = isinstance(path[depth + 1], int)
        if here.get(part) is None:
            return part in (OVERRIDES, "person") and not follows_list
        here = here[part]
    return is_object(here)


def _shape(field: FieldSchema, name: str, assumptions: Assumptions) -> dict[str, Any] | None:
    """The field as a form's primitive, with a `hint`; None where no primitive will do."""
    kinds = field.primitives()
    shape: dict[str, Any] | None = None
    if choices := [choice for choice in field.choices() if isinstance(choice, str)]:
        shape = {"type": "string", "enum": choices}
    elif (taken := assumptions.get(name.removeprefix(f"{OVERRIDES}."))) is not None:
        told = f"In {taken.unit}: assumed {taken.base:g}, plausibly {taken.low:g} to {taken.high:g}."
        shape = {"type": "number", "hint": told}
    elif "string" in kinds:  # amounts and shares, which our fields read out of text too
        shape = {"type": "string", "hint": f"{field.what_to_send()}."}
    elif kinds:
        shape = {"type": next(kind for kind in ("boolean", "number", "integer") if kind in kinds)}
    return shape
