"""The table of resource templates: what may be read by address, and what completes the address; no SDK here.

To add one: a `TemplateEntry` here. Like a tool's, the code behind it loads when it is first asked for.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from tokenworth.errors import InvalidInputError, TokenworthError
from tokenworth_mcp.boundary import Answered, answer_call
from tokenworth_mcp.catalogue import ToolEntry, Toolset, find_tool

if TYPE_CHECKING:
    from tokenworth.context import Context

__all__ = [
    "BUDGETS",
    "TEMPLATES",
    "NotThereError",
    "TemplateEntry",
    "complete_address",
    "read_address",
    "select_templates",
]

PRICES: Final = "tokenworth://prices/"
BUDGETS: Final = "tokenworth://budgets/"
ADDRESS_MAX: Final = 600


class NotThereError(TokenworthError):
    """Nothing has that address; says what is near."""


@dataclass(frozen=True, slots=True)
class TemplateEntry:
    """One kind of resource.

    Attributes:
        uri_template: RFC 6570; variables are named as in `complete`.
        prefix: what every address of it begins with.
        toolset: the family of tools that it belongs to, and is offered with.
        read: from what follows the prefix to the text.
        complete: from a variable, what was typed of it and the variables that are known, to all that fits, best first.
    """

    name: str
    title: str
    description: str
    uri_template: str
    prefix: str
    mime_type: str
    toolset: Toolset
    read: Callable[[str, Context], Awaitable[str]]
    complete: Callable[[str, str, Mapping[str, str], Context], Awaitable[list[str]]]


async def _read_prices(address: str, context: Context) -> str:
    """A model's prices, history, coming changes, sources and conflicts, as `find_prices` gives them, as JSON.

    Ids of models may have slashes in them, escaped or not.
    """
    provider, _, model = (unquote(part) for part in address.partition("/"))
    if not (provider.strip() and model.strip()):
        raise NotThereError(f"no model is named. Read an address such as {PRICES}anthropic/claude-opus-5-5")
    arguments = {"provider": provider, "model": model, "detail": "full"}
    answered: Answered = await answer_call(find_tool("find_prices"), arguments, context)
    if not answered.data["total_found"]:
        near: list[str] = answered.data["nearest"]
        instead = f"Near are: {', '.join(PRICES + name for name in near)}" if near else "Call find_prices with search"
        raise NotThereError(f"no prices are known under that address. {instead}")
    return json.dumps(answered.data, ensure_ascii=False, indent=1)


async def _complete_prices(variable: str, typed: str, known: Mapping[str, str], context: Context) -> list[str]:
    from tokenworth.prices.completing import models_like, sellers_like  # noqa: PLC0415 - loads on first use

    if variable == "provider":
        return await sellers_like(typed, context)
    if variable == "model" and "provider" in known:
        return await models_like(known["provider"], typed, context)
    return []


async def _read_budget(address: str, context: Context) -> str:
    """A budget as `check_budget` shows it, as JSON; ids may have slashes in them, escaped or not."""
    arguments = {"budget": unquote(address), "detail": "full"}
    try:
        answered: Answered = await answer_call(find_tool("check_budget"), arguments, context)
    except InvalidInputError:
        raise NotThereError(
            f"no budget has that address. Complete the template {BUDGETS}{{+id}} for those there are, or create one "
            "with set_budget"
        ) from None
    return json.dumps(answered.data, ensure_ascii=False, indent=1)


async def _complete_budgets(variable: str, typed: str, known: Mapping[str, str], context: Context) -> list[str]:
    del known
    if variable != "id" or context.ledger is None:
        return []
    fitting = [name for name in await (await context.ledger.open()).budgets() if typed.lower() in name.lower()]
    return sorted(fitting, key=lambda name: (not name.lower().startswith(typed.lower()), name))


TEMPLATES: Final[tuple[TemplateEntry, ...]] = (
    TemplateEntry(
        name="prices",
        title="A model's prices",
        description="What one model costs now, has cost and will cost, in USD per million tokens, and who says so.",
        uri_template=PRICES + "{provider}/{model}",
        prefix=PRICES,
        mime_type="application/json",
        toolset="prices",
        read=_read_prices,
        complete=_complete_prices,
    ),
    TemplateEntry(
        name="budgets",
        title="A budget",
        description="What is left of a budget, how fast it goes and what limits it. Subscribe to be told of changes.",
        uri_template=BUDGETS + "{+id}",
        prefix=BUDGETS,
        mime_type="application/json",
        toolset="budget",
        read=_read_budget,
        complete=_complete_budgets,
    ),
)


def select_templates(tools: Iterable[ToolEntry]) -> tuple[TemplateEntry, ...]:
    """The templates of the families that these tools are of."""
    offered = {entry.toolset for entry in tools}
    return tuple(entry for entry in TEMPLATES if entry.toolset in offered)


async def read_address(entries: Iterable[TemplateEntry], address: str, context: Context) -> tuple[str, str]:
    """The text at an address, and its media type.

    Raises:
        NotThereError: nothing has that address.
        TokenworthError: it has something that cannot be shown.
    """
    for entry in entries:
        if address.startswith(entry.prefix) and len(address) <= ADDRESS_MAX:
            return await entry.read(address.removeprefix(entry.prefix), context), entry.mime_type
    raise NotThereError("nothing is kept under that address. List the resource templates for what there is")


async def complete_address(
    entries: Iterable[TemplateEntry],
    uri_template: str,
    variable: str,
    typed: str,
    known: Mapping[str, str],
    context: Context,
) -> list[str]:
    """All values of a template's variable that fit what was typed, best first; none for an unknown template."""
    for entry in entries:
        if entry.uri_template == uri_template:
            return await entry.complete(variable, typed, known, context)
    return []
