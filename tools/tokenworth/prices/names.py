"""The ways one model id is written: exact respellings only, never a shorter or an older name.

Every respelling is looked up exactly, so a made-up id finds nothing: nothing here cuts a version or guesses a date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tokenworth.prices.sellers import seller_named

__all__ = ["Spelling", "spellings"]

# A candidate id, and what the written name says about how the request was run.
Spelling = tuple[str, tuple[tuple[str, str], ...]]

# Ways of running a request that some tools write into the name.
MODE_SUFFIXES: Final[tuple[tuple[str, tuple[str, str]], ...]] = (
    (":batch", ("processing", "batch")),
    ("-batch", ("processing", "batch")),
    (":flex", ("service_tier", "flex")),
    (":priority", ("service_tier", "priority")),
    (":fast", ("speed", "fast")),
    ("-fast", ("speed", "fast")),
)
PATHS: Final = re.compile(r"^(?:arn:aws[a-z-]*:bedrock:[^/]*/|(?:.*/)?publishers/[a-z0-9-]+/models/|models/)")
MARKER: Final = re.compile(r"\[1m\]$")
DASHED_DATE: Final = re.compile(r"-(20[0-9]{2})-([0-9]{2})-([0-9]{2})(?=$|[-:])")
COMPACT_DATE: Final = re.compile(r"-(20[0-9]{2})([0-9]{2})([0-9]{2})(?=$|[-:])")
AT_DATE: Final = re.compile(r"@(20[0-9]{6})$")
FAMILIES: Final = "opus|sonnet|haiku|fable|mythos|instant"
CLAUDE_DOTTED: Final = re.compile(rf"claude-({FAMILIES})-([0-9]+)\.([0-9]+)")
CLAUDE_FLIPPED: Final = re.compile(rf"claude-([0-9]+)(?:[.-]([0-9]+))?-({FAMILIES})")


def spellings(seller: str | None, name: str) -> Iterator[Spelling]:
    """The id as written and every respelling of it, most literal first, with what the name says besides.

    Args:
        seller: the canonical seller, or None when unknown.
        name: the model as people and logs write it.
    """
    seen: set[Spelling] = set()
    written = name.strip().lower()
    for plain in _without_path(seller, written):
        for bare, said in _without_mode(plain):
            for candidate in _respelled(bare):
                if (candidate, said) not in seen:
                    seen.add((candidate, said))
                    yield candidate, said


def _without_path(seller: str | None, name: str) -> Iterator[str]:
    yield name
    bare = PATHS.sub("", name)
    if bare != name:
        yield bare
    head, slash, rest = bare.partition("/")
    if slash and seller is not None and seller_named(head) == seller:
        yield rest
    if bare.startswith("~"):
        yield bare[1:]


def _without_mode(name: str) -> Iterator[Spelling]:
    yield name, ()
    bare = MARKER.sub("", name)
    if bare != name:
        yield bare, ()
    for suffix, condition in MODE_SUFFIXES:
        if bare.endswith(suffix):
            yield bare.removesuffix(suffix), (condition,)


def _respelled(name: str) -> Iterator[str]:
    yield name
    yield name.replace("~latest", "-latest")
    yield DASHED_DATE.sub(r"-\1\2\3", name)
    yield COMPACT_DATE.sub(r"-\1-\2-\3", name)
    yield AT_DATE.sub(r"-\1", name)
    yield name.removesuffix("@default")
    # Bedrock's ids carry a version of the packaging that its profiles often leave out.
    yield name.removesuffix(":0")
    yield f"{name}:0"
    if "claude-" in name:
        yield CLAUDE_DOTTED.sub(r"claude-\1-\2-\3", name)
        yield CLAUDE_FLIPPED.sub(_claude, name)
    yield name.replace(" ", "-")


def _claude(found: re.Match[str]) -> str:
    major, minor, family = found.groups()
    return f"claude-{family}-{major}-{minor}" if minor else f"claude-{family}-{major}"
