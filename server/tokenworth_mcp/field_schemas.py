"""One field of a request as its JSON schema describes it: its known names, and an example of what to send."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tokenworth_mcp.strict_json import is_list, is_object

__all__ = ["FieldSchema"]

Path = tuple[str | int, ...]
Schema = Mapping[str, Any]

NAMES_SHOWN_MAX: Final = 12
NEAR: Final = 0.6
FALLBACK_EXAMPLES: Final[dict[str, object]] = {
    "string": "text",
    "integer": 3,
    "number": 0.5,
    "boolean": True,
    "array": [],
    "object": {},
}


@dataclass(frozen=True, slots=True)
class FieldSchema:
    """A place in a schema, with the root that its references point into."""

    schema: Schema
    root: Schema

    def at(self, path: Path) -> FieldSchema:
        """The field at a path below this one; an empty schema where the path leads nowhere."""
        here = self
        for part in path:
            here = here.step(part)
        return here

    def names(self) -> list[str]:
        """The names an object here may have, those of every branch of a union."""
        found: dict[str, None] = {}
        for branch in self._branches():
            found.update(dict.fromkeys(branch.get("properties", {})))
        return list(found)

    def respelled(self, name: str) -> str | None:
        """The known name that is the same words written another way: `baseSalary` for `base_salary`."""
        return {_plain(known): known for known in self.names()}.get(_plain(name))

    def nearest(self, name: str) -> str | None:
        """The known name closest to a wrong one by spelling."""
        near = difflib.get_close_matches(name[:100], self.names(), 1, NEAR)
        return near[0] if near else None

    def find(self, name: str) -> Path | None:
        """The path of the shallowest field anywhere below with exactly this name."""
        level: list[tuple[Path, FieldSchema]] = [((), self)]
        for _ in range(4):
            below: list[tuple[Path, FieldSchema]] = []
            for path, here in level:
                for known in here.names():
                    if known == name:
                        return (*path, known)
                    below.append(((*path, known), here.step(known)))
                items = here.step(0)
                if items.schema:
                    below.append(((*path, 0), items))
            level = below
        return None

    def what_to_send(self) -> str:
        """A sentence on what fits here, with one example."""
        choices = self.choices()
        if choices:
            return f"Send {' or '.join(json.dumps(choice) for choice in choices)}"
        example = self.example()
        if kinds := self._kinds():
            return f"Send {kinds}"
        if isinstance(example, dict) and not example:
            return f"Send an object{self._members()}"
        written = json.dumps(example, ensure_ascii=False)
        return f"Send a list such as {written}" if isinstance(example, list) else f"Send for example {written}"

    def example(self) -> object:
        """The schema's own example or default, else one by type."""
        for branch in self._branches():
            if listed := branch.get("examples") or branch.get("enum"):
                return listed[0]
        for branch in self._branches():
            if branch.get("default") not in (None, [], {}):
                return branch["default"]
        for branch in self._branches():
            kind: object = branch.get("type")
            for each in map(str, kind if is_list(kind) else [kind]):
                if each == "integer":
                    return max(3, branch.get("minimum", 3))
                if each == "array" and "items" in branch:
                    return [FieldSchema(branch["items"], self.root).example()]
                if each in FALLBACK_EXAMPLES:
                    return FALLBACK_EXAMPLES[each]
        return {}

    def choices(self) -> list[object]:
        """The values that are the only ones here, or none."""
        for branch in self._branches():
            if "enum" in branch:
                return list(branch["enum"])
            if "const" in branch:
                return [branch["const"]]
        return []

    def primitives(self) -> set[str]:
        """The types a plain value here may have: string, integer, number, boolean."""
        found: set[str] = set()
        for branch in self._branches():
            kind: object = branch.get("type")
            found.update(map(str, kind if is_list(kind) else [kind]))
        return found & {"string", "integer", "number", "boolean"}

    def _kinds(self) -> str:
        """For a choice of objects, the name that tells them apart and what it may be."""
        for branch in self._branches():
            if "discriminator" in branch:
                choice = branch["discriminator"]
                tags = " or ".join(json.dumps(tag) for tag in choice["mapping"])
                return f"an object with {choice['propertyName']} {tags}"
        return ""

    def _members(self) -> str:
        names = self.names()
        required = [name for branch in self._branches() for name in branch.get("required", ())]
        optional = [name for name in names if name not in required]
        parts = [", ".join(required[:NAMES_SHOWN_MAX])] if required else []
        if optional:
            more = ", ..." if len(optional) > NAMES_SHOWN_MAX else ""
            parts.append(f"optionally {', '.join(optional[:NAMES_SHOWN_MAX])}{more}")
        return f" with {'; '.join(parts)}" if parts else ""

    def step(self, part: str | int) -> FieldSchema:
        """The member of an object by its name, or an entry of a list."""
        for branch in self._branches():
            inner = _inside(branch, part)
            if inner is not None:
                return FieldSchema(inner, self.root)
        return FieldSchema({}, self.root)

    def _branches(self) -> Iterator[Schema]:
        """This schema with its reference followed, then each branch of its union."""
        pending = [self.schema]
        while pending:
            schema = pending.pop(0)
            if "$ref" in schema:
                name = str(schema["$ref"]).rpartition("/")[2]
                pending.insert(0, self.root["$defs"][name])
                if "examples" in schema or "default" in schema:
                    yield schema
                continue
            yield schema
            pending.extend(schema.get("anyOf", ()))
            pending.extend(schema.get("oneOf", ()))


def _inside(schema: Schema, part: str | int) -> Schema | None:
    if isinstance(part, int):
        prefix = schema.get("prefixItems", [])
        found = prefix[part] if part < len(prefix) else schema.get("items")
    else:
        found = schema.get("properties", {}).get(part, schema.get("additionalProperties"))
    return found if is_object(found) else None


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").replace(" ", "").casefold()
