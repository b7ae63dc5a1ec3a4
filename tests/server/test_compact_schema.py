"""What a listing keeps of a model's schema, and that it still means the same."""

from __future__ import annotations

from typing import Annotated, Literal

import jsonschema
from pydantic import Field

from tokenworth.answers import Detail, Request, Strict, listed_as
from tokenworth_mcp.compact_schema import compact_schema


class Once(Strict):
    """A docstring for maintainers."""

    size: int = Field(ge=1)


class Shared(Strict):
    name: str = Field(max_length=9, description="What it is called.")


class Listed(Strict):
    anything: int


class Tree(Strict):
    branches: list[Tree] = Field(default_factory=list)


class Sample(Request):
    """Another docstring."""

    title: str
    once: Once
    one: Shared
    two: Shared | None = None
    kind: Annotated[Literal["a", "b"] | None, Field(description="Which.")] = None
    names: list[str] = Field(default_factory=list, max_length=3)
    listed: Listed = Field(json_schema_extra=listed_as({"type": "object", "description": "as elsewhere"}))
    either: int | str | None = None
    detail: Detail = "concise"


def test_a_listing_says_what_a_caller_needs_and_nothing_twice():
    shared = {"$ref": "#/$defs/Shared"}
    assert compact_schema(Sample.model_json_schema()) == {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "once": {"type": "object", "properties": {"size": {"minimum": 1, "type": "integer"}}, "required": ["size"]},
            "one": shared,
            "two": shared,
            "kind": {"enum": ["a", "b"], "type": "string", "description": "Which."},
            "names": {"type": "array", "items": {"type": "string"}},
            "listed": {"type": "object", "description": "as elsewhere"},
            "either": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
            "detail": {"enum": ["concise", "full"], "type": "string", "default": "concise"},
        },
        "required": ["title", "once", "one", "listed"],
        "additionalProperties": False,
        "$defs": {
            "Shared": {
                "type": "object",
                "properties": {"name": {"type": "string", "description": "What it is called."}},
                "required": ["name"],
            }
        },
    }


def test_what_the_model_takes_the_listing_takes():
    listing = compact_schema(Sample.model_json_schema())
    taken = Sample(
        title="t", once=Once(size=1), one=Shared(name="n"), two=Shared(name="m"), listed=Listed(anything=1), either="x"
    ).model_dump(mode="json", exclude_none=True)
    jsonschema.validate(taken, listing)


def test_a_definition_that_refers_to_itself_stays_one():
    class Forest(Request):
        tree: Tree

    listing = compact_schema(Forest.model_json_schema())
    assert listing["$defs"]["Tree"]["properties"]["branches"]["items"] == {"$ref": "#/$defs/Tree"}
    jsonschema.validate({"tree": {"branches": [{"branches": []}]}}, listing)
