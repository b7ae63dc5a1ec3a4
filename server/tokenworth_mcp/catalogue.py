"""The ordered table of tools: one light entry each; the code behind an entry loads on its first call.

To add a tool: one `ToolEntry` here, its description and output schema in `listings/NAME.toml`, then `make schemas`.
"""

from __future__ import annotations

import difflib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Literal, cast, get_args, get_type_hints

from tokenworth.errors import InvalidInputError

if TYPE_CHECKING:
    from tokenworth.answers import Answer, Request
    from tokenworth.context import Context

__all__ = [
    "TOOLS",
    "TOOLSETS",
    "LoadedTool",
    "ToolEntry",
    "Toolset",
    "find_tool",
    "load_tool",
    "scope_area",
    "select_tools",
]

Toolset = Literal["offers", "budget", "prices", "lockin", "programs", "assumptions"]
TOOLSETS: Final[tuple[Toolset, ...]] = get_args(Toolset)


def scope_area(toolset: Toolset) -> str:
    """The first part of a toolset's scopes."""
    return "budgets" if toolset == "budget" else toolset


@dataclass(frozen=True, slots=True)
class ToolEntry:
    """What is known of a tool without importing it.

    Attributes:
        function: where it lives, as "module:function".
        read_only: it changes nothing that outlives the call.
        destructive: it may overwrite or delete what was stored; only meaningful when not `read_only`.
        idempotent: the same call twice has the effect of one.
        open_world: it reaches past this machine.
    """

    name: str
    title: str
    function: str
    toolset: Toolset
    read_only: bool = True
    destructive: bool = False
    idempotent: bool = True
    open_world: bool = False

    @property
    def scope(self) -> str:
        """What a token must allow for this tool to be called over a network, such as "offers:read"."""
        return f"{scope_area(self.toolset)}:{'read' if self.read_only else 'write'}"


# The order clients show: what people come for first, then what explains it.
TOOLS: Final[tuple[ToolEntry, ...]] = (
    ToolEntry(
        name="value_offer",
        title="Value an offer",
        function="tokenworth.offers.value_offer:value_offer",
        toolset="offers",
    ),
    ToolEntry(
        name="compare_offers",
        title="Compare offers",
        function="tokenworth.offers.compare_offers:compare_offers",
        toolset="offers",
    ),
    ToolEntry(
        name="check_budget",
        title="Check a budget",
        function="tokenworth.burn.check_budget:check_budget",
        toolset="budget",
    ),
    ToolEntry(
        name="estimate_cost",
        title="Estimate a cost",
        function="tokenworth.prices.estimate_cost:estimate_cost",
        toolset="prices",
    ),
    ToolEntry(
        name="reserve_budget",
        title="Hold part of a budget",
        function="tokenworth.burn.reserve_budget:reserve_budget",
        toolset="budget",
        read_only=False,
    ),
    ToolEntry(
        name="settle_reservation",
        title="Settle a hold",
        function="tokenworth.burn.settle_reservation:settle_reservation",
        toolset="budget",
        read_only=False,
    ),
    ToolEntry(
        name="record_usage",
        title="Record a use",
        function="tokenworth.burn.record_usage:record_usage",
        toolset="budget",
        read_only=False,
    ),
    ToolEntry(
        name="set_budget",
        title="Set a budget",
        function="tokenworth.burn.set_budget:set_budget",
        toolset="budget",
        read_only=False,
        destructive=True,
    ),
    ToolEntry(
        name="explain_lock_in",
        title="Explain lock-in",
        function="tokenworth.lockin.explain_lock_in:explain_lock_in",
        toolset="lockin",
    ),
    ToolEntry(
        name="find_prices",
        title="Find prices",
        function="tokenworth.prices.find_prices:find_prices",
        toolset="prices",
    ),
    ToolEntry(
        name="plan_program",
        title="Plan a token programme",
        function="tokenworth.programs.plan_program:plan_program",
        toolset="programs",
    ),
    ToolEntry(
        name="explain_assumptions",
        title="Explain the assumptions",
        function="tokenworth.assumptions.explain_assumptions:explain_assumptions",
        toolset="assumptions",
    ),
)


@dataclass(frozen=True, slots=True)
class LoadedTool:
    """A tool's function and the model of its request."""

    function: Callable[[Any, Context], Awaitable[Answer]]
    request_type: type[Request]
    answer_type: type[Answer]


@cache
def load_tool(entry: ToolEntry) -> LoadedTool:
    """Import a tool and read its models off its annotations."""
    module_name, _, function_name = entry.function.partition(":")
    function = getattr(import_module(module_name), function_name)
    # The third name resolves `Context`, which a tool's module may import for type checkers only.
    hints = get_type_hints(function, localns={"Context": object})
    return LoadedTool(
        function=cast("Callable[[Any, Context], Awaitable[Answer]]", function),
        request_type=hints["request"],
        answer_type=hints["return"],
    )


def find_tool(name: str, tools: Iterable[ToolEntry] = TOOLS) -> ToolEntry:
    """The entry with this name.

    Raises:
        InvalidInputError: nobody has it; the nearest name is suggested.
    """
    by_name = {entry.name: entry for entry in tools}
    if name in by_name:
        return by_name[name]
    near = difflib.get_close_matches(name[:100], by_name, 1)
    hint = f"Did you mean {near[0]!r}?" if near else f"Call one of: {', '.join(by_name)}"
    raise InvalidInputError("tool", "no tool has that name", hint)


def select_tools(toolsets: Iterable[str] | None = None, *, read_only: bool = False) -> tuple[ToolEntry, ...]:
    """The entries of some toolsets (all when None), in the table's order; `read_only` leaves out what writes.

    Raises:
        InvalidInputError: a toolset that does not exist.
    """
    wanted = set(TOOLSETS if toolsets is None else toolsets)
    for name in sorted(wanted.difference(TOOLSETS)):
        near = difflib.get_close_matches(name[:100], TOOLSETS, 1)
        hint = f"Did you mean {near[0]!r}?" if near else f"Choose from: {', '.join(TOOLSETS)}"
        raise InvalidInputError("toolsets", "no toolset has that name", hint)
    return tuple(entry for entry in TOOLS if entry.toolset in wanted and (entry.read_only or not read_only))
