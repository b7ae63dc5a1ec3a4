"""What a token must allow for each message: scopes follow from the table of tools, and nothing is listed twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from mcp_types import JSONRPCMessage, JSONRPCNotification, JSONRPCRequest

from tokenworth_mcp.catalogue import TOOLS, ToolEntry, scope_area
from tokenworth_mcp.resources import TEMPLATES
from tokenworth_mcp.strict_json import is_list, is_object

__all__ = ["ADMIN_SCOPE", "SCOPES", "scopes_needed", "scopes_of_tools"]

ADMIN_SCOPE: Final = "budgets:admin"
"""Lets `set_budget` raise and remove limits; needed for nothing else."""


def scopes_of_tools(tools: Iterable[ToolEntry]) -> tuple[str, ...]:
    """The scopes of some tools, each once, in the table's order."""
    return tuple(dict.fromkeys(tool.scope for tool in tools))


SCOPES: Final = (*scopes_of_tools(TOOLS), ADMIN_SCOPE)
"""Every scope that a token may have."""

BUDGETS_SCOPE: Final = f"{scope_area('budget')}:read"
SCOPE_OF_TOOL: Final = {tool.name: tool.scope for tool in TOOLS}


def scopes_needed(message: JSONRPCMessage) -> frozenset[str]:
    """What a token must allow for a message; nothing for what any caller may ask, such as the list of tools."""
    if not isinstance(message, JSONRPCRequest | JSONRPCNotification):
        return frozenset()
    params: Mapping[str, object] = message.params or {}
    if message.method == "tools/call":
        scope = SCOPE_OF_TOOL.get(str(params.get("name")))
        if scope is None:
            return frozenset()
        return frozenset({scope, BUDGETS_SCOPE} if _names_a_budget(params.get("arguments")) else {scope})
    return frozenset(scope for address in _addresses(params) for scope in _scopes_of_address(address))


def _names_a_budget(arguments: object) -> bool:
    """Whether a call takes a person's use from a budget, which is reading that budget."""
    person = arguments.get("person") if is_object(arguments) else None
    return is_object(person) and "token_use_from_budget" in person


def _addresses(value: object, depth: int = 4) -> Iterable[str]:
    """Every text that could be a resource's address, wherever a method puts it."""
    if isinstance(value, str):
        yield value
    elif depth and is_object(value):
        for inner in value.values():
            yield from _addresses(inner, depth - 1)
    elif depth and is_list(value):
        for inner in value:
            yield from _addresses(inner, depth - 1)


def _scopes_of_address(address: str) -> Iterable[str]:
    """Reading what a family shows by address is reading."""
    return (f"{scope_area(entry.toolset)}:read" for entry in TEMPLATES if address.startswith(entry.prefix))
