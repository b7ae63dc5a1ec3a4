"""Who bills, under one name each, whatever a source, a log or a person calls them."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Final

__all__ = ["MAKERS", "seller_named"]

# First parties: where a bare model name is looked for when nobody says who bills.
MAKERS: Final = (
    "anthropic",
    "openai",
    "google",
    "deepseek",
    "xai",
    "mistral",
    "cohere",
    "moonshotai",
    "zai",
    "alibaba",
    "minimax",
    "meta",
    "perplexity",
    "voyageai",
)


def seller_named(name: str) -> str:
    """The seller's one name: "x-ai" is "xai", "vertex_ai" is "vertex"; an unknown one stands for itself, lower case."""
    folded = name.strip().lower()
    return _names().get(folded, folded)


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    data = tomllib.loads(files("tokenworth.prices.data").joinpath("sellers.toml").read_text(encoding="utf-8"))
    return {alias: seller for seller, aliases in data.items() for alias in (seller, *aliases)}
