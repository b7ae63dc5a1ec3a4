"""A model's JSON schema cut down to what a model needs to fill it in: every token of it is paid on every call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, cast

from tokenworth.answers import LISTING_KEY
from tokenworth_mcp.strict_json import is_list, is_object

__all__ = ["compact_schema"]

Schema = dict[str, Any]

# Validation enforces these; a caller who breaks one is told so, and a caller who does not need not read it.
UNLISTED: Final = (
    "title",
    "examples",
    "discriminator",
    "additionalProperties",
    "maxLength",
    "minLength",
    "maxItems",
    "pattern",
)


def compact_schema(schema: Mapping[str, Any]) -> Schema:
    """The listing form of a request model's schema.

    Titles and docstrings go, optional fields lose their null branch, definitions used once are written in place,
    `listed_as` is honoured, and unknown names are refused at the top (the validator refuses them everywhere).
    """
    definitions = cast("dict[str, Schema]", schema.get("$defs", {}))
    slim = {name: _slim(definition, docstring=True) for name, definition in definitions.items()}
    top = _slim(schema, docstring=True)
    top.pop("$defs", None)
    uses = _reachable_uses(top, slim)
    once = {name for name, count in uses.items() if count == 1}
    listing: Schema = _inlined(top, slim, once)
    if shared := {name: _inlined(slim[name], slim, once) for name in uses if name not in once}:
        listing["$defs"] = shared
    listing["additionalProperties"] = False
    return listing


def _slim(schema: Mapping[str, Any], *, docstring: bool = False) -> Schema:
    if LISTING_KEY in schema:
        kept = {key: schema[key] for key in ("description",) if key in schema and not docstring}
        return {**schema[LISTING_KEY], **kept}
    found: Schema = {}
    for key, value in schema.items():
        if key in ("properties", "patternProperties"):
            found[key] = {name: _slim(inner) for name, inner in value.items()}
        elif key in ("anyOf", "oneOf", "allOf", "prefixItems"):
            found[key] = [_slim(inner) for inner in value]
        elif key == "items" or (key == "additionalProperties" and is_object(value)):
            found[key] = _slim(value)
        elif key not in UNLISTED and key != "$defs" and not (docstring and key == "description"):
            found[key] = value
    return _without_null(found)


def _without_null(schema: Schema) -> Schema:
    """Optional is said by `required`; a null branch and an empty default only repeat it."""
    if "default" in schema and schema["default"] in (None, [], {}):
        del schema["default"]
    branches = cast("list[Schema]", schema.get("anyOf", []))
    kept = [branch for branch in branches if branch != {"type": "null"}]
    if len(kept) == len(branches):
        return schema
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**kept[0], **rest} if len(kept) == 1 else {"anyOf": kept, **rest}


def _reachable_uses(top: Schema, definitions: Mapping[str, Schema]) -> Counter[str]:
    """How often each definition is referred to, from the top down; an override may leave some unused."""
    uses: Counter[str] = Counter()
    pending: list[object] = [top]
    while pending:
        part = pending.pop()
        if is_object(part):
            if "$ref" in part:
                name = _target(part)
                uses[name] += 1
                if uses[name] == 1:
                    pending.append(definitions[name])
            pending.extend(part.values())
        elif is_list(part):
            pending.extend(part)
    return uses


def _inlined(part: Any, definitions: Mapping[str, Schema], once: set[str]) -> Any:  # noqa: ANN401 - any JSON value
    if is_list(part):
        return [_inlined(inner, definitions, once) for inner in part]
    if not is_object(part):
        return part
    node = part
    if "$ref" in node and _target(node) in once:
        rest = {key: value for key, value in node.items() if key != "$ref"}
        return _inlined({**definitions[_target(node)], **rest}, definitions, once)
    return {key: _inlined(value, definitions, once) for key, value in node.items()}


def _target(node: Schema) -> str:
    return str(node["$ref"]).rpartition("/")[2]
