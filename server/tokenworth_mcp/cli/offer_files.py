"""Offers from files, and the options that `value` and `compare` share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from tokenworth.errors import InvalidInputError
from tokenworth_mcp.cli.documents import read_document
from tokenworth_mcp.strict_json import JsonRefusedError, is_object, read_json

__all__ = ["offer_options", "read_offer", "shared_arguments", "with_use_from"]

Returned = TypeVar("Returned")


SET_HINT = 'Write NAME=VALUE, such as cut_hazard=0.1 or cut_hazard={"low": 0, "base": 0.1, "high": 0.2}'


def offer_options(command: Callable[..., Returned]) -> Callable[..., Returned]:
    """Adds --person, --use-from-budget, --set, --seed and --draws to a command."""
    for option in (
        click.option("--draws", type=int, help="How many draws; more narrow the noise."),
        click.option("--seed", type=int, help="The same seed gives the same digits."),
        click.option("--set", "replaced", multiple=True, metavar="NAME=VALUE", help="Replace an assumption."),
        click.option("--use-from-budget", "budget", metavar="ID", help="Take your token use from a budget."),
        click.option("--person", metavar="FILE", help="Facts about the person: state, filing, token use."),
    ):
        command = option(command)
    return command


def read_offer(path: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The offer in a file, and the rest of the request where the file holds a whole one: offer, person, overrides."""
    document = read_document(path)
    if "offer" not in document:
        return document, {}
    rest = {name: value for name, value in document.items() if name != "offer"}
    return document["offer"], rest


def shared_arguments(
    person: str | None, replaced: tuple[str, ...], seed: int | None, draws: int | None, detail: str
) -> dict[str, Any]:
    """The arguments that the shared options stand for; what was not given is left to the tool.

    Raises:
        InvalidInputError: a --set that is not NAME=VALUE with a number or a low/base/high object.
    """
    arguments: dict[str, Any] = {"detail": detail}
    if person is not None:
        arguments["person"] = read_document(person)
    if replaced:
        arguments["overrides"] = dict(_override(text) for text in replaced)
    if seed is not None:
        arguments["seed"] = seed
    if draws is not None:
        arguments["draws"] = draws
    return arguments


def with_use_from(budget: str | None, arguments: dict[str, Any]) -> dict[str, Any]:
    """A request in which the person's token use is taken from a budget, beside what it says of the person already."""
    if budget is None:
        return arguments
    person = arguments.get("person", {})
    if not is_object(person):
        return arguments  # what is wrong with it is said where requests are read
    return {**arguments, "person": {**person, "token_use_from_budget": budget}}


def _override(text: str) -> tuple[str, object]:
    name, found, value = text.partition("=")
    try:
        return name.strip(), read_json(value) if found else None
    except JsonRefusedError:
        raise InvalidInputError(
            "--set",
            "not a number",
            'Write NAME=VALUE, such as cut_hazard=0.1 or cut_hazard={"low":0,"base":0.1,"high":0.2}',
        ) from None
