"""Lists in pages: a cursor says where the next page begins, and one that we did not give is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS

from tokenworth_mcp.strict_json import is_list, is_object

__all__ = ["PAGE_MAX", "Pages"]

PAGE_MAX: Final = 100
CURSOR: Final = "after-"
LISTS: Final[Mapping[str, str]] = {
    "tools/list": "tools",
    "prompts/list": "prompts",
    "resources/list": "resources",
    "resources/templates/list": "resourceTemplates",
}


class Pages:
    """Middleware that gives every list a page at a time; the SDK's own handlers take no notice of the cursor."""

    def __init__(self, size: int = PAGE_MAX) -> None:
        self._size = size

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """The page that was asked for of a list, or any other answer as it is."""
        result = await call_next(ctx)
        name = LISTS.get(ctx.method)
        if name is None or not is_object(result) or not is_list(whole := result[name]):
            return result
        start = _start((ctx.params or {}).get("cursor"))
        if start % self._size or (start and start >= len(whole)):
            raise MCPError(INVALID_PARAMS, "cursor: no page begins there. Send the nextCursor of a page, or none")
        end = start + self._size
        page = {**result, name: whole[start:end]}
        return {**page, "nextCursor": f"{CURSOR}{end}"} if end < len(whole) else page


def _start(cursor: object) -> int:
    """Where a page begins; -1, where none does, for a cursor that is not one of ours."""
    if cursor is None:
        return 0
    digits = cursor.removeprefix(CURSOR) if isinstance(cursor, str) else ""
    ours = digits.isdecimal() and len(digits) < 10 and cursor == f"{CURSOR}{int(digits)}" and digits != "0"
    return int(digits) if ours else -1
