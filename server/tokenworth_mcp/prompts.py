"""The table of prompts: conversations that a person starts by name and that lead an assistant through the tools.

To add one: a `PromptEntry` here and its words in `prompt_texts/NAME.toml`; nothing of it is read before somebody asks.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from tokenworth.errors import InvalidInputError
from tokenworth_mcp.catalogue import ToolEntry

if TYPE_CHECKING:
    from tokenworth.context import Context

__all__ = ["PROMPTS", "PromptEntry", "PromptText", "complete_argument", "read_prompt", "select_prompts", "write_prompt"]

TEXTS: Final = files("tokenworth_mcp").joinpath("prompt_texts")
ARGUMENT_CHARACTERS_MAX: Final = 20_000
NOT_SAID: Final = "not said; ask me if it would change the answer"
PLACE: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class PromptEntry:
    """What is known of a prompt without reading it.

    Attributes:
        needs: the tools that it cannot do without; it is offered where they are.
    """

    name: str
    needs: tuple[str, ...]


# The order clients show.
PROMPTS: Final[tuple[PromptEntry, ...]] = (
    PromptEntry("compare-my-offers", needs=("compare_offers", "value_offer")),
    PromptEntry("negotiate-my-tokens", needs=("value_offer", "compare_offers")),
    PromptEntry("am-i-locked-in", needs=("explain_lock_in",)),
    PromptEntry("budget-briefing", needs=("check_budget",)),
    PromptEntry("plan-our-program", needs=("plan_program",)),
)


@dataclass(frozen=True, slots=True)
class PromptText:
    """A prompt's words.

    Attributes:
        text: what the person says to the assistant, `{name}` where an argument goes.
        arguments: name, title, description; `required`; `choices` or `completed_by` where values can be offered.
    """

    title: str
    description: str
    text: str
    arguments: tuple[Mapping[str, Any], ...]


@cache
def read_prompt(entry: PromptEntry) -> PromptText:
    """A prompt's words from its file."""
    written = tomllib.loads(TEXTS.joinpath(f"{entry.name}.toml").read_text(encoding="utf-8"))
    return PromptText(written["title"], written["description"], written["text"].strip(), tuple(written["arguments"]))


def select_prompts(tools: Iterable[ToolEntry]) -> tuple[PromptEntry, ...]:
    """The prompts whose tools are all offered."""
    offered = {entry.name for entry in tools}
    return tuple(entry for entry in PROMPTS if offered.issuperset(entry.needs))


def write_prompt(entries: Iterable[PromptEntry], name: str, given: Mapping[str, str]) -> tuple[PromptText, str]:
    """A prompt and what it says with these arguments; what was not given is said to be so.

    Raises:
        InvalidInputError: a prompt or an argument that does not exist, a required one missing, or an endless one.
    """
    by_name = {entry.name: entry for entry in entries}
    if name not in by_name:
        raise InvalidInputError("prompt", "no prompt has that name", _nearest(name, by_name))
    prompt = read_prompt(by_name[name])
    known = {argument["name"]: argument for argument in prompt.arguments}
    for each, value in given.items():
        if each not in known:
            raise InvalidInputError("arguments", "no argument of this prompt has that name", _nearest(each, known))
        if len(value) > ARGUMENT_CHARACTERS_MAX:
            problem = f"more than {ARGUMENT_CHARACTERS_MAX:,} characters"
            raise InvalidInputError(f"arguments.{each}", problem, "Send the part that matters")
    said = {each: value.strip() for each, value in given.items()}
    for each, argument in known.items():
        if argument.get("required") and not said.get(each):
            raise InvalidInputError(
                f"arguments.{each}", "required and missing", f"Send this: {argument['description']}"
            )
    return prompt, PLACE.sub(lambda place: said.get(place[1]) or NOT_SAID, prompt.text)


async def complete_argument(
    entries: Iterable[PromptEntry], name: str, argument: str, typed: str, context: Context
) -> list[str]:
    """Values of a prompt's argument that hold what was typed; none where anything may be said."""
    wanted = typed.strip().casefold()[:ARGUMENT_CHARACTERS_MAX]
    for entry in entries:
        for each in read_prompt(entry).arguments if entry.name == name else ():
            if each["name"] == argument:
                values: Iterable[str] = each.get("choices", ())
                if "completed_by" in each:
                    values = await COMPLETIONS[each["completed_by"]](context)
                return sorted(
                    (value for value in values if wanted in value.casefold()),
                    key=lambda value: not value.casefold().startswith(wanted),
                )
    return []


async def _places(_: Context) -> list[str]:
    """Where tax is known to us, as `person` takes it."""
    from tokenworth.assumptions.tax_data import read_index  # noqa: PLC0415 - loads on first use

    found: list[str] = []
    for country, tables in read_index().items():
        found.append(f"{country} ({tables['name']})")
        found += [f"{country}, state {state}" for state in tables.get("states", {})]
        found += [f"{country}, state {rules['state']}, {city}" for city, rules in tables.get("localities", {}).items()]
    return found


async def _budgets(context: Context) -> list[str]:
    return [] if context.ledger is None else list(await (await context.ledger.open()).budgets())


COMPLETIONS: Final[Mapping[str, Callable[[Context], Awaitable[list[str]]]]] = {"places": _places, "budgets": _budgets}


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name[:100], list(known), 1)
    return f"Did you mean {near[0]!r}?" if near else f"Choose from: {', '.join(known)}"
